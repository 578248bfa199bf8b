"""Weighted trials tell of rare events what theory says, and how sure it is."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.rare.weighted import WeightedOutput
from mclib.testing import assert_within_standard_errors

STRENGTHS = {"fire": 5.0, "storm": 5.0}


def damage(fire: Any = mc.Exponential(1), storm: Any = mc.Exponential(1)) -> Any:
    return {"loss": fire + storm}


LOSS = mc.model(damage)
OPAQUE = mc.model(trace=False)(damage)
EXACT = stats.gamma(2)


@pytest.fixture(scope="module")
def result() -> Any:
    return mc.importance(LOSS, 200_000, upper=STRENGTHS, seed=7)


@pytest.mark.parametrize("x", [5.0, 15.0, 25.0, 40.0])
def test_chances_down_to_one_in_a_million_billion_are_right(result: Any, x: float) -> None:
    chance = result["loss"].probability_above(x)

    assert_within_standard_errors(chance, EXACT.sf(x))
    assert chance.standard_error < 0.2 * EXACT.sf(x)
    # Equal trials would need so many times as many.
    worth = EXACT.sf(x) / chance.standard_error**2 / 200_000
    assert worth > {5.0: 1.5, 15.0: 500.0}.get(x, 1e5)


def test_every_statistic_has_the_weights_in_it(result: Any) -> None:
    output = result["loss"]
    far = EXACT.ppf(0.999)
    beyond = EXACT.expect(lambda y: y, lb=far) / 0.001

    for estimate, exact in (
        (output.mean, 2.0),
        (output.standard_deviation, np.sqrt(2.0)),
        (output.quantile(0.5), EXACT.ppf(0.5)),
        (output.quantile(0.999), far),
        (output.quantile(1.0 - 1e-7), EXACT.isf(1e-7)),
        (output.tail_mean(0.999), beyond),
        (output.probability_below(1.0), EXACT.cdf(1.0)),
        (result.mean_weight, 1.0),
    ):
        assert_within_standard_errors(estimate, exact)
    assert np.isclose(
        output.probability_below(3.0).value + output.probability_above(3.0).value, 1.0
    )


def test_what_weights_cost_what_is_common_is_shown(result: Any) -> None:
    # The mean of squared weights is the product of k**2 / (2 k - 1).
    expected = 200_000 / (25.0 / 9.0) ** 2

    assert result.effective_n_trials == pytest.approx(expected, rel=0.05)
    assert result["loss"].effective_n_trials == result.effective_n_trials
    assert f"worth {result.effective_n_trials:,.0f} equal ones" in repr(result)
    assert "self-normalized" in repr(result)


def test_no_weight_is_above_the_product_of_strengths(result: Any) -> None:
    assert 0.0 < result.weights.min()
    assert result.weights.max() <= 25.0


def test_a_function_that_is_not_traced_and_every_engine_give_the_same_trials() -> None:
    traced, opaque, judged = (
        mc.importance(model, 2_048, upper={"fire": 3.5}, lower={"storm": 2}, seed=3, **more)
        for model, more in (
            (LOSS, {}),
            (OPAQUE, {"chunk_size": 1_024}),
            (LOSS, {"engine": "reference"}),
        )
    )

    for other in (opaque, judged):
        np.testing.assert_array_equal(traced.weights, other.weights)
        assert traced["loss"].mean == other["loss"].mean
        assert traced["loss"].quantile(0.9) == other["loss"].quantile(0.9)


def test_a_strength_of_one_is_plain_monte_carlo() -> None:
    plain = mc.simulate(LOSS, 10_000, seed=3)["loss"]
    weighted = mc.importance(LOSS, 10_000, upper={"fire": 1}, seed=3)

    assert np.all(weighted.weights == 1.0)
    assert weighted["loss"].mean.value == pytest.approx(plain.mean.value, rel=1e-12)
    error = plain.mean.standard_error
    assert weighted["loss"].mean.standard_error == pytest.approx(error, rel=1e-3)
    assert weighted["loss"].quantile(0.90005).value == plain.quantile(0.90005).value


def test_lower_ends_and_counts_and_inputs_that_depend_on_each_other_may_be_rare() -> None:
    @mc.model
    def book(claims=mc.Poisson(3), quality=mc.Normal(0, 1), wear=mc.Normal(0, 1)):
        return {"claims": claims, "quality": quality, "both": quality - wear}

    dependent = mc.correlate(book, {("quality", "wear"): -0.5})
    run = {"upper": {"claims": 4}, "lower": {"quality": 6}, "seed": 5}
    found = mc.importance(dependent, 200_000, **run)  # type: ignore[arg-type]

    assert_within_standard_errors(
        found["claims"].probability_above(12.0), stats.poisson.sf(12, 3)
    )
    assert_within_standard_errors(
        found["quality"].probability_below(-6.0), stats.norm.cdf(-6.0)
    )
    # A rank correlation of -1/2 is this one of scores.
    correlation = 2.0 * np.sin(np.pi / 6.0 * -0.5)
    deviation = np.sqrt(2.0 - 2.0 * correlation)
    assert_within_standard_errors(
        found["both"].probability_below(-6.0), stats.norm.cdf(-6.0 / deviation)
    )


def test_a_compound_sum_may_be_rare_through_its_count() -> None:
    @mc.model
    def year(claims=mc.Poisson(5)):
        return {"loss": mc.compound(claims, mc.Exponential(1))}

    total = mc.Aggregate.by_fft(mc.Poisson(5), mc.Exponential(1), step=0.002)
    found = mc.importance(year, 200_000, upper={"claims": 5}, seed=5)

    for x in (15.0, 25.0):
        exact = float(total.probabilities[round(x / 0.002) + 1 :].sum())
        chance = found["loss"].probability_above(x)
        # What the grid rounds away is a hundredth of a standard error.
        assert_within_standard_errors(chance, exact)


def test_intervals_cover_as_often_as_they_say() -> None:
    n_runs, n = 2_000, 1_024
    whole = mc.importance(LOSS, n_runs * n, upper=STRENGTHS, seed=11)
    ask = {
        "mean": (lambda each: each.mean, 2.0),
        "deviation": (lambda each: each.standard_deviation, np.sqrt(2.0)),
        "chance": (lambda each: each.probability_above(12.0), EXACT.sf(12.0)),
        "quantile": (lambda each: each.quantile(0.999), EXACT.ppf(0.999)),
        "tail": (
            lambda each: each.tail_mean(0.99),
            EXACT.expect(lambda y: y, lb=EXACT.ppf(0.99)) / 0.01,
        ),
    }
    hits = dict.fromkeys(ask, 0)
    trials = whole.to_frame(n_runs * n)
    values, weights = (
        trials[name].to_numpy().reshape(n_runs, n) for name in ("loss", "weight")
    )
    for outcomes, shares in zip(values, weights, strict=True):
        part = WeightedOutput(outcomes, shares)
        for name, (question, exact) in ask.items():
            low, high, _ = question(part).interval(0.95)
            hits[name] += low <= exact <= high

    spread = np.sqrt(0.95 * 0.05 / n_runs)
    for name, n_hits in hits.items():
        assert abs(n_hits / n_runs - 0.95) < 5.0 * spread, (name, n_hits / n_runs)


def test_outcomes_that_are_not_finite_are_left_out_and_counted() -> None:
    @mc.model
    def odd(x=mc.Uniform(0, 1)):
        return {"y": mc.where(x > 0.9, np.nan, x)}

    found = mc.importance(odd, 50_000, upper={"x": 2}, seed=5)

    assert found["y"].n_left_out > 10_000
    assert_within_standard_errors(found["y"].mean, 0.45)
    assert f"up to {found['y'].n_left_out:,} outcomes" in repr(found)


def test_a_chance_that_no_trial_shows_has_no_error(result: Any) -> None:
    assert np.isnan(result["loss"].probability_above(1e6).standard_error)
    assert np.isnan(result["loss"].probability_below(1e6).standard_error)


def test_tables_hold_what_the_outputs_say(result: Any) -> None:
    output = result["loss"]

    assert result.summary().loc["loss", "P99.9"] == output.quantile(0.999).value
    assert result.summary().loc["loss", "effective_n_trials"] == output.effective_n_trials
    assert result.quantiles(0.25).loc["loss", "P25"] == output.quantile(0.25).value
    curve = output.exceedance([0.1, 1e-6])
    assert curve.loc[1e-6, "value"] == output.quantile(1.0 - 1e-6).value
    assert list(result) == ["loss"]
    assert len(result) == 1
    assert "fire" not in result


def test_what_cannot_be_drawn_otherwise_is_refused(result: Any) -> None:
    @mc.model
    def walk(x=mc.Uniform(0, 1)):
        return mc.scan(lambda y, u: y + u, x, 3, noise=mc.Uniform(0, 1))

    for bad, message in (
        ({}, "`upper, lower` must name an input at least"),
        ({"upper": {"z": 2}}, r"`upper` must name inputs of the model \(x\); got 'z'"),
        ({"upper": {"noise": 2}}, r"must name inputs of the model \(x\)"),
        ({"upper": {"x": 2}, "lower": {"x": 2}}, "`lower` must name no input that"),
        ({"lower": {"x": 0.5}}, "must be a number from 1 to 100; got 0.5"),
        ({"lower": {"x": True}}, "must be a number from 1 to 100; got True"),
        ({"upper": ["x"]}, "`upper` must be a mapping of input to strength"),
        ({"upper": {"x": 2}, "n_trials": 10**8}, "be at most 10,000,000"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            mc.importance(walk, **bad)  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match=r"be an output of the model \(loss\)"):
        result["gain"]
    for question in (result["loss"].quantile, result["loss"].tail_mean):
        with pytest.raises(mc.ArgumentError, match="strictly between 0 and 1"):
            question(1.0)
    with pytest.raises(mc.ArgumentError, match="`x` must be a number"):
        result["loss"].probability_above(float("nan"))
