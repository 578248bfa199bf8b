"""Morris' screening: exact effects, quadratures, his own function, any model, refusals."""

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.testing import assert_within_standard_errors

PI = math.pi


@mc.model
def line(
    a=mc.Uniform(0, 2), b=mc.Uniform(-1, 1), idle=mc.Normal(0, 1), late=mc.Uniform(0, 1)
):
    end = mc.scan(lambda x, z: x + z, late, 3, noise=mc.Uniform(0, 4))
    return {"y": 3.0 * a - b + 0.0 * idle, "end": end}


def ishigami_of(a: Any, b: Any, c: Any, sine: Any) -> Any:
    return sine(a) + 7.0 * sine(b) ** 2 + 0.1 * c**4 * sine(a)


@mc.model
def ishigami(a=mc.Uniform(-PI, PI), b=mc.Uniform(-PI, PI), c=mc.Uniform(-PI, PI)):
    return {"y": ishigami_of(a, b, c, mc.sin)}


def effect_of_sine_square() -> tuple[float, float]:
    """Mean size, and root of the mean square, of b's effects, by the midpoint rule."""
    n = 2_000
    middles = (np.arange(n) + 0.5) / n
    u, length = np.meshgrid(middles, 0.25 + 0.25 * middles)
    there = np.where(u < 0.5, u + length, u - length)
    square, before = (np.sin(2.0 * PI * each - PI) ** 2 for each in (there, u))
    effects = 7.0 * (square - before) / length
    return float(np.mean(np.abs(effects))), math.sqrt(float(np.mean(effects**2)))


def test_effects_of_a_line_are_its_slopes() -> None:
    effects = mc.morris(line, seed=5)

    exact = {"a": 6.0, "b": -2.0, "idle": 0.0, "late": 0.0}
    for name, slope in exact.items():
        assert effects.mu["y"][name].value == pytest.approx(slope, abs=1e-12)
        assert effects.mu_star["y"][name].value == pytest.approx(abs(slope), abs=1e-12)
        assert effects.sigma["y"][name].value < 1e-13
    assert effects.mu_star["y"]["idle"].value == effects.sigma["y"]["idle"].value == 0.0
    assert effects.n_evaluations == 6 * 16_384


def test_noises_and_groups_take_their_steps_together_and_have_a_size_only() -> None:
    effects = mc.morris(line, seed=5, groups={"both": ["a", "b"]})

    # Each of three uniforms goes up or down: the sum of signs is 3 or 1 in size.
    assert_within_standard_errors(effects.mu_star["end"]["noise"], 4.0 * (3.0 + 3.0) / 4.0)
    # 6 and 2 in the same direction or not.
    assert_within_standard_errors(effects.mu_star["y"]["both"], (8.0 + 4.0) / 2.0)
    assert list(effects.mu["y"]) == list(effects.sigma["y"]) == ["idle", "late"]
    table = effects.to_frame()
    assert math.isnan(table.loc[("y", "both"), "sigma"])
    both = next(each for each in str(effects).splitlines() if "both" in each)
    assert both.split()[:3] == ["both", "–", "–"]
    assert table.loc[("y", "both"), "mu_star"] == effects.mu_star["y"]["both"].value


@pytest.mark.parametrize("sampler", ["sobol", "independent", "latin hypercube"])
def test_curved_effects_are_those_of_a_quadrature(sampler: str) -> None:
    effects = mc.morris(ishigami, 131_072, seed=5, sampler=sampler)

    size, root = effect_of_sine_square()
    assert_within_standard_errors(effects.mu_star["y"]["b"], size)
    assert_within_standard_errors(effects.sigma["y"]["b"], root)
    assert_within_standard_errors(effects.mu["y"]["b"], 0.0)
    # The factor of sin(a) has the mean 1 + 0.1 pi**4 / 5 and is positive.
    ratio = effects.mu_star["y"]["a"].value / (1.0 + 0.02 * PI**4)
    only = mc.morris(mc.model(lambda a=mc.Uniform(-PI, PI): {"y": mc.sin(a)}), seed=6)
    assert ratio == pytest.approx(only.mu_star["y"]["a"].value, rel=0.01)


def test_a_jump_at_any_place_is_met() -> None:
    @mc.model
    def events(
        even=mc.Bernoulli(0.5), quarter=mc.Bernoulli(0.25), rare=mc.Bernoulli(1 / 64)
    ):
        return {"y": even + quarter + rare}

    effects = mc.morris(events, 131_072, seed=5)

    middles = (np.arange(4_096) + 0.5) / 4_096
    u, length = np.meshgrid(middles, 0.25 + 0.25 * middles)
    there = np.where(u < 0.5, u + length, u - length)
    for name, p in ("even", 0.5), ("quarter", 0.25), ("rare", 1 / 64):
        changes = ((there > 1.0 - p) != (u > 1.0 - p)) / length
        found = effects.mu_star["y"][name]
        assert found.value == pytest.approx(float(np.mean(changes)), rel=0.01)
        assert found.value > p


