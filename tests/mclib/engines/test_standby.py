"""A run whose device fails goes on on the processor, and nothing changes but the name."""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

import mclib as mc
from mclib.engines.base import Arguments, Array, Program
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import Plan
from mclib.engines.standby import StandbyEngine
from mclib.errors import EngineUnavailable, InsufficientMemory, InternalError
from mclib.statistics.records import merge_up
from mclib.statistics.requests import Request


class _Failing(LlvmEngine):
    """The processor, called otherwise, that fails at some piece of work."""

    name = "fragile"

    def __init__(self, fails_at: int, failure: Exception) -> None:
        super().__init__(2)
        self.fails_at, self.failure = fails_at, failure
        self.n_pieces = 0
        self.counting = threading.Lock()

    @property
    def device(self) -> str:
        return "a fragile device"

    def piece(self) -> None:
        with self.counting:
            self.n_pieces += 1
            if self.n_pieces > self.fails_at:
                raise self.failure

    def compile(self, plan: Plan) -> Program:
        return _FailingProgram(plan, self)


class _Merging(_Failing):
    """The same, whose programs merge records by themselves."""

    merge_levels = 5


class _FailingProgram(Program):
    def __init__(self, plan: Plan, engine: _Failing) -> None:
        self.plan, self.engine = plan, engine
        self.inner = LlvmEngine(1).compile(plan)

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        self.engine.piece()
        return self.inner.run(first_block, n_blocks, arguments)

    def run_merged(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        records = self.run(first_block, n_blocks, arguments)
        return merge_up(records, self.engine.merge_levels, self.plan.precision.dtype)

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        self.engine.piece()
        return None


@mc.model
def profit(price=mc.Normal(20.0, 2.0), units=mc.Triangular(80.0, 100.0, 150.0)):
    return {"profit": price * units}


def _result(engine: Any) -> mc.Result:
    return mc.simulate(profit, 400_000, seed=3, engine=engine, chunk_size=20_000)


def _lost() -> EngineUnavailable:
    return EngineUnavailable(
        "engine `cuda` is not available: it fell off the bus.\nhint: -"
    )


@pytest.mark.parametrize("fails_at", [0, 1, 7])
@pytest.mark.parametrize("failure", [_lost(), InsufficientMemory("no room.\nhint: x")])
def test_a_device_that_fails_is_followed_by_the_processor(
    fails_at: int, failure: Exception
) -> None:
    engine = StandbyEngine(_Failing(fails_at, failure), LlvmEngine())

    with pytest.warns(RuntimeWarning, match=r"goes on on the processor") as warned:
        result = _result(engine)

    assert len(warned) == 1
    expected = _result("llvm")
    assert result["profit"].mean == expected["profit"].mean
    assert result["profit"].quantile(0.05) == expected["profit"].quantile(0.05)
    reason = str(failure).splitlines()[0]
    assert result.provenance.engine == "llvm"
    assert result.provenance.device.endswith(f"in place of a fragile device: {reason}")


@pytest.mark.parametrize("fails_at", [0, 3, 10**9])
@pytest.mark.filterwarnings("ignore:engine `cuda`:RuntimeWarning")
def test_records_that_come_merged_give_the_same_result(fails_at: int) -> None:
    @mc.model
    def cheap(u=mc.Uniform(0.0, 1.0), v=mc.Uniform(0.0, 1.0)):
        # Now and then infinite, and what it comes in must be looked at block by block.
        return {"ratio": u / mc.maximum(v - 1e-6, 0.0)}

    run = partial(mc.simulate, cheap, (1 << 25) + 50_000, seed=5, precision="float32")
    engine = StandbyEngine(_Merging(fails_at, _lost()), LlvmEngine())

    result, expected = run(engine=engine), run(engine="llvm")

    one, other = result["ratio"], expected["ratio"]
    assert one.non_finite == other.non_finite
    assert one.mean == other.mean
    assert one.standard_deviation == other.standard_deviation
    assert one.minimum == other.minimum


def test_a_device_that_answers_is_named_alone() -> None:
    result = _result(StandbyEngine(_Failing(10**9, _lost()), LlvmEngine()))

    assert result.provenance.engine == "fragile"
    assert result.provenance.device == "a fragile device"


def test_a_failure_after_a_run_does_not_rename_where_it_ran() -> None:
    device = _Failing(10**9, _lost())
    engine = StandbyEngine(device, LlvmEngine())
    result = _result(engine)

    device.fails_at = 0
    with pytest.warns(RuntimeWarning, match="fell off the bus"):
        later = _result(engine)

    assert (result.provenance.engine, later.provenance.engine) == ("fragile", "llvm")
    assert result["profit"].quantile(0.5) == later["profit"].quantile(0.5)


def test_a_fault_of_ours_is_not_hidden() -> None:
    engine = StandbyEngine(_Failing(2, InternalError("a bug.")), LlvmEngine())

    with pytest.raises(InternalError, match="a bug"):
        _result(engine)
