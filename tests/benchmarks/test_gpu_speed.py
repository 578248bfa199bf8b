"""How fast is the device, next to its roof, to CuPy's arrays and to others? Prints JSON.

Times are wall times of whole calls on the host, results brought back, taken in turns; the
best and the median of `N_REPEATS`. The roof is what a device that issues one instruction
per scheduler and cycle would do, by the instructions recorded in `tests/golden/cuda`.
"""

import functools
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.plans import BLOCK
from mclib.expressions.dtypes import Type
from tests.benchmarks import cupy_arrays
from tests.benchmarks.workloads import MODELS
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS

pytestmark = [pytest.mark.gpu, pytest.mark.benchmark, pytest.mark.timeout(1800)]

RECORD = Path(__file__).parents[1] / "golden" / "cuda" / "instructions.json"
N_REPEATS = 20
SCHEDULERS, LANES = 4, 32

N_ITEMS = {"european": 1, "asian": 252, "sheet": 1}
N_BLOCKS = {"european": 1_000_000, "asian": 16_000, "sheet": 250_000}
ARRAY_TRIALS = {"european": 1 << 26, "asian": 1 << 20, "sheet": 1 << 24}
RIVAL_PATHS = {"european": 1 << 28, "asian": 1 << 21}

# Items per second that an H200 would reach with every issue slot busy, by an early count.
ROOFS = {
    ("european", "float32"): 4.8e11,
    ("asian", "float32"): 4.8e11,
    ("asian", "float64"): 2.2e11,
    ("sheet", "float32"): 6.8e10,
}


