"""How far an output's distribution moves when an input is known: arrays in, numbers out."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.drivers import Places, bins_of

Floats = NDArray[np.float64]

_N_GROUPS = 16
_MOST_BINS = 64


def delta(x: Floats, y: Floats) -> tuple[float, float]:
    """Return Borgonovo's delta of an input, and its standard error.

    Delta is half the area between the output's density and its density given the input, on
    average over the input: the part of the output's probability that moves when the input
    is known, 0 where it does nothing and 1 where it is all there is.

    Parameters
    ----------
    x, y : array of shape (n,)
        The input and the output, trials in order.

    Notes
    -----
    Both are cut into as many bins of about equal count as the cube root of ``n``, 64 at
    most [2]_. The plain sum over the cells of what is above independence takes noise for a
    distance. Here the trials are in 16 groups: which cells are above is told by the other
    fifteen, and how much by the group itself. So an input that does nothing has 0 on
    average, and others are estimated from below, by what varies within a bin or can't be
    told from noise: some 0.02 of 262,144 trials. The error is that of the groups' mean.

    References
    ----------
    .. [1] E. Borgonovo, "A new uncertainty importance measure", Reliability Engineering &
       System Safety 92 (2007) 771-784.
    .. [2] E. Plischke, E. Borgonovo, C. L. Smith, "Global sensitivity measures from given
       data", European Journal of Operational Research 226 (2013) 536-550.
    """
    k = n_bins_for(len(x))
    everywhere = slice(None)
    return delta_of_cells(bins_of(x, k)(everywhere), bins_of(y, k)(everywhere), k)


def n_bins_for(n: int) -> int:
    """Return into how many bins `delta` cuts so many trials."""
    return int(max(min(round(n ** (1.0 / 3.0)), _MOST_BINS), 1))


def delta_of_cells(
    inputs: Places, outcomes: Places, k: int, weights: Floats | None = None
) -> tuple[float, float]:
    """Return `delta` of trials whose bins are known.

    Parameters
    ----------
    inputs, outcomes : array of shape (n,), integers
        In which of `k` bins the input is, and the output.
    k : int
        How many bins there are.
    weights : array of shape (n,), optional
        What each trial counts; the same by default.
    """
    n = len(inputs)
    group = np.arange(n) * _N_GROUPS // n
    cells = group * (k * k) + inputs * k + outcomes
    counts = np.bincount(cells, weights, _N_GROUPS * k * k)
    groups = counts.reshape(_N_GROUPS, k, k).astype(np.float64)
    whole = groups.sum(axis=0)
    found = [
        0.5 * float(np.sum(np.sign(_apart(whole - own)) * _apart(own))) for own in groups
    ]
    return float(np.mean(found)), float(np.std(found, ddof=1)) / math.sqrt(_N_GROUPS)


def _apart(counts: Floats) -> Floats:
    """Return by how much shares of cells are above those of independence."""
    shares = counts / counts.sum()
    apart: Floats = shares - shares.sum(axis=1, keepdims=True) * shares.sum(axis=0)
    return apart


def pawn(x: Floats, y: Floats, n_bins: int) -> float:
    """Return how far the output's distribution moves when an input is known, 0 to 1.

    The median, over bins of the input, of the largest distance between the output's
    distribution function given the bin and without it.

    Parameters
    ----------
    x, y : array of shape (n,)
        The input and the output.
    n_bins : int
        How many bins of about equal count there are.

    References
    ----------
    .. [1] F. Pianosi, T. Wagener, "A simple and efficient method for global sensitivity
       analysis based on cumulative distribution functions", Environmental Modelling &
       Software 67 (2015) 1-11.
    """
    places = bins_of(x, n_bins)(slice(None))
    whole = np.sort(y)
    parts = (np.sort(y[places == place]) for place in np.unique(places))
    return float(np.median([distance(part, whole) for part in parts]))


def distance(part: Floats, whole: Floats) -> float:
    """Return the largest distance between two distribution functions.

    Parameters
    ----------
    part, whole : array of shape (n,), sorted
        Two samples; every value of the first is one of the second.
    """
    values = np.unique(part)
    sides: tuple[Literal["left", "right"], ...] = ("left", "right")
    return max(
        float(
            np.max(
                np.abs(
                    np.searchsorted(part, values, side) / len(part)
                    - np.searchsorted(whole, values, side) / len(whole)
                )
            )
        )
        for side in sides
    )
