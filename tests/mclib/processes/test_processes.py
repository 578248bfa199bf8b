"""Processes: exact moments after some steps, published prices, laws of parameters."""

import math
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError
from mclib.processes.process import Process
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


def run(process: Process, start: Any = None, n: int = 100_000, **steps: Any) -> mc.Result:
    @mc.model
    def path():
        end = process.end(start, **steps)
        return {"x": end, "log": mc.log(mc.absolute(end) + 1e-300)}

    return mc.simulate(path, n, seed=11, engine=ENGINE)


def arma_variance(ar: list[float], ma: list[float], sigma: float, n: int) -> float:
    weights = [1.0]
    for j in range(1, n):
        weight = ma[j - 1] if j <= len(ma) else 0.0
        weight += sum(ar[i] * weights[j - 1 - i] for i in range(min(len(ar), j)))
        weights.append(weight)
    return sigma**2 * sum(each**2 for each in weights)


MOMENTS = {
    "Brownian": (
        mc.BrownianMotion(drift=0.3, volatility=2.0),
        (1.0, 5, 0.4),
        (1.0 + 0.3 * 2.0, 4.0 * 2.0),
    ),
    "geometric": (
        mc.GeometricBrownianMotion(drift=0.05, volatility=0.2),
        (100.0, 12, 1 / 12),
        (100 * math.exp(0.05), 1e4 * math.exp(0.1) * math.expm1(0.04)),
    ),
    "mean reversion": (
        mc.OrnsteinUhlenbeck(level=0.04, speed=1.5, volatility=0.3),
        (0.09, 7, 1 / 7),
        (0.05115650800742, 0.02850638794896),
    ),
    "square root": (
        mc.CoxIngersollRoss(level=0.04, speed=1.5, volatility=0.3),
        (0.09, 4, 0.25),
        (0.05115650800742, 0.00166028479330),
    ),
    "autoregression": (
        mc.ARMA(mean=2.0, ar=[0.5, 0.3], ma=[], volatility=1.5),
        (None, 9, 1.0),
        (2.0, arma_variance([0.5, 0.3], [], 1.5, 9)),
    ),
    "moving average": (
        mc.ARMA(mean=2.0, ar=[], ma=[0.4, -0.3], volatility=1.5),
        (None, 9, 1.0),
        (2.0, 2.25 * (1.0 + 0.16 + 0.09)),
    ),
    "both": (
        mc.ARMA(mean=0.0, ar=[0.7], ma=[0.4], volatility=1.0),
        (3.0, 6, 1.0),
        (3.0 * 0.7**6, arma_variance([0.7], [0.4], 1.0, 6)),
    ),
    "GARCH": (
        mc.GARCH(constant=0.1, arch=0.1, garch=0.8, mean=0.5),
        (None, 20, 1.0),
        (0.5, 1.0),
    ),
    "GARCH from calm": (
        mc.GARCH(constant=0.1, arch=0.1, garch=0.8),
        (0.2, 5, 1.0),
        (0.0, 1.0 - 0.8 * 0.9**4),
    ),
    "GJR": (
        mc.GJR(constant=0.1, arch=0.05, leverage=0.1, garch=0.8),
        (None, 20, 1.0),
        (0.0, 1.0),
    ),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_mean_and_variance_are_exact(name: str) -> None:
    process, (start, n_steps, dt), (mean, variance) = MOMENTS[name]

    result = run(process, start, n_steps=n_steps, dt=dt)

    assert_within_standard_errors(result["x"].mean, mean)
    assert_within_standard_errors(result["x"].variance, variance)


def test_a_few_long_steps_are_as_good_as_many_short_ones() -> None:
    process = mc.OrnsteinUhlenbeck(level=0.0, speed=2.0, volatility=1.0)

    long, short = (run(process, 1.0, n_steps=n, dt=1.0 / n) for n in (1, 8))

    # It is a normal variable, whatever the steps.
    z = [
        (each["x"].quantile(0.99).value - math.exp(-2.0))
        / math.sqrt(-math.expm1(-4.0) / 4.0)
        for each in (long, short)
    ]
    assert z == pytest.approx([2.3263478740] * 2, abs=0.04)


def test_logarithms_of_prices_with_jumps_have_exact_moments() -> None:
    process = mc.JumpDiffusion(0.05, 0.2, intensity=2.0, jump_mean=-0.1, jump_deviation=0.3)

    result = run(process, 1.0, n_steps=4, dt=0.25)

    growth = math.exp(0.05 + 2.0 * math.expm1(-0.1 + 0.045))
    assert_within_standard_errors(result["x"].mean, growth)
    assert_within_standard_errors(result["log"].mean, 0.05 - 0.02 - 0.2)
    assert_within_standard_errors(result["log"].variance, 0.04 + 2.0 * 0.1)


def test_shocks_of_garch_have_exact_fourth_moments() -> None:
    @mc.model
    def shocks():
        x = mc.GARCH(constant=0.1, arch=0.1, garch=0.8).end(n_steps=6)
        return {"fourth": x**4}

    h, h2 = 1.0, 1.0
    for _ in range(5):
        h2 = 0.01 + 0.2 * 0.9 * h + (0.03 + 0.16 + 0.64) * h2

    assert_within_standard_errors(
        mc.simulate(shocks, 200_000, seed=3, engine=ENGINE)["fourth"].mean, 3.0 * h2
    )


def test_the_logarithm_of_an_egarch_variance_has_exact_moments() -> None:
    process = mc.EGARCH(constant=-0.2, size=0.3, sign=-0.1, garch=0.9)

    @mc.model
    def variance():
        def step(state, z):
            return process.step(state, {"z": z}, 1.0)

        _, log_variance = mc.scan(step, process.begin(1.0), 5, noise=mc.Normal(0.0, 1.0))
        return {"log": log_variance}

    result = mc.simulate(variance, 100_000, seed=3, engine=ENGINE)

    once = 0.09 * (1.0 - 2.0 / math.pi) + 0.01
    assert_within_standard_errors(result["log"].mean, -0.2 * sum(0.9**k for k in range(5)))
    spread = once * sum(0.81**k for k in range(5))
    assert_within_standard_errors(result["log"].variance, spread)


def test_regimes_come_as_often_as_their_chain_says() -> None:
    transitions = [[0.9, 0.08, 0.02], [0.2, 0.7, 0.1], [0.0, 0.5, 0.5]]
    process = mc.RegimeSwitching([1.0, -1.0, -5.0], [0.5, 1.0, 2.0], transitions)

    result = run(process, 1.0, n_steps=4)

    p = np.linalg.matrix_power(np.array(transitions), 3)[1]
    mean = p @ [1.0, -1.0, -5.0]
    variance = p @ [1.25, 2.0, 29.0] - mean**2
    assert_within_standard_errors(result["x"].mean, mean)
    assert_within_standard_errors(result["x"].variance, variance)


def test_seasons_come_again() -> None:
    trend = mc.BrownianMotion(drift=1.0, volatility=0.0)
    process = mc.Seasonal(trend, factors=[1.0, 2.0, 10.0])

    ends = [run(process, n=1, n_steps=n)["x"].mean.value for n in range(1, 6)]

    assert ends == [1.0, 4.0, 30.0, 4.0, 10.0]


def test_a_path_is_folded_to_what_is_wanted_of_it() -> None:
    @mc.model
    def asian(rate=0.03, volatility=0.2, strike=105.0):
        stock = mc.GeometricBrownianMotion(rate, volatility)
        total, _ = stock.fold(lambda t, x: t + x, 0.0, 100.0, n_steps=252, dt=1 / 252)
        return {"call": mc.exp(-rate) * mc.maximum(total / 252 - strike, 0.0)}

    value = mc.simulate(asian, 100_000, seed=3, engine=ENGINE)["call"].mean

    assert_within_standard_errors(value, 3.16296)


def test_several_things_may_be_wanted_of_a_path() -> None:
    @mc.model
    def extremes():
        walk = mc.BrownianMotion(drift=0.0, volatility=1.0)
        (low, high), end = walk.fold(
            lambda seen, x: (mc.minimum(seen[0], x), mc.maximum(seen[1], x)),
            (0.0, 0.0),
            n_steps=2,
        )
        return {"low": low, "high": high, "is_between": (low <= end) & (end <= high)}

    result = mc.simulate(extremes, 100_000, seed=3, engine=ENGINE)

    # E max(0, S1, S2) = E S1+ / 1 + E S2+ / 2, by Spitzer's identity.
    exact = (1.0 + math.sqrt(2.0) / 2.0) / math.sqrt(2.0 * math.pi)
    assert_within_standard_errors(result["high"].mean, exact)
    assert_within_standard_errors(result["low"].mean, -exact)
    assert result["is_between"].mean.value == 1.0


HESTON = {
    # The published prices of three sets, with starting price 100 and strike by price.
    "mild": ((0.0225, 0.0225, 2.0, 0.25, -0.5), 0.03, 0.0, {100.0: 7.379832496149447}),
    "Lewis": (
        (0.04, 0.25, 4.0, 1.0, -0.5),
        0.01,
        0.02,
        {80.0: 26.774758743999, 100.0: 16.070154917029, 120.0: 9.024913483458},
    ),
    "Fang": ((0.0175, 0.0398, 1.5768, 0.5751, -0.5711), 0.0, 0.0, {100.0: 5.785155434376}),
}


@pytest.mark.parametrize("name", HESTON)
def test_options_under_heston_have_their_published_prices(name: str) -> None:
    (v, level, speed, volatility, rho), rate, dividend, prices = HESTON[name]

    @mc.model
    def calls():
        stock = mc.Heston(rate - dividend, v, level, speed, volatility, rho)
        end = stock.end(100.0, n_steps=32, dt=1 / 32)
        paid = {f"{k:g}": mc.maximum(end - k, 0.0) * math.exp(-rate) for k in prices}
        return {"end": end, **paid}

    result = mc.simulate(calls, 100_000, seed=5, engine=ENGINE)

    assert_within_standard_errors(result["end"].mean, 100.0 * math.exp(rate - dividend))
    for strike, exact in prices.items():
        found = result[f"{strike:g}"].mean
        # The scheme's own error is below 2e-3 of the price with these steps.
        assert abs(found.value - exact) < 4.0 * found.standard_error + 2e-3 * exact


def test_parameters_may_be_inputs_and_draws_have_their_names() -> None:
    @mc.model
    def two(volatility=mc.Uniform(0.1, 0.3), drift=0.1):
        a = mc.GeometricBrownianMotion(drift, volatility)
        return {
            "a": a.end(1.0, n_steps=3, name="a"),
            "b": a.end(1.0, n_steps=3, name="b"),
        }

    result = mc.simulate(two, 100_000, seed=2, engine=ENGINE)

    assert_within_standard_errors(result["a"].mean, math.exp(0.3))
    assert result.correlations().loc["a", "b"] < 0.05
    judge = mc.simulate(two, 2_000, seed=2, engine=ReferenceEngine())
    assert judge["b"].mean == mc.simulate(two, 2_000, seed=2, engine=ENGINE)["b"].mean


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: mc.OrnsteinUhlenbeck(0, 0, 1), "`speed` must be above 0"),
        (lambda: mc.GeometricBrownianMotion(0, -1), "`volatility` must be 0 or more"),
        (lambda: mc.Heston(0, 1, 1, 1, 1, 2), "`correlation` must lie between -1 and 1"),
        (lambda: mc.ARMA(0, [1.1], [], 1), "return to its mean"),
        (lambda: mc.ARMA(0, 0.5, [], 1), "`ar` must be a list of numbers"),
        (lambda: mc.GARCH(0.1, 0.3, 0.8), "`arch` and `garch` together must be below 1"),
        (lambda: mc.GARCH(0.1, 0.1, 0.8, shock=mc.Normal(0, 2)), "mean 0 and variance 1"),
        (lambda: mc.GJR(0.1, 0.1, -0.2, 0.8), "`arch [+] leverage` must be 0 or more"),
        (lambda: mc.EGARCH(0.1, 0.1, 0.1, 1.0), "`garch`, without sign, must be below 1"),
        (lambda: mc.RegimeSwitching([1], [1], [[1]]), "2 or more"),
        (
            lambda: mc.RegimeSwitching([1, 2], [1, 1], [[0.5, 0.6], [0, 1]]),
            "add up to 1 in each line",
        ),
        (lambda: mc.Seasonal(3, [1]), "`process` must be a process"),
        (
            lambda: mc.Seasonal(mc.BrownianMotion(0, 1), []),
            "`factors` must be a list of numbers",
        ),
        (
            lambda: mc.GeometricBrownianMotion(0, 1).end(n_steps=2),
            "`start` must be given",
        ),
        (
            lambda: mc.BrownianMotion(0, 1).end(n_steps=2, name=""),
            "`name` must be a word",
        ),
    ],
)
def test_what_is_no_process_is_refused(make: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("ask", "must"),
    [
        (lambda p: p.end(1.0, n_steps=2, dt=-1.0), "`dt` must be above 0; got -1.0"),
        (lambda p: p.end(1.0, n_steps=2, dt=math.nan), "`dt` must be finite; got nan"),
        (lambda p: p.fold("sum", 0.0, 1.0, n_steps=2), "`observe` must be a function of"),
    ],
    ids=["negative", "no number", "no function"],
)
def test_steps_and_what_is_seen_of_a_path_have_their_laws(ask: Any, must: str) -> None:
    with pytest.raises(mc.ArgumentError, match=must):
        ask(mc.GeometricBrownianMotion(drift=0.05, volatility=0.2))
