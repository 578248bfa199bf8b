"""What speed and memory are required, and whether they were reached in a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import mixture
from tests.benchmarks.ours import ALL_CORES, ONE_CORE, PROGRAM
from tests.benchmarks.plain_numpy import ONE_THREAD
from tests.benchmarks.speed import Speed

# Times NumPy on one thread, which is where it does most for a core.
ALL_CORES_TIMES = {("sheet", "float64"): 15.0, ("sheet", "float32"): 25.0}
ONE_CORE_TIMES = {
    ("sheet", "float64"): 8.0,
    ("sheet", "float32"): 15.0,
    ("european", "float64"): 5.0,
    ("european", "float32"): 14.0,
    ("asian", "float64"): 5.0,
    ("asian", "float32"): 14.0,
}
MOST_TIMES_C = 1.3
MOST_SECONDS_NEW, MOST_SECONDS_ON_DISK, MOST_SECONDS_IMPORT = 0.6, 0.1, 0.3
MOST_MEGABYTES = 300.0
MOST_TIMES_NUMPY = {"tornado": 1.5, "indices": 0.25}
MIXTURE_TIMES = {mixture.NUMPY: 8.0, mixture.OPENTURNS: 20.0, mixture.SCIPY: 100.0}
MOST_MIXTURE_MEGABYTES = 200.0


@dataclass(frozen=True)
class Requirement:
    """A law, what was measured, and whether it holds."""

    law: str
    measured: str
    holds: bool


def check(speeds: Sequence[Speed], costs: Mapping[str, Any]) -> list[Requirement]:
    """Hold the requirements against what was measured."""
    return [*_of_speed(speeds), *_of_mixture(costs["mixture"]), *_of_costs(costs)]


def _of_speed(speeds: Sequence[Speed]) -> Iterator[Requirement]:
    for speed in speeds:
        what = f"{speed.work} {speed.precision}"
        least = ALL_CORES_TIMES.get((speed.work, speed.precision))
        if least is not None:
            times = speed.ratio(ALL_CORES, ONE_THREAD)
            against_threads = speed.ratio(ALL_CORES, speed.best_numpy)
            law = f"{what}, all cores: at least {least:g}x NumPy"
            measured = f"{times:.1f}x ({against_threads:.1f}x its best with threads)"
            yield Requirement(law, measured, times >= least)
        least = ONE_CORE_TIMES[speed.work, speed.precision]
        times = speed.ratio(ONE_CORE, ONE_THREAD)
        law = f"{what}, one core: at least {least:g}x NumPy"
        yield Requirement(law, f"{times:.1f}x", times >= least)
        if speed.best_c is not None:
            times = speed.ratio(speed.best_c, PROGRAM)
            law = f"{what}, one core: within {MOST_TIMES_C:g}x of the C reference's time"
            yield Requirement(law, f"{times:.2f}x", times <= MOST_TIMES_C)


def _of_mixture(found: Mapping[str, mixture.Cost]) -> Iterator[Requirement]:
    ours = found[mixture.IN_ADVANCE]
    for name, least in MIXTURE_TIMES.items():
        if name in found:
            times = found[name].seconds / ours.seconds
            law = f"ten mixed distributions: at least {least:g}x {name}"
            yield Requirement(law, f"{times:.1f}x", times >= least)
    law = f"ten mixed distributions: at most {MOST_MIXTURE_MEGABYTES:g} MB"
    measured = f"{ours.megabytes:.0f} MB"
    yield Requirement(law, measured, ours.megabytes <= MOST_MIXTURE_MEGABYTES)


def _of_costs(costs: Mapping[str, Any]) -> Iterator[Requirement]:
    calls = costs["first calls"]
    for law, seconds, most in (
        (
            f"first call of a new model of {calls['nodes']:.0f} nodes",
            calls["new"],
            MOST_SECONDS_NEW,
        ),
        (
            "the same, compiled by an earlier process",
            calls["on disk"],
            MOST_SECONDS_ON_DISK,
        ),
        ("`import mclib`", costs["import"], MOST_SECONDS_IMPORT),
    ):
        yield Requirement(f"{law}: under {most:g} s", f"{seconds:.3f} s", seconds < most)
    for name, most in MOST_TIMES_NUMPY.items():
        law = f"{name} of sensitivity: within {most:g}x of NumPy's time"
        times = costs["sensitivities"][name]
        yield Requirement(law, f"{times:.2f}x", times <= most)
    for n_trials, megabytes in costs["memory"].items():
        law = f"a process with {n_trials:,} trials: under {MOST_MEGABYTES:g} MB"
        yield Requirement(law, f"{megabytes:.0f} MB", megabytes < MOST_MEGABYTES)
