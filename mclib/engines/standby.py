"""A device as long as it answers, and the processor from then on, with the same bits.

Because all engines give the same bits, a run may change its engine in the middle. What was
computed stays; the piece of work that failed is computed again.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mclib.engines.base import Arguments, Array, Engine, Program
from mclib.engines.plans import Plan
from mclib.errors import EngineUnavailable, InsufficientMemory, MclibError
from mclib.statistics.records import merge_up
from mclib.statistics.requests import Request

T = TypeVar("T")

FAILURES = (EngineUnavailable, InsufficientMemory)
"""What makes a device's work go on elsewhere; anything else is raised."""


class StandbyEngine(Engine):
    """A device with the processor standing by.

    Parameters
    ----------
    first : Engine
        Where work goes.
    standby : Engine
        Where it goes once the first has failed.

    Attributes
    ----------
    failure : MclibError or None
        Why the first was left, if it was.
    """

    def __init__(self, first: Engine, standby: Engine) -> None:
        self.first, self.standby = first, standby
        self.n_workers = first.n_workers
        self.most_blocks = first.most_blocks
        self.most_sweep_blocks = first.most_sweep_blocks
        self.merge_levels = first.merge_levels
        self.sees_values = first.sees_values
        self.failure: MclibError | None = None
        self._leaving = threading.Lock()

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the engine that works now."""
        return self.standby.name if self.failure else self.first.name

    @property
    def device(self) -> str:
        """What works now, and why it is not the first."""
        if self.failure is None:
            return self.first.device
        reason, *_ = str(self.failure).splitlines()
        return f"{self.standby.device}, in place of {self.first.device}: {reason}"

    def leave(self, failure: MclibError) -> None:
        """Go on with the standby from now on, and say so once."""
        with self._leaving:
            if self.failure is not None:
                return
            self.failure = failure
        reason, *_ = str(failure).splitlines()
        message = (
            f"{reason} The run goes on on the processor, with the same draws and the same "
            "results."
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)

    def compile(self, plan: Plan) -> Program:
        """Make a plan ready where it will run."""
        return _StandbyProgram(plan, self)

    def answer(
        self, request: Request, values: Array, n_trials: int, first_block: int
    ) -> Any:
        """Answer on the processor: that is where the values are."""
        return self.standby.answer(request, values, n_trials, first_block)


class _StandbyProgram(Program):
    def __init__(self, plan: Plan, engine: StandbyEngine) -> None:
        self.plan = plan
        self._engine = engine
        self._programs: dict[Engine, Program] = {}
        self._compiling = threading.Lock()

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        return self._done(lambda program: program.run(first_block, n_blocks, arguments))

    def run_merged(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        levels, type_ = self._engine.merge_levels, self.plan.precision.dtype
        return self._done(
            lambda first: first.run_merged(first_block, n_blocks, arguments),
            lambda standby: merge_up(
                standby.run(first_block, n_blocks, arguments), levels, type_
            ),
        )

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        return self._done(
            lambda program: program.answers(
                requests, first_block, n_blocks, n_trials, arguments
            )
        )

    def _done(
        self, work: Callable[[Program], T], otherwise: Callable[[Program], T] | None = None
    ) -> T:
        """Do work on the first engine, or the same, or other work, on the standby."""
        engine = self._engine
        if engine.failure is None:
            try:
                return work(self._on(engine.first))
            except FAILURES as failure:
                engine.leave(failure)
        return (otherwise or work)(self._on(engine.standby))

    def _on(self, engine: Engine) -> Program:
        with self._compiling:
            if engine not in self._programs:
                self._programs[engine] = engine.compile(self.plan)
            return self._programs[engine]
