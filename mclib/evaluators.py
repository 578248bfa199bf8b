"""From blocks to records and values: by a fused program, or by a function on arrays."""

import functools
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mclib.arrays import to_host
from mclib.engines.base import Engine, Program
from mclib.engines.choosing import choose_block_records
from mclib.engines.plans import Plan, argument_values, build_moments, build_values
from mclib.errors import ArgumentError
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.functions import isfinite, where
from mclib.expressions.graph import Graph
from mclib.expressions.nodes import Node
from mclib.expressions.tracing import named_outputs, parameter, shared_name
from mclib.statistics.blocks import BLOCK, to_lane_order, to_trial_order
from mclib.statistics.moments import FIELDS
from mclib.statistics.requests import Request, TailMoments
from mclib.streams import key_of

Array = np.ndarray[Any, np.dtype[Any]]
Build = Callable[[Sequence[Node], Type], Plan]
Ranged = Callable[[int, int], Array]
"""A function of (first_block, n_blocks)."""

_PIVOT = "tail pivot"
"""A name that no parameter can have."""

MOST_FUSED = 16
"""Outputs beyond which a program stores them and leaves their statistics to another.

With statistics inside, a program takes longer to compile than in proportion to its outputs
(12 s for 100 of them, against 1 s), and runs no faster.
"""

_VALUES_AT_ONCE = 64
"""Blocks of values that are stored before they are looked at: half a megabyte of all
outputs, which a core's own cache still holds."""

_PROGRAMS_KEPT = 64
"""A moved slider runs the same program with other arguments: it must not wait for it."""


@functools.lru_cache(_PROGRAMS_KEPT)
def _program(
    engine: Engine, build: Build, nodes: tuple[Node, ...], precision: Type
) -> Program:
    return engine.compile(build(nodes, precision))


