"""The same models as a good user of CuPy would write them, with arrays in chunks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

CHUNK = 1 << 22
"""Trials at once: large enough to fill a device, small enough for its caches to help."""

Parameters = Mapping[str, float]


def _chunks(n_trials: int) -> Iterator[int]:
    for begun in range(0, n_trials, CHUNK):
        yield min(CHUNK, n_trials - begun)


def _summary(chunks: Iterator[Any]) -> tuple[float, float]:
    import cupy

    sums = [(x.size, x.sum(dtype=float), (x * x).sum(dtype=float)) for x in chunks]
    n = sum(size for size, _, _ in sums)
    total = sum((first for _, first, _ in sums), start=cupy.zeros(()))
    squares = sum((second for _, _, second in sums), start=cupy.zeros(()))
    mean = float(total) / n
    return mean, (float(squares) / n - mean * mean) ** 0.5


def european(n_trials: int, dtype: Any, p: Parameters) -> tuple[float, float]:
    """Return mean and standard deviation of a European call."""
    import cupy

    generator = cupy.random.default_rng(7)

    def chunk(n: int) -> Any:
        z = generator.standard_normal(n, dtype=dtype)
        price = p["spot"] * cupy.exp(p["drift"] + p["spread"] * z)
        return cupy.maximum(price - p["strike"], 0.0)

    return _summary(map(chunk, _chunks(n_trials)))


def asian(n_trials: int, dtype: Any, p: Parameters) -> tuple[float, float]:
    """Return mean and standard deviation of an Asian call of 252 steps."""
    import cupy

    generator = cupy.random.default_rng(7)

    def chunk(n: int) -> Any:
        price = cupy.full(n, p["spot"], dtype)
        total = cupy.zeros(n, dtype)
        for _ in range(252):
            z = generator.standard_normal(n, dtype=dtype)
            price *= cupy.exp(p["drift"] + p["spread"] * z)
            total += price
        return cupy.maximum(total / 252.0 - p["strike"], 0.0)

    return _summary(map(chunk, _chunks(n_trials)))


def sheet(n_trials: int, dtype: Any, p: Parameters) -> tuple[float, float]:
    """Return mean and standard deviation of the sheet of ten inputs."""
    import cupy

    generator = cupy.random.default_rng(7)

    def chunk(n: int) -> Any:
        def normal(name: str) -> Any:
            z = generator.standard_normal(n, dtype=dtype)
            return p[f"{name} mean"] + p[f"{name} deviation"] * z

        def uniform(name: str) -> Any:
            return p[f"{name} low"] + p[f"{name} width"] * generator.random(n, dtype=dtype)

        def triangular(low: float, mode: float, high: float) -> Any:
            u = generator.random(n, dtype=dtype)
            rising = low + cupy.sqrt(u * ((high - low) * (mode - low)))
            falling = high - cupy.sqrt((1.0 - u) * ((high - low) * (high - mode)))
            return cupy.where(u < (mode - low) / (high - low), rising, falling)

        price, growth, discount = normal("price"), normal("growth"), normal("discount")
        volume, rate = cupy.exp(normal("volume")), cupy.exp(normal("rate"))
        cost = triangular(40.0, 55.0, 80.0)
        value = -triangular(50e3, 80e3, 150e3)
        fixed, tax, churn = uniform("fixed"), uniform("tax"), uniform("churn")
        kept, factor = (1.0 + growth) * (1.0 - churn), 1.0 / (1.0 + discount)
        margin, left, worth = price * rate - cost, 1.0 - tax, factor
        for _ in range(5):
            value = value + (margin * volume - fixed) * left * worth
            volume = volume * kept
            worth = worth * factor
        return value

    return _summary(map(chunk, _chunks(n_trials)))


MODELS: Mapping[str, Callable[[int, Any, Parameters], tuple[float, float]]] = {
    "european": european,
    "asian": asian,
    "sheet": sheet,
}
"""By the names of the golden programs."""
