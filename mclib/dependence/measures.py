"""From the correlation that an analyst means to that of the normals behind the inputs."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mclib.dependence.copula import Pair
from mclib.distributions.distribution import Distribution
from mclib.errors import ArgumentError, law

MEASURES = ("spearman", "kendall", "pearson")

_REACH, _N_PLACES, _N_TERMS = 9.0, 6_001, 80
_N_SPREADS = 48


def normal_correlation(
    measure: str, target: float, degrees_of_freedom: float | None
) -> float:
    """Return the correlation of normals whose ranks have a correlation.

    Parameters
    ----------
    measure : {"spearman", "kendall"}
        Of the ranks.
    target : float
        From -1 to 1.
    degrees_of_freedom : float or None
        Of a Student's t copula; a Gaussian one for None.
    """
    if measure == "kendall":
        return math.sin(math.pi * target / 2.0)
    if degrees_of_freedom is None or abs(target) == 1.0:
        return 2.0 * math.sin(math.pi * target / 6.0)
    return _root(lambda r: spearman_of_t(r, degrees_of_freedom), target)


def measured(measure: str, correlation: float, degrees_of_freedom: float | None) -> float:
    """Return the correlation of ranks that goes with one of the normals."""
    if measure == "kendall":
        return 2.0 / math.pi * math.asin(correlation)
    if degrees_of_freedom is None:
        return 6.0 / math.pi * math.asin(correlation / 2.0)
    return spearman_of_t(correlation, degrees_of_freedom)


def spearman_of_t(correlation: float, degrees_of_freedom: float) -> float:
    """Return Spearman's correlation under a Student's t copula.

    Given the three spreads of the trials that are compared, it is that of normals: ``6 /
    pi`` times the mean of ``arcsin(r w1 / sqrt((w1 + w2) (w1 + w3)))``.
    """
    spreads, weights = _spreads(degrees_of_freedom)
    own = spreads[:, None, None]
    other, third = spreads[None, :, None], spreads[None, None, :]
    cosine = correlation * own / np.sqrt((own + other) * (own + third))
    mean = np.einsum("i,j,k,ijk->", weights, weights, weights, np.arcsin(cosine))
    return float(6.0 / np.pi * mean)


@lru_cache(16)
def _spreads(
    degrees_of_freedom: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places and weights of ``nu / chi-square(nu)``, by its quantiles."""
    from scipy.special import gammaincinv

    points, weights = np.polynomial.legendre.leggauss(_N_SPREADS)
    # Points crowd at both ends: u = t**2 (3 - 2 t).
    t = (points + 1.0) / 2.0
    u, shares = t * t * (3.0 - 2.0 * t), weights / 2.0 * 6.0 * t * (1.0 - t)
    chi_square = 2.0 * gammaincinv(degrees_of_freedom / 2.0, u)
    return degrees_of_freedom / np.maximum(chi_square, 1e-250), shares


def pearson_correlation(
    target: float, pair: Pair, first: Distribution, second: Distribution
) -> float:
    """Return the correlation of normals whose quantiles have Pearson's correlation.

    With x = F^-1(Phi(z)) written in Hermite polynomials, the correlation of two of them is
    a power series in that of the normals.

    Raises
    ------
    ArgumentError
        If a variance is infinite, or no dependence gives these two so much.
    """
    a, spread_a, at_a = _hermite(pair[0], first)
    b, spread_b, at_b = _hermite(pair[1], second)
    powers = np.arange(1, _N_TERMS + 1)
    series = a * b / (spread_a * spread_b)

    def reached(r: float) -> float:
        return float(np.sum(series * r**powers))

    weights = _weights()
    most = float(np.sum(weights * at_a * at_b)) / (spread_a * spread_b)
    least = float(np.sum(weights * at_a * at_b[::-1])) / (spread_a * spread_b)
    if not least - 1e-6 <= target <= most + 1e-6:
        message = (
            f"Pearson's correlation of `{pair[0]}` and `{pair[1]}` must lie between "
            f"{least:.4f} and {most:.4f}, all that distributions of their shapes can have; "
            f"got {target!r}."
        )
        hint = 'write `measure="spearman"`: ranks can have any correlation.'
        raise ArgumentError(f"{message}\nhint: {hint}")
    if target >= min(most, reached(1.0)):
        return 1.0
    if target <= max(least, reached(-1.0)):
        return -1.0
    return _root(reached, target)


def _root(reached: Callable[[float], float], target: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda r: reached(r) - target, -1.0, 1.0, xtol=1e-12))


def _places() -> NDArray[np.float64]:
    return np.linspace(-_REACH, _REACH, _N_PLACES)


def _weights() -> NDArray[np.float64]:
    z = _places()
    density = np.exp(-0.5 * z * z)
    return np.asarray(density / density.sum())


def _hermite(
    name: str, distribution: Distribution
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Return coefficients from the first on, the spread, and values less their mean."""
    from scipy.special import ndtr

    if not math.isfinite(distribution.variance):
        hint = 'write `measure="spearman"`.'
        must = "have a finite variance to have a Pearson's correlation"
        raise law(name, must, distribution, hint)
    z, weights = _places(), _weights()
    upper = z > 0.0
    values = np.empty_like(z)
    values[~upper] = distribution.quantile(ndtr(z[~upper]))
    values[upper] = distribution.quantile_from_above(ndtr(-z[upper]))
    values = values - float(np.sum(weights * values))
    spread = math.sqrt(float(np.sum(weights * values * values)))
    before, now = np.ones_like(z), z.copy()
    coefficients = []
    for k in range(1, _N_TERMS + 1):
        coefficients.append(float(np.sum(weights * values * now)))
        # The next normalised Hermite polynomial.
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1.0)
    return np.array(coefficients), spread, values
