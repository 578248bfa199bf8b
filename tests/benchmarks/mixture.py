"""Ten mixed distributions added up: mean, standard deviation and five percentiles of 10^7.

Everyone answers the same question exactly (percentiles are order statistics of all trials),
and may use two threads. What counts is the processor's time, which a busy machine distorts
least, and the peak memory of a process of its own.
"""

import functools
import importlib.util
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine

N_TRIALS = 10_000_000
N_THREADS = 2
ORDERS = (0.05, 0.25, 0.5, 0.75, 0.95)
IN_ADVANCE, LATER = "mclib, asked in advance", "mclib, asked afterwards"
NUMPY, OPENTURNS, SCIPY = "NumPy, 2 threads", "OpenTURNS", "SciPy's ppf"

_CHUNK = 1 << 15
_SCIPY_SHARE = 20
"""SciPy is shown so much less, and its time is multiplied."""

Floats = NDArray[np.float64]
Answer = tuple[float, ...]
"""Mean, standard deviation, and the percentiles."""

PERT = 10.0, 20.0, 60.0
_RISE = 1.0 + 4.0 * (PERT[1] - PERT[0]) / (PERT[2] - PERT[0])


@mc.model
def mixture(
    a=mc.Normal(100.0, 15.0),
    b=mc.LogNormal(20.0, 0.4),
    c=mc.Uniform(5.0, 25.0),
    d=mc.Triangular(10.0, 20.0, 60.0),
    e=mc.Triangular(0.0, 30.0, 40.0),
    f=mc.PERT(*PERT),
    g=mc.Gamma(2.5, 4.0),
    h=mc.Exponential(12.0),
    i=mc.Weibull(1.7, 20.0),
    j=mc.DiscreteUniform(1, 6),
):
    """Ten costs and their sum."""
    return {"total": a + b + c + d + e + f + g + h + i + j}


@dataclass(frozen=True)
class Cost:
    """What an answer takes.

    Attributes
    ----------
    seconds : float
        Of the processor, in the best turn, for all trials.
    megabytes : float
        Peak memory of a process.
    n_trials : int
        How many it was shown.
    """

    seconds: float
    megabytes: float
    n_trials: int


@functools.cache
def _engine() -> LlvmEngine:
    """The one of this process: each new one would prepare its code anew."""
    return LlvmEngine(N_THREADS)


def _ours(n_trials: int, **options: Any) -> Answer:
    result = mc.simulate(
        mixture, n_trials, seed=7, engine=_engine(), progress=False, **options
    )
    total = result["total"]
    percentiles = [each.value for each in total.quantile(list(ORDERS))]
    return total.mean.value, total.standard_deviation.value, *percentiles


def _in_advance(n_trials: int) -> Answer:
    return _ours(n_trials, quantiles=ORDERS)


def _numpy_total(g: np.random.Generator, n: int) -> Floats:
    total = g.normal(100.0, 15.0, n)
    total += g.lognormal(math.log(20.0), 0.4, n)
    total += g.uniform(5.0, 25.0, n)
    total += g.triangular(10.0, 20.0, 60.0, n)
    total += g.triangular(0.0, 30.0, 40.0, n)
    low, _, high = PERT
    beta = g.beta(_RISE, 6.0 - _RISE, n)
    beta *= high - low
    total += beta
    total += g.gamma(2.5, 4.0, n)
    total += g.exponential(12.0, n)
    weibull = g.weibull(1.7, n)
    weibull *= 20.0
    total += weibull
    total += g.integers(1, 7, n)
    total += low
    return total


def _numpy(n_trials: int) -> Answer:
    """Chunks that stay in cache, the fastest generator, one array of all totals."""
    totals = np.empty(n_trials)
    share = -(-n_trials // N_THREADS)
    seeds = np.random.SeedSequence(1).spawn(N_THREADS)

    def fill(place: int) -> None:
        generator = np.random.Generator(np.random.SFC64(seeds[place]))
        end = min(n_trials, (place + 1) * share)
        for start in range(place * share, end, _CHUNK):
            stop = min(start + _CHUNK, end)
            totals[start:stop] = _numpy_total(generator, stop - start)

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(fill, range(N_THREADS)))
    return _of_sample(totals)


