"""Modes: known ones, atoms, errors that cover, and what has no mode."""

import math
from collections.abc import Callable

import numpy as np
import pytest

import mclib as mc
from mclib.statistics.modes import mode

Draw = Callable[[np.random.Generator, int], np.ndarray]

SMOOTH: dict[str, tuple[Draw, float]] = {
    "normal": (lambda g, n: g.normal(5.0, 2.0, n), 5.0),
    "lognormal": (lambda g, n: np.exp(0.5 * g.normal(size=n)), math.exp(-0.25)),
    "triangular": (lambda g, n: g.triangular(0.0, 1.0, 4.0, n), 1.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_a_mode_is_within_its_error(name: str) -> None:
    draw, exact = SMOOTH[name]
    found, error = mode(draw(np.random.default_rng(5), 1 << 16))

    assert abs(found - exact) < 5.0 * error
    assert 0.0 < error < 0.1 * np.std(draw(np.random.default_rng(6), 10_000))


@pytest.mark.slow
@pytest.mark.parametrize("name", SMOOTH)
def test_the_errors_of_modes_cover(name: str) -> None:
    draw, exact = SMOOTH[name]
    generator = np.random.default_rng(5)
    n_runs = 2_000

    found = [mode(draw(generator, 4_096)) for _ in range(n_runs)]

    covered = np.mean([abs(value - exact) < 1.96 * error for value, error in found])
    # The rate is that of smooth densities for ever so many trials: 95 % roughly.
    assert 0.9 < covered <= 1.0


@pytest.mark.parametrize("factor", [3.0, -3.0])
def test_a_mode_moves_with_its_values(factor: float) -> None:
    x = np.random.default_rng(5).gamma(2.0, size=4_096)

    found, error = mode(x)
    moved, moved_error = mode(7.0 + factor * x)
    assert moved_error == pytest.approx(abs(factor) * error, rel=0.5)
    assert moved == pytest.approx(7.0 + factor * found, abs=3.0 * moved_error)


def test_values_that_repeat_have_the_most_frequent_as_their_mode() -> None:
    @mc.model
    def claims(n_claims=mc.Poisson(3.5), fire=mc.RiskEvent(0.2, mc.Normal(500, 9))):
        return {"claims": n_claims, "fire": fire, "prices": mc.rint(100 * fire) / 100}

    result = mc.simulate(claims, 50_000, seed=5)

    for name, exact in (("claims", 3.0), ("fire", 0.0), ("prices", 0.0)):
        found = result[name].mode
        assert (found.value, found.standard_error) == (exact, 0.0)
        assert str(found) == f"{exact:.0f} ± 0 (95 %)"


def test_what_is_not_known_of_a_mode_is_said() -> None:
    generator = np.random.default_rng(5)
    flat, error = mode(generator.uniform(size=1 << 16))
    assert 0.0 < flat < 1.0
    assert error > 0.1

    assert mode(np.empty(0)) == pytest.approx((math.nan, math.nan), nan_ok=True)
    few, error = mode(np.array([3.0, 1.0, 1.1, 9.0]))
    assert 1.0 <= few <= 1.1
    assert math.isnan(error)


def test_a_mode_leaves_out_what_is_not_finite_and_keeps_a_condition() -> None:
    @mc.model
    def ratio(a=mc.Normal(3, 1), b=mc.Bernoulli(0.5)):
        return {"y": a / b, "a": a}

    result = mc.simulate(ratio, 20_000, seed=5)

    found = result["y"].mode
    assert found.n_trials == result["y"].mean.n_trials < 20_000
    assert abs(found.value - 3.0) < 5.0 * found.standard_error
    high = result.where(lambda trial: trial["a"] > 4.0)["a"].mode
    assert 4.0 < high.value < 4.5
