"""Errors of runs whose trials aren't independent: covered as often as they say, kept."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.statistics.replications import error_of_mean
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)
LEVEL = 0.95


@mc.model
def skewed(a=mc.Exponential(mean=1), b=mc.Uniform(low=0, high=1), c=mc.Normal(3, 1)):
    return {"y": a * b + c}


# The second moment of a b is 2 / 3.
MEAN, DEVIATION = 3.5, float(np.sqrt(2.0 / 3.0 - 0.25 + 1.0))


def told(y: Any) -> dict[str, Any]:
    return {
        "mean": y.mean,
        "standard deviation": y.standard_deviation,
        "quantile": y.quantile(0.9),
        "probability": y.probability_above(5.0),
        "tail mean": y.tail_mean(0.9),
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("sampler", "n_trials"),
    [
        ("sobol", 16_384),
        ("halton", 20_480),
        ("latin hypercube", 32_768),
        ("antithetic", 32_768),
        (mc.Stratified("a", "b"), 32_768),
    ],
    ids=str,
)
def test_intervals_cover_the_truth_as_often_as_they_say(
    sampler: Any, n_trials: int
) -> None:
    n_runs = 2_000
    exactly = mc.simulate(skewed, 1 << 26, seed=1 << 40, sampler="sobol")["y"]
    exact = {name: each.value for name, each in told(exactly).items()}
    exact |= {"mean": MEAN, "standard deviation": DEVIATION}
    hits = dict.fromkeys(exact, 0)
    for seed in range(n_runs):
        result = mc.simulate(skewed, n_trials, seed=seed, sampler=sampler, engine=ENGINE)
        for name, estimate in told(result["y"]).items():
            low, high, _ = estimate.interval(LEVEL)
            hits[name] += low <= exact[name] <= high

    spread = np.sqrt(LEVEL * (1.0 - LEVEL) / n_runs)
    for name, count in hits.items():
        z = (count / n_runs - LEVEL) / spread
        # Ranks are rounded outwards: an interval of a quantile covers a little more.
        assert -5.0 < z < (8.0 if name == "quantile" else 5.0), (name, count / n_runs)


@pytest.mark.parametrize("sampler", ["sobol", "halton", "latin hypercube", "antithetic"])
def test_estimates_lie_within_their_errors(sampler: str) -> None:
    y = mc.simulate(skewed, 1 << 18, seed=5, sampler=sampler)["y"]

    assert_within_standard_errors(y.mean, MEAN)
    assert_within_standard_errors(y.standard_deviation, DEVIATION)
    assert y.skewness.standard_error > 0.0
    assert y.kurtosis.standard_error > 0.0


def test_one_replication_cannot_tell_its_error() -> None:
    y = mc.simulate(skewed, 1_024, seed=5, sampler="sobol")["y"]

    assert np.isnan(y.mean.standard_error)
    assert np.isnan(y.quantile(0.5).standard_error)
    assert np.isnan(y.effective_n_trials)
    assert np.isfinite(y.mean.value)


def test_replications_of_unequal_length_are_weighed() -> None:
    means, counts = np.array([1.0, 3.0, 9.0]), np.array([2.0, 2.0, 0.0])

    # Two of the same length: their half difference, once.
    assert error_of_mean(means, counts) == pytest.approx(1.0)
    assert np.isnan(error_of_mean(means[:1], counts[:1]))


def test_a_saved_result_keeps_its_errors(tmp_path: Any) -> None:
    result = mc.simulate(skewed, 65_536, seed=5, sampler="sobol", controls="c")
    result.save(tmp_path / "run.mcresult")
    again = mc.load_result(tmp_path / "run.mcresult")

    assert str(result) == str(again)
    assert result.efficiency == again.efficiency
    for name in ("mean", "standard_deviation", "skewness", "median"):
        before, after = getattr(result["y"], name), getattr(again["y"], name)
        assert before == after
        assert before.interval() == after.interval()


def test_trials_without_a_number_are_left_out_of_replications() -> None:
    @mc.model
    def holed(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
        return {"y": mc.where(a < 0.1, np.nan, b)}

    y = mc.simulate(holed, 65_536, seed=5, sampler="sobol")["y"]

    assert y.mean.n_trials == pytest.approx(0.9 * 65_536, abs=64)
    assert_within_standard_errors(y.mean, 0.5)
    assert_within_standard_errors(y.probability_below(0.5), 0.5)
    assert_within_standard_errors(y.quantile(0.3), 0.3)


def test_a_run_that_is_watched_has_errors_on_the_way() -> None:
    steps = list(mc.iterate(skewed, 500_000, seed=5, sampler="sobol", interval=0.0))

    once = mc.simulate(skewed, 500_000, seed=5, sampler="sobol")
    assert steps[-1].result["y"].mean == once["y"].mean
    assert all(step.result["y"].mean.standard_error > 0.0 for step in steps)


@mc.model
def asian(spot=100.0, strike=100.0, rate=0.05, volatility=0.2):
    dt = 1.0 / 252.0

    def step(state, z):
        price, total, logs = state
        drift = (rate - volatility**2 / 2) * dt
        price = price * mc.exp(drift + volatility * mc.sqrt(dt) * z)
        return price, total + price, logs + mc.log(price)

    _, total, logs = mc.scan(step, (spot, 0.0, 0.0), 252, noise=mc.Normal(0.0, 1.0))
    discount = mc.exp(-rate)
    return {
        "value": discount * mc.maximum(total / 252 - strike, 0.0),
        "geometric": discount * mc.maximum(mc.exp(logs / 252) - strike, 0.0),
    }


def test_the_geometric_option_takes_the_error_off_the_arithmetic_one() -> None:
    # Published: 5.56550883 for 252 fixings.
    result = mc.simulate(asian, 65_536, seed=5, controls={"geometric": 5.56550883})
    plain = mc.simulate(asian, 65_536, seed=5)

    assert result.efficiency["value"] > 500
    assert_within_standard_errors(plain["geometric"].mean, 5.56550883)
    difference = result["value"].mean.value - plain["value"].mean.value
    assert abs(difference) < 5 * plain["value"].mean.standard_error
    # All but the mean is as without.
    assert result["value"].quantile(0.9) == plain["value"].quantile(0.9)
    assert result["value"].standard_deviation == plain["value"].standard_deviation


def test_controlled_means_are_covered_as_often_as_they_say() -> None:
    n_runs, hits = 2_000, 0
    for seed in range(n_runs):
        run = mc.simulate(skewed, 1_024, seed=seed, controls=("a", "c"), engine=ENGINE)
        low, high, _ = run["y"].mean.interval(LEVEL)
        hits += low <= MEAN <= high

    spread = np.sqrt(LEVEL * (1.0 - LEVEL) / n_runs)
    assert abs(hits / n_runs - LEVEL) < 5.0 * spread


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ("d", r"be inputs of `skewed` \(a, b, c\); got 'd'"),
        (["y"], "hint: an output is given with its mean"),
        ({"y": np.nan}, "have a mean that is a finite number"),
        ({"y": "3"}, "have a mean that is a finite number"),
        ({"z": 1.0}, "be among a, b, c, y"),
        (3, "be names of inputs, or a mapping"),
    ],
)
def test_controls_that_mean_nothing_are_refused(controls: Any, message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.simulate(skewed, 1_024, controls=controls)


def test_a_control_needs_a_mean_and_a_traced_model() -> None:
    @mc.model
    def wild(x=mc.Cauchy(), y=mc.Normal(0, 1)):
        return {"sum": x + y}

    @mc.model(trace=False)
    def opaque(x=mc.Normal(0, 1)):
        return {"y": x + 0.0}

    with pytest.raises(mc.ArgumentError, match="have a mean that is a finite number"):
        mc.simulate(wild, 1_024, controls="x")
    with pytest.raises(mc.ArgumentError, match="be those of a traced model"):
        mc.simulate(opaque, 1_024, controls="x")


def test_a_control_follows_the_parameters_of_the_run() -> None:
    result = mc.simulate(
        skewed, 65_536, seed=5, controls=("a", "c"), parameters={"c.mean": 10.0}
    )

    assert_within_standard_errors(result["y"].mean, 10.5)
