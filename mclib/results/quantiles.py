"""Estimates from order statistics: quantiles, tail means, extremes.

Each function takes the answers about a run, the place of an output, and what is wanted.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mclib.results.answers import Answers
from mclib.results.estimate import Estimate
from mclib.results.rules import EndRule, ShareRule, WithinRule
from mclib.statistics.intervals import (
    Interval,
    check_threshold,
    near_ranks,
    quantile_ranks,
    rank_error,
)
from mclib.statistics.replications import interval_rule, student_quantile
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


def ranks_for(q: float, n_trials: int, level: float = 0.95) -> list[int]:
    """All ranks that an estimate of a quantile and its interval rest on."""
    ranks = {rank_of(q, n_trials), *near_ranks(q, n_trials)}
    ranks |= set(quantile_ranks(q, n_trials, level=level))
    return sorted(rank for rank in ranks if 1 <= rank <= n_trials)


def targets_for(
    answers: Answers, output: int, orders: Iterable[float]
) -> list[tuple[int, int]]:
    """List the order statistics that estimates of quantiles of an output rest on."""
    known = answers.known[output]
    if known.replications is not None and known.n_finite:
        ranks = _replicated_ranks(answers, output, list(orders))
        return [(output, rank) for rank in sorted(ranks)]
    n_trials = known.n_finite
    return [(output, rank) for q in orders if n_trials for rank in ranks_for(q, n_trials)]


def quantile_estimate(answers: Answers, output: int, q: float) -> Estimate:
    """Quantile of order `q`; the order statistics near it tell its standard error."""
    n_trials = answers.known[output].n_finite
    if n_trials == 0:
        return Estimate(math.nan, math.nan, 0)
    if answers.known[output].replications is not None:
        return _replicated_quantile(answers, output, q)
    ranks = ranks_for(q, n_trials)
    answers.find_order_statistics([(output, rank) for rank in ranks])
    low, high = near_ranks(q, n_trials)
    standard_error = math.nan
    if low >= 1 and high <= n_trials:
        lower, upper = (answers.order_statistic(output, rank) for rank in (low, high))
        standard_error = rank_error(q, n_trials, (low, high), (lower, upper))
    return Estimate(
        answers.order_statistic(output, rank_of(q, n_trials)),
        standard_error,
        n_trials,
        lambda level: _rank_interval(answers, output, q, level),
    )


def _replicated_quantile(answers: Answers, output: int, q: float) -> Estimate:
    """Quantile whose error comes from the shares below it in each replication.

    The share below the true quantile is q in each; how much the shares vary says between
    which ranks the quantile lies.
    """
    n_trials = answers.known[output].n_finite
    value = answers.order_statistic(output, rank_of(q, n_trials))
    spread, n_filled = _spread_of_share(answers, output, value)

    def interval(level: float) -> Interval:
        t = student_quantile(level, n_filled)
        ranks = _ranks_within(q, n_trials, t * spread)
        return Interval(*_between(answers, output, *ranks), level)

    lower, upper = _between(answers, output, *_ranks_within(q, n_trials, spread))
    error = (upper - lower) / 2.0
    known = error if math.isfinite(error) else math.nan
    return Estimate(value, known, n_trials, interval)


def _spread_of_share(answers: Answers, output: int, value: float) -> tuple[float, int]:
    """Return how surely the share below a value is known, and by how many replications."""
    shares = answers.shares(output, value)
    # Half of what is equal to the value counts as below.
    middle = shares.below + 0.5 * (shares.counts - shares.below - shares.above)
    return shares.error(middle), shares.n_filled


def _replicated_ranks(answers: Answers, output: int, orders: Sequence[float]) -> set[int]:
    """Ranks that estimates of quantiles, and their 95 % intervals, rest on."""
    n_trials = answers.known[output].n_finite
    centers = [rank_of(q, n_trials) for q in orders]
    answers.find_order_statistics([(output, rank) for rank in centers])
    values = [answers.order_statistic(output, rank) for rank in centers]
    answers.find_shares(output, values)
    ranks = set(centers)
    for q, value in zip(orders, values, strict=True):
        spread, n_filled = _spread_of_share(answers, output, value)
        for reach in (1.0, student_quantile(0.95, n_filled)):
            ranks |= set(_ranks_within(q, n_trials, reach * spread))
    return {rank for rank in ranks if 1 <= rank <= n_trials}


def _ranks_within(q: float, n_trials: int, reach: float) -> tuple[int, int]:
    """Ranks of quantiles of the orders ``q - reach`` and ``q + reach``; all, for NaN."""
    if math.isnan(reach):
        return 0, n_trials + 1
    low = math.floor(n_trials * max(q - reach, 0.0))
    return low, math.ceil(n_trials * min(q + reach, 1.0)) + 1


def _between(answers: Answers, output: int, low: int, high: int) -> tuple[float, float]:
    """Return the order statistics of two ranks, infinite where there are none."""
    n_trials = answers.known[output].n_finite
    inside = [rank for rank in (low, high) if 1 <= rank <= n_trials]
    answers.find_order_statistics([(output, rank) for rank in inside])
    lower = answers.order_statistic(output, low) if low >= 1 else -math.inf
    upper = answers.order_statistic(output, high) if high <= n_trials else math.inf
    return lower, upper


def _rank_interval(answers: Answers, output: int, q: float, level: float) -> Interval:
    n_trials = answers.known[output].n_finite
    low, high = quantile_ranks(q, n_trials, level=level)
    return Interval(*_between(answers, output, low, high), level)


def share_estimate(
    answers: Answers, output: int, threshold: Any, *, above: bool
) -> Estimate:
    """Share of the outcomes above a threshold, or below it, as a probability."""
    threshold = check_threshold(threshold)
    n_trials = answers.known[output].n_finite
    if n_trials == 0:
        return Estimate(math.nan, math.nan, 0)
    hits = answers.count_beside(output, threshold)[above]
    p = hits / n_trials
    if answers.known[output].replications is not None:
        shares = answers.shares(output, float(threshold))
        error = shares.error(shares.above if above else shares.below)
        rule = interval_rule(p, error, shares.n_filled)
        return Estimate(p, error, n_trials, WithinRule(rule))
    return share_of(hits, n_trials)


def share_of(hits: int, n_trials: int) -> Estimate:
    """Share of trials that have come up, as a probability."""
    p = hits / n_trials
    # A run without a hit isn't sure that there are none: one more trial could be one.
    has_both = 0 < hits < n_trials
    standard_error = math.sqrt(p * (1.0 - p) / n_trials) if has_both else 1.0 / n_trials
    return Estimate(p, standard_error, n_trials, ShareRule(hits, n_trials))


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
    value = pivot + beyond if upper else pivot - beyond
    if answers.known[output].replications is not None:
        shares = answers.shares(output, pivot)
        error = shares.error(shares.beyond if upper else shares.lacking) / share
        return Estimate(
            value, error, n_trials, interval_rule(value, error, shares.n_filled)
        )
    # With fewer than two trials in the tail nothing is known of how it varies.
    known = n_trials * share >= 2.0
    standard_error = mean_standard_error(record) / share if known else math.nan
    return Estimate(value, standard_error, n_trials)


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
    return Estimate(value, gap, n_trials, EndRule(value, gap, upper))
