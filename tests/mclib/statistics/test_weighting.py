"""Statistics with weights are those of the law that the weights lead back to."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mclib.rare.outputs import WeightedOutput
from mclib.statistics import correlations, weighting

N_RUNS = 2_000

ALPHA, BETA = 2.0, 3.0
TRUE = stats.beta(ALPHA, BETA)


def drawn(seed: int, n: int) -> Any:
    """Beta draws by way of a uniform, whose weights are the density; and a companion."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(N_RUNS, n))
    y = 0.5 * x + 0.3 * generator.normal(size=(N_RUNS, n))
    return x, y, TRUE.pdf(x)


def covered(hits: int) -> bool:
    return bool(abs(hits / N_RUNS - 0.95) < 5.0 * math.sqrt(0.95 * 0.05 / N_RUNS))


def test_intervals_of_a_weighted_output_cover_as_often_as_they_say(seed: int) -> None:
    x, _, weights = drawn(seed, 1_024)
    skewness, kurtosis = (float(each) for each in TRUE.stats("sk"))
    low_tail = TRUE.expect(lambda t: t, ub=TRUE.ppf(0.05)) / 0.05
    ask = {
        "variance": (lambda each: each.variance, TRUE.var()),
        "skewness": (lambda each: each.skewness, skewness),
        "kurtosis": (lambda each: each.kurtosis, kurtosis),
        "median": (lambda each: each.median, TRUE.median()),
        "lower tail": (lambda each: each.tail_mean(0.05, tail="lower"), low_tail),
        "below": (lambda each: each.shares(0.2, 0.8)[0], TRUE.cdf(0.2)),
        "above": (lambda each: each.shares(0.2, 0.8)[1], TRUE.sf(0.8)),
    }
    hits = dict.fromkeys((*ask, "bar"), 0)
    for own, each in zip(x, weights, strict=True):
        output = WeightedOutput(own, each)
        for name, (question, exact) in ask.items():
            low, high, _ = question(output).interval(0.95)
            hits[name] += low <= exact <= high
        drawn_bars = output.histogram(10)
        middle = TRUE.cdf(drawn_bars.edges[6]) - TRUE.cdf(drawn_bars.edges[5])
        reach = 1.96 * drawn_bars.standard_errors[5]
        hits["bar"] += abs(drawn_bars.shares[5] - middle) <= reach

    assert {name: n / N_RUNS for name, n in hits.items() if not covered(n)} == {}


def test_intervals_of_weighted_correlations_cover_as_often_as_they_say(seed: int) -> None:
    x, y, weights = drawn(seed, 256)
    # The truth from the law itself: a million pairs of equal weights.
    generator = np.random.default_rng(seed + 1)
    a = TRUE.rvs(1_000_000, random_state=generator)
    b = 0.5 * a + 0.3 * generator.normal(size=len(a))
    sd = math.sqrt(0.25 * TRUE.var() + 0.09)
    exact = {
        weighting.pearson: 0.5 * TRUE.std() / sd,
        weighting.spearman: correlations.spearman(a, b).value,
        weighting.kendall: float(stats.kendalltau(a, b).statistic),
    }
    hits = dict.fromkeys(exact, 0)
    for own, other, each in zip(x, y, weights, strict=True):
        shares = each / each.sum()
        for of, truth in exact.items():
            value, error = of(own, other, shares)
            hits[of] += abs(value - truth) <= 1.96 * error

    missed = {of.__name__: n / N_RUNS for of, n in hits.items() if not covered(n)}
    assert missed == {}


def test_equal_weights_give_what_statistics_without_weights_do(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.poisson(3.0, 1_500).astype(float)
    y = x + generator.normal(0.0, 2.0, 1_500)
    shares = np.full(1_500, 1.0 / 1_500)

    for name in ("pearson", "spearman", "kendall"):
        plain, weighted = (
            getattr(correlations, name)(x, y),
            getattr(weighting, name)(x, y, shares),
        )
        assert weighted.value == pytest.approx(plain.value, rel=1e-9)
        assert weighted.standard_error == pytest.approx(plain.standard_error, rel=0.15)
    assert weighting.skewness(y, shares)[0] == pytest.approx(stats.skew(y))
    assert weighting.kurtosis(y, shares)[0] == pytest.approx(stats.kurtosis(y))
    assert 1_500 * weighting.grades(x, shares) + 0.5 == pytest.approx(stats.rankdata(x))


def test_errors_of_rank_correlations_know_of_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.poisson(3.0, (N_RUNS, 400)).astype(float)
    y = x + generator.normal(0.0, 2.0, x.shape)
    found = np.array([correlations.spearman(*each) for each in zip(x, y, strict=True)])
    shares = np.full(400, 1.0 / 400)
    taus = np.array(
        [weighting.kendall(*each, shares) for each in zip(x[:600], y[:600], strict=True)]
    )

    for values, errors in (found.T, taus.T):
        # The spread of the spread of so many runs.
        assert np.std(values) == pytest.approx(np.mean(errors), rel=5.0 / 600**0.5 / 2**0.5)


def test_whole_weights_count_as_trials_do(seed: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, 200))
    times = generator.integers(1, 5, 200)
    longer = np.repeat(x, times), np.repeat(y, times)
    shares = times / times.sum()
    equal = np.full(times.sum(), 1.0 / times.sum())

    for of in (weighting.pearson, weighting.spearman, weighting.kendall):
        assert of(x, y, shares).value == pytest.approx(of(*longer, equal).value, rel=1e-9)
    slopes = weighting.regression([x, x * y], y, shares)
    doubled = weighting.regression([longer[0], longer[0] * longer[1]], longer[1], equal)
    assert slopes == pytest.approx(doubled)
    part = np.where(y > 0.5, shares, 0.0) / shares[y > 0.5].sum()
    expected = stats.ks_2samp(longer[0][longer[1] > 0.5], longer[0]).statistic
    assert weighting.distance(x, part, shares) == pytest.approx(expected)


def test_what_does_not_vary_has_no_correlation_and_no_shape() -> None:
    flat, shares = np.ones(5), np.full(5, 0.2)

    for of in (weighting.pearson, weighting.spearman, weighting.kendall):
        assert math.isnan(of(flat, np.arange(5.0), shares).value)
    assert math.isnan(weighting.skewness(flat, shares)[0])
    assert math.isnan(weighting.kurtosis(flat, shares)[0])
