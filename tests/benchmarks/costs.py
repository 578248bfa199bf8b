"""What a run costs besides its trials: starting, compiling, remembering, quantiles."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import mclib as mc
from mclib.distributions.distribution import Distribution
from mclib.engines.llvm.engine import LlvmEngine
from tests.benchmarks import mixture, placings
from tests.benchmarks.contenders import in_turns, seconds_of
from tests.benchmarks.ours import SEED

ROOT = Path(__file__).resolve().parents[2]

N_TURNS = 5
SMALL_RUN = 1_000
LARGE_RUN = 10_000_000
MEMORY_RUNS = (1_000_000, 100_000_000)
BILLION = 1_000_000_000

_IMPORT = """
import time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
"""

# The number that the model is given makes it new, or the same as an earlier one.
_FIRST_CALL = """
import sys, time
import mclib as mc
from mclib.expressions.nodes import topological

@mc.model
def chain(x=mc.Normal(0, 1), y=mc.Uniform(0, 1)):
    value, number = x, float(sys.argv[1])
    for k in range(22):
        value = value * 0.5 + mc.maximum(y - value, number + k)
    return value

@mc.model
def other(x=mc.Uniform(0, 1)):
    return x

def seconds(model):
    began = time.perf_counter()
    mc.simulate(model, 1_000, seed=1, engine="llvm", progress=False)
    return time.perf_counter() - began

seconds(other)
first, again = seconds(chain), seconds(chain)
print(first, again, len(list(topological(chain.graph(chain.checked(None)).roots))))
"""

# `getrusage` hands the high-water mark on to new processes; VmHWM is a process's own.
_MOST_KILOBYTES = """
import pathlib, re, resource, sys

def most_kilobytes():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

_MEMORY = f"""{_MOST_KILOBYTES}
import mclib as mc

@mc.model
def launch(
    units=mc.Triangular(8_000, 10_000, 15_000), price=mc.Normal(20, 2), tax_rate=0.25
):
    revenue = units * price
    return {{"revenue": revenue, "profit": (revenue - units * 12.0) * (1 - tax_rate)}}

mc.simulate(launch, 1_000, seed=1, engine="llvm", progress=False)["profit"].quantile(0.05)
result = mc.simulate(launch, int(sys.argv[1]), seed=1, engine="llvm", progress=False)
profit = result["profit"]
profit.quantile([0.001, 0.05, 0.5, 0.95])
profit.probability_below(40_000)
profit.tail_mean(0.05, tail="lower")
profit.histogram()
print(most_kilobytes() / 1024)
"""

_MIXTURE_MEMORY = f"""{_MOST_KILOBYTES}
from tests.benchmarks.mixture import CONTENDERS
CONTENDERS[sys.argv[1]](int(sys.argv[2]))
print(most_kilobytes() / 1024)
"""


def import_seconds(module: str = "mclib") -> float:
    """Return the shortest time that a new process takes to import a module."""
    program = _IMPORT.format(module=module)
    return min(float(_in_new_process(program)) for _ in range(N_TURNS))


def first_calls() -> dict[str, float]:
    """Return seconds of the first calls of a model of some 100 nodes.

    ``new``: never compiled before; ``on disk``: compiled by an earlier process; ``again``:
    a second call in the same process. The library itself is warm.
    """
    with tempfile.TemporaryDirectory() as cache:
        new, on_disk = (
            [
                _in_new_process(_FIRST_CALL, str(number), MCLIB_CACHE_DIR=cache).split()
                for number in range(N_TURNS)
            ]
            for _ in range(2)
        )
    return {
        "new": min(float(first) for first, _, _ in new),
        "on disk": min(float(first) for first, _, _ in on_disk),
        "again": min(float(again) for _, again, _ in new),
        "nodes": float(new[0][2]),
    }


def memory_megabytes(n_trials: int) -> float:
    """Return the most memory of a process that runs so many trials and asks for all."""
    return float(_in_new_process(_MEMORY, str(n_trials)))


def mixture_megabytes(name: str, n_trials: int) -> float:
    """Return the most memory of a process in which a contender answers for the mixture."""
    return float(_in_new_process(_MIXTURE_MEMORY, name, str(n_trials)))


def small_run_seconds() -> float:
    """Return the time of one call with few trials, the program being at hand."""
    run = _simulated(_two_inputs, SMALL_RUN)
    run()
    return min(seconds_of(run) for _ in range(100))


def quantile_ratios() -> tuple[float, float]:
    """Return how much longer a run with seven exact quantiles takes than one without.

    Asked for afterwards, and in advance.
    """
    orders = [0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999]

    def moments() -> mc.Result:
        return _simulated(_two_inputs, LARGE_RUN)()

    def later() -> None:
        moments()["value"].quantile(orders)

    def in_advance() -> None:
        _simulated(_two_inputs, LARGE_RUN, quantiles=orders)()["value"].quantile(orders)

    later(), in_advance()
    without, *along = in_turns([moments, later, in_advance], n_turns=N_TURNS)
    after, before = (each / without for each in along)
    return after, before


