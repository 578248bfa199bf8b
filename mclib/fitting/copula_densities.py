"""Densities of copulas, in as many dimensions as there are columns.

Those of Archimedean ones are derivatives of their generators in closed form, of which all
terms are positive.

References
----------
.. [1] M. Hofert, M. Mächler, A. J. McNeil, "Likelihood inference for Archimedean copulas in
   high dimensions under known margins", J. Multivariate Analysis 110 (2012) 133-150.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from mclib.distributions.laws import Floats

LogDensity = Callable[[Floats, float], Floats]
"""From uniforms of shape (n, k) and theta to logarithms of the density, shape (n,)."""


def clayton(u: Floats, theta: float) -> Floats:
    """Return the logarithm of Clayton's density."""
    k = u.shape[1]
    factors = sum(math.log1p(j * theta) for j in range(k))
    total = np.log(np.sum(u**-theta, axis=1) - k + 1.0)
    return np.asarray(
        factors - (1.0 + theta) * np.log(u).sum(axis=1) - (k + 1.0 / theta) * total
    )


def gumbel(u: Floats, theta: float) -> Floats:
    """Return the logarithm of Gumbel's density."""
    k, alpha = u.shape[1], 1.0 / theta
    sizes = -np.log(u)
    t = np.sum(sizes**theta, axis=1)
    x = t**alpha
    terms = sum(c * x**j for j, c in enumerate(_gumbel_terms(k, alpha), start=1))
    slopes = k * math.log(theta) + np.sum((theta - 1.0) * np.log(sizes) + sizes, axis=1)
    return np.asarray(-x - k * np.log(t) + np.log(terms) + slopes)


def frank(u: Floats, theta: float) -> Floats:
    """Return the logarithm of Frank's density."""
    k = u.shape[1]
    share = -math.expm1(-theta)
    falls = -np.expm1(-theta * u)
    # z = share exp(-t), with t the sum of -log(falls / share).
    log_z = math.log(share) + np.sum(np.log(falls) - math.log(share), axis=1)
    odds = np.exp(log_z) / -np.expm1(log_z)
    counts = _set_partitions(k)
    terms = sum(math.factorial(j) * counts[k][j + 1] * odds ** (j + 1) for j in range(k))
    slopes = k * math.log(theta) - np.sum(theta * u + np.log(falls), axis=1)
    return np.asarray(np.log(terms) - math.log(theta) + slopes)


def joe(u: Floats, theta: float) -> Floats:
    """Return the logarithm of Joe's density."""
    k, alpha = u.shape[1], 1.0 / theta
    powers = theta * np.log1p(-u)
    rests = -np.expm1(powers)
    log_fall = np.log(rests).sum(axis=1)
    beside = -np.expm1(log_fall)
    odds = np.exp(log_fall) / beside
    counts = _set_partitions(k)
    terms = sum(
        counts[k][j + 1] * math.gamma(j + 1.0 - alpha) / math.gamma(1.0 - alpha) * odds**j
        if theta > 1.0
        else float(j == 0) * counts[k][1] * np.ones_like(odds)
        for j in range(k)
    )
    rise = log_fall + (alpha - 1.0) * np.log(beside) - math.log(theta)
    slopes = k * math.log(theta) + np.sum(
        (theta - 1.0) * np.log1p(-u) - np.log(rests), axis=1
    )
    return np.asarray(rise + np.log(terms) + slopes)


def gaussian(u: Floats, correlations: Floats) -> Floats:
    """Return the logarithm of the Gaussian copula's density."""
    from scipy.special import ndtri

    z = ndtri(u)
    joint = _elliptical(z, correlations, lambda square, k: -0.5 * square)
    return np.asarray(joint + 0.5 * np.sum(z * z, axis=1))


def student(u: Floats, correlations: Floats, nu: float) -> Floats:
    """Return the logarithm of the Student's t copula's density."""
    from scipy.special import gammaln, stdtrit

    z = np.asarray(stdtrit(nu, u), np.float64)
    k = u.shape[1]
    size = gammaln((nu + k) / 2.0) + (k - 1.0) * gammaln(nu / 2.0)
    size -= k * gammaln((nu + 1.0) / 2.0)
    joint = _elliptical(
        z, correlations, lambda square, k: -(nu + k) / 2.0 * np.log1p(square / nu)
    )
    margins = (nu + 1.0) / 2.0 * np.log1p(z * z / nu)
    return np.asarray(size + joint + margins.sum(axis=1))


def _elliptical(
    z: Floats, correlations: Floats, bell: Callable[[Floats, int], Floats]
) -> Floats:
    root = np.linalg.cholesky(correlations)
    whitened = np.linalg.solve(root, z.T)
    square = np.sum(whitened * whitened, axis=0)
    return np.asarray(bell(square, z.shape[1]) - np.log(np.diag(root)).sum())


@cache
def _set_partitions(n: int) -> list[list[int]]:
    """Return Stirling's numbers of the second kind up to n."""
    counts = [[1] + [0] * n]
    for row in range(1, n + 1):
        before = counts[row - 1]
        counts.append([0] + [j * before[j] + before[j - 1] for j in range(1, n + 1)])
    return counts


@cache
def _cycles(n: int) -> list[list[int]]:
    """Return Stirling's numbers of the first kind, with their signs, up to n."""
    counts = [[1] + [0] * n]
    for row in range(1, n + 1):
        before = counts[row - 1]
        counts.append(
            [0] + [before[j - 1] - (row - 1) * before[j] for j in range(1, n + 1)]
        )
    return counts


def _gumbel_terms(n: int, alpha: float) -> list[float]:
    """Return the coefficients of the polynomial in the derivative of ``exp(-t**alpha)``."""
    cycles, partitions = _cycles(n)[n], _set_partitions(n)
    return [
        (-1) ** (n - k)
        * sum(alpha**j * cycles[j] * partitions[j][k] for j in range(k, n + 1))
        for k in range(1, n + 1)
    ]
