"""How fast is the device, next to its roof and to CuPy's arrays? Prints JSON.

Times are wall times of whole calls on the host, results brought back, taken in turns; the
best and the median of `N_REPEATS`. The roof is what a device that issues one instruction
per scheduler and cycle would do, by the instructions recorded in `tests/golden/cuda`.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.plans import BLOCK
from mclib.expressions.dtypes import Type
from tests.benchmarks import cupy_arrays
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS

pytestmark = [pytest.mark.gpu, pytest.mark.benchmark]

RECORD = Path(__file__).parents[1] / "golden" / "cuda" / "instructions.json"
N_REPEATS = 20
SCHEDULERS, LANES = 4, 32

N_ITEMS = {"european": 1, "asian": 252, "sheet": 1}
N_BLOCKS = {"european": 2_000_000, "asian": 20_000, "sheet": 500_000}
ARRAY_TRIALS = {"european": 1 << 26, "asian": 1 << 20, "sheet": 1 << 24}


def _seconds(*calls: Callable[[], object]) -> list[list[float]]:
    """Return the times of calls that take turns, after one round that does not count."""
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(N_REPEATS + 1):
        for call, times in zip(calls, taken, strict=True):
            began = time.perf_counter()
            call()
            if turn:
                times.append(time.perf_counter() - began)
    return taken


def _issue_per_second() -> float:
    import cupy

    found = cupy.cuda.Device().attributes
    clock: float = 1000.0 * found["ClockRate"]
    return clock * found["MultiProcessorCount"] * SCHEDULERS * LANES


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", N_ITEMS)
def test_speed_against_the_roof_and_arrays(name: str, precision: Type) -> None:
    golden, n_items = GOLDEN_PROGRAMS[name], N_ITEMS[name]
    plan = golden.plan("moments", precision)
    arguments = golden.arguments(plan)
    engine = CudaEngine()
    program = engine.compile(plan)
    cycles = json.loads(RECORD.read_text())[f"{name} {precision.value} moments"]["cycles"]
    arrays = cupy_arrays.MODELS[name]

    fused, unfused = _seconds(
        lambda: program.run(0, N_BLOCKS[name], arguments),
        lambda: arrays(ARRAY_TRIALS[name], precision.dtype, golden.parameters),
    )

    roof = _issue_per_second() / cycles
    items = N_BLOCKS[name] * BLOCK * n_items
    array_items = ARRAY_TRIALS[name] * n_items
    _say(
        {
            "question": f"{name} {precision.value}",
            "device": engine.device,
            "items per second": items / min(fused),
            "median": items / statistics.median(fused),
            "roof": roof,
            "fraction of roof": items / min(fused) / roof,
            "CuPy arrays": array_items / min(unfused),
            "times CuPy arrays": items / min(fused) / (array_items / min(unfused)),
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

    (small,) = _seconds(lambda: program.run(0, 1_000_000 // BLOCK, arguments))

    _say(
        {
            "question": "a million trials of the sheet in float64",
            "compile or load, seconds": first,
            "warm call, seconds": min(small),
            "median": statistics.median(small),
        }
    )


def _say(figures: dict[str, Any]) -> None:
    rounded = {
        key: float(np.format_float_positional(value, 4, fractional=False))
        if isinstance(value, float)
        else value
        for key, value in figures.items()
    }
    print(json.dumps(rounded))  # noqa: T201
