"""Estimates from order statistics: quantiles, tail means, extremes.

Each function takes the answers about a run, the place of an output, and what is wanted.
"""

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any, NamedTuple

from mclib.errors import law
from mclib.results.answers import Answers
from mclib.results.estimate import Estimate
from mclib.statistics.intervals import (
    Interval,
    check_level,
    probability_interval,
    quantile_ranks,
)
from mclib.statistics.summary import mean, mean_standard_error


class Central(NamedTuple):
    """Where the middle outcomes lie.

    Attributes
    ----------
    low, high : Estimate
        Quantiles with as many outcomes below the one as above the other.
    level : float
        Share of the outcomes between them.
    """

    low: Estimate
    high: Estimate
    level: float


def rank_of(q: float, n_trials: int) -> int:
    """Rank of the quantile of order `q`: the lowest k with ``k / n >= q``."""
    return min(max(math.ceil(n_trials * q), 1), n_trials)


def near_ranks(q: float, n_trials: int) -> tuple[int, int]:
    """Ranks a binomial standard deviation below and above a quantile, rounded outwards."""
    center, spread = n_trials * q, math.sqrt(n_trials * q * (1.0 - q))
    return math.floor(center - spread), math.ceil(center + spread)


def ranks_for(q: float, n_trials: int, level: float = 0.95) -> list[int]:
    """All ranks that an estimate of a quantile and its interval rest on."""
    ranks = {rank_of(q, n_trials), *near_ranks(q, n_trials)}
    ranks |= set(quantile_ranks(q, n_trials, level=level))
    return sorted(rank for rank in ranks if 1 <= rank <= n_trials)


def targets_for(
    answers: Answers, output: int, orders: Iterable[float]
) -> list[tuple[int, int]]:
    """List the order statistics that estimates of quantiles of an output rest on."""
    n_trials = answers.known[output].n_finite
    return [(output, rank) for q in orders if n_trials for rank in ranks_for(q, n_trials)]


def quantile_estimate(answers: Answers, output: int, q: float) -> Estimate:
    """Quantile of order `q`; the order statistics near it tell its standard error."""
    n_trials = answers.known[output].n_finite
    if n_trials == 0:
        return Estimate(math.nan, math.nan, 0)
    ranks = ranks_for(q, n_trials)
    answers.find_order_statistics([(output, rank) for rank in ranks])
    low, high = near_ranks(q, n_trials)
    standard_error = math.nan
    if low >= 1 and high <= n_trials:
        lower, upper = (answers.order_statistic(output, rank) for rank in (low, high))
        # The ranks were rounded outwards; the distance is scaled back.
        spread = math.sqrt(n_trials * q * (1.0 - q))
        standard_error = (upper - lower) * spread / (high - low)
    return Estimate(
        answers.order_statistic(output, rank_of(q, n_trials)),
        standard_error,
        n_trials,
        lambda level: _rank_interval(answers, output, q, level),
    )


def _rank_interval(answers: Answers, output: int, q: float, level: float) -> Interval:
    n_trials = answers.known[output].n_finite
    low, high = quantile_ranks(q, n_trials, level=level)
    inside = [rank for rank in (low, high) if 1 <= rank <= n_trials]
    answers.find_order_statistics([(output, rank) for rank in inside])
    lower = answers.order_statistic(output, low) if low >= 1 else -math.inf
    upper = answers.order_statistic(output, high) if high <= n_trials else math.inf
    return Interval(lower, upper, level)


def share_estimate(
    answers: Answers, output: int, threshold: Any, *, above: bool
) -> Estimate:
    """Share of the outcomes above a threshold, or below it, as a probability."""
    if not isinstance(threshold, Real) or math.isnan(threshold):
        raise law("threshold", "be a number", threshold)
    n_trials = answers.known[output].n_finite
    if n_trials == 0:
        return Estimate(math.nan, math.nan, 0)
    hits = answers.count_beside(output, float(threshold))[above]
    p = hits / n_trials
    # A run without a hit isn't sure that there are none: one more trial could be one.
    has_both = 0 < hits < n_trials
    standard_error = math.sqrt(p * (1.0 - p) / n_trials) if has_both else 1.0 / n_trials
    return Estimate(
        p,
        standard_error,
        n_trials,
        lambda level: probability_interval(hits, n_trials, level=level),
    )


def tail_estimate(answers: Answers, output: int, q: float, *, upper: bool) -> Estimate:
    """Mean of the outcomes beyond the quantile of order `q`.

    ``x_q ± mean excess / share``, where the excess is how far an outcome lies beyond
    ``x_q``, 0 if it doesn't. The standard error is that of the mean excess over the share:
    to first order the error of ``x_q`` itself adds nothing.
    """
    n_trials = answers.known[output].n_finite
    if n_trials == 0:
        return Estimate(math.nan, math.nan, 0)
    pivot = answers.order_statistic(output, rank_of(q, n_trials))
    record = answers.tail(output, pivot, upper=upper)
    share = 1.0 - q if upper else q
    beyond = mean(record) / share
    # With fewer than two trials in the tail nothing is known of how it varies.
    known = n_trials * share >= 2.0
    standard_error = mean_standard_error(record) / share if known else math.nan
    return Estimate(pivot + beyond if upper else pivot - beyond, standard_error, n_trials)


def extreme_estimate(answers: Answers, output: int, *, upper: bool) -> Estimate:
    """Smallest or largest outcome; its error is the gap to the one next to it.

    Notes
    -----
    The extreme is exact for these trials. As an estimate of where the output ends it errs
    to one side; where the output's density doesn't vanish at that end, the gap to the next
    outcome has the very expectation of the error, and the interval, Robson and Whitlock's
    ``level / (1 - level)`` gaps, has the level it says. For an output without an end, such
    as a normal one, they say about how far the extreme would move in another run.

    References
    ----------
    .. [1] D. S. Robson, J. H. Whitlock, "Estimation of a truncation point", Biometrika 51
       (1964) 33-39.
    """
    known = answers.known[output]
    n_trials = known.n_finite
    if n_trials < 2:
        value = float(known.record.minimum) if n_trials else math.nan
        return Estimate(value, math.nan, n_trials)
    value = float(known.record.maximum if upper else known.record.minimum)
    gap = abs(answers.order_statistic(output, n_trials - 1 if upper else 2) - value)

    def interval(level: float) -> Interval:
        reach = check_level(level) / (1.0 - level) * gap
        return (
            Interval(value, value + reach, level)
            if upper
            else Interval(value - reach, value, level)
        )

    return Estimate(value, gap, n_trials, interval)
