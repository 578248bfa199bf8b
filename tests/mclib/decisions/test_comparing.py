"""Scenarios compared on common draws: differences, chances, and what knowing is worth."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


@mc.model
def sheet(a=mc.Normal(mean=1, standard_deviation=2), b=mc.Exponential(mean=3), fee=0.0):
    return {"gain": a + b - fee, "loss": b - a}


@mc.model
def walk(drift=0.0):
    end = mc.scan(lambda x, z: x + drift + z, 0.0, 4, noise=mc.Normal(0.0, 1.0))
    return {"end": end}


@mc.model(trace=False)
def opaque(a=mc.Normal(mean=1, standard_deviation=2), b=mc.Exponential(mean=3), fee=0.0):
    return {"gain": a + b - fee, "loss": b - a}


SCENARIOS: dict[str, dict[str, Any]] = {
    "now": {},
    "dear": {"fee": 0.5},
    "wide": {"a.standard_deviation": 3.0},
    "other": {"b": mc.Exponential(mean=4)},
}


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
def test_each_scenario_is_what_a_run_of_its_own_gives(model: mc.Model) -> None:
    comparison = mc.compare(model, SCENARIOS, 30_001, seed=3, engine=ENGINE)

    for name, changes in SCENARIOS.items():
        drawn = {k: x for k, x in changes.items() if not isinstance(x, float)}
        numbers = {k: x for k, x in changes.items() if isinstance(x, float)}
        alone = mc.simulate(
            model.with_parameters(**drawn), 30_001, seed=3, parameters=numbers
        )
        for output in ("gain", "loss"):
            own = comparison.output(name, output)
            assert alone[output].mean == own.mean
            assert alone[output].quantile(0.3).value == own.quantile(0.3).value


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
def test_differences_are_paired_by_trial(model: mc.Model) -> None:
    comparison = mc.compare(model, SCENARIOS, 20_000, seed=3, engine=ENGINE)
    ones, others = (
        mc.simulate(model, 20_000, seed=3, parameters=each)["gain"].sample()
        for each in ({}, {"a.standard_deviation": 3.0})
    )

    apart = comparison.difference("wide", "gain")

    assert apart.mean.value == pytest.approx((others - ones).mean(), abs=1e-12)
    error = (others - ones).std(ddof=1) / math.sqrt(20_000)
    assert apart.mean.standard_error == pytest.approx(error, rel=1e-9)
    assert apart.probability_above(0.0).value == np.mean(others > ones)
    assert comparison.difference("dear", "gain").mean.standard_error < 1e-12


def test_a_difference_is_exact_in_mean_error_and_chance() -> None:
    comparison = mc.compare(sheet, SCENARIOS, 200_000, seed=5, engine=ENGINE)
    table = comparison.to_frame("gain")

    # b of mean 4 has, trial by trial, four thirds of b of mean 3: 1 more on average.
    assert_within_standard_errors(comparison.difference("other", "gain").mean, 1.0)
    error = table.loc["other", "difference_error"]
    assert error == pytest.approx(1.0 / math.sqrt(200_000), rel=0.03)
    assert table.loc["other", "probability_of_more"] == 1.0
    assert_within_standard_errors(
        comparison.difference("wide", "gain").probability_above(0.0), 0.5
    )
    assert list(comparison.to_frame().index.names) == ["output", "scenario"]


def test_models_with_noise_in_a_scan_share_it() -> None:
    comparison = mc.compare(walk, {"flat": {}, "up": {"drift": 0.25}}, 5_000, seed=2)

    apart = comparison.difference("up", "end")

    assert apart.mean.value == pytest.approx(1.0, abs=1e-12)
    assert apart.standard_deviation.value < 1e-12


@pytest.mark.parametrize("sampler", ["sobol", "latin hypercube", "antithetic"])
def test_samplers_place_all_scenarios_alike(sampler: str) -> None:
    comparison = mc.compare(
        walk, {"flat": {}, "up": {"drift": 0.25}}, 65_536, seed=2, sampler=sampler
    )

    assert comparison.difference("up", "end").mean.value == pytest.approx(1.0, abs=1e-9)


def test_several_models_are_compared_by_name() -> None:
    @mc.model
    def buy(a=mc.Normal(mean=1, standard_deviation=2)):
        return {"gain": 2.0 * a, "own": a}

    comparison = mc.compare({"rent": sheet, "buy": buy}, n_trials=200_000, seed=1)

    assert comparison.output_names == ("gain",)
    # 2 a - (a + b) has mean 1 - 3 and variance 4 + 9.
    apart = comparison.difference("buy", "gain")
    assert_within_standard_errors(apart.mean, -2.0)
    assert_within_standard_errors(apart.standard_deviation, math.sqrt(13.0))
    assert "buy" in str(comparison)
    assert "<table" in comparison._repr_html_()


@mc.model
def stay(x=mc.Normal(0.3, 1.0), y=mc.Normal(0.0, 2.0)):
    return {"gain": 0.0 * (x + y)}


@mc.model
def go(x=mc.Normal(0.3, 1.0), y=mc.Normal(0.0, 2.0)):
    return {"gain": x + y}


def unit_gain(mean: float, deviation: float) -> float:
    """Mean of max(0, z) of a normal z."""
    t = mean / deviation
    return float(mean * norm.cdf(t) + deviation * norm.pdf(t))


def test_the_value_of_knowing_everything_is_exact() -> None:
    comparison = mc.compare({"stay": stay, "go": go}, n_trials=300_000, seed=8)
    best = comparison.best("gain")

    exact = unit_gain(0.3, math.sqrt(5.0)) - 0.3
    assert_within_standard_errors(comparison.perfect_information("gain"), exact)
    chance = norm.cdf(0.3 / math.sqrt(5.0))
    assert best.loc["go", "probability_best"] == pytest.approx(chance, abs=0.004)
    assert best["probability_best"].sum() == pytest.approx(1.0)
    opposite = comparison.perfect_information("gain", "minimize")
    assert_within_standard_errors(opposite, unit_gain(-0.3, math.sqrt(5.0)))


@pytest.mark.parametrize(("known", "deviation"), [("x", 1.0), ("y", 2.0)])
def test_the_value_of_knowing_one_input_is_exact(known: str, deviation: float) -> None:
    comparison = mc.compare({"stay": stay, "go": go}, n_trials=300_000, seed=8)

    value = comparison.partial_information("gain", known)

    # Within the bin that holds the break-even point nothing is known: some 1e-4.
    exact = unit_gain(0.3, deviation) - 0.3
    assert abs(value.value - exact) < 5.0 * value.standard_error + 2e-4


def test_to_know_both_inputs_is_to_know_everything() -> None:
    comparison = mc.compare({"stay": stay, "go": go}, n_trials=300_000, seed=8)

    both = comparison.partial_information("gain", ["x", "y"], n_bins=1024)
    everything = comparison.perfect_information("gain")

    assert both.value == pytest.approx(everything.value, rel=0.02)
    assert both.value < everything.value


def test_to_know_what_changes_no_decision_is_worth_nothing() -> None:
    @mc.model
    def sure(x=mc.Normal(50.0, 1.0), y=mc.Normal(0.0, 2.0)):
        return {"gain": x + y}

    comparison = mc.compare({"stay": stay, "sure": sure}, n_trials=100_000, seed=8)

    assert comparison.perfect_information("gain").value == 0.0
    assert comparison.partial_information("gain", "y").value == 0.0


def test_an_engine_of_any_kind_gives_the_same_bits() -> None:
    one, other = (
        mc.compare(sheet, SCENARIOS, 5_000, seed=3, engine=each)
        for each in (ENGINE, ReferenceEngine())
    )

    for name in one.result:
        assert one.result[name].mean == other.result[name].mean


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mc.compare(sheet, {"now": {}}), "`scenarios` must be two or more"),
        (lambda: mc.compare({"one": sheet}), "`models` must be a model, or two"),
        (
            lambda: mc.compare({"a": sheet, "b": sheet}, {"now": {}, "x": {}}),
            "`scenarios` must be left out",
        ),
        (lambda: mc.compare({"a": sheet, "b": 3}), "`models` must be models; got 3"),
        (lambda: mc.compare({"a": sheet, "b": opaque}), "must be all traced, or all not"),
        (lambda: mc.compare({"a": sheet, "b": walk}), "have an output in common"),
        (
            lambda: mc.compare(sheet, {"b": {}, "a": {}, "a less b": {}}, baseline="b"),
            "told from a difference's; got 'gain in a less b'",
        ),
        (
            lambda: mc.compare(sheet, {"1": {}, 1: {}}),  # type: ignore[dict-item]
            "`scenarios` must have names of their own",
        ),
        (
            lambda: mc.compare(sheet, {"now": {}, "x": {"fees": 3}}),
            "no input or parameter 'fees'",
        ),
        (
            lambda: mc.compare(sheet, {"now": {}, "x": 3}),
            "be a mapping of parameters to numbers; got 3",
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 1_000, baseline="then"),
            "`baseline` must be one of now, dear, wide, other; got 'then'",
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 1_000).difference("now", "gain"),
            "be another one than the baseline",
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 1_000).output("now", "own"),
            "`name` must be an output of all scenarios",
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 1_000).best("gain", "most"),
            '`goal` must be "maximize" or "minimize"',
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 1_000).partial_information("gain", "a"),
            "`n_trials` must be 12,800 at least",
        ),
        (
            lambda: mc.compare(sheet, SCENARIOS, 20_000).partial_information("gain", "a"),
            "inputs that are the same in all scenarios",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(call: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        call()