def _of_sample(totals: Floats) -> Answer:
    mean, deviation = float(totals.mean()), float(totals.std(ddof=1))
    places = [math.ceil(q * len(totals)) - 1 for q in ORDERS]
    # In place, which is the fastest way and takes no second array.
    totals.partition(places)
    return mean, deviation, *totals[places].tolist()


def _openturns(n_trials: int) -> Answer:
    import openturns

    openturns.TBB.SetThreadsNumber(N_THREADS)
    low, _, high = PERT
    parts = [
        openturns.Normal(100.0, 15.0),
        openturns.LogNormal(math.log(20.0), 0.4),
        openturns.Uniform(5.0, 25.0),
        openturns.Triangular(10.0, 20.0, 60.0),
        openturns.Triangular(0.0, 30.0, 40.0),
        openturns.Beta(_RISE, 6.0 - _RISE, low, high),
        openturns.Gamma(2.5, 0.25),
        openturns.Exponential(1.0 / 12.0),
        openturns.WeibullMin(20.0, 1.7),
        openturns.FiniteDiscreteDistribution([[float(face)] for face in range(1, 7)]),
    ]
    joint = openturns.JointDistribution(parts)
    totals = np.empty(n_trials)
    # All at once take 2.4 GB, and no less time.
    for start in range(0, n_trials, 1 << 20):
        n_now = min(1 << 20, n_trials - start)
        totals[start : start + n_now] = np.asarray(joint.getSample(n_now)).sum(axis=1)
    sample = openturns.Sample(totals[:, None])
    percentiles = [sample.computeQuantile(q)[0] for q in ORDERS]
    return sample.computeMean()[0], sample.computeStandardDeviation()[0], *percentiles


def _scipy(n_trials: int) -> Answer:
    from scipy import stats

    low, _, high = PERT
    parts = [
        stats.norm(100.0, 15.0),
        stats.lognorm(0.4, scale=20.0),
        stats.uniform(5.0, 20.0),
        stats.triang(0.2, 10.0, 50.0),
        stats.triang(0.75, 0.0, 40.0),
        stats.beta(_RISE, 6.0 - _RISE, low, high - low),
        stats.gamma(2.5, scale=4.0),
        stats.expon(scale=12.0),
        stats.weibull_min(1.7, scale=20.0),
        stats.randint(1, 7),
    ]
    generator = np.random.Generator(np.random.SFC64(1))
    totals = np.empty(n_trials)
    for start in range(0, n_trials, _CHUNK):
        stop = min(start + _CHUNK, n_trials)
        totals[start:stop] = sum(part.ppf(generator.random(stop - start)) for part in parts)
    return _of_sample(totals)


CONTENDERS: Mapping[str, Callable[[int], Answer]] = {
    IN_ADVANCE: _in_advance,
    LATER: _ours,
    NUMPY: _numpy,
    OPENTURNS: _openturns,
    SCIPY: _scipy,
}


def available() -> list[str]:
    """Name the contenders that can run here."""
    needs = {OPENTURNS: "openturns", SCIPY: "scipy"}
    return [
        name
        for name in CONTENDERS
        if name not in needs or importlib.util.find_spec(needs[name]) is not None
    ]


def check(names: list[str], n_trials: int = 200_000) -> None:
    """Refuse a contender whose answers are not ours: it would not do the same work."""
    expected = np.array(_ours(4 * n_trials))
    for name in names:
        found = np.array(CONTENDERS[name](n_trials))
        # Five standard errors of the worst of them, a percentile in the tail.
        reach = 5.0 * 2.2 * expected[1] / math.sqrt(n_trials)
        assert np.all(np.abs(found - expected) < reach), (name, found, expected)


def measure(memory_of: Callable[[str, int], float], *, n_turns: int = 3) -> dict[str, Cost]:
    """Measure all that can run here, in turns.

    Parameters
    ----------
    memory_of : callable
        From a contender's name and a number of trials to the peak memory of its process.
    n_turns : int, default 3
        Rounds.
    """
    names = available()
    check(names)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(n_turns):
        for name in names:
            n_trials = _shown(name)
            began = time.process_time()
            CONTENDERS[name](n_trials)
            seconds = time.process_time() - began
            taken[name].append(seconds * (N_TRIALS / n_trials))
    return {
        name: Cost(min(taken[name]), memory_of(name, _shown(name)), _shown(name))
        for name in names
    }


def _shown(name: str) -> int:
    return N_TRIALS // _SCIPY_SHARE if name == SCIPY else N_TRIALS
