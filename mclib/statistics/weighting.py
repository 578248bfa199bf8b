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
from mclib.statistics.distances import delta_of_cells, n_bins_for
from mclib.statistics.intervals import two_sided

Floats = NDArray[np.float64]
_PIECE = 256

Statistic = Callable[[Floats, Floats], tuple[float, float]]
"""From outcomes and shares to a number and its standard error."""


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
    return _Places(x).around(shares)


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
    first, second = _Places(x), _Places(y)
    u, v = (each.around(shares) - 0.5 for each in (first, second))
    a, b, c = (float(shares @ each) for each in (u * v, u * u, v * v))
    if len(x) < 3 or not (b > 0.0 and c > 0.0):
        return UNKNOWN
    value = a / math.sqrt(b * c)
    # By a trial's own grades, and by those that it stands below of.
    both = u * v + first.above(shares * v) + second.above(shares * u)
    alone, other = (
        each**2 + 2.0 * own.above(shares * each) for own, each in ((first, u), (second, v))
    )
    influence = both / math.sqrt(b * c) - 0.5 * value * (alone / b + other / c)
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
) -> tuple[Floats, Floats, Floats]:
    """Return where an input lies in bins of equal share, and a statistic of `y` there.

    The standard errors of the statistic come third; they are given the bins.
    """
    order = np.argsort(x, kind="stable")
    x, y, shares = x[order], y[order], shares[order]
    middles = np.cumsum(shares) - 0.5 * shares
    bins = np.minimum((middles * n_bins).astype(np.intp), n_bins - 1)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    centers, found = [], []
    for start, end in zip(starts, [*starts[1:], len(x)], strict=True):
        own = shares[start:end] / shares[start:end].sum()
        centers.append(float(own @ x[start:end]))
        found.append(statistic(y[start:end], own))
    values, errors = np.array(found).T
    return np.array(centers), values, errors


def mean_of(y: Floats, shares: Floats) -> tuple[float, float]:
    """Return the statistic "mean"."""
    mean = float(shares @ y)
    return mean, error_of(shares, y - mean)


def share_of(holds: Floats, shares: Floats) -> tuple[float, float]:
    """Return the statistic "probability", of ones and zeros; no error if all are alike."""
    value, error = mean_of(holds, shares)
    return value, error if np.ptp(holds) > 0.0 else math.nan


def standard_deviation_of(y: Floats, shares: Floats) -> tuple[float, float]:
    """Return the statistic "standard deviation"."""
    mean, variance, _, _ = moments(y, shares)
    deviation = math.sqrt(variance)
    error = error_of(shares, (y - mean) ** 2 - variance)
    return deviation, error / (2.0 * deviation) if deviation else 0.0


def quantile_of(order: float) -> Statistic:
    """Return the statistic "quantile of an order".

    Its error is that of the share below it, carried over to outcomes: between the quantiles
    that many shares apart lie 95 %.
    """

    def statistic(y: Floats, shares: Floats) -> tuple[float, float]:
        value = quantile(y, shares, order)
        z = two_sided(0.95)
        reach = z * error_of(shares, np.where(y <= value, 1.0 - order, -order))
        if not 0.0 < order - reach < order + reach < 1.0:
            return value, math.nan
        low, high = (quantile(y, shares, q) for q in (order - reach, order + reach))
        return value, (high - low) / (2.0 * z)

    return statistic


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

    def tail_mean(y: Floats, shares: Floats) -> tuple[float, float]:
        pivot = quantile(y, shares, order)
        beyond, error = mean_of(np.maximum(y - pivot, 0.0) / (1.0 - order), shares)
        return pivot + beyond, error

    return tail_mean


def lower_tail_mean_of(order: float) -> Statistic:
    """Return the statistic "mean of the lower tail up to an order"."""

    def lower_tail_mean(y: Floats, shares: Floats) -> tuple[float, float]:
        pivot = quantile(y, shares, order)
        beyond, error = mean_of(np.maximum(pivot - y, 0.0) / order, shares)
        return pivot - beyond, error

    return lower_tail_mean


def regression(columns: Sequence[Floats], y: Floats, shares: Floats) -> Floats:
    """Return how far `y` moves with each column, the others held, all standardised."""
    scaled = np.stack([_spread_out(x, shares) for x in columns], axis=1)
    weighted = scaled.T * shares
    inverse = np.linalg.pinv(weighted @ scaled, hermitian=True)
    return np.asarray(inverse @ (weighted @ _spread_out(y, shares)))


def distance(x: Floats, part: Floats, whole: Floats) -> float:
    """Return the largest distance between two distributions of shares over `x`."""
    return _Places(x).distance(part, whole)


def regression_with_errors(
    columns: Sequence[Floats], y: Floats, shares: Floats
) -> tuple[Floats, Floats, float]:
    """Regress `y` on columns, all standardised: slopes, their errors, what they explain."""
    scaled = np.stack([_spread_out(x, shares) for x in columns], axis=1)
    target = _spread_out(y, shares)
    inverse = np.linalg.pinv((scaled.T * shares) @ scaled, hermitian=True)
    slopes = inverse @ (scaled.T @ (shares * target))
    left = target - scaled @ slopes
    moved = scaled * (shares * left)[:, None]
    errors = np.sqrt(np.diag(inverse @ (moved.T @ moved) @ inverse))
    return slopes, errors, float(1.0 - shares @ (left * left))


