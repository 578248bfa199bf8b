"""Histograms for people to look at: how many bins, which window, and the counts."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.bins import FineBins

FEWEST_BINS, MOST_BINS = 30, 80
WINDOW = 0.005, 0.995
"""Orders of the quantiles between which a histogram is drawn; beyond them it counts."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of outcomes in bins of equal width, and beyond them.

    Attributes
    ----------
    edges : array of shape (n_bins + 1,)
        Where bins start and end, in the output's unit.
    counts : array of shape (n_bins,)
        Outcomes in each bin.
    below, above : int
        Outcomes below the first bin and above the last.
    """

    edges: Floats
    counts: NDArray[np.int64]
    below: int
    above: int

    @property
    def n_trials(self) -> int:
        """All outcomes, those beyond the bins included."""
        return int(np.sum(self.counts)) + self.below + self.above

    @property
    def density(self) -> Floats:
        """Share of all outcomes per unit of the output, array of shape (n_bins,)."""
        return self.counts / (self.n_trials * np.diff(self.edges))


def n_bins_for(n_trials: int, interquartile_range: float, width: float) -> int:
    """Bins for a window of `width`, by Freedman and Diaconis, at least 30 and at most 80.

    References
    ----------
    .. [1] D. Freedman, P. Diaconis, "On the histogram as a density estimator: L2 theory",
       Z. Wahrscheinlichkeitstheorie verw. Gebiete 57 (1981) 453-476.
    """
    if not 0.0 < interquartile_range < math.inf:
        return MOST_BINS
    ideal = width / (2.0 * interquartile_range) * math.cbrt(n_trials)
    return round(min(max(ideal, FEWEST_BINS), MOST_BINS))


def histogram_from(
    bins: FineBins, low: float, high: float, n_bins: int
) -> Histogram | None:
    """Histogram of about `n_bins` bins over a window, from much finer bins.

    Parameters
    ----------
    bins : FineBins
        Counts in fine bins.
    low, high : float
        The window; it is widened to edges of the fine bins.
    n_bins : int
        How many bins are wanted.

    Returns
    -------
    Histogram or None
        With at least 30 bins; None if the fine bins are too coarse for that.
    """
    request = bins.request
    ends = request.places(np.array([low, high])) - 1
    first = max(0, int(ends[0]))
    last = min(request.n_bins - 1, int(ends[1]))
    n_fine = last - first + 1
    together = max(1, round(n_fine / n_bins), -(-n_fine // MOST_BINS))
    n_coarse = -(-n_fine // together)
    if n_coarse < FEWEST_BINS:
        return None
    counts = bins.counts.astype(np.int64)
    # The window grows to whole bins: on the right, where that is the end on the left, and
    # where it takes in everything beyond the end, if there is nothing there.
    first = max(0, min(first, request.n_bins - n_coarse * together))
    missing = first + n_coarse * together - request.n_bins
    if missing > 0 and counts[-1] == 0:
        counts = np.append(counts, np.zeros(missing, np.int64))
    elif missing > 0:
        n_coarse = (request.n_bins - first) // together
    stop = first + n_coarse * together
    inside = counts[first + 1 : stop + 1].reshape(n_coarse, together).sum(axis=1)
    edges = request.low + np.arange(first, stop + 1, together) / request.scale
    return Histogram(
        edges, inside, int(counts[: first + 1].sum()), int(counts[stop + 1 :].sum())
    )


def histogram_of_bins(bins: FineBins) -> Histogram:
    """Histogram with the very bins that were counted."""
    request, counts = bins.request, bins.counts.astype(np.int64)
    edges = request.low + np.arange(request.n_bins + 1) / request.scale
    return Histogram(edges, counts[1:-1], int(counts[0]), int(counts[-1]))


def histogram_of_constant(value: float, n_trials: int) -> Histogram:
    """One bin around a value that all outcomes have."""
    reach = max(abs(value) * 0.05, math.ulp(value), 0.5 if value == 0.0 else 0.0)
    edges = np.array([value - reach, value + reach])
    return Histogram(edges, np.array([n_trials]), 0, 0)
