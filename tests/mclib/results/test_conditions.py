"""Statistics of some trials, correlations of all with all, and bounds."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


@mc.model
def sheet(a=mc.Exponential(mean=2), b=mc.Uniform(low=0, high=1)):
    return {"y": a * b, "gain": a - b}


@mc.model(trace=False)
def opaque(a=mc.Exponential(mean=2), b=mc.Uniform(low=0, high=1)):
    return {"y": a * b, "gain": a - b}


def condition(trial: Any) -> Any:
    return (trial["y"] > 1.0) & (trial["b"] < 0.8)


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
@pytest.mark.parametrize("sampler", ["independent", "sobol"])
def test_conditional_statistics_are_those_of_the_trials_that_are_left(
    model: Any, sampler: str
) -> None:
    result = mc.simulate(model, 30_001, seed=5, sampler=sampler)
    frame = result.to_frame()
    left = frame[(frame["y"] > 1.0) & (frame["b"] < 0.8)]

    kept = result.where(condition)

    assert list(kept) == ["a", "b", "y", "gain"]
    assert kept.share.value == len(left) / 30_001
    for name in kept:
        assert kept[name].mean.n_trials == len(left)
        assert kept[name].mean.value == pytest.approx(left[name].mean(), rel=1e-12)
        deviation = kept[name].standard_deviation.value
        assert deviation == pytest.approx(left[name].std(), rel=1e-10)
        quantile = np.quantile(left[name], 0.3, method="inverted_cdf")
        assert kept[name].quantile(0.3).value == quantile
    assert "gave NaN" not in str(kept)


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
def test_a_condition_on_a_conditioned_result_is_one_more(model: Any) -> None:
    result = mc.simulate(model, 30_001, seed=5)

    twice = result.where(lambda t: t["y"] > 1.0).where(lambda t: t["b"] < 0.8)
    at_once = result.where(condition)

    assert twice.share == at_once.share
    assert 0.0 < twice.share.value < 0.5
    for name in at_once:
        assert twice[name].mean == at_once[name].mean
        assert twice[name].quantile(0.3) == at_once[name].quantile(0.3)


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
@pytest.mark.parametrize("sampler", ["independent", "sobol"])
def test_a_run_on_its_way_answers_as_a_run_of_so_many_trials(
    model: Any, sampler: str
) -> None:
    run = {"seed": 5, "sampler": sampler}
    seen = 0
    words = mc.iterate(model, 20_001, chunk_size=6_000, interval=0.0, **run)  # type: ignore[arg-type]
    for progress in words:
        n_trials = progress.n_trials_done
        kept = progress.result.where(condition)
        expected = mc.simulate(model, n_trials, **run).where(condition)  # type: ignore[arg-type]

        assert kept.n_trials == n_trials
        assert kept.share == expected.share
        for name in ("a", "y"):
            assert kept[name].mean == expected[name].mean
            assert kept[name].quantile(0.3) == expected[name].quantile(0.3)
        # The run that goes on is none the wiser.
        assert progress.result.share.value == 1.0
        assert list(progress.result) == ["y", "gain"]
        seen += 1
    assert seen > 2


def test_the_share_is_a_probability_with_its_error() -> None:
    result = mc.simulate(sheet, 200_000, seed=5)

    assert_within_standard_errors(result.where(lambda t: t["a"] > 2.0).share, np.exp(-1.0))
    assert result.share.value == 1.0


def test_the_tail_can_be_asked_what_it_shares() -> None:
    result = mc.simulate(sheet, 200_000, seed=5)
    far = result["y"].quantile(0.95).value

    tail = result.where(lambda trial: trial["y"] > far)

    assert tail.share.value == pytest.approx(0.05, abs=1e-4)
    assert_within_standard_errors(tail["y"].mean, result["y"].tail_mean(0.95).value, k=0.1)
    assert tail["a"].mean.value > 5.0


@pytest.mark.parametrize("model", [sheet, opaque], ids=["traced", "not traced"])
def test_conditions_that_mean_nothing_are_refused(model: Any) -> None:
    result = mc.simulate(model, 2_048, seed=5)
    for bad, message in (
        ("y > 1", "be a function of a trial's values by name"),
        (lambda trial: trial["z"] > 1, r"use names of the run \(a, b, y, gain\)"),
        (lambda trial: trial["y"] + 1.0, "return whether a trial keeps it"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            result.where(bad)


def test_a_loaded_result_refuses_conditions(tmp_path: Any) -> None:
    mc.simulate(sheet, 2_048, seed=5).save(tmp_path / "run.mcresult")
    loaded = mc.load_result(tmp_path / "run.mcresult")

    with pytest.raises(mc.ArgumentError, match="can't be asked about other trials"):
        loaded.where(condition)
    assert loaded.share.value == 1.0


def test_correlations_of_everything_with_everything_are_scipys() -> None:
    from scipy import stats

    result = mc.simulate(sheet, 5_000, seed=5)
    frame = result.to_frame()
    for measure, n, of in (
        ("pearson", 5_000, stats.pearsonr),
        ("spearman", 5_000, stats.spearmanr),
        ("kendall", 2_000, stats.kendalltau),
    ):
        table = result.correlations(measure)
        expected = of(frame["a"][:n], frame["y"][:n]).statistic

        assert list(table) == ["a", "b", "y", "gain"]
        assert table.loc["a", "y"] == table.loc["y", "a"] == pytest.approx(expected)
        assert np.all(np.diag(table) == 1.0)
        # Inputs are independent.
        z = table.loc["a", "b"] / table.attrs["standard_error"].loc["a", "b"]
        assert abs(z) < 5.0


def test_correlations_hold_to_their_laws() -> None:
    result = mc.simulate(sheet, 5_000, seed=5)
    with pytest.raises(mc.ArgumentError, match="be one of spearman, kendall, pearson"):
        result.correlations("rank")
    with pytest.raises(mc.ArgumentError, match="be a whole number from 3 to 5,000"):
        result.correlations(n=6_000)


def test_the_exceedance_curve_is_made_of_quantiles() -> None:
    y = mc.simulate(sheet, 100_000, seed=5)["y"]
    curve = y.exceedance([0.5, 0.01])

    assert list(curve.index) == [0.5, 0.01]
    assert curve.loc[0.01, "value"] == y.quantile(0.99).value
    low, high, _ = y.quantile(0.99).interval()
    assert (low, high) == (curve.loc[0.01, "low"], curve.loc[0.01, "high"])
    assert (np.diff(y.exceedance()["value"]) > 0.0).all()
    with pytest.raises(mc.ArgumentError, match="strictly between 0 and 1"):
        y.exceedance([1.0])


def test_wilks_bounds_cover_as_often_as_they_say() -> None:
    n_runs = 2_000
    gains = mc.simulate(sheet, 93 * n_runs, seed=5)["gain"].sample().reshape(n_runs, 93)
    samples = np.sort(gains, axis=1)
    # The second largest of 93 for one side; smallest and largest for both.
    upper = np.sum(samples[:, -2] >= UPPER)
    lower = np.sum(samples[:, 1] <= LOWER)
    both = sum(share_between(row[0], row[-1]) >= 0.95 for row in samples)

    spread = np.sqrt(0.95 * 0.05 / n_runs)
    for hits in (upper, lower, both):
        assert 0.95 - 5 * spread < hits / n_runs < 0.96 + 5 * spread


def test_wilks_bounds_are_the_outcomes_of_those_ranks() -> None:
    y = mc.simulate(sheet, 93, seed=5, engine=ENGINE)["gain"]
    sample = np.sort(y.sample())

    assert y.tolerance_bound(0.95) == sample[-2]
    assert y.tolerance_bound(0.95, tail="lower") == sample[1]
    assert y.tolerance_interval(0.95) == (sample[0], sample[-1])


def below(x: float) -> float:
    """P(a - b <= x), for x above -1: integrated over b."""
    b = np.linspace(0.0, 1.0, 2_001)
    inner = -np.expm1(-np.maximum(x + b, 0.0) / 2.0)
    return float(np.sum((inner[1:] + inner[:-1]) / 2.0) / 2_000)


def share_between(low: float, high: float) -> float:
    return below(high) - below(low)


def _quantile(order: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda x: below(x) - order, -1.0, 40.0))


UPPER, LOWER = _quantile(0.95), _quantile(0.05)


def test_bounds_need_enough_independent_trials() -> None:
    few = mc.simulate(sheet, 58, seed=5)["y"]
    with pytest.raises(mc.ArgumentError, match=r"got 58\.\nhint: about 59 trials are"):
        few.tolerance_bound(0.95)
    with pytest.raises(mc.ArgumentError, match=r"got 58\.\nhint: about 93 trials are"):
        few.tolerance_interval(0.95)
    with pytest.raises(mc.ArgumentError, match='be "upper" or "lower"'):
        few.tolerance_bound(0.5, tail="both")
    placed = mc.simulate(sheet, 4_096, seed=5, sampler="sobol")["y"]
    with pytest.raises(mc.ArgumentError, match="be independent for a tolerance bound"):
        placed.tolerance_bound(0.95)


@pytest.mark.parametrize(
    ("ask", "must"),
    [
        (lambda o: o.exceedance([2]), "must be numbers strictly between 0 and 1; got 2"),
        (
            lambda o: o.exceedance(0.5 + 1.0),
            "`probabilities` must be numbers strictly between",
        ),
        (lambda o: o.exceedance("x"), "between 0 and 1; got 'x'"),
        (lambda o: o.shares("x", 3), "`low` must be a number; got 'x'"),
        (lambda o: o.shares(1, None), "`high` must be a number; got None"),
        (lambda o: o.tolerance_interval(95), "`coverage` must be strictly between 0 and 1"),
    ],
)
def test_a_refusal_names_the_argument_that_was_given(ask: Any, must: str) -> None:
    @mc.model
    def one(x: Any = mc.Normal(0, 1)) -> Any:
        return {"y": x}

    output = mc.simulate(one, 1_000, seed=5)["y"]

    with pytest.raises(mc.ArgumentError, match=must):
        ask(output)
    with pytest.raises(mc.ArgumentError, match="`quantiles` must be a list of orders"):
        mc.simulate(one, 1_000, quantiles=5)  # type: ignore[arg-type]
    assert list(output.exceedance(0.5).index) == [0.5]
