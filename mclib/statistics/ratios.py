"""Ratios of two means, and how sure they are, from independent groups of trials."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ratio(numerators: Floats, denominators: Floats, counts: Floats) -> tuple[float, float]:
    """Return the ratio of two means over all trials, and its standard error.

    Parameters
    ----------
    numerators, denominators : array of shape (n_groups,)
        Sums over the trials of each group.
    counts : array of shape (n_groups,)
        Trials of each group; empty ones are passed over.

    Returns
    -------
    value, standard_error : float
        The error is the jackknife's, that leaves out one group at a time; NaN below two
        groups. Both are NaN where the denominator is zero.

    References
    ----------
    .. [1] F. M. T. A. Busing, E. Meijer, R. van der Leeden, "Delete-m jackknife for unequal
       m", Statistics and Computing 9 (1999) 3-8.
    """
    filled = counts > 0
    above, below, counts = numerators[filled], denominators[filled], counts[filled]
    total = float(below.sum())
    if not total > 0.0:
        return math.nan, math.nan
    whole, n_groups = float(above.sum()) / total, len(counts)
    if n_groups < 2:
        return whole, math.nan
    with np.errstate(all="ignore"):
        without = (above.sum() - above) / (total - below)
    shares = counts.sum() / counts
    pseudo = shares * whole - (shares - 1.0) * without
    center = n_groups * whole - float(np.sum((1.0 - 1.0 / shares) * without))
    spread = float(np.mean((pseudo - center) ** 2 / (shares - 1.0)))
    return whole, math.sqrt(spread)
