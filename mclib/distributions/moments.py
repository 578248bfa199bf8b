"""Moments without a closed form, by quadrature of the quantile function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats

_STEP = 1.0 / 32.0
_REACH = 6.5

Quantile = Callable[[Floats], Floats]


def moments_of(quantile: Quantile, quantile_from_above: Quantile) -> tuple[float, float]:
    """Return mean and variance of a distribution with these quantile functions.

    The integrals over u are taken by the double-exponential rule: with u = 1 / (1 + exp(pi
    sinh t)) the trapezoidal rule in t meets poles at both ends of u (H. Takahasi, M. Mori,
    "Double Exponential Formulas for Numerical Integration", 1974). Tails below 1e-300 are
    left out, so that both moments must exist.
    """
    t = np.arange(_STEP / 2.0, _REACH, _STEP)
    odds = np.exp(-np.pi * np.sinh(t))
    tails = odds / (1.0 + odds)
    is_kept = tails > 1e-300
    t, tails = t[is_kept], tails[is_kept]
    weights = _STEP * np.pi * np.cosh(t) * tails * (1.0 - tails)
    weights = np.concatenate([weights, weights])
    x = np.concatenate([quantile(tails), quantile_from_above(tails)])
    mean = float(np.sum(weights * x) / np.sum(weights))
    return mean, float(np.sum(weights * (x - mean) ** 2) / np.sum(weights))


def moments_by_quadrature(distribution: Any) -> tuple[float, float]:
    """Return mean and variance of a distribution, whole numbers or not.

    Whole numbers are summed, as far as tails of 1e-20.
    """
    u = np.linspace(0.01, 0.99, 33)
    typical = distribution.quantile(u)
    if not np.array_equal(typical, np.rint(typical)):
        return moments_of(distribution.quantile, distribution.quantile_from_above)
    first = float(distribution.quantile(1e-20))
    k = np.arange(first, float(distribution.quantile_from_above(1e-20)) + 1.0)
    shares = distribution.cdf(k) - distribution.cdf(k - 1.0)
    mean = float(shares @ k)
    return mean, float(shares @ (k - mean) ** 2)
