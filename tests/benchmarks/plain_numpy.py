"""The best plain NumPy that a good user would write.

Chunks that stay in the cache, the fastest bit generator (SFC64), results written in place
where that is natural, threads where they help (NumPy works without Python's lock here).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks import workloads as w
from tests.benchmarks.contenders import Contender

ONE_THREAD, TWO_THREADS = "NumPy", "NumPy, 2 threads"

Floats = NDArray[np.floating]
Chunk = Callable[[np.random.Generator, np.dtype[np.floating], int], Floats]

_CHUNK = {"sheet": 1 << 12, "european": 1 << 13, "asian": 1 << 12}


def contenders(work: str, precision: str) -> Iterator[Contender]:
    """NumPy on one thread and on two."""
    for name, n_threads in ((ONE_THREAD, 1), (TWO_THREADS, 2)):
        multiple = _CHUNK[work] * n_threads
        yield Contender(name, work, precision, _run(work, precision, n_threads), multiple)


def _run(work: str, precision: str, n_threads: int) -> Callable[[int], float]:
    values, dtype, size = _CHUNKS[work], np.dtype(precision), _CHUNK[work]
    seeds = np.random.SeedSequence(1).spawn(n_threads)
    generators = [np.random.Generator(np.random.SFC64(seed)) for seed in seeds]

    def total(generator: np.random.Generator, n_chunks: int) -> float:
        return sum(
            float(values(generator, dtype, size).sum(dtype=np.float64))
            for _ in range(n_chunks)
        )

    def run(n_trials: int) -> float:
        share = n_trials // size // n_threads
        if n_threads == 1:
            return total(generators[0], share) / (share * size)
        with ThreadPoolExecutor(n_threads) as pool:
            totals = pool.map(total, generators, [share] * n_threads)
        return sum(totals) / (share * size * n_threads)

    return run


def _european(g: np.random.Generator, dtype: np.dtype[np.floating], n: int) -> Floats:
    x = g.standard_normal(n, dtype=dtype)
    x *= dtype.type(w.SPREAD)
    x += dtype.type(w.DRIFT)
    np.exp(x, out=x)
    x *= dtype.type(w.SPOT)
    x -= dtype.type(w.STRIKE)
    np.maximum(x, 0, out=x)
    x *= dtype.type(w.DISCOUNT)
    return x


def _asian(g: np.random.Generator, dtype: np.dtype[np.floating], n: int) -> Floats:
    spread, drift = dtype.type(w.STEP_SPREAD), dtype.type(w.STEP_DRIFT)
    logarithm, total, z = np.zeros(n, dtype), np.zeros(n, dtype), np.empty(n, dtype)
    for _ in range(w.N_STEPS):
        g.standard_normal(dtype=dtype, out=z)
        z *= spread
        z += drift
        logarithm += z
        np.exp(logarithm, out=z)
        total += z
    payoff = np.maximum(dtype.type(w.SPOT / w.N_STEPS) * total - dtype.type(w.STRIKE), 0)
    return dtype.type(w.DISCOUNT) * payoff


def _triangular(u: Floats, low: float, mode: float, high: float) -> Floats:
    of = u.dtype.type
    rising = of(low) + np.sqrt(u * of((high - low) * (mode - low)))
    falling = of(high) - np.sqrt((of(1) - u) * of((high - low) * (high - mode)))
    return np.where(u < of((mode - low) / (high - low)), rising, falling)


def _sheet(g: np.random.Generator, dtype: np.dtype[np.floating], n: int) -> Floats:
    of = dtype.type
    z = g.standard_normal((5, n), dtype=dtype)
    u = g.random((5, n), dtype=dtype)

    def normal(place: int, mean: float, spread: float) -> Floats:
        return of(mean) + of(spread) * z[place]

    def uniform(place: int, low: float, high: float) -> Floats:
        return of(low) + of(high - low) * u[place]

    price, growth, interest = (
        normal(place, *each) for place, each in enumerate((w.PRICE, w.GROWTH, w.INTEREST))
    )
    volume = np.exp(normal(3, np.log(w.VOLUME[0]), w.VOLUME[1]))
    exchange = np.exp(normal(4, np.log(w.EXCHANGE[0]), w.EXCHANGE[1]))
    cost, capital = _triangular(u[0], *w.COST), _triangular(u[1], *w.CAPITAL)
    fixed, tax, churn = uniform(2, *w.FIXED), uniform(3, *w.TAX), uniform(4, *w.CHURN)
    kept, rate = (1 + growth) * (1 - churn), 1 / (1 + interest)
    margin, left = price * exchange - cost, 1 - tax
    value, worth = -capital, rate
    for _ in range(w.N_YEARS):
        value = value + (margin * volume - fixed) * left * worth
        volume = volume * kept
        worth = worth * rate
    return value


_CHUNKS: dict[str, Chunk] = {"european": _european, "asian": _asian, "sheet": _sheet}
