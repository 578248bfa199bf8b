"""The first look at an output: 2,048 bins of equal width between its extremes.

They narrow down every quantile, and most histograms are drawn from them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.keys import key_of, keys_of, values_of
from mclib.statistics.moments import Record
from mclib.statistics.requests import Counts, LinearBins

N_BINS = 2048

_ULPS = np.uint64(32)

# Extremes further out than so many standard deviations would make the bins too coarse for
# what lies between; they are found by their keys instead.
_STANDARD_DEVIATIONS = 8.0


@dataclass(frozen=True, eq=False)
class FineBins:
    """Finite outcomes of one output, counted in bins of equal width.

    Attributes
    ----------
    request : LinearBins
        What was asked.
    counts : array of shape (n_bins + 2,), uint64
        Outcomes in each bin; the first and last count what lies beyond.
    """

    request: LinearBins
    counts: Counts


def fine_bins(output: int, record: Record) -> LinearBins | None:
    """Bins that suit an output with this record.

    Returns
    -------
    LinearBins or None
        None if the outcomes are all alike, or too far apart to be told apart by bins of
        equal width in float64.
    """
    low, high = record.minimum, record.maximum
    variance = record.m2 / record.count
    if math.isfinite(variance):
        reach = _STANDARD_DEVIATIONS * math.sqrt(variance)
        low, high = max(low, record.mean - reach), min(high, record.mean + reach)
    return bins_between(output, low, high, N_BINS)


def bins_between(output: int, low: float, high: float, n_bins: int) -> LinearBins | None:
    """Bins of which the first starts at `low` and the last contains `high`, if possible."""
    width = high - low
    if not 0.0 < width < math.inf:
        return None
    scale = n_bins / width
    if not 0.0 < scale < math.inf:
        return None
    while (high - low) * scale >= n_bins:
        scale = math.nextafter(scale, 0.0)
    return LinearBins(output, low, scale, n_bins)


def first_keys(request: LinearBins, places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Lowest keys whose bin is `places` or higher, by bisection: bins never fall with x.

    Parameters
    ----------
    request : LinearBins
        The bins.
    places : array of shape (n,)
        Bins, from 1 to ``n_bins + 1``.

    Returns
    -------
    array of shape (n,), uint64
        Keys.
    """
    low = np.full(places.shape, key_of(-math.inf), np.uint64)
    high = np.full(places.shape, key_of(math.inf), np.uint64)
    # The edge by plain arithmetic is mostly right to some ulps.
    with np.errstate(over="ignore"):
        edges = request.low + (places - 1) / request.scale
    near = np.clip(keys_of(edges), low + _ULPS, high - _ULPS)
    for guess in (near - _ULPS, near + _ULPS):
        reaches = request.places(values_of(guess)) >= places
        high = np.where(reaches, np.minimum(guess, high), high)
        low = np.where(reaches, low, guess)
    while np.any(high - low > np.uint64(1)):
        middle = low + (high - low) // np.uint64(2)
        reaches = request.places(values_of(middle)) >= places
        high = np.where(reaches, middle, high)
        low = np.where(reaches, low, middle)
    return high
