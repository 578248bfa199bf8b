"""Intervals, against the tables and by how often they cover."""

import math

import numpy as np
import pytest
from scipy import stats

from mclib.errors import ArgumentError
from mclib.statistics.intervals import (
    Interval,
    mean_interval,
    normal_quantile,
    probability_interval,
    quantile_ranks,
    tolerance_n_trials,
)

N_RUNS = 2_000


def _assert_covers(n_covered: int, level: float) -> None:
    standard_error = math.sqrt(level * (1.0 - level) / N_RUNS)
    z = (n_covered / N_RUNS - level) / standard_error
    assert abs(z) < 5.0, f"z = {z:+.1f}"


@pytest.mark.parametrize("p", [1e-12, 1e-3, 0.025, 0.5, 0.975, 1.0 - 1e-9])
def test_the_normal_quantile_is_scipys(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_intervals_of_a_mean_cover_at_their_level(level: float, seed: int) -> None:
    n_trials = 400
    runs = np.random.default_rng(seed).normal(3.0, 2.0, (N_RUNS, n_trials))

    n_covered = 0
    for mean, s in zip(runs.mean(axis=1), runs.std(axis=1, ddof=1), strict=True):
        low, high, _ = mean_interval(mean, s, n_trials, level=level)
        n_covered += low <= 3.0 <= high

    _assert_covers(n_covered, level)


@pytest.mark.parametrize(("p", "n_trials"), [(0.3, 500), (0.02, 5000)])
def test_intervals_of_a_probability_cover_at_their_level(
    p: float, n_trials: int, seed: int
) -> None:
    hits = np.random.default_rng(seed).binomial(n_trials, p, N_RUNS)

    intervals = [probability_interval(int(each), n_trials) for each in hits]

    _assert_covers(sum(low <= p <= high for low, high, _ in intervals), 0.95)


@pytest.mark.parametrize(("q", "n_trials"), [(0.5, 301), (0.95, 1000), (0.05, 999)])
def test_order_statistics_enclose_a_quantile_at_their_level(
    q: float, n_trials: int, seed: int
) -> None:
    low, high = quantile_ranks(q, n_trials)
    runs = np.sort(np.random.default_rng(seed).random((N_RUNS, n_trials)), axis=1)

    n_covered = int(np.sum((runs[:, low - 1] <= q) & (q <= runs[:, high - 1])))

    # Ranks are whole: the coverage they have exactly is a little above the level.
    count = stats.binom(n_trials, q)
    _assert_covers(n_covered, float(count.cdf(high - 1) - count.cdf(low - 1)))


@pytest.mark.parametrize(
    ("q", "n_trials", "ranks"), [(0.95, 1000, (936, 964)), (0.99, 10_000, (9880, 9920))]
)
def test_ranks_are_those_of_the_tables(
    q: float, n_trials: int, ranks: tuple[int, int]
) -> None:
    assert ranks == quantile_ranks(q, n_trials)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("q", [1e-6, 0.01, 0.3, 0.5, 0.95, 0.9999])
@pytest.mark.parametrize("n_trials", [1, 2, 10, 59, 1000, 12_345, 10**6])
def test_ranks_are_the_narrowest_that_are_wide_enough(
    q: float, n_trials: int, level: float
) -> None:
    low, high = quantile_ranks(q, n_trials, level=level)

    missed, count = (1.0 - level) / 2.0, stats.binom(n_trials, q)
    assert count.cdf(low - 1) <= missed * (1 + 1e-9)
    assert count.cdf(low) > missed * (1 - 1e-9)
    assert count.sf(high - 1) <= missed * (1 + 1e-9)
    assert count.sf(high - 2) > missed * (1 - 1e-9)


@pytest.mark.parametrize("q", [0.001, 0.05, 0.5, 0.999])
def test_ranks_of_very_many_trials_are_wide_enough_and_hardly_wider(q: float) -> None:
    n_trials = 10**10

    low, high = quantile_ranks(q, n_trials)

    count = stats.binom(n_trials, q)
    assert 0.025 * 0.999 < count.cdf(low - 1) <= 0.025
    assert 0.025 * 0.999 < count.sf(high - 1) <= 0.025


@pytest.mark.parametrize(("order", "n_trials"), [(1, 59), (2, 93)])
def test_wilks_numbers(order: int, n_trials: int) -> None:
    assert n_trials == tolerance_n_trials(0.95, 0.95, order)


@pytest.mark.parametrize("n_trials", [1, 10, 1000, 10**9])
def test_without_a_hit_the_rule_of_three_speaks(n_trials: int) -> None:
    low, high, _ = probability_interval(0, n_trials)

    assert low == 0.0
    assert (1.0 - high) ** n_trials == pytest.approx(0.05)
    assert Interval(1.0 - high, 1.0, 0.95) == probability_interval(n_trials, n_trials)


def test_wilsons_interval_is_scipys() -> None:
    expected = stats.binomtest(7, 50).proportion_ci(0.9, method="wilson")

    found = probability_interval(7, 50, level=0.9)

    assert [expected.low, expected.high] == pytest.approx(found[:2], rel=1e-12)


def test_half_of_an_interval_is_its_half_width() -> None:
    assert Interval(1.0, 4.0, 0.95).half_width == 1.5


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (95, r"`level` must be strictly between 0 and 1; got 95\.\nhint: .*`level=0.95`"),
        (0.0, r"`level` must be strictly between 0 and 1; got 0\.0\.$"),
        (math.nan, r"`level` must be strictly between 0 and 1; got nan\.$"),
    ],
)
def test_a_level_must_be_a_share(level: float, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        mean_interval(0.0, 1.0, 10, level=level)


def test_an_order_must_be_a_share() -> None:
    with pytest.raises(ArgumentError, match=r"`q` must .* got 99\.9\.\nhint: .*`0\.999`"):
        quantile_ranks(99.9, 10)


def test_one_trial_tells_nothing_about_spread() -> None:
    with pytest.raises(ArgumentError, match=r"`n_trials` must be at least 2.*; got 1\."):
        mean_interval(0.0, 1.0, 1)


def test_the_largest_outcome_is_the_first() -> None:
    with pytest.raises(ArgumentError, match=r"`order` must be at least 1.*; got 0\."):
        tolerance_n_trials(0.95, order=0)