def sensitivity_ratios() -> dict[str, float]:
    """Return times of sensitivities over those of the same by NumPy, which is told how.

    ``tornado``: of twenty inputs over a million trials, by NumPy from stored columns that
    it sorts. ``indices``: Sobol' indices of Ishigami's function, eight evaluations of it at
    262,144 points, which NumPy draws without scrambled points and without errors.
    """
    names = [f"x{k}" for k in range(20)]
    sheet = mc.Model(
        lambda **x: {"y": sum(x.values())},
        "sheet",
        {name: mc.Normal(k, k + 1) for k, name in enumerate(names)},
        {},
    )
    result = mc.simulate(sheet, 1_000_000, seed=SEED, engine="llvm", progress=False)
    table = result.to_frame(1_000_000)
    columns, y = [table[name].to_numpy() for name in names], table["y"].to_numpy()

    def sorted_bins() -> list[float]:
        means = [y[np.argsort(x)].reshape(10, -1).mean(axis=1) for x in columns]
        return [float(np.ptp(each)) for each in means]

    def indices() -> mc.SobolIndices:
        return mc.sobol_indices(_ishigami, seed=SEED, engine="llvm", progress=False)

    def evaluated() -> list[float]:
        generator = np.random.default_rng(SEED)
        one, other = generator.uniform(-np.pi, np.pi, (2, 3, 1 << 18))
        first, second = _ishigamis(*one), _ishigamis(*other)
        spread, shares = np.var(first), []
        for k in range(3):
            mixed, mixed_too = one.copy(), other.copy()
            mixed[k], mixed_too[k] = other[k], one[k]
            d, e = _ishigamis(*mixed) - first, _ishigamis(*mixed_too) - second
            shares += [-np.mean(d * e) / 2 / spread, np.mean(d * d + e * e) / 4 / spread]
        return shares

    pairs = {
        "tornado": (lambda: result.tornado("y"), sorted_bins),
        "indices": (indices, evaluated),
    }
    ratios = {}
    for name, pair in pairs.items():
        pair[0]()
        ours, theirs = in_turns(pair, n_turns=N_TURNS)
        ratios[name] = ours / theirs
    return ratios


def draw_nanoseconds(precision: str = "float64") -> dict[str, float]:
    """Return core-nanoseconds of one draw of each distribution, statistics included."""
    one_core = LlvmEngine(n_workers=1)
    runs: list[Callable[[], mc.Result]] = []
    for distribution in _DRAWN.values():
        model = mc.model(_returning(distribution))
        runs.append(_simulated(model, LARGE_RUN, engine=one_core, precision=precision))
        runs[-1]()
    best = in_turns(runs, n_turns=N_TURNS)
    return {
        name: seconds / LARGE_RUN * 1e9 for name, seconds in zip(_DRAWN, best, strict=True)
    }


@mc.model
def _two_inputs(a=mc.Normal(10, 2), b=mc.Triangular(0, 1, 5)):
    return {"value": a * b}


def _ishigamis(a: Any, b: Any, c: Any) -> Any:
    return np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


@mc.model
def _ishigami(
    a=mc.Uniform(-np.pi, np.pi), b=mc.Uniform(-np.pi, np.pi), c=mc.Uniform(-np.pi, np.pi)
):
    return {"y": _ishigamis(a, b, c)}


_DRAWN: Mapping[str, Distribution] = {
    "Uniform": mc.Uniform(0, 1),
    "Normal": mc.Normal(0, 1),
    "LogNormal": mc.LogNormal(1, 0.3),
    "Triangular": mc.Triangular(0, 1, 5),
    "Exponential": mc.Exponential(1),
    "Weibull": mc.Weibull(2, 1),
    "DiscreteUniform": mc.DiscreteUniform(1, 6),
    "PERT (table)": mc.PERT(9, 11, 16),
}


def _returning(distribution: Distribution) -> Callable[..., object]:
    def drawn(x: object = distribution) -> dict[str, object]:
        return {"value": x}

    return drawn


def _simulated(
    model: mc.Model, n_trials: int, **options: object
) -> Callable[[], mc.Result]:
    options = {"engine": "llvm", **options}
    return lambda: mc.simulate(model, n_trials, seed=SEED, progress=False, **options)


def _in_new_process(program: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def everything(*, billion: bool = False) -> dict[str, Any]:
    """Measure all of the above; with `billion`, memory at 1e9 trials too (minutes)."""
    sizes = (*MEMORY_RUNS, BILLION) if billion else MEMORY_RUNS
    return {
        "import": import_seconds(),
        "import numpy": import_seconds("numpy"),
        "first calls": first_calls(),
        "small run": small_run_seconds(),
        "memory": {n_trials: memory_megabytes(n_trials) for n_trials in sizes},
        "quantiles": quantile_ratios(),
        "sensitivities": sensitivity_ratios(),
        "draws": draw_nanoseconds(),
        "mixture": mixture.measure(mixture_megabytes),
        "samplers": placings.sampler_ratios(),
    }
