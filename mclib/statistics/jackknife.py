"""Standard errors of skewness and kurtosis, which records of moments alone can't give.

They would need the sixth and eighth moments. With many blocks the jackknife over groups of
blocks finds them from the groups' records; with few blocks there are few trials, and the
influence of each is computed from its value.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.moments import Record

Floats = NDArray[np.float64]

FEWEST_GROUPS = 32
"""Below this the jackknife's own error would be above an eighth."""


def jackknife_standard_error(
    groups: Record, statistic: Callable[[Record], Floats]
) -> float:
    """Standard error of a function of the moments, by leaving out one group at a time.

    Parameters
    ----------
    groups : Record
        Of arrays of shape (n_groups,): the records of separate trials. Groups may differ in
        size; empty ones are passed over.
    statistic : callable
        From a record of arrays to an array of the same shape.

    Returns
    -------
    float
        NaN below two groups.

    References
    ----------
    .. [1] F. M. T. A. Busing, E. Meijer, R. van der Leeden, "Delete-m jackknife for unequal
       m", Statistics and Computing 9 (1999) 3-8.
    """
    filled = np.flatnonzero(np.asarray(groups.count) > 0)
    if len(filled) < 2:
        return math.nan
    sums = _central_sums(Record(*(np.asarray(each)[filled] for each in groups)))
    total = sums.sum(axis=1)
    whole = float(statistic(_record_of(total[:, None]))[0])
    without = statistic(_record_of(total[:, None] - sums))
    shares = total[0] / sums[0]
    pseudo = shares * whole - (shares - 1.0) * without
    center = len(filled) * whole - np.sum((1.0 - 1.0 / shares) * without)
    spread = np.mean((pseudo - center) ** 2 / (shares - 1.0))
    return math.sqrt(float(spread))


def influence_standard_errors(values: Floats) -> tuple[float, float]:
    """Standard errors of skewness and excess kurtosis, from all outcomes.

    With standardized outcomes z, skewness g and kurtosis k (3 for a normal output), trial i
    moves them by ``z³ - g - 3 z - 1.5 g (z² - 1)`` and ``z⁴ - k - 4 g z - 2 k (z² - 1)``
    over n (their influence functions); the standard error is the root of the sum of
    squares.

    Parameters
    ----------
    values : array of shape (n_trials,)
        Finite outcomes, in an order that doesn't depend on how they were computed.

    Returns
    -------
    skewness, kurtosis : float
        NaN where the outcomes don't vary.

    References
    ----------
    .. [1] F. R. Hampel et al., "Robust Statistics: The Approach Based on Influence
       Functions", Wiley, 1986, ch. 2.
    """
    n_trials = len(values)
    centered = values - values.mean()
    spread = math.sqrt(float(np.mean(centered * centered)))
    if not 0.0 < spread < math.inf:
        return math.nan, math.nan
    z = centered / spread
    g, k = float(np.mean(z**3)), float(np.mean(z**4))
    skewness = z**3 - g - 3.0 * z - 1.5 * g * (z * z - 1.0)
    kurtosis = z**4 - k - 4.0 * g * z - 2.0 * k * (z * z - 1.0)
    first, second = (
        math.sqrt(float(np.mean(each * each)) / n_trials) for each in (skewness, kurtosis)
    )
    return first, second


def _central_sums(groups: Record) -> Floats:
    """Sums over each group of powers 0 to 4 of (value − overall mean), shape (5, n)."""
    n, m2, m3, m4 = groups.count, groups.m2, groups.m3, groups.m4
    d = groups.mean - np.average(groups.mean, weights=n)
    return np.stack(
        [
            n,
            n * d,
            m2 + n * d**2,
            m3 + 3.0 * d * m2 + n * d**3,
            m4 + 4.0 * d * m3 + 6.0 * d**2 * m2 + n * d**4,
        ]
    )


def _record_of(sums: Floats) -> Record:
    """Records from sums of powers about any one center, shape (5, n)."""
    n, s1, s2, s3, s4 = sums
    a = s1 / n
    m2 = s2 - a * s1
    m3 = s3 - 3.0 * a * s2 + 2.0 * a**2 * s1
    m4 = s4 - 4.0 * a * s3 + 6.0 * a**2 * s2 - 3.0 * a**3 * s1
    unknown = np.full(n.shape, np.nan)
    return Record(n, a, m2, m3, m4, unknown, unknown)
