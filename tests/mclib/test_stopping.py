"""Runs until a tolerance: as sure as they say though looked at often, and told in words."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine

ENGINE = LlvmEngine(1)


@mc.model
def skewed(a=mc.Exponential(mean=1), b=mc.Uniform(low=0, high=1), c=mc.Normal(3, 1)):
    return {"y": a * b + c, "loss": mc.exp(a / 4)}


MEAN = 3.5


@pytest.mark.parametrize(
    "tolerance",
    [
        mc.Tolerance("y", 0.005),
        mc.Tolerance("y", relative=0.002),
        mc.Tolerance("y", 0.01, statistic="standard_deviation"),
        mc.Tolerance("loss", relative=0.01, statistic="quantile", order=0.99),
        mc.Tolerance("loss", relative=0.02, statistic="tail_mean", order=0.99, level=0.9),
    ],
    ids=["absolute", "relative", "deviation", "quantile", "tail mean"],
)
@pytest.mark.parametrize("sampler", ["independent", "latin hypercube"])
def test_a_run_goes_on_until_its_tolerance_is_reached(tolerance: Any, sampler: str) -> None:
    result = mc.simulate(skewed, seed=5, until=tolerance, sampler=sampler)

    assert result.stopping.converged
    estimate = tolerance.estimate(result)
    # The half-width at the look's own level is within; the usual one all the more.
    assert result.stopping.half_widths[0] <= tolerance.wanted(estimate)
    usual = estimate.interval(tolerance.level).half_width
    assert usual <= result.stopping.half_widths[0]
    assert result.stopping.n_needed == result.n_trials


def test_stopping_is_the_same_for_all_chunks_and_a_run_of_as_many_trials() -> None:
    until = mc.Tolerance("y", relative=0.001)
    stopped = mc.simulate(skewed, seed=5, until=until)
    chunked = mc.simulate(skewed, seed=5, until=until, chunk_size=1_024, engine=ENGINE)
    plain = mc.simulate(skewed, stopped.n_trials, seed=5)

    assert stopped.n_trials == chunked.n_trials
    for each in (chunked, plain):
        assert each["y"].mean == stopped["y"].mean
        assert each["y"].quantile(0.9) == stopped["y"].quantile(0.9)
    assert plain.stopping is None


def test_several_tolerances_are_all_reached() -> None:
    tolerances = [mc.Tolerance("y", relative=0.002), mc.Tolerance("loss", relative=0.002)]
    result = mc.simulate(skewed, seed=5, until=tolerances)

    assert len(result.stopping.half_widths) == 2
    for each, width in zip(tolerances, result.stopping.half_widths, strict=True):
        assert width <= each.wanted(each.estimate(result))


def test_a_tolerance_that_is_not_reached_says_what_would_have_been_enough() -> None:
    until = mc.Tolerance("y", absolute=0.002)

    with pytest.raises(
        mc.NotConverged, match=r"About [\d,]+ trials would be enough"
    ) as told:
        mc.simulate(skewed, 200_001, seed=5, until=until)

    result = told.value.result
    assert result.n_trials == 200_001
    assert not result.stopping.converged
    # So many are enough indeed, and not many times too many.
    enough = mc.simulate(skewed, result.stopping.n_needed * 2, seed=5, until=until)
    assert 0.3 * result.stopping.n_needed < enough.n_trials


def test_few_looks_are_enough() -> None:
    result = mc.simulate(skewed, seed=5, until=mc.Tolerance("y", relative=0.0005))

    assert result.n_trials > 3_000_000
    assert result.stopping.n_looks <= 4


@pytest.mark.slow
def test_stopped_estimates_are_as_sure_as_they_say() -> None:
    # A tolerance that takes two or three looks of a tenth of a million trials.
    n_runs, hits = 2_000, 0
    until = mc.Tolerance("y", absolute=0.0085)
    n_looks = []
    for seed in range(n_runs):
        result = mc.simulate(skewed, seed=seed, until=until, engine=ENGINE)
        hits += abs(result["y"].mean.value - MEAN) <= 0.0085
        n_looks.append(result.stopping.n_looks)

    assert np.mean(n_looks) > 1.5
    assert hits / n_runs > 0.95 - 5.0 * np.sqrt(0.95 * 0.05 / n_runs)


PROBABILITY = {"statistic": "probability_above"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"be one of the two; got \(None, None\)"),
        ({"absolute": 1, "relative": 0.1}, "be one of the two"),
        ({"absolute": 0}, "be a finite number above 0"),
        ({"absolute": np.nan}, "be a finite number above 0"),
        ({"relative": "1 %"}, "be a finite number above 0"),
        ({"relative": 0.1, "statistic": "mode"}, "be one of mean, standard_deviation"),
        ({"relative": 0.1, "statistic": "quantile"}, "be given for a quantile"),
        ({"relative": 0.1, "order": 0.5}, "be given for a quantile"),
        ({"relative": 0.1, "statistic": "quantile", "order": 95}, "write `0.95`"),
        ({"relative": 0.1, "level": 95}, "write `level=0.95`"),
        ({"relative": 0.1, "threshold": 5}, "be given for a probability"),
        ({"relative": 0.1, **PROBABILITY}, "`threshold` must be given for a probability"),
        ({"relative": 0.1, **PROBABILITY, "threshold": "5"}, "be a finite number; got '5'"),
        ({"relative": 0.1, **PROBABILITY, "threshold": np.nan}, "be a finite number"),
    ],
)
def test_tolerances_hold_to_their_laws(arguments: Any, message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.Tolerance("y", **arguments)


def test_what_is_no_tolerance_is_refused() -> None:
    for bad, message in (
        (0.01, "be a tolerance, or a list of them"),
        ([], "be a tolerance, or a list of them"),
        ([0.01], "hint: write `until=mc.Tolerance"),
        (mc.Tolerance("x", 1), r"be about outputs \(y, loss\)"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            mc.simulate(skewed, 1_024, until=bad)  # type: ignore[arg-type]


def test_an_estimate_that_does_not_vary_converges_at_once() -> None:
    @mc.model
    def sure(x=mc.Uniform(0, 1)):
        return {"y": 3.0 + 0.0 * x}

    result = mc.simulate(sure, seed=5, until=mc.Tolerance("y", relative=0.01))

    assert (1, True) == (result.stopping.n_looks, result.stopping.converged)


def test_a_run_that_is_watched_stops_as_one_that_is_not(tmp_path: Any) -> None:
    tolerance = mc.Tolerance("y", relative=0.0005)
    once = mc.simulate(skewed, seed=5, until=tolerance)
    steps = list(mc.iterate(skewed, seed=5, until=tolerance, interval=0.0))

    last = steps[-1].result
    assert last.stopping == once.stopping
    assert last.stopping.converged
    assert last["y"].mean == once["y"].mean
    done = [step.n_trials_done for step in steps]
    assert done == sorted(set(done))
    assert steps[-1].fraction == 1.0
    # What was told on the way is still what it was then.
    for step in steps[:: max(1, len(steps) // 5)]:
        assert step.result["y"].mean.n_trials == step.n_trials_done

    last.save(tmp_path / "run.mcresult")
    assert mc.load_result(tmp_path / "run.mcresult").stopping == once.stopping


def test_a_watched_run_that_meets_its_cap_says_so_and_raises_nothing() -> None:
    tolerance = mc.Tolerance("y", absolute=1e-9)
    *_, last = mc.iterate(skewed, 200_000, seed=5, until=tolerance)

    assert last.n_trials_done == 200_000
    assert not last.result.stopping.converged
    with pytest.raises(mc.ArgumentError, match="be about outputs"):
        mc.iterate(skewed, until=mc.Tolerance("z", absolute=1.0))
