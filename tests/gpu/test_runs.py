"""On a device: whole runs, on several devices, by arrays, and past a failure."""

import math
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.cuda.engine import CudaEngine, CudaProgram
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.standby import StandbyEngine

pytestmark = pytest.mark.gpu

N_TRIALS = 5_000_000


@mc.model
def launch(
    units=mc.Triangular(low=8e3, mode=1e4, high=15e3),
    price=mc.Normal(20.0, 2.0),
    demand=mc.LogNormal(1.0, 0.3),
    cost=11.0,
):
    profit = units * demand * (price - cost)
    return {"profit": profit, "loss": mc.maximum(-profit, 0.0)}


def _numbers(result: mc.Result) -> list[float]:
    found = []
    for output in ("profit", "loss"):
        one = result[output]
        found += [one.mean.value, one.mean.standard_error, one.standard_deviation.value]
        found += [one.quantile(q).value for q in (0.001, 0.05, 0.5, 0.95, 0.999)]
        found += [one.skewness.value, one.kurtosis.value]
    return found


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_all_that_a_result_says_is_the_same(precision: str) -> None:
    on_cpu, on_gpu = (
        mc.simulate(launch, N_TRIALS + 333, seed=7, engine=name, precision=precision)
        for name in ("llvm", "cuda")
    )

    assert _numbers(on_cpu) == _numbers(on_gpu)
    counted = (each["profit"].histogram(200) for each in (on_cpu, on_gpu))
    (cpu, gpu) = counted
    assert np.array_equal(cpu.counts, gpu.counts)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_records_merged_there_give_the_same_result(precision: str) -> None:
    @mc.model
    def cheap(u=mc.Uniform(0.0, 1.0), v=mc.Uniform(0.0, 1.0)):
        # Now and then infinite, and what it comes in must be looked at block by block.
        return {"ratio": u / mc.maximum(v - 1e-6, 0.0), "sum": u + v}

    on_cpu, on_gpu = (
        mc.simulate(cheap, 60_000_333, seed=7, engine=name, precision=precision)
        for name in ("llvm", "cuda")
    )

    for output in ("ratio", "sum"):
        one, other = on_cpu[output], on_gpu[output]
        assert one.non_finite == other.non_finite
        assert one.mean == other.mean
        assert one.kurtosis == other.kurtosis
        assert one.quantile(0.99) == other.quantile(0.99)


def test_a_device_counted_twice_is_two_devices() -> None:
    expected = mc.simulate(launch, N_TRIALS, seed=1, engine="cuda", chunk_size=200_000)

    twice = CudaEngine([0, 0])
    result = mc.simulate(launch, N_TRIALS, seed=1, engine=twice, chunk_size=200_000)

    assert twice.n_workers == 4
    assert _numbers(expected) == _numbers(result)


def test_auto_takes_the_device_and_names_it() -> None:
    result = mc.simulate(launch, N_TRIALS, seed=1)

    assert result.provenance.engine == "cuda"
    assert "sm_" in result.provenance.device
    assert any(line.startswith("cuda: 0, ") for line in mc.devices())


def test_want_of_memory_leads_to_the_processor() -> None:
    import cupy

    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    pool.set_limit(size=1)
    engine = StandbyEngine(CudaEngine(), LlvmEngine())
    try:
        with pytest.warns(RuntimeWarning, match="goes on on the processor"):
            result = mc.simulate(launch, 300_000, seed=1, engine=engine)
    finally:
        pool.set_limit(size=0)

    expected = mc.simulate(launch, 300_000, seed=1, engine="llvm")
    assert _numbers(expected) == _numbers(result)
    assert result.provenance.engine == "llvm"


def test_a_function_on_arrays_gets_the_same_draws_and_they_stay_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cupy

    kinds: list[type] = []

    @mc.model(trace=False)
    def called(
        price: Any = mc.Normal(20.0, 2.0), units: Any = mc.Uniform(80.0, 150.0)
    ) -> dict[str, Any]:
        kinds.extend({type(price), type(units)})
        return {"profit": units * (price - 11.0)}

    def refused(*_: Any, **__: Any) -> None:
        message = "draws were brought to the processor"
        raise AssertionError(message)

    expected = mc.simulate(called, N_TRIALS, seed=3, engine="llvm")
    kinds.clear()
    monkeypatch.setattr(CudaProgram, "run", refused)
    result = mc.simulate(called, N_TRIALS, seed=3, engine="cuda")

    assert set(kinds) == {cupy.ndarray}
    mean, same = (each["profit"].mean for each in (expected, result))
    assert (mean.value, mean.standard_error) == (same.value, same.standard_error)


def test_a_result_knows_nothing_of_the_device() -> None:
    result = mc.simulate(launch, 300_000, seed=1, engine="cuda")

    assert math.isfinite(result["profit"].mean.value)
    assert (
        result.trial(17).outputs
        == mc.simulate(launch, 300_000, seed=1, engine="llvm").trial(17).outputs
    )
