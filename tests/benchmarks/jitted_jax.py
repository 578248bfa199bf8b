"""JAX: one jitted function per chunk of trials, its own counter-based draws, all cores."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import random

from tests.benchmarks import workloads as w

# Without it float64 is silently float32.
jax.config.update("jax_enable_x64", True)

CHUNK = {"sheet": 1 << 16, "european": 1 << 18, "asian": 1 << 13}

Array = Any


def run(work: str, precision: str) -> Callable[[int], float]:
    """Return a function from a number of trials to their mean."""
    values, size, dtype = _VALUES[work], CHUNK[work], jnp.dtype(precision)

    @jax.jit
    def total(key: Array) -> Array:
        return values(key, size, dtype).sum(dtype=jnp.float64)

    def mean(n_trials: int) -> float:
        keys = random.split(random.key(1), n_trials // size)
        return float(sum(total(key) for key in keys)) / n_trials

    return mean


def _european(key: Array, n: int, dtype: Any) -> Array:
    z = random.normal(key, (n,), dtype)
    end = w.SPOT * jnp.exp(w.DRIFT + w.SPREAD * z)
    return w.DISCOUNT * jnp.maximum(end - w.STRIKE, 0.0)


def _asian(key: Array, n: int, dtype: Any) -> Array:
    def step(state: tuple[Array, Array], own: Array) -> tuple[tuple[Array, Array], None]:
        price, total = state
        z = random.normal(own, (n,), dtype)
        price = price * jnp.exp(w.STEP_DRIFT + w.STEP_SPREAD * z)
        return (price, total + price), None

    start = (jnp.full(n, w.SPOT, dtype), jnp.zeros(n, dtype))
    (_, total), _ = jax.lax.scan(step, start, random.split(key, w.N_STEPS))
    return w.DISCOUNT * jnp.maximum(total / w.N_STEPS - w.STRIKE, 0.0)


def _triangular(u: Array, low: float, mode: float, high: float) -> Array:
    rising = low + jnp.sqrt(u * ((high - low) * (mode - low)))
    falling = high - jnp.sqrt((1.0 - u) * ((high - low) * (high - mode)))
    return jnp.where(u < (mode - low) / (high - low), rising, falling)


def _sheet(key: Array, n: int, dtype: Any) -> Array:
    first, second = random.split(key)
    z = random.normal(first, (5, n), dtype)
    u = random.uniform(second, (5, n), dtype)
    price, growth, interest = (
        mean + spread * z[place]
        for place, (mean, spread) in enumerate((w.PRICE, w.GROWTH, w.INTEREST))
    )
    sold = jnp.exp(math.log(w.VOLUME[0]) + w.VOLUME[1] * z[3])
    exchange = jnp.exp(math.log(w.EXCHANGE[0]) + w.EXCHANGE[1] * z[4])
    cost, value = _triangular(u[0], *w.COST), -_triangular(u[1], *w.CAPITAL)
    fixed, tax, churn = (
        low + (high - low) * u[place]
        for place, (low, high) in enumerate((w.FIXED, w.TAX, w.CHURN), start=2)
    )
    kept, rate = (1.0 + growth) * (1.0 - churn), 1.0 / (1.0 + interest)
    margin, left, worth = price * exchange - cost, 1.0 - tax, rate
    for _ in range(w.N_YEARS):
        value = value + (margin * sold - fixed) * left * worth
        sold = sold * kept
        worth = worth * rate
    return value


_VALUES: dict[str, Callable[[Array, int, Any], Array]] = {
    "european": _european,
    "asian": _asian,
    "sheet": _sheet,
}
