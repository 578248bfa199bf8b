"""The histogram of an output, with as few passes over the trials as can be."""

from mclib.errors import law
from mclib.results.answers import Answers
from mclib.results.quantiles import rank_of
from mclib.results.windows import is_whole
from mclib.statistics.bins import bins_between
from mclib.statistics.histogram import (
    WINDOW,
    Histogram,
    histogram_from,
    histogram_of_bins,
    histogram_of_constant,
    n_bins_for,
)

_MOST_BINS = 10_000
QUARTILES = (0.25, 0.75)


def draw_histogram(
    answers: Answers, output: int, name: str, n_bins: int | None = None
) -> Histogram:
    """Return the histogram of an output, of as many bins as suit it, or `n_bins`."""
    if not (n_bins is None or _is_count(n_bins)):
        raise law("n_bins", f"be a whole number from 1 to {_MOST_BINS:,}", n_bins)
    known = answers.known[output]
    low, high = known.record.minimum, known.record.maximum
    if known.n_finite == 0:
        raise law("output", "have a finite outcome to draw a histogram", name)
    if low == high:
        return histogram_of_constant(low, known.n_finite)
    targets = [(output, rank_of(q, known.n_finite)) for q in (*WINDOW, *QUARTILES)]
    answers.find_order_statistics(targets, with_bins=n_bins is None)
    start, stop, first, third = (answers.order_statistic(*each) for each in targets)
    if start < stop:
        # Otherwise nearly all outcomes are equal, and only the extremes make a window.
        low, high = start, stop
    wanted = n_bins_for(known.n_finite, third - first, high - low)
    if n_bins is None and known.bins is not None:
        drawn = histogram_from(known.bins, low, high, wanted)
        if drawn is not None:
            return drawn
    request = bins_between(output, low, high, n_bins or wanted)
    if request is None:
        raise law("output", "have outcomes close enough to draw to scale", name)
    return histogram_of_bins(answers.count_in_bins(request))


def _is_count(n_bins: object) -> bool:
    return is_whole(n_bins) and 1 <= n_bins <= _MOST_BINS
