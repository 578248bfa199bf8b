"""Families by density, mixtures, smoothed data, lots, and what people can say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.distributions.pieces import valleys
from mclib.testing import assert_within_standard_errors

ORDERS = [1e-9, 1e-3, 0.05, 0.5, 0.95, 0.999]


def test_families_by_density_are_scipys() -> None:
    from scipy import stats

    pairs: list[tuple[Any, Any]] = [
        (mc.InverseGaussian(2, 10), stats.invgauss(0.5, scale=20)),
        (mc.InverseGaussian(0.02), stats.invgauss(50.0, scale=0.02)),
        (mc.SkewNormal(4, 2, 3), stats.skewnorm(4, 2, 3)),
        (mc.SkewNormal(-30), stats.skewnorm(-30)),
        (mc.VonMises(4, 1), stats.vonmises(4, 1)),
        (mc.Hypoexponential([2, 2, 2]), stats.gamma(3, scale=2)),
    ]
    for made, expected in pairs:
        np.testing.assert_allclose(made.quantile(ORDERS), expected.ppf(ORDERS), rtol=1e-6)
        assert made.mean == pytest.approx(expected.mean(), rel=1e-9)
    assert mc.InverseGaussian(2, 10).variance == pytest.approx(50.0)
    assert mc.InverseGaussian.from_mean(10, 20) == mc.InverseGaussian(2, 10)


def test_a_hypoexponential_of_two_phases_has_the_closed_form() -> None:
    made = mc.Hypoexponential([1.0, 5.0])
    x = np.array([1e-3, 0.1, 1.0, 5.0, 40.0])

    above = (5.0 * np.exp(-x / 5.0) - np.exp(-x)) / 4.0
    np.testing.assert_allclose(made.probability_above(x), above, rtol=1e-12)
    near = -(5.0 * np.expm1(-x / 5.0) - np.expm1(-x)) / 4.0
    np.testing.assert_allclose(made.cdf(x), near, rtol=1e-9)


def test_a_shape_may_be_a_parameter_of_the_model() -> None:
    @mc.model
    def waited(x=mc.InverseGaussian(shape=2, scale=10)):
        return {"x": x}

    result = mc.simulate(waited, 50_000, seed=5, parameters={"x.shape": 8.0})
    assert_within_standard_errors(result["x"].variance, 100.0 / 8.0)


def test_what_is_drawn_from_a_table_may_not_have_random_parameters() -> None:
    @mc.model
    def uncertain(width=mc.Uniform(1, 2)):
        noise = mc.SmoothedData([1.0, 2.0, 4.0], width)
        return mc.scan(lambda _, step: step, 0.0, 1, noise=noise)

    with pytest.raises(mc.TraceError, match="must be the same in every trial"):
        mc.simulate(uncertain, 1_024, seed=5)


def test_a_mixture_is_the_weighted_mean_of_its_parts() -> None:
    parts = [mc.LogNormal(10, 0.5), mc.Pareto(3.5, 50)]
    made = mc.Mixture(parts, weights=[9, 1])

    x = made.quantile(ORDERS)
    expected = 0.9 * parts[0].cdf(x) + 0.1 * parts[1].cdf(x)
    np.testing.assert_allclose(made.cdf(x), expected, rtol=1e-14)
    np.testing.assert_allclose(made.cdf(x), ORDERS, rtol=1e-9)
    assert made.weights == (0.9, 0.1)
    assert made.mean == pytest.approx(0.9 * parts[0].mean + 0.1 * parts[1].mean)


@pytest.mark.parametrize("apart", [3.0, 12.0, 100.0])
def test_mixtures_of_parts_far_from_each_other_have_their_quantiles(apart: float) -> None:
    made = mc.Mixture([mc.Normal(0, 1), mc.Normal(apart, 1)], weights=[0.3, 0.7])

    orders = np.array([1e-12, 0.01, 0.15, 0.29, 0.31, 0.65, 0.99])
    assert np.max(np.abs(made.cdf(made.quantile(orders)) - orders)) < 1e-10
    if apart == 100.0:
        assert made.quantile(0.15) == pytest.approx(0.0, abs=1e-9)
        assert made.quantile(0.65) == pytest.approx(100.0, abs=1e-9)


def test_a_mixture_runs_on_every_engine_with_correlation() -> None:
    @mc.model
    def demand(
        x=mc.Mixture([mc.Normal(100, 10), mc.Normal(200, 20)], [0.7, 0.3]),
        y=mc.Uniform(0, 1),
    ):
        return {"z": x * y}

    linked = mc.correlate(demand, {("x", "y"): 0.6})
    samples = [
        mc.simulate(linked, 2_048, seed=5, engine=engine)["z"].sample()
        for engine in ("reference", "llvm")
    ]
    assert np.array_equal(*samples)
    table = mc.reached_correlations(linked, mc.simulate(linked, 50_000, seed=5))
    assert abs(table["z"].iloc[0]) < 5.0


def test_smoothed_data_have_the_distribution_of_scipys_kernels() -> None:
    from scipy import stats

    data = np.random.default_rng(5).gamma(3, 2, 200)
    made = mc.SmoothedData(data, bandwidth=0.4)
    kernels = stats.gaussian_kde(data, bw_method=0.4 / np.std(data, ddof=1))

    x = made.quantile([0.01, 0.2, 0.5, 0.9, 0.999])
    expected = [kernels.integrate_box_1d(-np.inf, each) for each in x]
    np.testing.assert_allclose(made.cdf(x), expected, rtol=1e-6)
    assert made.mean == pytest.approx(np.mean(data))
    assert made.variance == pytest.approx(np.var(data) + 0.16)


def test_data_in_two_heaps_are_smoothed_too() -> None:
    made = mc.SmoothedData([1.0, 1.2, 1.5, 90.0, 91.0], bandwidth=0.3)

    orders = np.array([0.01, 0.3, 0.59, 0.61, 0.9])
    np.testing.assert_allclose(made.cdf(made.quantile(orders)), orders, atol=1e-10)


def test_lots_and_uncertain_chances_are_scipys() -> None:
    from scipy import stats

    orders = [0.001, 0.05, 0.5, 0.95, 0.9999]
    pairs: list[tuple[Any, Any]] = [
        (mc.Hypergeometric(20, 10, 100), stats.hypergeom(100, 10, 20)),
        (mc.Hypergeometric(90, 40, 100), stats.hypergeom(100, 40, 90)),
        (mc.BetaBinomial(100, 2, 38), stats.betabinom(100, 2, 38)),
        (mc.BetaBinomial(7, 0.3, 0.2), stats.betabinom(7, 0.3, 0.2)),
    ]
    for made, expected in pairs:
        np.testing.assert_array_equal(made.quantile(orders), expected.ppf(orders))
        assert made.mean == pytest.approx(expected.mean())
        assert made.variance == pytest.approx(expected.var())


def test_a_beta_binomial_is_a_binomial_of_a_random_chance() -> None:
    @mc.model
    def defaults(chance=mc.Beta(2, 38), joint=mc.BetaBinomial(100, 2, 38)):
        return {"joint": joint, "share": chance}

    result = mc.simulate(defaults, 100_000, seed=5)
    exact = mc.BetaBinomial(100, 2, 38)

    assert_within_standard_errors(result["joint"].mean, exact.mean)
    assert_within_standard_errors(result["joint"].variance, exact.variance)


def test_intervals_and_points_that_people_say_are_met() -> None:
    for family, shapes in (
        (mc.Normal, {}),
        (mc.LogNormal, {}),
        (mc.Logistic, {}),
        (mc.Gumbel, {}),
        (mc.Uniform, {}),
        (mc.StudentT, {"degrees_of_freedom": 4}),
    ):
        made = mc.from_interval(family, 20, 80, level=0.8, **shapes)  # type: ignore[type-var]
        np.testing.assert_allclose(made.quantile([0.1, 0.9]), [20, 80], rtol=1e-9)
    # The published triangle of P5 = 15 and P95 = 50.
    made = mc.trigen(15, 20, 50, low_order=0.05, high_order=0.95)
    np.testing.assert_allclose([made.low, made.mode, made.high], [10, 20, 60], rtol=1e-9)
    made = mc.three_point(10, 20, 40)
    np.testing.assert_allclose(
        made.quantile([0.05, 0.95]), [7.436826, 47.638984], rtol=1e-6
    )


def test_the_copula_of_data_has_their_dependence_and_keeps_the_inputs() -> None:
    from scipy import stats

    generator = np.random.default_rng(5)
    x = generator.normal(size=500)
    data = np.stack([x, x**2 + 0.1 * generator.normal(size=500)], axis=1)

    @mc.model
    def sheet(a=mc.Exponential(2), b=mc.Uniform(0, 1)):
        return {"sum": a + b}

    joined = mc.couple(sheet, mc.EmpiricalCopula(data), ["a", "b"])
    frame = mc.simulate(joined, 50_000, seed=5).to_frame()

    # A parabola, which no correlation sees.
    low, middle, high = (
        frame["b"][(frame["a"] > 2 * a) & (frame["a"] < 2 * b)].mean()
        for a, b in ((0.0, 0.05), (0.6, 0.8), (3.0, 9.0))
    )
    assert low > middle + 0.3
    assert high > middle + 0.3
    assert stats.kstest(frame["b"], "uniform").pvalue > 1e-6
    table = mc.reached_correlations(joined, mc.simulate(joined, 20_000, seed=5))
    assert abs(table["z"].iloc[0]) < 5.0


def test_rows_of_a_table_stay_together() -> None:
    import pandas as pd

    frame = pd.DataFrame({"x": np.arange(50.0), "y": np.arange(50.0) ** 2})

    @mc.model
    def drawn(day=mc.DiscreteUniform(0, 49)):
        row = mc.table_row(frame, day)
        return {"x": row["x"], "y": row["y"]}

    sample = mc.simulate(drawn, 5_000, seed=5).to_frame()

    assert np.array_equal(sample["y"], sample["x"] ** 2)
    assert len(sample["x"].unique()) == 50


def test_valleys_are_found_where_they_are_clear() -> None:
    places = np.arange(7.0)

    assert valleys(places, np.array([1.0, 5, 1, 0.5, 1, 6, 1])).tolist() == [3.0]
    assert valleys(places, np.array([1.0, 5, 4.9, 5, 6, 3, 1])).tolist() == []


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: mc.InverseGaussian(0), "`shape` must be above 0"),
    (lambda: mc.InverseGaussian(1e9), "lie between 0.01 and 1e"),
    (lambda: mc.SkewNormal(99), "lie between -50 and 50"),
    (lambda: mc.VonMises(0), "`concentration` must be above 0"),
    (lambda: mc.Hypoexponential(3), "be a row of numbers above 0"),  # type: ignore[arg-type]
    (lambda: mc.Hypoexponential([1, 1000]), "be one to twenty numbers"),
    (lambda: mc.Hypoexponential([]), "be one to twenty numbers"),
    (lambda: mc.Mixture([mc.Normal()], [1]), "be a list of two at least"),
    (lambda: mc.Mixture([mc.Normal(), 3], [1, 1]), "be a distribution"),  # type: ignore[list-item]
    (lambda: mc.Mixture([mc.Normal(), mc.Normal()], [1]), "be 2 numbers"),
    (lambda: mc.Mixture([mc.Normal(), mc.Normal()], [1, 0]), "finite numbers above 0"),
    (lambda: mc.Mixture([mc.Normal(), mc.Poisson(3)], [1, 1]), "be all continuous, or"),
    (lambda: mc.SmoothedData([1, 1]), "be two different finite numbers"),
    (lambda: mc.SmoothedData([1, np.nan]), "be two different finite numbers"),
    (lambda: mc.SmoothedData([0, 1e6, 2e6], 1e-3), "be at least 1/2000 of the data's"),
    (lambda: mc.Hypergeometric(5, 3, 4), "be at most `n_pieces`"),
    (lambda: mc.Hypergeometric(5, 3, 1 << 22), "hint: for such a lot take `Binomial"),
    (lambda: mc.BetaBinomial(1 << 21, 1, 1), "be at most 1,048,576"),
    (lambda: mc.Categorical({}), "be a mapping of values to them"),
    (lambda: mc.Categorical({1: 0.5, 2: 0.4}), "have a sum of 1"),
    (lambda: mc.Categorical({1: 1.5}), "lie between 0 and 1"),
    (lambda: mc.from_interval(mc.Normal, 5, 1), "`low` must be below `high`"),
    (lambda: mc.from_interval(mc.LogNormal, -5, 1), "be above 0 for a lognormal"),
    (lambda: mc.from_interval(mc.Poisson, 0, 1), "be a family with a location and a scale"),
    (lambda: mc.trigen(10, 5, 20), "lie strictly between `low` and `high`"),
    (lambda: mc.trigen(1, 2, 3, low_order=0.9, high_order=0.1), "be below `high_order`"),
    (lambda: mc.three_point(3, 2, 1), "lie strictly between `low` and `high`"),
    (lambda: mc.EmpiricalCopula([[1, 2]]), "with ten lines at least"),
    (lambda: mc.EmpiricalCopula(np.ones((20, 3))).check(2), "have a column for each"),
    (lambda: mc.table_row({"x": [1, 2], "y": [1]}, 0), "have columns of one length"),
    (lambda: mc.table_row({"x": ["a"]}, 0), "be a column of numbers"),
    (lambda: mc.table_row([1, 2], 0), "be a table with columns by name"),
]


@pytest.mark.parametrize(("ask", "message"), REFUSED, ids=range(len(REFUSED)))
def test_numbers_that_break_a_law_are_refused(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        ask()
