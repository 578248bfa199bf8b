"""Processes fitted to time series: closed forms, and parameters found again."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

import mclib as mc
from mclib import streams
from mclib.errors import ArgumentError
from mclib.fitting.series import ProcessFit


def _normals(n: int, seed: int = 7) -> Any:
    words = streams.input_words(seed, "series", range(n))
    return ndtri(streams.uniforms(words))


def _assert_found(fit: ProcessFit, **truth: float) -> None:
    for key, exact in truth.items():
        found = fit.parameters[key]
        z = (found.value - exact) / found.standard_error
        assert abs(z) < 5.0, (key, z)


def _arma(mean: float, ar: list[float], ma: list[float], volatility: float, n: int) -> Any:
    shocks = volatility * _normals(n + 200)
    d = np.zeros(n + 200)
    for t in range(10, n + 200):
        d[t] = shocks[t]
        d[t] += sum(a * d[t - k] for k, a in enumerate(ar, start=1))
        d[t] += sum(m * shocks[t - k] for k, m in enumerate(ma, start=1))
    return mean + d[200:]


def test_growth_has_the_closed_form() -> None:
    prices = 100 * np.exp(np.cumsum(0.01 + 0.05 * _normals(120)))
    growth = np.diff(np.log(prices))
    n, dt = len(growth), 1 / 12

    fit = mc.fit_process(prices, mc.GeometricBrownianMotion, dt=dt)

    volatility = growth.std() / math.sqrt(dt)
    drift = growth.mean() / dt + volatility**2 / 2
    found = fit.parameters
    assert abs(found["volatility"].value - volatility) < 1e-9
    assert abs(found["drift"].value - drift) < 1e-9
    error = found["volatility"].standard_error
    assert abs(error / (volatility / math.sqrt(2 * n)) - 1) < 1e-4
    exact = math.sqrt(volatility**2 / (n * dt) + volatility**4 / (2 * n))
    assert abs(found["drift"].standard_error / exact - 1) < 1e-4
    assert fit.process == mc.GeometricBrownianMotion(
        found["drift"].value, found["volatility"].value
    )


def test_what_returns_to_a_level_is_a_regression_on_the_value_before() -> None:
    x, dt = [10.0], 0.25
    fall = math.exp(-1.5 * dt)
    spread = 2.0 * math.sqrt((1 - fall * fall) / 3.0)
    for z in _normals(600):
        x.append(8.0 + (x[-1] - 8.0) * fall + spread * z)

    fit = mc.fit_process(x, mc.OrnsteinUhlenbeck, dt=dt)

    _assert_found(fit, level=8.0, speed=1.5, volatility=2.0)
    slope = np.polyfit(x[:-1], x[1:], 1)[0]
    assert abs(fit.parameters["speed"].value + math.log(slope) / dt) < 1e-6
    assert abs(fit.residuals.std() - 1.0) < 1e-6


@pytest.mark.parametrize(
    ("ar", "ma"),
    [([0.7], []), ([1.2, -0.4], []), ([], [0.5]), ([0.8], [-0.3]), ([0.5, 0.2], [0.4])],
)
def test_weights_of_series_are_found_again(ar: list[float], ma: list[float]) -> None:
    x = _arma(5.0, ar, ma, 2.0, 1_500)

    fit = mc.fit_process(x, mc.ARMA, order=(len(ar), len(ma)))

    named = {f"ar[{k}]": each for k, each in enumerate(ar)}
    named |= {f"ma[{k}]": each for k, each in enumerate(ma)}
    _assert_found(fit, mean=5.0, volatility=2.0, **named)
    process: Any = fit.process
    assert (len(process.ar), len(process.ma)) == (len(ar), len(ma))


def test_an_autoregression_is_least_squares() -> None:
    x = _arma(5.0, [0.6, 0.2], [], 1.0, 300)

    fit = mc.fit_process(x, "ARMA", order=(2, 0))

    lags = np.stack([np.ones(298), x[1:-1], x[:-2]], axis=1)
    constant, first, second = np.linalg.lstsq(lags, x[2:], rcond=None)[0]
    assert abs(fit.parameters["ar[0]"].value - first) < 1e-6
    assert abs(fit.parameters["ar[1]"].value - second) < 1e-6
    assert abs(fit.parameters["mean"].value - constant / (1 - first - second)) < 1e-5


def test_the_true_order_has_the_smallest_criterion() -> None:
    x = _arma(0.0, [1.2, -0.5], [], 1.0, 800)

    criteria = {p: mc.fit_process(x, mc.ARMA, order=(p, 0)).bic for p in (1, 2, 3)}

    assert min(criteria, key=criteria.__getitem__) == 2


def test_clusters_of_volatility_are_found_again() -> None:
    variance, returns = 1.0, []
    for z in _normals(4_000):
        returns.append(0.1 + math.sqrt(variance) * z)
        variance = 0.05 + 0.1 * variance * z * z + 0.85 * variance

    fit = mc.fit_process(returns, mc.GARCH)

    _assert_found(fit, constant=0.05, arch=0.1, garch=0.85, mean=0.1)
    assert list(fit.to_frame().index) == ["constant", "arch", "garch", "mean"]
    assert "garch" in fit._repr_html_()


def test_a_fitted_process_runs_in_a_model() -> None:
    prices = 100 * np.exp(np.cumsum(0.01 + 0.05 * _normals(120)))
    fit = mc.fit_process(prices, mc.GeometricBrownianMotion)

    @mc.model
    def model(start=100.0):
        return {"price": fit.process.end(start, n_steps=12)}

    result = mc.simulate(model, 50_000, seed=3)
    exact = 100 * math.exp(12 * fit.parameters["drift"].value)
    estimate = result["price"].mean
    assert abs(estimate.value - exact) < 5 * estimate.standard_error


def test_refusals_say_the_way_out() -> None:
    wandering = np.cumsum(np.abs(_normals(50)))

    with pytest.raises(ArgumentError, match="be above 0 to grow"):
        mc.fit_process(_normals(50), mc.GeometricBrownianMotion)
    with pytest.raises(ArgumentError, match="return to a level"):
        mc.fit_process(wandering**2, mc.OrnsteinUhlenbeck)
    with pytest.raises(ArgumentError, match="be one of GeometricBrownianMotion"):
        mc.fit_process(wandering, mc.Heston)
    with pytest.raises(ArgumentError, match="20 finite numbers"):
        mc.fit_process([1.0, 2.0], mc.ARMA)
    with pytest.raises(ArgumentError, match="sum of at most 10"):
        mc.fit_process(wandering, mc.ARMA, order=(9, 9))


def test_a_series_that_is_no_numbers_is_refused() -> None:
    with pytest.raises(mc.ArgumentError, match="be a row of numbers; got 'abc'"):
        mc.fit_process("abc", mc.GeometricBrownianMotion, dt=1)


def test_a_fit_shows_its_process_and_parameters_and_no_residuals() -> None:
    prices = 100.0 * np.exp(np.cumsum(np.tile([0.03, -0.01, 0.02, -0.02], 12)))
    found = mc.fit_process(prices, mc.GeometricBrownianMotion)

    assert len(repr(found).splitlines()) == 4
    assert repr(found).startswith("GeometricBrownianMotion(drift=")
    with pytest.raises(mc.ArgumentError, match="`order` must be two counts, as in"):
        mc.fit_process(prices, mc.ARMA, order="x")
