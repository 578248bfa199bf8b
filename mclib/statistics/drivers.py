"""What an output owes to each input, from trials that are there: arrays in, numbers out.

An input's trials are cut into bins of about equal count. How a statistic of the output
differs between the bins is what the input does to it, in the output's own unit, whether the
model is linear or not and inputs depend on each other or not.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.correlations import Correlation, pearson
from mclib.statistics.intervals import near_ranks, rank_error
from mclib.statistics.moments import Record
from mclib.statistics.summary import (
    standard_deviation,
    standard_deviation_standard_error,
)

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Statistic = Callable[[Floats], tuple[float, float]]
"""From outcomes to a number and its standard error; NaN where they can't tell it."""

_FOR_EDGES = 1 << 16
_FEW_EDGES = 24
_PIECE = 1 << 14


@dataclass(frozen=True)
class Conditional:
    """A statistic of the output, given in which bin an input lies.

    Attributes
    ----------
    centers : array of shape (n_bins,)
        Mean of the input in each bin.
    values : array of shape (n_bins,)
        The statistic of the output in each bin.
    errors : array of shape (n_bins,)
        Standard errors of these, given the bins; NaN where too few trials are there.
    counts : array of shape (n_bins,)
        Trials in each bin.
    share : float
        Part of the output's variance that lies between the bins: the input's first-order
        share, an estimate without bias.
    share_error : float
        Its standard error.
    """

    centers: Floats
    values: Floats
    errors: Floats
    counts: Floats
    share: float
    share_error: float


