"""Correlations of two columns, with their standard errors."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Correlation(NamedTuple):
    """A correlation, and how sure it is.

    Attributes
    ----------
    value, standard_error : float
        NaN where a column doesn't vary or there are too few trials.
    """

    value: float
    standard_error: float


_UNTIED = 1.0 - 1e-9

UNKNOWN = Correlation(math.nan, math.nan)


def pearson(x: Floats, y: Floats) -> Correlation:
    """Pearson's correlation; its error is found from each trial's influence.

    The influence of a trial with standardised values a and b is ``a b - r (a**2 + b**2) /
    2``, whatever the distributions.

    Examples
    --------
    >>> import numpy as np
    >>> round(pearson(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4])).value, 3)
    0.8
    """
    a, b = _standardised(x), _standardised(y)
    if a is None or b is None or len(x) < 3:
        return UNKNOWN
    value = float(np.mean(a * b))
    influence = a * b - 0.5 * value * (a * a + b * b)
    return Correlation(value, _error(influence))


def spearman(x: Floats, y: Floats) -> Correlation:
    """Spearman's correlation of ranks, ties sharing their mean rank.

    The influence of a trial counts its own product of ranks, and how it moves the ranks of
    all others.

    Examples
    --------
    >>> import numpy as np
    >>> round(spearman(np.array([1.0, 2, 3, 4]), np.array([1.0, 9, 8, 70])).value, 3)
    0.8
    """
    return spearman_of_ranks(ranks(x), ranks(y))


def spearman_of_ranks(first: Floats, second: Floats) -> Correlation:
    """Spearman's correlation from ranks that are known; see `spearman`."""
    n = len(first)
    a, b = _standardised(first), _standardised(second)
    if a is None or b is None or n < 3:
        return UNKNOWN
    value = float(np.mean(a * b))
    u, v = (first - 0.5) / n, (second - 0.5) / n
    own = u * v + _mean_above(first, v) + _mean_above(second, u)
    scale = 1.0 / (float(np.std(first)) * float(np.std(second)) / n**2)
    influence = scale * own
    for rank in (first, second):
        # Without ties the spread of ranks is the same in every sample.
        if 12.0 * float(np.var(rank)) < (n * n - 1.0) * _UNTIED:
            w = (rank - 0.5) / n - 0.5
            squares = w * w + 2.0 * _mean_above(rank, w)
            influence = influence - 0.5 * value / float(np.var(rank / n)) * squares
    return Correlation(value, _error(influence))


def ranks(x: Floats) -> Floats:
    """Ranks from 1, equal values sharing their mean rank."""
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    if is_new.all():
        found = np.empty(len(x))
        found[order] = np.arange(1.0, len(x) + 1.0)
        return found
    group = np.cumsum(is_new) - 1
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(x))
    found = np.empty(len(x))
    found[order] = ((starts + ends + 1.0) / 2.0)[group]
    return found


def kendall(x: Floats, y: Floats) -> Correlation:
    """Kendall's tau-b, with Fieller, Hartley and Pearson's error: of normals without ties.

    `mclib.statistics.weighting.kendall` finds the error for any.

    Examples
    --------
    >>> import numpy as np
    >>> round(kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 9, 8, 70])).value, 4)
    0.6667
    """
    from scipy.stats import kendalltau

    n = len(x)
    if n < 2 or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return UNKNOWN
    value = float(kendalltau(x, y).statistic)
    error = math.sqrt(0.437 / (n - 4.0)) if n > 4 else math.nan
    return Correlation(value, (1.0 - value * value) * error)


def _standardised(x: Floats) -> Floats | None:
    spread = float(np.std(x)) if len(x) else 0.0
    return (x - np.mean(x)) / spread if spread > 0.0 else None


def _error(influence: Floats) -> float:
    if len(influence) < 2:
        return math.nan
    return float(np.std(influence, ddof=1)) / math.sqrt(len(influence))


def _mean_above(rank: Floats, weights: Floats) -> Floats:
    """Mean over all of `weights` where their rank is above, half where it is equal."""
    order = np.argsort(rank, kind="stable")
    ordered = rank[order]
    above = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0) / len(rank)
    is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    starts = np.append(np.flatnonzero(is_new), len(rank))
    group = np.cumsum(is_new) - 1
    found = np.empty(len(rank))
    found[order] = 0.5 * (above[starts[:-1]] + above[starts[1:]])[group]
    return found