def test_morris_own_function_falls_into_his_groups() -> None:
    rng = np.random.Generator(np.random.PCG64(1991))
    inputs = ", ".join(f"x{i}=mc.Uniform(0, 1)" for i in range(1, 21))
    columns = ", ".join(f"x{i}" for i in range(1, 21))
    ones, pairs = rng.normal(size=20), rng.normal(size=(20, 20))

    def value(*x: Any) -> Any:
        w = [
            2.0 * (1.1 * each / (each + 0.1) - 0.5) if i in (3, 5, 7) else 2.0 * each - 1.0
            for i, each in enumerate(x, start=1)
        ]
        total = 0.0
        for i in range(20):
            total = total + (20.0 if i < 10 else ones[i]) * w[i]
        for i, j in combinations(range(20), 2):
            total = total + (-15.0 if j < 6 else pairs[i, j]) * w[i] * w[j]
        for i, j, k in combinations(range(5), 3):
            total = total - 10.0 * w[i] * w[j] * w[k]
        return total + 5.0 * w[0] * w[1] * w[2] * w[3]

    names: dict[str, Any] = {"mc": mc, "value": value}
    exec(f"@mc.model\ndef own({inputs}):\n    return {{'y': value({columns})}}", names)
    effects = mc.morris(names["own"], 1_024, seed=5, sampler="independent")

    size = {name: each.value for name, each in effects.mu_star["y"].items()}
    spread = {name: each.value for name, each in effects.sigma["y"].items()}
    important = [f"x{i}" for i in range(1, 11)]
    idle = [f"x{i}" for i in range(11, 21)]
    assert min(size[name] for name in important) > 2.0 * max(size[name] for name in idle)
    straight = [f"x{i}" for i in (8, 9, 10)]
    for name in straight:
        assert spread[name] < 0.25 * size[name]
        assert size[name] == pytest.approx(40.0, rel=0.1)
    curved = [name for name in important if name not in straight]
    assert all(spread[name] > 0.5 * size[name] for name in curved)


def test_an_untraced_model_has_the_same_effects() -> None:
    @mc.model(trace=False)
    def called(a=mc.Uniform(-PI, PI), b=mc.Uniform(-PI, PI), c=mc.Uniform(-PI, PI)):
        return {"y": ishigami_of(a, b, c, np.sin)}

    traced, untraced = (mc.morris(each, 4_096, seed=5) for each in (ishigami, called))

    for measure in ("mu_star", "mu", "sigma"):
        for name in "abc":
            one, other = (getattr(each, measure)["y"][name] for each in (traced, untraced))
            assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-12)


def test_correlated_inputs_are_one_driver() -> None:
    linked = mc.correlate(ishigami, {("a", "c"): 0.5})

    effects = mc.morris(linked, 4_096, seed=5, groups={"market": ["a", "c"]})

    assert list(effects.mu_star["y"]) == ["market", "b"]
    with pytest.raises(mc.ArgumentError, match="into one group; got 'a, c'"):
        mc.morris(linked, 4_096, seed=5)


def test_chunks_and_engines_change_nothing() -> None:
    whole = mc.morris(ishigami, 8_192, seed=5, engine="llvm").to_frame()
    parts = mc.morris(ishigami, 8_192, seed=5, engine="llvm", chunk_size=1_024).to_frame()
    judge = mc.morris(ishigami, 8_192, seed=5, engine="reference").to_frame()

    assert whole.equals(parts)
    assert whole.equals(judge)


def test_effects_are_shown_strongest_first_with_bars_in_proportion() -> None:
    effects = mc.morris(line, seed=5)

    lines = str(effects).splitlines()
    assert lines[1].split() == ["y"]
    assert [each.split()[0] for each in lines[2:4]] == ["a", "b"]
    page = effects._repr_html_()
    assert 'aria-label="a: 6"' in page
    assert 'width="120.0"' in page
    assert 'width="40.0"' in page
    assert repr(effects) == "<ElementaryEffects of y, end: 98,304 evaluations>"


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(mc.ArgumentError, match="`model` must be a model"):
        mc.morris(3)  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match="`n_trials` must be"):
        mc.morris(line, 0)
    with pytest.raises(mc.ArgumentError, match="`groups` must list inputs"):
        mc.morris(line, groups={"both": ["a", "other"]})


@pytest.mark.parametrize("measure", [mc.sobol_indices, mc.shapley_effects, mc.morris])
def test_after_ctrl_c_a_design_has_what_was_done(measure: Any) -> None:
    calls = iter(range(100))
    is_broken_off = True

    @mc.model(trace=False)
    def opaque(a=mc.Normal(0, 1), b=mc.Normal(0, 2)):
        if is_broken_off and next(calls, None) is None:
            raise KeyboardInterrupt
        return {"y": a + b}

    def found(n_trials: int) -> Any:
        return measure(
            opaque,
            n_trials,
            seed=5,
            chunk_size=1_024,
            engine=LlvmEngine(1),
            sampler="independent",
        )

    some = found(65_536)
    n_done, is_broken_off = some.provenance.n_trials, False
    whole = found(n_done)

    assert 10_000 < n_done < 40_000
    assert some.provenance.interrupted
    assert f"Interrupted after {n_done:,} trials." in str(some)
    assert some.n_evaluations == whole.n_evaluations
    assert repr(some.measures) == repr(whole.measures)


def test_what_a_group_has_not_is_a_dash() -> None:
    effects = mc.morris(line, 4_096, seed=5, groups={"both": ["a", "b"]})

    rows = [each for each in str(effects).splitlines() if each.startswith("  both")]
    assert [row.split()[1:3] for row in rows] == [["–", "–"]] * 2
    assert "unknown" not in effects._repr_html_()