class Evaluator(ABC):
    """A model with its parameters, seed, engine and precision settled.

    Attributes
    ----------
    output_names : tuple of str
        Names of the outputs, in order.
    settled : Settled
        What its plans have in common.
    """

    output_names: tuple[str, ...]
    settled: "Settled"

    @property
    def most_blocks(self) -> int:
        """How many blocks may be asked for at once with gain."""
        return self.settled.engine.most_blocks

    @abstractmethod
    def records(self, first_block: int, n_blocks: int) -> Array:
        """Return records of whole blocks, shape (n_blocks, n_outputs, 7)."""

    @property
    def merge_levels(self) -> int:
        """How many levels of the tree of records `merged_records` goes up."""
        return 0

    def merged_records(self, first_block: int, n_blocks: int) -> Array:
        """Return records of ``2**merge_levels`` blocks each."""
        return self.records(first_block, n_blocks)

    @abstractmethod
    def outputs(self, first_block: int, n_blocks: int, places: Sequence[int]) -> Array:
        """Return some outputs in lane order, shape (len(places), n_blocks, 8, 4, 32)."""

    @abstractmethod
    def inputs(self, first_block: int, n_blocks: int, names: Sequence[str]) -> Array:
        """Return some inputs in lane order, shape (len(names), n_blocks, 8, 4, 32)."""

    def answers(
        self,
        requests: Sequence[Request],
        first_block: int,
        n_blocks: int,
        n_trials: int,
    ) -> list[Any]:
        """Answer requests about the first trials of some blocks, in order."""
        places = sorted({request.output for request in requests})
        step = max(1, _VALUES_AT_ONCE // len(places))
        found: list[Any] = []
        for begun in range(0, n_blocks, step):
            n_now = min(step, n_blocks - begun)
            shown = min(n_trials - begun * BLOCK, n_now * BLOCK)
            values = self.outputs(first_block + begun, n_now, places)
            given = [
                self.settled.engine.answer(
                    each, values[places.index(each.output)], shown, first_block + begun
                )
                for each in requests
            ]
            found = _joined(requests, found, given)
        return found

    def records_and_answers(
        self, requests: Sequence[Request], first_block: int, n_blocks: int
    ) -> tuple[Array, list[Any]]:
        """Return records of whole blocks, and answers about them, computed together."""
        n_outputs = len(self.output_names)
        step = max(1, _VALUES_AT_ONCE // n_outputs)
        records = np.empty((n_blocks, n_outputs, len(FIELDS)))
        found: list[Any] = []
        for begun in range(0, n_blocks, step):
            n_now = min(step, n_blocks - begun)
            values = self.outputs(first_block + begun, n_now, range(n_outputs))
            some = self.settled.records_of(np.moveaxis(values, 0, 1))
            records[begun : begun + n_now] = some
            given = [
                self.settled.engine.answer(
                    each, values[each.output], n_now * BLOCK, first_block + begun
                )
                for each in requests
            ]
            found = _joined(requests, found, given)
        return records, found

    @abstractmethod
    def tail_records(self, request: TailMoments) -> Ranged | None:
        """Return a function of (first_block, n_blocks) that makes records of the excess.

        None where that is best computed from the outputs.
        """


def _joined(requests: Sequence[Request], found: list[Any], given: list[Any]) -> list[Any]:
    if not found:
        return given
    return [
        each.merge(left, right)
        for each, left, right in zip(requests, found, given, strict=True)
    ]


class Settled:
    """What every plan of one run shares: engine, precision, and named arguments."""

    def __init__(
        self, engine: Engine, precision: Type, numbers: Mapping[str, float], seed: int
    ) -> None:
        self.engine = engine
        self.precision = precision
        low, high = key_of(seed)
        self.records_of = choose_block_records(engine)
        self.named = {**numbers, "seed low": low, "seed high": high}
        self._ready: dict[
            tuple[Build, tuple[Node, ...], float | None], tuple[Program, list[Any]]
        ] = {}
        # Workers ask all at once; one of them compiles and the others wait.
        self._compiling = threading.Lock()

    def ready(
        self, build: Build, nodes: Sequence[Node], pivot: float | None = None
    ) -> Ranged:
        """Return a function of (first_block, n_blocks) that runs the plan of `nodes`."""
        program, arguments = self.program(build, nodes, pivot)
        return functools.partial(program.run, arguments=arguments)

    def program(
        self, build: Build, nodes: Sequence[Node], pivot: float | None = None
    ) -> tuple[Program, list[Any]]:
        """Return the program of the plan of `nodes`, and its arguments."""
        key = build, tuple(nodes), pivot
        with self._compiling:
            if key not in self._ready:
                program = _program(self.engine, build, tuple(nodes), self.precision)
                named = self.named if pivot is None else {**self.named, _PIVOT: pivot}
                self._ready[key] = program, argument_values(program.plan, named)
        return self._ready[key]


class TracedEvaluator(Evaluator):
    """A traced model: plans are compiled when first wanted."""

    def __init__(self, graph: Graph, settled: Settled) -> None:
        self.graph = graph
        self.settled = settled
        self.output_names = tuple(graph.outputs)
        self._nodes = tuple(graph.outputs.values())

    def records(self, first_block: int, n_blocks: int) -> Array:
        """Run the plan that makes records, or make them of outputs where they are many."""
        if len(self._nodes) <= MOST_FUSED:
            return self.settled.ready(build_moments, self._nodes)(first_block, n_blocks)
        outputs_of = self.settled.ready(build_values, self._nodes)
        records = np.empty((n_blocks, len(self._nodes), len(FIELDS)))
        step = max(1, _VALUES_AT_ONCE // len(self._nodes))
        for start in range(0, n_blocks, step):
            n_now = min(step, n_blocks - start)
            values = outputs_of(first_block + start, n_now)
            some = self.settled.records_of(np.moveaxis(values, 0, 1))
            records[start : start + n_now] = some
        return records

    @property
    def merge_levels(self) -> int:
        """As many as the engine goes up, where records are made inside the program."""
        is_fused = len(self._nodes) <= MOST_FUSED
        return self.settled.engine.merge_levels if is_fused else 0

    def merged_records(self, first_block: int, n_blocks: int) -> Array:
        """Run the plan that makes records, and merge them where they are made."""
        program, arguments = self.settled.program(build_moments, self._nodes)
        return program.run_merged(first_block, n_blocks, arguments)

    def outputs(self, first_block: int, n_blocks: int, places: Sequence[int]) -> Array:
        """Run a plan that stores these outputs."""
        nodes = [self._nodes[place] for place in places]
        return self.settled.ready(build_values, nodes)(first_block, n_blocks)

    def inputs(self, first_block: int, n_blocks: int, names: Sequence[str]) -> Array:
        """Run a plan that stores these inputs."""
        nodes = [self.graph.inputs[name] for name in names]
        return self.settled.ready(build_values, nodes)(first_block, n_blocks)

    def answers(
        self,
        requests: Sequence[Request],
        first_block: int,
        n_blocks: int,
        n_trials: int,
    ) -> list[Any]:
        """Answer where the outputs lie, if the engine can; else bring them here."""
        places = sorted({request.output for request in requests})
        nodes = [self._nodes[place] for place in places]
        program, arguments = self.settled.program(build_values, nodes)
        asked = [(places.index(request.output), request) for request in requests]
        found = program.answers(asked, first_block, n_blocks, n_trials, arguments)
        if found is None:
            return super().answers(requests, first_block, n_blocks, n_trials)
        return found

    def records_and_answers(
        self, requests: Sequence[Request], first_block: int, n_blocks: int
    ) -> tuple[Array, list[Any]]:
        """Look at outputs where they lie, if the engine can; else bring them here."""
        program, arguments = self.settled.program(build_values, self._nodes)
        asked = [(request.output, request) for request in requests]
        found = program.records_and_answers(asked, first_block, n_blocks, arguments)
        if found is None:
            return super().records_and_answers(requests, first_block, n_blocks)
        return found

    def tail_records(self, request: TailMoments) -> Ranged | None:
        """Add the excess to the program, as one more output; in float64 it is the same."""
        if self.settled.precision is not Type.FLOAT64:
            return None
        x, pivot = Expression(self._nodes[request.output]), parameter(_PIVOT)
        beyond = x - pivot if request.upper else pivot - x
        excess = where(isfinite(x), where(beyond > 0.0, beyond, 0.0), math.nan)
        return self.settled.ready(build_moments, [excess.node], request.pivot)


class ArrayEvaluator(Evaluator):
    """A function that is called with arrays of draws, a chunk at a time."""

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        constants: Mapping[str, float],
        graph: Graph,
        settled: Settled,
    ) -> None:
        self.function = function
        self.name = name
        self.constants = constants
        self.graph = graph
        self.settled = settled
        self._draws = settled.program(build_values, list(graph.inputs.values()))
        self.output_names = tuple(self._called(self._arrays(0, 1), BLOCK))

    @property
    def most_blocks(self) -> int:
        """As many as there is room for of all arrays that the function may make."""
        n_arrays = len(self.graph.inputs) + len(self.output_names)
        return self.settled.engine.most_array_blocks(n_arrays)

    def _arrays(self, first_block: int, n_blocks: int) -> dict[str, Array]:
        program, arguments = self._draws
        draws = to_trial_order(program.run_there(first_block, n_blocks, arguments))
        return dict(zip(self.graph.inputs, draws, strict=True))

    def _called(self, draws: Mapping[str, Array], n_trials: int) -> dict[str, Array]:
        returned = named_outputs(self.function(**draws, **self.constants), self.name)
        for key, value in returned.items():
            if key in draws and value is not draws[key]:
                raise shared_name(key, self.name)
        return {key: self._checked(key, value, n_trials) for key, value in returned.items()}

    def _checked(self, key: str, value: Any, n_trials: int) -> Array:
        array = np.asarray(to_host(value))
        if array.dtype.kind not in "fiub" or array.shape not in {(), (n_trials,)}:
            message = (
                f"output `{key}` of `{self.name}` must be one number per trial, shape "
                f"({n_trials},), as the draws are; got shape {array.shape} of "
                f"{array.dtype}."
            )
            raise ArgumentError(message)
        wide = array.astype(self.settled.precision.dtype, copy=False)
        return np.broadcast_to(wide, (n_trials,))

    def _all(self, first_block: int, n_blocks: int) -> Array:
        n_trials = n_blocks * BLOCK
        outputs = self._called(self._arrays(first_block, n_blocks), n_trials)
        if tuple(outputs) != self.output_names:
            message = (
                f"`{self.name}` must return the same outputs every time; first "
                f"{', '.join(self.output_names)}, then {', '.join(outputs)}."
            )
            raise ArgumentError(message)
        return to_lane_order(np.stack(list(outputs.values())))

    def records(self, first_block: int, n_blocks: int) -> Array:
        """Make records of what the function returns."""
        outputs = self._all(first_block, n_blocks)
        return self.settled.records_of(np.moveaxis(outputs, 0, 1))

    def outputs(self, first_block: int, n_blocks: int, places: Sequence[int]) -> Array:
        """Call the function and keep these outputs."""
        return np.ascontiguousarray(self._all(first_block, n_blocks)[list(places)])

    def inputs(self, first_block: int, n_blocks: int, names: Sequence[str]) -> Array:
        """Run a plan that stores these draws."""
        nodes = [self.graph.inputs[name] for name in names]
        return self.settled.ready(build_values, nodes)(first_block, n_blocks)

    def tail_records(self, request: TailMoments) -> Ranged | None:
        """Leave it to the outputs."""
        return None
