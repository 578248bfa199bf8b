"""Counts of losses as a recursion and as a generating function, for sums of losses."""

import math
from typing import Any

import numpy as np

from mclib.arrays import floats
from mclib.distributions.counts import Binomial, NegativeBinomial, Poisson
from mclib.distributions.laws import Floats
from mclib.errors import law

Frequency = Poisson | Binomial | NegativeBinomial


def power(one: Floats, exponent: int, n: int) -> Floats:
    """Return the first `n` coefficients of a polynomial's power; none is below 0."""
    from scipy.signal import convolve

    made, square = np.ones(1), one[:n]
    while exponent:
        if exponent & 1:
            made = convolve(made, square, method="direct")[:n]
        exponent >>= 1
        if exponent:
            square = convolve(square, square, method="direct")[:n]
    return np.append(made, np.zeros(n - made.size))


def log_of_none(frequency: Frequency, f0: float) -> float:
    """Return the logarithm of the probability that the sum is 0."""
    if isinstance(frequency, Poisson):
        return float(frequency.mean * (f0 - 1.0))
    p = float(frequency.probability)
    return float(frequency.successes * (math.log(p) - math.log1p((p - 1.0) * f0)))  # type: ignore[union-attr]


def probabilities(severity: Any) -> Floats:
    """Return the probabilities of a loss as an array, or raise if they are none."""
    must = "be probabilities that add up to 1"
    f = floats("severity", severity, must)
    if f.ndim != 1 or not np.all(f >= 0.0) or not math.isclose(f.sum(), 1.0, abs_tol=1e-9):
        raise law("severity", must, f.tolist())
    return f


def recursion(frequency: Any) -> tuple[float, float]:
    """Return a and b of ``p(k) = p(k - 1) (a + b / k)``."""
    match frequency:
        case Poisson():
            return 0.0, frequency.mean
        case Binomial():
            odds = frequency.probability / (1.0 - frequency.probability)
            return -odds, (frequency.n + 1) * odds
        case NegativeBinomial():
            rest = 1.0 - frequency.probability
            return rest, (frequency.successes - 1.0) * rest
    must = "be a Poisson, a Binomial or a NegativeBinomial"
    raise law("frequency", must, frequency)


def generating(frequency: Frequency, z: Any) -> Any:
    """Return the mean of z to the power of the count."""
    match frequency:
        case Poisson():
            return np.exp(frequency.mean * (z - 1.0))
        case Binomial():
            return (1.0 + frequency.probability * (z - 1.0)) ** frequency.n
        case _:
            p = frequency.probability
            return (p / (1.0 - (1.0 - p) * z)) ** frequency.successes
