"""Statistics of trials that count differently: arrays and shares in, numbers out.

Shares are weights divided by their sum (self-normalized), so that every statistic here is
a ratio of sums. Its standard error is the root of the sum of squares of share times
influence, which is to first order what such a ratio's error is, whatever the weights [1]_.

References
----------
.. [1] A. B. Owen, "Monte Carlo theory, methods and examples", 2013, section 9.2.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.correlations import UNKNOWN, Correlation

Floats = NDArray[np.float64]
_PIECE = 256

Statistic = Callable[[Floats, Floats], float]
"""From outcomes and shares to a number."""


def error_of(shares: Floats, influence: Floats) -> float:
    """Return the standard error of what each trial moves so far; NaN of fewer than two."""
    return float(np.linalg.norm(shares * influence)) if shares.size > 1 else math.nan


def moments(y: Floats, shares: Floats) -> tuple[float, float, float, float]:
    """Return the mean, and the second, third and fourth moment about it."""
    mean = float(shares @ y)
    d = y - mean
    return mean, float(shares @ d**2), float(shares @ d**3), float(shares @ d**4)


def skewness(y: Floats, shares: Floats) -> tuple[float, float]:
    """Return the skewness and its standard error; NaN of what doesn't vary."""
    mean, m2, m3, _ = moments(y, shares)
    if not m2 > 0.0:
        return math.nan, math.nan
    d = (y - mean) / math.sqrt(m2)
    value = m3 / m2**1.5
    influence = d**3 - value - 3.0 * d - 1.5 * value * (d**2 - 1.0)
    return value, error_of(shares, influence)


def kurtosis(y: Floats, shares: Floats) -> tuple[float, float]:
    """Return the excess kurtosis and its standard error; NaN of what doesn't vary."""
    mean, m2, m3, m4 = moments(y, shares)
    if not m2 > 0.0:
        return math.nan, math.nan
    d = (y - mean) / math.sqrt(m2)
    whole = m4 / m2**2
    influence = d**4 - whole - 4.0 * m3 / m2**1.5 * d - 2.0 * whole * (d**2 - 1.0)
    return whole - 3.0, error_of(shares, influence)


def grades(x: Floats, shares: Floats) -> Floats:
    """Return which share lies below each value, half of what is equal to it included.

    Examples
    --------
    >>> import numpy as np
    >>> grades(np.array([3.0, 1.0, 3.0]), np.array([0.25, 0.5, 0.25])).tolist()
    [0.75, 0.25, 0.75]
    """
    return _sums_around(x, shares, np.ones(len(x)))


def pearson(x: Floats, y: Floats, shares: Floats) -> Correlation:
    """Return Pearson's correlation of trials with shares."""
    a, b = _standardised(x, shares), _standardised(y, shares)
    if a is None or b is None:
        return UNKNOWN
    value = float(shares @ (a * b))
    return Correlation(value, error_of(shares, a * b - 0.5 * value * (a * a + b * b)))


def spearman(x: Floats, y: Floats, shares: Floats) -> Correlation:
    """Return the correlation of `grades`: Spearman's, of trials with shares.

    A trial's influence counts how it moves the grades of all others, too.
    """
    u, v = (grades(each, shares) - 0.5 for each in (x, y))
    a, b, c = (float(shares @ each) for each in (u * v, u * u, v * v))
    if len(x) < 3 or not (b > 0.0 and c > 0.0):
        return UNKNOWN
    value = a / math.sqrt(b * c)
    # By a trial's own grades, and by those that it stands below of.
    both = u * v + _above(x, shares, v) + _above(y, shares, u)
    first, second = (
        each**2 + 2.0 * _above(own, shares, each) for own, each in ((x, u), (y, v))
    )
    influence = both / math.sqrt(b * c) - 0.5 * value * (first / b + second / c)
    return Correlation(value, error_of(shares, influence - float(shares @ influence)))


def kendall(x: Floats, y: Floats, shares: Floats) -> Correlation:
    """Return Kendall's tau-b of trials with shares; time goes by their square."""
    # What each trial makes of its pairs with all: alike or not, and tied or not.
    both, first, second = np.empty((3, len(x)))
    for start in range(0, len(x), _PIECE):
        piece = slice(start, start + _PIECE)
        s, t = (np.sign(each[piece, None] - each) for each in (x, y))
        both[piece], first[piece], second[piece] = (
            pairs @ shares for pairs in (s * t, s * s, t * t)
        )
    a, b, c = (float(shares @ each) for each in (both, first, second))
    if len(x) < 3 or not (b > 0.0 and c > 0.0):
        return UNKNOWN
    value = a / math.sqrt(b * c)
    # Each trial stands in the sums over pairs twice.
    influence = 2.0 * (both - a) / math.sqrt(b * c) - value * (first / b + second / c - 2.0)
    return Correlation(value, error_of(shares, influence))


