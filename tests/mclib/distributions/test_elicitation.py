"""Metalogs, ogives, histograms, truncation, splices, risk events: numbers and refusals."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mclib as mc

PERCENTILES = {0.1: 10.0, 0.5: 20.0, 0.9: 40.0}
NORMAL = mc.Normal(mean=0, standard_deviation=1)


def test_a_metalog_has_the_published_coefficients_and_quantiles() -> None:
    made = mc.Metalog.from_quantiles(PERCENTILES)

    np.testing.assert_allclose(made.coefficients, (20, 6.82679419970, 5.68899516642))
    np.testing.assert_allclose(
        made.quantile([0.01, 0.05, 0.95, 0.99]),
        (1.439454, 7.436826, 47.638984, 64.179329),
        rtol=1e-6,
    )


def test_a_metalog_from_0_has_the_published_quantiles() -> None:
    made = mc.Metalog.from_quantiles(PERCENTILES, low=0)

    np.testing.assert_allclose(
        made.quantile([0.01, 0.05, 0.95, 0.99]),
        (4.693288, 7.900019, 50.632788, 85.2281),
        rtol=1e-6,
    )


def test_a_metalog_between_ends_meets_its_percentiles() -> None:
    made = mc.Metalog.from_quantiles(PERCENTILES, low=2, high=90)

    np.testing.assert_allclose(made.quantile([0.1, 0.5, 0.9]), (10, 20, 40), rtol=1e-12)
    assert made.support == (2.0, 90.0)


def test_a_truncated_normal_has_the_moments_of_the_closed_form() -> None:
    from scipy import stats

    expected = stats.truncnorm(-1, 3, loc=3, scale=2)
    made = mc.Truncated(mc.Normal(3, 2), low=1, high=9)

    np.testing.assert_allclose(made.mean, expected.mean(), rtol=1e-9)
    np.testing.assert_allclose(made.variance, expected.var(), rtol=1e-8)
    np.testing.assert_allclose(
        made.quantile([0.01, 0.5, 0.99]), expected.ppf([0.01, 0.5, 0.99]), rtol=1e-9
    )


def test_limits_may_be_parameters_of_the_model() -> None:
    @mc.model
    def price(x=mc.Truncated(NORMAL, low=-1.0, high=2.0)):
        return {"x": x}

    result = mc.simulate(price, 2_048, seed=1, parameters={"x.low": 0.5})

    assert 0.5 <= result["x"].minimum.value <= result["x"].maximum.value <= 2.0


def test_a_risk_event_happens_as_often_as_it_says() -> None:
    @mc.model
    def losses(fire=mc.RiskEvent(0.1, mc.Triangular(100, 200, 600))):
        return {"loss": fire}

    result = mc.simulate(losses, 100_000, seed=3)

    happened = result["loss"].probability_above(0.0)
    assert abs(happened.value - 0.1) < 5 * happened.standard_error
    assert abs(result["loss"].mean.value - 30.0) < 5 * result["loss"].mean.standard_error


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "falling metalog": (
        lambda: mc.Metalog([0, -1]),
        "increases everywhere; it falls near u=.*\nhint: take fewer terms",
    ),
    "one term": (lambda: mc.Metalog([1]), "`coefficients` must be 2 to 16 finite numbers"),
    "percent": (
        lambda: mc.Metalog.from_quantiles({10: 1, 90: 2}),
        "strictly between 0 and 1; .*\nhint: write P10 as 0.1.",
    ),
    "falling quantiles": (
        lambda: mc.Metalog.from_quantiles({0.1: 3, 0.9: 2}),
        "`quantiles` must increase with their probabilities",
    ),
    "beyond an end": (
        lambda: mc.Metalog.from_quantiles(PERCENTILES, low=15),
        "every value must lie between `low` and `high`; got values from 10.0 to 40.0",
    ),
    "little data": (
        lambda: mc.Metalog.from_data([1, 2]),
        "`data` must be at least 5 finite numbers, one for each term; got '2 numbers'",
    ),
    "ogive that falls": (
        lambda: mc.CumulativeOgive([1, 2, 3], [0, 0.6, 0.5]),
        "`probabilities` must rise from 0 to 1 without falling",
    ),
    "points out of order": (
        lambda: mc.CumulativeOgive([1, 3, 2], [0, 0.5, 1]),
        "`values` must be 2 to 500 numbers that increase from each to the next",
    ),
    "empty histogram": (
        lambda: mc.Histogram([0, 1], [0]),
        "`weights` must be 0 or more, and not all 0; got",
    ),
    "nothing drawn": (
        lambda: mc.RelativeOgive([0, 1, 2], [0, 0, 0]),
        "`heights` must be 0 or more, and not all 0",
    ),
    "a negative height": (
        lambda: mc.RelativeOgive([0, 1, 2], [1, -1, 1]),
        "`heights` must be 0 or more, and not all 0",
    ),
    "heights of other values": (
        lambda: mc.RelativeOgive([0, 1], [0, 1, 2]),
        "`heights` must be one row of 2 numbers",
    ),
    "weights of other bins": (
        lambda: mc.Histogram([0, 1], [1, 2]),
        "`weights` must be one row of 1 numbers",
    ),
    "truncated to nothing": (
        lambda: mc.Truncated(mc.Uniform(0, 1), low=2),
        "there must be some probability between `low` and `high`; got low=2.0, high=None",
    ),
    "truncated number": (
        lambda: mc.Truncated(3.0, low=2),
        "`distribution` must be a distribution; got 3.0.",
    ),
    "spliced beyond the body": (
        lambda: mc.Spliced(mc.Uniform(0, 1), mc.Pareto(2.0), 0.0),
        "`threshold` must lie where `body` has probability below and `tail` above",
    ),
    "impact": (lambda: mc.RiskEvent(0.1, "x"), "`impact` must be a distribution; got 'x'."),
    "sure count": (
        lambda: mc.Binomial(3, 1.0),
        "`probability` must lie strictly between 0 and 1; got 1.0.\nhint: what is sure",
    ),
    "variance below mean": (
        lambda: mc.NegativeBinomial.from_mean(3, 2),
        "`mean / variance` must lie between 0 and 1; got 1.5.",
    ),
    "no trial": (lambda: mc.Binomial(0, 0.5), "`n` must be a whole number of at least 1"),
    "table too long": (
        lambda: mc.Poisson(1e12).quantile(0.5),
        "at most 4,194,304 of them; .*\nhint: so many are nearly continuous",
    ),
    "spread of a beta": (
        lambda: mc.Beta.from_mean(0.5, 0.6),
        r"`standard_deviation` must be below the root of mean \(1 - mean\)",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_what_breaks_a_law_is_refused_in_words(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        make()


def test_a_relative_ogive_of_one_point_is_a_triangle() -> None:
    drawn = mc.RelativeOgive([10, 20, 60], [0, 1, 0])
    u = np.array([1e-12, 0.05, 0.2, 0.5, 0.95, 1.0 - 1e-9])

    assert (drawn.mean, drawn.variance) == pytest.approx((30.0, 116.66666666666667))
    np.testing.assert_allclose(
        drawn.quantile(u), mc.Triangular(10, 20, 60).quantile(u), rtol=1e-12
    )
    # ACCEPTANCE: Triangular(10, 20, 60).
    np.testing.assert_allclose(drawn.quantile([0.05, 0.95]), [15.0, 50.0], rtol=1e-12)


def test_a_relative_ogive_has_the_exact_moments_of_its_polygon() -> None:
    # A trapezium: the sum of uniforms on (0, 4) and (1, 3), of variance (16 + 4) / 12.
    drawn = mc.RelativeOgive([1, 3, 5, 7], [0, 1, 1, 0])

    assert (drawn.mean, drawn.variance) == pytest.approx((4.0, 20.0 / 12.0), rel=1e-14)
    np.testing.assert_allclose(drawn.cdf([3, 4, 5]), [0.25, 0.5, 0.75], rtol=1e-14)
    np.testing.assert_allclose(drawn.quantile([0.25, 0.5, 0.75]), [3, 4, 5], rtol=1e-14)


@pytest.mark.parametrize(
    "family",
    [mc.Gamma, mc.Weibull, mc.Pareto, mc.LogLogistic, mc.InverseGamma, mc.Frechet],
)
def test_an_interval_finds_the_shape_of_a_family_from_0_on(family: Any) -> None:
    drawn = mc.from_interval(family, 2, 50, level=0.8)

    np.testing.assert_allclose(drawn.quantile([0.1, 0.9]), [2.0, 50.0], rtol=1e-9)


def test_intervals_of_known_shapes_find_them_again() -> None:
    # A gamma of shape 1 is exponential: quantiles are -mean log(1 - u).
    ends = -10.0 * math.log(0.95), -10.0 * math.log(0.05)
    gamma, weibull = (mc.from_interval(each, *ends) for each in (mc.Gamma, mc.Weibull))
    # Beta(1, 2): quantiles are 1 - sqrt(1 - u).
    beta = mc.from_interval(mc.Beta, 1.0 - math.sqrt(0.95), 1.0 - math.sqrt(0.05))

    assert (gamma.shape, gamma.scale) == pytest.approx((1.0, 10.0), rel=1e-8)
    assert (weibull.shape, weibull.scale) == pytest.approx((1.0, 10.0), rel=1e-8)
    assert (beta.a, beta.b) == pytest.approx((1.0, 2.0), rel=1e-6)


@pytest.mark.parametrize(
    ("family", "ends", "must"),
    [
        (mc.Gamma, (-2, 50), "`low` must be above 0 for a Gamma"),
        # The widest of these is the exponential's.
        (
            mc.Lomax,
            (2, 50),
            "`low, high` must be ends of an interval that a Lomax can have",
        ),
        (mc.Beta, (2, 50), "`low, high` must lie between 0 and 1 for a Beta"),
        (mc.Burr, (2, 50), r"`family` must be given its other parameters \(shape, tail\)"),
        (
            mc.StudentT,
            (2, 50),
            r"other parameters \(degrees_of_freedom\)(?s:.)*hint: write",
        ),
    ],
)
def test_intervals_that_a_family_can_t_have_are_refused(
    family: Any, ends: Any, must: str
) -> None:
    with pytest.raises(mc.ArgumentError, match=must):
        mc.from_interval(family, *ends)


def test_parts_may_be_distributions_of_scipy() -> None:
    cut = mc.Truncated(stats.norm(0, 1), low=0)
    moved = mc.Shifted(stats.gamma(2), 1, 3)
    mixed = mc.Mixture([mc.Normal(0, 1), stats.norm(3, 1)], [1, 1])

    # The half-normal's mean is sqrt(2 / pi).
    assert cut.mean == pytest.approx(math.sqrt(2.0 / math.pi), rel=1e-8)
    assert (moved.mean, moved.variance) == pytest.approx((7.0, 18.0), rel=1e-8)
    assert mixed.mean == pytest.approx(1.5, rel=1e-9)
    with pytest.raises(mc.ArgumentError, match="`distribution` must be a distribution"):
        mc.Shifted("normal", 1)


def test_a_risk_of_a_known_amount_is_that_or_nothing() -> None:
    fire = mc.RiskEvent(0.1, 30)

    assert (fire.mean, fire.variance) == pytest.approx((3.0, 81.0))
    np.testing.assert_array_equal(fire.quantile([0.5, 0.89, 0.91]), [0.0, 0.0, 30.0])
    np.testing.assert_array_equal(mc.RiskEvent(0.1, -5).quantile([0.05, 0.5]), [-5.0, 0.0])


NO_NUMBERS = {
    "metalog": mc.Metalog,
    "metalog of data": mc.Metalog.from_data,
    "metalog of quantiles": mc.Metalog.from_quantiles,
    "smoothed data": mc.SmoothedData,
    "weights": lambda data: mc.Mixture([mc.Normal(), mc.Normal(1)], data),
    "severity": lambda data: mc.panjer(mc.Poisson(3), data, 3),
    "copula of data": mc.EmpiricalCopula,
    "copulas": mc.fit_copula,
    "stress": lambda data: mc.reverse_stress(data, "y", above=1),
}


@pytest.mark.parametrize("given", ["words", None, [[1, 2], [3]]], ids=str)
@pytest.mark.parametrize("ask", NO_NUMBERS)
def test_what_is_no_number_is_refused_in_words(ask: str, given: Any) -> None:
    with pytest.raises(mc.ArgumentError, match=r"`\w+` must .*; got "):
        NO_NUMBERS[ask](given)