def partial_correlations(
    columns: Sequence[Floats], y: Floats, shares: Floats
) -> list[Correlation]:
    """Return correlations of `y` with each column, what others explain taken off both."""
    scaled = np.stack([_spread_out(x, shares) for x in columns], axis=1)
    target = _spread_out(y, shares)
    inverse = np.linalg.pinv((scaled.T * shares) @ scaled, hermitian=True)
    slopes = inverse @ (scaled.T @ (shares * target))
    left = target - scaled @ slopes
    own = scaled @ inverse / np.diag(inverse)
    pairs = zip(own.T, slopes, strict=True)
    return [pearson(x, left + slope * x, shares) for x, slope in pairs]


def share_between(
    graded: Floats, y: Floats, shares: Floats, n_bins: int
) -> tuple[float, float]:
    """Return the part of the variance of `y` between bins of an input, and its error.

    Parameters
    ----------
    graded : array of shape (n,)
        `grades` of the input: bins are equally probable, and equal values share one.
    y, shares : array of shape (n,)
        The output, and what each trial counts.
    n_bins : int
        How many bins there are.

    Notes
    -----
    What chance puts between bins is taken off: the square of the mean's error in each. The
    error is the ratio's influence, and what chance would put between bins if nothing did.
    """
    places = _bins(graded, n_bins)
    d = y - float(shares @ y)
    total = float(shares @ d**2)
    parts = np.bincount(places, shares, n_bins)
    filled = parts > 0.0
    means = np.zeros(n_bins)
    means[filled] = np.bincount(places, shares * d, n_bins)[filled] / parts[filled]
    left = d - means[places]
    noise = np.zeros(n_bins)
    lost = np.bincount(places, (shares * left) ** 2, n_bins)[filled]
    # Of residuals about the bin's own mean, hence more by what that mean has followed.
    worth = np.bincount(places, shares**2, n_bins)[filled] / parts[filled] ** 2
    noise[filled] = lost / parts[filled] ** 2 / np.maximum(1.0 - worth, 0.5)
    between = float(parts @ means**2)
    own = error_of(shares, d)
    share = (between - float(parts @ noise) + own**2) / (total + own**2)
    follows = 2.0 * means[places] * d - means[places] ** 2 - between
    influence = (follows - between / total * (d**2 - total)) / total
    chance = math.sqrt(2.0 * float(np.sum((parts * noise) ** 2))) / total
    return share, math.hypot(error_of(shares, influence), chance)


def pawn(graded: Floats, y: Floats, shares: Floats, n_bins: int) -> float:
    """Return how far the distribution of `y` moves when an input is known, 0 to 1.

    As `mclib.statistics.distances.pawn`, of an input's `grades`.
    """
    places, outcomes = _bins(graded, n_bins), _Places(y)
    found = []
    for place in np.unique(places):
        part = np.where(places == place, shares, 0.0)
        found.append(outcomes.distance(part / part.sum(), shares))
    return float(np.median(found))


def delta(graded: Floats, target: Floats, shares: Floats) -> tuple[float, float]:
    """Return Borgonovo's delta and its error, of `grades` of an input and the output.

    As `mclib.statistics.distances.delta`, in bins that are equally probable.
    """
    k = n_bins_for(int(1.0 / float(np.sum(shares**2))))
    return delta_of_cells(_bins(graded, k), _bins(target, k), k, shares)


def _bins(graded: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return which of the equally probable bins each trial is in."""
    return np.minimum((graded * n_bins).astype(np.intp), n_bins - 1)


def _standardised(x: Floats, shares: Floats) -> Floats | None:
    if len(x) < 3 or np.ptp(x) == 0.0:
        return None
    return _spread_out(x, shares)


def _spread_out(x: Floats, shares: Floats) -> Floats:
    # Sums, and not products of rows: the threads of those would wait for each other.
    d = x - np.sum(shares * x)
    return np.asarray(d / math.sqrt(float(np.sum(shares * d * d))))


class _Places:
    """Where values stand among each other: sorted once, asked often."""

    def __init__(self, x: Floats) -> None:
        self._order = np.argsort(x, kind="stable")
        ordered = x[self._order]
        is_new = np.append(True, ordered[1:] != ordered[:-1])[: len(x)]
        self._ends = np.append(np.flatnonzero(is_new), len(x))
        self._group = np.empty(len(x), np.intp)
        self._group[self._order] = np.cumsum(is_new) - 1

    def around(self, y: Floats) -> Floats:
        """Return the sum of `y` below each value, and half of that beside it."""
        total = np.concatenate([[0.0], np.cumsum(y[self._order])])[self._ends]
        return np.asarray((0.5 * (total[:-1] + total[1:]))[self._group])

    def distance(self, part: Floats, whole: Floats) -> float:
        """Return the largest distance between two distributions of shares."""
        apart = np.abs(np.cumsum((part - whole)[self._order]))
        return float(np.max(apart[self._ends[1:] - 1]))

    def above(self, y: Floats) -> Floats:
        """Return the sum of `y` above each value, and half of that beside it."""
        return float(np.sum(y)) - self.around(y)
