"""A weighted run answers what a result does, with its weights, or says why it can't."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mclib as mc
from mclib.rare.outputs import WeightedOutput
from mclib.rare.refusals import REFUSED, REFUSED_OF_HISTOGRAMS, REFUSED_OF_OUTPUTS
from mclib.rare.weighted import Weighted
from mclib.results.output import Output
from mclib.results.result import Result
from mclib.statistics.histogram import Histogram
from mclib.testing import assert_within_standard_errors


@mc.model
def damage(fire: Any = mc.Exponential(1), storm: Any = mc.Exponential(1)) -> Any:
    return {"loss": fire + storm}


STRENGTHS = {"fire": 4.0, "storm": 4.0}


@pytest.fixture(scope="module")
def result() -> Any:
    return mc.importance(damage, 100_000, upper=STRENGTHS, seed=11)


@pytest.mark.parametrize(
    ("plain", "weighted", "refused"),
    [
        (Result, Weighted, REFUSED),
        (Output, WeightedOutput, REFUSED_OF_OUTPUTS),
        (Histogram, None, REFUSED_OF_HISTOGRAMS),
    ],
)
def test_nothing_that_others_answer_is_left_unsaid(
    plain: type, weighted: type | None, refused: Any, result: Any
) -> None:
    if weighted is None:
        asked, kind = set(refused), result["loss"].histogram()
    else:
        asked = {name for name in dir(plain) if not name.startswith("_")}
        asked -= {"restored", "keys", "items", "values"}
        kind = result if weighted is Weighted else result["loss"]

    assert {name for name in asked - set(refused) if not hasattr(kind, name)} == set()
    for name in refused:
        must = f"`{name}` must be asked of trials that count the same; these have weights"
        with pytest.raises(mc.ArgumentError, match=must):
            getattr(kind, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = kind.nothing


def test_a_condition_sees_weights_and_says_how_probable_it_is(result: Any) -> None:
    gamma = stats.gamma(2)
    rare = result.where(lambda trial: trial["loss"] > 15.0)

    assert_within_standard_errors(rare.share, gamma.sf(15.0))
    # Given their sum, each of two exponentials is uniform below it.
    mean = gamma.expect(lambda x: x, lb=15.0) / gamma.sf(15.0)
    assert_within_standard_errors(rare["loss"].mean, mean)
    assert_within_standard_errors(rare["fire"].mean, mean / 2.0)
    assert rare["loss"].n_trials < result["loss"].n_trials
    assert rare.effective_n_trials < result.effective_n_trials
    assert "keep the condition: probability" in repr(rare)

    both = rare.where(lambda trial: trial["fire"] > trial["storm"])
    assert_within_standard_errors(both.share, gamma.sf(15.0) / 2.0)
    assert both.to_frame(50)["weight"].min() == 0.0


def test_intervals_of_conditional_means_and_shares_cover_as_often_as_they_say() -> None:
    n_runs, n = 2_000, 1_024
    whole = mc.importance(damage, n_runs * n, upper=STRENGTHS, seed=13)
    columns = whole.to_frame(n_runs * n).to_numpy().T.reshape(4, n_runs, n)
    gamma = stats.gamma(2)
    mean = gamma.expect(lambda x: x, lb=6.0) / gamma.sf(6.0) / 2.0
    hits = np.zeros(2)
    for fire, _, loss, weights in columns.swapaxes(0, 1):
        part = Weighted({"loss": loss}, weights, whole.provenance, lambda x=fire: {"f": x})
        rare = part.where(lambda trial: trial["loss"] > 6.0)
        for k, (estimate, exact) in enumerate(
            ((rare.share, gamma.sf(6.0)), (rare["f"].mean, mean))
        ):
            low, high, _ = estimate.interval(0.95)
            hits[k] += low <= exact <= high

    assert np.all(np.abs(hits / n_runs - 0.95) < 5.0 * np.sqrt(0.95 * 0.05 / n_runs)), hits


def test_drivers_are_those_of_the_model_and_not_of_the_draws(result: Any) -> None:
    plain = mc.simulate(damage, 400_000, seed=3)

    table, weighted = plain.tornado("loss").table, result.tornado("loss").table
    for column in ("low", "high", "input_at_low", "input_at_high"):
        # A bin of a tenth holds few of the weighted trials at the lower end.
        assert weighted.loc["fire", column] == pytest.approx(
            table.loc["fire", column], abs=0.15
        )
    assert result.tornado("loss").baseline == pytest.approx(result["loss"].mean.value)
    measured = result.tornado("loss", "quantile", order=0.999)
    assert measured.baseline == pytest.approx(result["loss"].quantile(0.999).value)
    both = result.tornado("loss", groups={"both": ["fire", "storm"]}).table
    assert list(both.index) == ["both"]
    assert both.loc["both", "range"] > weighted.loc["fire", "range"]

    tail, expected = (
        each.tail_drivers("loss", 0.99).loc["fire"] for each in (result, plain)
    )
    for name in ("mean_rank", "distance", "mean_in_tail", "mean_in_all"):
        assert tail[name] == pytest.approx(expected[name], abs=0.08)
    assert result.tail_drivers("loss", 0.99).attrs["effective_n_trials"] > 1_000.0

    table = result.correlations()
    assert_within_standard_errors(
        mc.Estimate(
            table.loc["fire", "storm"], table.attrs["standard_error"].iloc[0, 1], 1
        ),
        0.0,
    )
    error = plain.correlations().attrs["standard_error"].loc["fire", "loss"]
    error = np.hypot(error, table.attrs["standard_error"].loc["fire", "loss"])
    apart = table.loc["fire", "loss"] - plain.correlations().loc["fire", "loss"]
    assert abs(apart) < 5.0 * error


def test_a_rare_event_is_stressed_in_reverse(result: Any) -> None:
    stress = mc.reverse_stress(result, "loss", above=20.0)

    assert_within_standard_errors(stress.share, stats.gamma(2).sf(20.0))
    assert set(stress.table.index) == {"fire", "storm"}
    assert stress.table["shift"].min() > 8.0
    with pytest.raises(mc.ArgumentError, match="must leave some trials beyond it; got"):
        mc.reverse_stress(result, "loss", above=1e6)


def test_a_run_goes_on_until_a_chance_is_known() -> None:
    run = {"upper": {"fire": 5.0, "storm": 5.0}, "seed": 7}
    wanted = mc.Tolerance(
        "loss", relative=0.03, statistic="probability_above", threshold=20.0
    )
    found = mc.importance(damage, until=wanted, **run)  # type: ignore[arg-type]

    chance = found["loss"].probability_above(20.0)
    assert found.stopping.converged
    assert chance.half_width < 0.03 * chance.value
    assert_within_standard_errors(chance, stats.gamma(2).sf(20.0))
    once = mc.importance(damage, found.n_trials, **run)  # type: ignore[arg-type]
    assert once["loss"].probability_above(20.0) == chance
    with pytest.raises(mc.NotConverged, match="hint: the exception's `result`") as caught:
        mc.importance(damage, 65_536, until=wanted, **run)  # type: ignore[arg-type]
    assert caught.value.result.n_trials == 65_536


def test_what_was_drawn_goes_along_in_a_pickle(result: Any) -> None:
    there = pickle.loads(pickle.dumps(result))

    assert there["loss"].mean == result["loss"].mean
    assert there.tornado("loss").table.equals(result.tornado("loss").table)
    assert there.trial(3) == result.trial(3)
    assert there.trial(3)["fire"] + there.trial(3)["storm"] == there.trial(3)["loss"]


def test_a_history_ends_where_the_run_does(result: Any) -> None:
    history = result["loss"].history()

    last = history.iloc[-1]
    assert history.index[-1] == 100_000
    assert last["mean"] == pytest.approx(result["loss"].mean.value)
    assert last["standard_error"] == pytest.approx(result["loss"].mean.standard_error)
    assert last["effective_n_trials"] == pytest.approx(result.effective_n_trials)


def test_bars_of_a_weighted_histogram_are_probabilities(result: Any) -> None:
    bars = result["loss"].histogram(20)

    assert bars.shares.sum() + bars.below + bars.above == pytest.approx(1.0)
    exact = np.diff(stats.gamma(2).cdf(bars.edges))
    assert np.all(np.abs(bars.shares - exact) < 5.0 * bars.standard_errors)
    assert 30 <= len(result["loss"].histogram().shares) <= 80


def test_efficiency_is_that_of_the_mean(result: Any) -> None:
    mean = result["loss"].mean
    expected = 2.0 / mean.standard_error**2 / 100_000

    assert result.efficiency["loss"] == pytest.approx(expected, rel=0.05)


def test_questions_that_break_a_law_are_refused(result: Any) -> None:
    @mc.model
    def flat(x: Any = mc.Uniform(0, 1)) -> Any:
        return {"y": 0.0 * x}

    constant = mc.importance(flat, 1_000, upper={"x": 2}, seed=1)
    for question, message in (
        (lambda: result.where(3), "`condition` must be a function"),
        (
            lambda: result.where(lambda t: t["gain"] > 0),
            r"use names of the run \(fire, storm",
        ),
        (lambda: result.where(lambda t: t["loss"]), "must return whether a trial keeps it"),
        (lambda: result.correlations("tau"), "`measure` must be one of spearman"),
        (lambda: result.correlations("kendall", 3_000), "number from 3 to 2,000; got 3000"),
        (lambda: result.tornado("gain"), "`output` must be one of loss; got 'gain'"),
        (lambda: result.tornado("loss", "mode"), "`statistic` must be one of mean"),
        (
            lambda: result.tornado("loss", "quantile"),
            "`order` must be given for a quantile",
        ),
        (lambda: result.tornado("loss", n_bins=1), "`n_bins` must be a whole number"),
        (lambda: result.tornado("loss", groups=["fire"]), "`groups` must be a mapping"),
        (lambda: result.tornado("loss", groups={"a": ["x"]}), "list inputs that vary"),
        (lambda: result.tail_drivers("loss", tail="both"), '`tail` must be "upper" or'),
        (lambda: result.tail_drivers("loss", 1e-6, tail="lower"), "leave 30 trials in the"),
        (lambda: constant.tornado("y"), "`output` must vary, and have an input that does"),
        (lambda: result.trial(100_000), "`index` must be a trial of this run"),
        (lambda: result["loss"].histogram(0), "`n_bins` must be a whole number from 1"),
        (
            lambda: mc.Tolerance("loss", 1.0, statistic="probability_above"),
            "`threshold` must",
        ),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            question()


def test_drivers_of_equal_weights_are_those_of_a_plain_run() -> None:
    plain = mc.simulate(sheet, 50_000, seed=3).drivers("y")
    equal = mc.importance(sheet, 50_000, upper={"a": 1.0}, seed=3).drivers("y")

    exact = ["rank_correlation", "contribution", "regression", "partial_rank"]
    pd.testing.assert_frame_equal(equal[exact], plain[exact], rtol=1e-9)
    # Bins are cut at grades here, and at quantiles of some of the trials there.
    apart = (equal - plain).abs().max()
    assert apart[["first_order", "pawn", "delta"]].max() < 2e-3


def test_drivers_of_weighted_trials_are_the_linear_models() -> None:
    result = mc.importance(sheet, 200_000, upper={"a": 2.0, "b": 1.5}, seed=3)
    table = result.drivers("y")

    # 9, 4 and 1/4 of the variance: an indicator of one half, and a fourth input idle.
    exact = {"a": 9.0 / 13.25, "b": 4.0 / 13.25, "c": 0.25 / 13.25, "idle": 0.0}
    slopes = {"a": 3.0, "b": -2.0, "c": 0.125 * np.sqrt(12.0), "idle": 0.0}
    for name, share in exact.items():
        row = table.loc[name]
        # Within a hundred bins some variance is left.
        assert abs(row["first_order"] - share) < 5.0 * row["first_order_error"] + 2e-3
        expected = slopes[name] / np.sqrt(13.25)
        assert abs(row["regression"] - expected) < 5.0 * row["regression_error"] + 5e-3
    idle = table.loc["idle"]
    assert abs(idle["partial_rank"]) < 5.0 * idle["partial_rank_error"]
    assert list(table.index[:3]) == ["a", "b", "c"]
    assert list(result.where(lambda t: t["y"] > 3.0).drivers("y").index[:2]) == ["a", "b"]


@mc.model
def sheet(
    a: Any = mc.Normal(0, 1),
    b: Any = mc.Normal(0, 2),
    c: Any = mc.Uniform(0, 1),
    idle: Any = mc.Exponential(1),
) -> Any:
    return {"y": 3.0 * a - b + mc.where(c > 0.5, 1.0, 0.0)}


@pytest.mark.parametrize(
    ("statistic", "asked", "noise"),
    [
        ("probability_below", {"threshold": -3.0}, 0.006),
        ("lower_tail_mean", {"order": 0.25}, 0.04),
    ],
)
def test_a_tornado_of_a_probability_or_a_lower_tail_has_the_weights(
    statistic: str, asked: Any, noise: float
) -> None:
    weighted = mc.importance(sheet, 100_000, lower={"a": 1.5}, seed=3)
    plain = mc.simulate(sheet, 100_000, seed=4)
    ends = [
        each.tornado("y", statistic, **asked).table.loc["a", ["low", "high"]]
        for each in (weighted, plain)
    ]

    # Standard errors of 10,000 trials a bin, and of what the weights leave of them.
    np.testing.assert_allclose(ends[0], ends[1], rtol=0, atol=5.0 * noise)


@pytest.mark.parametrize(
    ("statistic", "asked"),
    [
        ("mean", {}),
        ("standard_deviation", {}),
        ("quantile", {"order": 0.25}),
        ("tail_mean", {"order": 0.75}),
        ("probability_below", {"threshold": 0.0}),
    ],
)
def test_errors_in_bins_are_those_of_the_weighted_trials_there(
    statistic: str, asked: Any
) -> None:
    weighted = mc.importance(sheet, 20_000, lower={"a": 1.5}, seed=3)
    tornado = weighted.tornado("y", statistic, n_bins=4, **asked)
    frame = weighted.to_frame(20_000)
    order = np.argsort(frame["a"].to_numpy(), kind="stable")
    shares = weighted.weights[order] / weighted.weights.sum()
    places = np.minimum((np.cumsum(shares) - shares / 2) * 4, 3).astype(int)

    for k in range(4):
        own = order[places == k]
        part = WeightedOutput(frame["y"].to_numpy()[own], weighted.weights[own])
        exact = {
            "mean": lambda part=part: part.mean,
            "standard_deviation": lambda part=part: part.standard_deviation,
            "quantile": lambda part=part: part.quantile(0.25),
            "tail_mean": lambda part=part: part.tail_mean(0.75),
            "probability_below": lambda part=part: part.probability_below(0.0),
        }[statistic]()
        row = tornado.spider.loc[("a", k)]
        assert row[tornado.statistic] == pytest.approx(exact.value, rel=1e-9)
        assert row["standard_error"] == pytest.approx(exact.standard_error, rel=1e-6)
