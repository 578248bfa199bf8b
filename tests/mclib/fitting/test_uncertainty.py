"""Parameters that are unsure are carried into the simulation, all together."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.errors import ArgumentError, NotConverged
from mclib.fitting.uncertain import UncertainDistribution
from mclib.testing import assert_within_standard_errors
from tests.mclib.fitting.truths import TRUTHS, drawn

TEN = drawn(mc.Normal(10, 2), 10)
U = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def _assert_predicts(name: str, places: Any) -> None:
    """Assert that places have the probabilities U, in the bootstrap's standard errors."""
    made = mc.fit(TEN, name).with_uncertainty(2_000)
    rows = np.array([row.cdf(places) for row in made._rows])
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    assert np.all(np.abs(rows.mean(axis=0) - U) < 5.0 * error)
    np.testing.assert_allclose(made.cdf(places), rows.mean(axis=0))


def test_ten_normal_data_predict_a_students_t() -> None:
    spread = TEN.std(ddof=1) * np.sqrt(1.0 + 1.0 / 10.0)

    _assert_predicts("Normal", stats.t(9, TEN.mean(), spread).ppf(U))


def test_ten_exponential_data_predict_a_lomax() -> None:
    _assert_predicts("Exponential", stats.lomax(10, scale=TEN.sum()).ppf(U))


def test_ten_lognormal_data_predict_the_exponential_of_a_students_t() -> None:
    logs = np.log(TEN)
    spread = logs.std(ddof=1) * np.sqrt(1.0 + 1.0 / 10.0)

    _assert_predicts("LogNormal", np.exp(stats.t(9, logs.mean(), spread).ppf(U)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Weibull", "Gumbel", "Uniform", "Pareto"])
def test_the_next_value_falls_below_a_prediction_as_often_as_it_should(name: str) -> None:
    # Exact for what is only moved and stretched, however few the data.
    found = []
    for seed in range(300):
        x = drawn(TRUTHS[name], 8, seed)
        made = mc.fit(x[:7], name).with_uncertainty(60, seed=seed)
        found.append(float(made.cdf(x[7])))

    for u in (0.1, 0.5, 0.9):
        share = np.mean(np.array(found) <= u)
        assert abs(share - u) < 5.0 * np.sqrt(u * (1.0 - u) / 300), (u, share)


def test_predictions_spread_more_than_the_best_fit() -> None:
    for name in ("Normal", "Gamma", "Weibull", "LogNormal", "Gumbel", "Logistic"):
        fits = mc.fit(TEN, name)
        made = fits.with_uncertainty(300)

        for place in fits.best.quantile([0.01, 0.99]):
            assert min(made.cdf(place), made.probability_above(place)) > 0.011


def test_it_is_an_input_and_all_draws_of_a_trial_share_its_parameters() -> None:
    made = mc.fit(TEN, "Normal").with_uncertainty(1_000)

    @mc.model
    def model(first=made, second=made):
        path = mc.scan(lambda total, z: total + z, 0.0, 8, noise=made)
        return {"first": first, "sum": first + second, "path": path}

    result = mc.simulate(model, 200_000, seed=3)

    means, deviations = made.table["mean"], made.table["standard_deviation"]
    assert_within_standard_errors(result["first"].mean, made.mean)
    assert_within_standard_errors(result["first"].variance, made.variance)
    for name, n in (("sum", 2), ("path", 8)):
        exact = n * np.mean(np.square(deviations)) + n**2 * np.var(means)
        assert_within_standard_errors(result[name].variance, float(exact))


def test_engines_and_chunks_draw_the_same_bits() -> None:
    made = mc.fit(TEN, "Weibull").with_uncertainty(50)

    @mc.model
    def model(loss=made):
        return {"loss": loss}

    run = mc.simulate(model, 2_048, seed=3, engine="llvm")["loss"].sample()
    others = (
        mc.simulate(model, 2_048, seed=3, engine="llvm", chunk_size=1_024),
        mc.simulate(model, 2_048, seed=3, engine="reference"),
    )
    for other in others:
        np.testing.assert_array_equal(run, other["loss"].sample())


def test_quantiles_are_those_of_the_prediction() -> None:
    made = mc.fit(TEN, "Normal").with_uncertainty(100)
    counts = mc.fit([3, 5, 2, 2, 8, 4], "Poisson").with_uncertainty(100)

    np.testing.assert_allclose(made.cdf(made.quantile(U)), U, rtol=1e-9)
    above = made.probability_above(made.quantile_from_above([1e-9, 0.2]))
    np.testing.assert_allclose(above, [1e-9, 0.2], rtol=1e-7)
    k = counts.quantile(U)
    assert np.all(counts.cdf(k) >= U)
    assert np.all(counts.cdf(k - 1.0) < U)
    for each in (made, counts):
        assert tuple(each.quantile([0.0, 1.0])) == each.support


def test_bootstraps_know_how_estimates_err() -> None:
    found = mc.fit(drawn(mc.Gamma(2.5, 10), 400), "Gamma")["Gamma"]

    for way in ("model", "data"):
        sample = found.bootstrap(300, resample=way)
        for name, spread in sample.standard_errors.items():
            # The spread of 300 is known to 4 %.
            assert abs(spread / found.parameters[name].standard_error - 1.0) < 0.3
        low, high = sample.interval("shape")
        assert low < found.peak.numbers["shape"] < high
        assert sample.correlations().loc["shape", "scale"] < -0.7
        assert list(sample.to_frame()) == ["shape", "scale", "location"]


def test_the_same_seed_gives_the_same_rows_and_more_of_them_begin_alike() -> None:
    found = mc.fit(TEN, "Gumbel")["Gumbel"]

    few, many = found.bootstrap(30, seed=5), found.bootstrap(60, seed=5)

    np.testing.assert_array_equal(few.table["scale"], many.table["scale"][:30])
    assert found.bootstrap(30, seed=6).table["scale"][0] != few.table["scale"][0]


class _Smoothed:
    """A family of one parameter whose draws come from a table."""

    def __new__(cls, bandwidth: Any) -> Any:
        return mc.SmoothedData([1.0, 2.0, 4.0], bandwidth)


def test_what_cannot_be_uncertain_says_so() -> None:
    fits = mc.fit(TEN, ["Normal"])

    with pytest.raises(ArgumentError, match="shapes may be random, and `_Smoothed` isn't"):
        UncertainDistribution(_Smoothed, {"bandwidth": [0.1, 0.2]})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="from 20 on; got 5"):
        fits.with_uncertainty(5, family="Normal")
    with pytest.raises(ArgumentError, match='be "model" or "data"'):
        fits.with_uncertainty(resample="urn", family="Normal")
    with pytest.raises(NotConverged, match="estimable from nearly all"):
        mc.fit([0, 0, 0, 1], "Poisson").with_uncertainty(100)
    sample = fits["Normal"].bootstrap(20)
    with pytest.raises(ArgumentError, match="be a parameter"):
        sample.interval("shape")
    with pytest.raises(ArgumentError, match="strictly between"):
        sample.interval("mean", 95)