def conditional(
    x: Floats, y: Floats, shares: Floats, n_bins: int, statistic: Statistic
) -> tuple[Floats, Floats]:
    """Return where an input lies in bins of equal share, and a statistic of `y` there."""
    order = np.argsort(x, kind="stable")
    x, y, shares = x[order], y[order], shares[order]
    middles = np.cumsum(shares) - 0.5 * shares
    bins = np.minimum((middles * n_bins).astype(np.intp), n_bins - 1)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    centers, values = [], []
    for start, end in zip(starts, [*starts[1:], len(x)], strict=True):
        own = shares[start:end] / shares[start:end].sum()
        centers.append(float(own @ x[start:end]))
        values.append(statistic(y[start:end], own))
    return np.array(centers), np.array(values)


def mean_of(y: Floats, shares: Floats) -> float:
    """Return the statistic "mean"."""
    return float(shares @ y)


def standard_deviation_of(y: Floats, shares: Floats) -> float:
    """Return the statistic "standard deviation"."""
    return math.sqrt(moments(y, shares)[1])


def quantile_of(order: float) -> Statistic:
    """Return the statistic "quantile of an order"."""
    return lambda y, shares: quantile(y, shares, order)


def quantile(x: Floats, weights: Floats, order: float) -> float:
    """Return the smallest value that at least a share `order` of the weight doesn't exceed.

    Examples
    --------
    >>> import numpy as np
    >>> quantile(np.array([4.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0]), 0.5)
    1.0
    """
    ranked = np.argsort(x, kind="stable")
    total = np.cumsum(weights[ranked])
    # A sum of weights differs from what it is meant to be by its rounding.
    place = int(np.searchsorted(total, order * total[-1] * (1.0 - 1e-12)))
    return float(x[ranked[min(place, len(x) - 1)]])


def tail_mean_of(order: float) -> Statistic:
    """Return the statistic "mean of the upper tail from an order on"."""

    def tail_mean(y: Floats, shares: Floats) -> float:
        pivot = quantile(y, shares, order)
        return pivot + float(shares @ np.maximum(y - pivot, 0.0)) / (1.0 - order)

    return tail_mean


def regression(columns: Sequence[Floats], y: Floats, shares: Floats) -> Floats:
    """Return how far `y` moves with each column, the others held, all standardised."""
    scaled = np.stack([_spread_out(x, shares) for x in columns], axis=1)
    weighted = scaled.T * shares
    inverse = np.linalg.pinv(weighted @ scaled, hermitian=True)
    return np.asarray(inverse @ (weighted @ _spread_out(y, shares)))


def distance(x: Floats, part: Floats, whole: Floats) -> float:
    """Return the largest distance between two distributions of shares over `x`."""
    order = np.argsort(x, kind="stable")
    apart = np.abs(np.cumsum((part - whole)[order]))
    is_last = np.append(np.diff(x[order]) > 0.0, True)
    return float(np.max(apart[is_last]))


def _standardised(x: Floats, shares: Floats) -> Floats | None:
    if len(x) < 3 or np.ptp(x) == 0.0:
        return None
    return _spread_out(x, shares)


def _spread_out(x: Floats, shares: Floats) -> Floats:
    mean, m2, _, _ = moments(x, shares)
    return np.asarray((x - mean) / math.sqrt(m2))


def _sums_around(x: Floats, shares: Floats, y: Floats) -> Floats:
    """Return the sum of ``shares * y`` below each value, and half of that beside it."""
    order = np.argsort(x, kind="stable")
    ordered, total = x[order], np.concatenate([[0.0], np.cumsum((shares * y)[order])])
    first, last = (
        total[np.searchsorted(ordered, x, side="left")],
        total[np.searchsorted(ordered, x, side="right")],
    )
    return np.asarray(0.5 * (first + last))


def _above(x: Floats, shares: Floats, y: Floats) -> Floats:
    """Return the sum of ``shares * y`` above each value, and half of that beside it."""
    whole: float = float(shares @ y)
    return np.asarray(whole - _sums_around(x, shares, y))