def bins_of(x: Floats, n_bins: int, *, is_equal: bool = False) -> Callable[[slice], Places]:
    """Return a function that tells the bins of neighbouring trials.

    Parameters
    ----------
    x : array of shape (n,)
        An input.
    n_bins : int
        How many bins of about equal count there are.
    is_equal : bool, default False
        Whether bins have equal counts even where many values are equal, in the order of
        trials then; otherwise equal values share a bin, and a value of a rare event has one
        of its own.
    """
    some = x[:: max(1, len(x) // _FOR_EDGES)]
    ranks = np.arange(1, n_bins) * len(some) // n_bins
    # Put in their places alone: a third of the time of a sort.
    edges = np.unique(np.partition(some, ranks)[ranks])
    if is_equal and len(edges) < n_bins - 1:
        places = np.empty(len(x), np.intp)
        places[np.argsort(x, kind="stable")] = np.arange(len(x)) * n_bins // len(x)
        return places.__getitem__
    if len(edges) > _FEW_EDGES:
        return lambda piece: np.searchsorted(edges, x[piece], side="left")

    def compared(piece: slice) -> Places:
        # Comparing with each edge is faster than searching, for ten bins or so.
        values = x[piece]
        found = np.zeros(len(values), np.uint8)
        for edge in edges:
            found += (values > edge).view(np.uint8)
        return found.astype(np.intp)

    return compared


def conditional(
    x: Floats,
    y: Floats,
    n_bins: int,
    statistic: Statistic | None = None,
    *,
    is_equal: bool = False,
) -> Conditional:
    """Return a statistic of `y` given the bin of `x`, by default the mean.

    Bins are those of `bins_of`; those without a trial are left out.
    """
    bins = bins_of(x, n_bins, is_equal=is_equal)
    mean = float(np.mean(y))
    counts, inputs, sums, squares = np.zeros((4, n_bins))
    # Pieces that stay in cache: no array of all trials is made.
    for start in range(0, len(x), _PIECE):
        piece = slice(start, start + _PIECE)
        places, apart = bins(piece), y[piece] - mean
        counts += np.bincount(places, minlength=n_bins)
        inputs += np.bincount(places, x[piece], n_bins)
        sums += np.bincount(places, apart, n_bins)
        squares += np.bincount(places, apart * apart, n_bins)
    filled = counts > 0
    counts = counts[filled]
    means = sums[filled] / counts
    share, error = _share(means, counts, float(np.sum(squares)))
    values, errors = means + mean, _errors_of_means(counts, means, squares[filled])
    if statistic is not None:
        order = np.argsort(bins(slice(None)), kind="stable")
        ends = np.cumsum(counts).astype(int)
        starts = np.concatenate([[0], ends[:-1]])
        ordered = y[order]
        found = [statistic(ordered[a:b]) for a, b in zip(starts, ends, strict=True)]
        values, errors = np.array(found).T
    return Conditional(inputs[filled] / counts, values, errors, counts, share, error)


def _errors_of_means(counts: Floats, means: Floats, squares: Floats) -> Floats:
    """Return ``s / sqrt(n)`` of each bin, from sums about the mean of all."""
    left = np.maximum(squares - counts * means**2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = np.where(counts > 1.0, left / (counts - 1.0), math.nan)
    return np.asarray(np.sqrt(variances / counts))


def _share(means: Floats, counts: Floats, total: float) -> tuple[float, float]:
    """Return the share of a sum of squares between bins, less what chance puts there."""
    n, k = float(counts.sum()), len(means)
    if not total > 0.0 or n <= k:
        return math.nan, math.nan
    between = float(counts @ means**2) / total
    share = 1.0 - (1.0 - between) * (n - 1.0) / (n - k)
    # The error of a squared correlation ratio, of which r is the root.
    error = 2.0 * math.sqrt(max(between, 1.0 / n)) * (1.0 - between) / math.sqrt(n)
    return share, error


def quantile_of(order: float) -> Statistic:
    """Return the statistic "quantile of an order"."""

    def statistic(y: Floats) -> tuple[float, float]:
        n = len(y)
        low, high = near_ranks(order, n)
        if low < 1 or high > n:
            return quantile(y, order), math.nan
        k = min(max(math.ceil(n * order), 1), n)
        ranked = np.partition(y, [low - 1, k - 1, high - 1])
        ends = float(ranked[low - 1]), float(ranked[high - 1])
        return float(ranked[k - 1]), rank_error(order, n, (low, high), ends)

    return statistic


def quantile(y: Floats, order: float) -> float:
    """Return the lowest outcome that at least a share `order` of them doesn't exceed."""
    k = min(max(math.ceil(len(y) * order), 1), len(y)) - 1
    return float(np.partition(y, k)[k])


def tail_mean_of(order: float) -> Statistic:
    """Return the statistic "mean of the upper tail from an order on"."""

    def tail_mean(y: Floats) -> tuple[float, float]:
        pivot = quantile(y, order)
        beyond, error = _mean_beyond(np.maximum(y - pivot, 0.0), 1.0 - order)
        return pivot + beyond, error

    return tail_mean


def lower_tail_mean_of(order: float) -> Statistic:
    """Return the statistic "mean of the lower tail up to an order"."""

    def lower_tail_mean(y: Floats) -> tuple[float, float]:
        pivot = quantile(y, order)
        beyond, error = _mean_beyond(np.maximum(pivot - y, 0.0), order)
        return pivot - beyond, error

    return lower_tail_mean


def _mean_beyond(excess: Floats, share: float) -> tuple[float, float]:
    """Return how far a share of the outcomes lies beyond its start, and the error.

    To first order the error of where it starts adds nothing.
    """
    n = len(excess)
    # With fewer than two trials in the tail nothing is known of how it varies.
    error = float(np.std(excess, ddof=1)) / math.sqrt(n) if n * share >= 2.0 else math.nan
    return float(np.mean(excess)) / share, error / share


def standard_deviation_of(y: Floats) -> tuple[float, float]:
    """Return the statistic "standard deviation"."""
    mean = float(np.mean(y))
    squares = (y - mean) ** 2
    sums = (float(np.sum(squares)), math.nan, float(np.sum(squares * squares)))
    record = Record(len(y), mean, *sums, float(np.min(y)), float(np.max(y)))
    return standard_deviation(record), standard_deviation_standard_error(record)


def regression(columns: Sequence[Floats], y: Floats) -> tuple[Floats, Floats, float]:
    """Regress an output on inputs, all standardised.

    Returns
    -------
    coefficients, standard_errors : array of shape (n_columns,)
        Standard deviations that the output moves for one of an input, the others held;
        errors by the sandwich, right for any spread of what is left.
    explained : float
        Part of the variance that a linear model explains.
    """
    scaled = np.stack([(x - np.mean(x)) / np.std(x) for x in columns], axis=1)
    target = (y - np.mean(y)) / np.std(y)
    gram = scaled.T @ scaled / len(target)
    inverse = np.linalg.pinv(gram, hermitian=True)
    coefficients = inverse @ (scaled.T @ target) / len(target)
    left = target - scaled @ coefficients
    weighted = scaled * left[:, None]
    spread = inverse @ (weighted.T @ weighted) @ inverse
    errors = np.sqrt(np.diag(spread)) / len(target)
    return coefficients, errors, float(1.0 - np.mean(left * left))


def partial_correlations(columns: Sequence[Floats], y: Floats) -> list[Correlation]:
    """Return the correlation of `y` with each column, what others explain taken off both.

    Columns and `y` may be ranks: correlations are partial rank correlations then.
    """
    scaled = np.stack([(x - np.mean(x)) / np.std(x) for x in columns], axis=1)
    target = (y - np.mean(y)) / np.std(y)
    inverse = np.linalg.pinv(scaled.T @ scaled / len(target), hermitian=True)
    coefficients = inverse @ (scaled.T @ target) / len(target)
    left = target - scaled @ coefficients
    # What of each column the others don't explain.
    own = scaled @ inverse / np.diag(inverse)
    return [pearson(x, left + b * x) for x, b in zip(own.T, coefficients, strict=True)]