def _seconds(
    calls: Mapping[str, Callable[[], object]], repeats: int = N_REPEATS
) -> dict[str, list[float]]:
    """Return the times of calls that take turns, after one round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                taken[name].append(time.perf_counter() - began)
    return taken


def _issue_per_second() -> float:
    import cupy

    found = cupy.cuda.Device().attributes
    clock: float = 1000.0 * found["ClockRate"]
    return clock * found["MultiProcessorCount"] * SCHEDULERS * LANES


@functools.cache
def _rivals(name: str, precision: str) -> dict[str, Callable[[int], float]]:
    if name not in RIVAL_PATHS:
        return {}
    from tests.benchmarks.cuda_rivals import available

    return {rival: make(name, precision) for rival, make in available().items()}


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", N_ITEMS)
def test_speed_against_the_roof_and_others(name: str, precision: Type) -> None:
    golden, n_items = GOLDEN_PROGRAMS[name], N_ITEMS[name]
    plan = golden.plan("moments", precision)
    arguments = golden.arguments(plan)
    engine = CudaEngine()
    program = engine.compile(plan)
    cycles = json.loads(RECORD.read_text())[f"{name} {precision.value} moments"]["cycles"]
    arrays = cupy_arrays.MODELS[name]
    rivals = _rivals(name, precision.value)
    kernel: list[float] = []
    learned = program._on(engine.devices[0])
    learn = learned._learn

    def watched(size: Any, launch: Any) -> None:
        learn(size, launch)
        seconds = learned._cupy.cuda.get_elapsed_time(launch.began, launch.ended) / 1e3
        kernel.append(launch.n_blocks / seconds)

    learned._learn = watched
    taken = _seconds(
        {
            "mclib": lambda: program.run(0, N_BLOCKS[name], arguments),
            "CuPy arrays": lambda: arrays(
                ARRAY_TRIALS[name], precision.dtype, golden.parameters
            ),
            **{
                rival: functools.partial(run, RIVAL_PATHS[name])
                for rival, run in rivals.items()
            },
        },
    )

    counts = dict.fromkeys(rivals, RIVAL_PATHS.get(name, 0) * n_items)
    counts |= {
        "mclib": N_BLOCKS[name] * BLOCK * n_items,
        "CuPy arrays": ARRAY_TRIALS[name] * n_items,
    }
    rates = {each: counts[each] / min(times) for each, times in taken.items()}
    in_kernel = statistics.median(sorted(kernel)[-len(kernel) // 4 :]) * BLOCK * n_items
    roof = _issue_per_second() / cycles
    early = ROOFS.get((name, precision.value))
    _say(
        {
            "question": f"{name} {precision.value}",
            "device": engine.device,
            "in the kernel": in_kernel,
            "whole call": rates["mclib"],
            "median": counts["mclib"] / statistics.median(taken["mclib"]),
            "issue roof": roof,
            "fraction of it": in_kernel / roof,
            "early roof": early,
            "fraction of that": in_kernel / early if early else None,
            "rates": {each: rates[each] for each in taken},
            "times as fast": {
                each: in_kernel / rates[each] for each in taken if each != "mclib"
            },
        }
    )


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", ["european", "asian"])
def test_what_statistics_cost(name: str, precision: str) -> None:
    n_trials = {"european": 400_000_000, "asian": 8_000_000}[name]
    golden = GOLDEN_PROGRAMS[name]
    kinds = {}
    for kind in ("values", "moments"):
        plan = golden.plan(kind, Type(precision))
        there = CudaEngine().compile(plan)
        kinds[kind] = functools.partial(
            there.run_there, 0, n_trials // BLOCK, golden.arguments(plan)
        )
    run = functools.partial(
        mc.simulate, MODELS[name], n_trials, seed=7, engine="cuda", precision=precision
    )
    result = run()

    taken = _seconds(
        {
            **kinds,
            "simulate, mean": lambda: run()["value"].mean,
            "simulate, histogram": lambda: run()["value"].histogram(200),
            "simulate, five quantiles": lambda: run()["value"].quantile(
                [0.01, 0.05, 0.5, 0.95, 0.99]
            ),
        },
        repeats=5,
    )

    best = {each: min(times) for each, times in taken.items()}
    _say(
        {
            "question": f"{name} {precision}, {n_trials:,} trials: statistics",
            "device": result.provenance.device,
            "seconds": best,
            "moments against values": best["moments"] / best["values"],
            "quantiles against the mean": best["simulate, five quantiles"]
            / best["simulate, mean"],
        }
    )


def test_latency_of_a_small_run() -> None:
    golden = GOLDEN_PROGRAMS["sheet"]
    plan = golden.plan("moments", Type.FLOAT64)
    engine = CudaEngine()
    began = time.perf_counter()
    program = engine.compile(plan)
    first = time.perf_counter() - began
    arguments = golden.arguments(plan)
    whole = functools.partial(
        mc.simulate, MODELS["sheet"], 1_000_000, seed=1, engine="cuda", progress=False
    )
    whole()

    taken = _seconds(
        {
            "program": lambda: program.run(0, 1_000_000 // BLOCK, arguments),
            "simulate": whole,
        }
    )

    _say(
        {
            "question": "a million trials of the sheet in float64",
            "compile or load, seconds": first,
            "best": {each: min(times) for each, times in taken.items()},
            "median": {each: statistics.median(times) for each, times in taken.items()},
        }
    )


@pytest.mark.parametrize("name", MODELS)
def test_where_the_device_overtakes_the_processor(name: str) -> None:
    sizes: Sequence[int] = [1 << k for k in range(10, 25 if name != "asian" else 19, 2)]
    run = functools.partial(mc.simulate, MODELS[name], seed=1, progress=False)
    found = {}
    for n_trials in sizes:
        taken = _seconds(
            {
                each: functools.partial(run, n_trials, engine=each)
                for each in ("llvm", "cuda")
            },
            repeats=5,
        )
        found[n_trials] = min(taken["llvm"]) / min(taken["cuda"])
    _say({"question": f"{name} float64: times as fast as the processor", **found})


def _say(figures: dict[Any, Any]) -> None:
    print(json.dumps(_rounded(figures)))  # noqa: T201


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(each) for key, each in value.items()}
    if isinstance(value, float):
        return float(np.format_float_positional(value, 4, fractional=False))
    return value
