"""Shapley effects: closed forms of dependent inputs, sums of one, refusals."""

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.testing import assert_within_standard_errors

WEIGHTS = np.array([3.0, -1.0, 2.0])
DEVIATIONS = np.array([1.0, 2.0, 0.5])
PAIRS = {("b", "c"): 0.7, ("a", "c"): -0.2}


@mc.model
def linear(a=mc.Normal(0, 1), b=mc.Normal(0, 2), c=mc.Normal(5, 0.5)):
    return {"y": 3.0 * a - b + 2.0 * c}


def covariance(pairs: dict[tuple[str, str], float]) -> Any:
    matrix = np.eye(3)
    for (one, other), value in pairs.items():
        i, j = "abc".index(one), "abc".index(other)
        matrix[i, j] = matrix[j, i] = value
    return matrix * np.outer(DEVIATIONS, DEVIATIONS)


def exact_effects(spread: Any) -> list[float]:
    """Of a linear function of jointly normal inputs, from what each set explains."""

    def explained(known: tuple[int, ...]) -> float:
        if not known:
            return 0.0
        some = spread[:, list(known)]
        inside = spread[np.ix_(known, known)]
        return float(WEIGHTS @ some @ np.linalg.solve(inside, some.T) @ WEIGHTS)

    effects = []
    for i in range(3):
        others = [k for k in range(3) if k != i]
        effects.append(
            sum(
                (explained(tuple(sorted((*known, i)))) - explained(known))
                / (3 * comb(2, size))
                for size in range(3)
                for known in combinations(others, size)
            )
            / explained((0, 1, 2))
        )
    return effects


@pytest.mark.parametrize("pairs", [PAIRS, {("a", "b"): -0.9}], ids=str)
def test_effects_of_correlated_inputs_are_those_of_the_closed_form(pairs: Any) -> None:
    effects = mc.shapley_effects(mc.correlate(linear, pairs, measure="pearson"), seed=5)

    for name, exact in zip("abc", exact_effects(covariance(pairs)), strict=True):
        assert abs(effects["y"][name].value - exact) < 1e-3
        assert_within_standard_errors(effects["y"][name], exact)
    assert sum(each.value for each in effects["y"].values()) == pytest.approx(1.0)


def test_without_dependence_they_lie_between_first_order_and_total() -> None:
    @mc.model
    def ishigami(
        a=mc.Uniform(-np.pi, np.pi),
        b=mc.Uniform(-np.pi, np.pi),
        c=mc.Uniform(-np.pi, np.pi),
    ):
        return {"y": mc.sin(a) + 7.0 * mc.sin(b) ** 2 + 0.1 * c**4 * mc.sin(a)}

    effects = mc.shapley_effects(ishigami, seed=5)["y"]

    # What a and c make together, 0.24368, is halved.
    half = 0.24368366406215 / 2
    for name, exact in (
        ("a", 0.31390519114781 + half),
        ("b", 0.44241114479004),
        ("c", half),
    ):
        assert abs(effects[name].value - exact) < 2e-3
        assert_within_standard_errors(effects[name], exact)


def test_groups_and_noises_are_drivers() -> None:
    @mc.model
    def walk(start=mc.Normal(0, 3), rest=mc.Normal(0, 1)):
        end = mc.scan(lambda x, z: x + z, start, 7, noise=mc.Normal(0, 1))
        return {"end": end + 0.0 * rest}

    linked = mc.correlate(walk, {("start", "rest"): 0.5})
    effects = mc.shapley_effects(linked, seed=5, groups={"begin": ["start", "rest"]})

    assert_within_standard_errors(effects["end"]["begin"], 9.0 / 16.0)
    assert_within_standard_errors(effects["end"]["noise"], 7.0 / 16.0)


def test_a_function_that_is_not_traced_has_the_same_effects() -> None:
    @mc.model(trace=False)
    def opaque(a=mc.Normal(0, 1), b=mc.Normal(0, 2), c=mc.Normal(5, 0.5)):
        return {"y": 3.0 * a - b + 2.0 * c}

    one, other = (
        mc.shapley_effects(mc.correlate(each, PAIRS), 8_192, seed=5)["y"]
        for each in (linear, opaque)
    )

    for name in "abc":
        assert one[name].value == pytest.approx(other[name].value, rel=1e-9)


def test_chunks_and_engines_change_nothing() -> None:
    linked = mc.correlate(linear, PAIRS)
    tables = [
        mc.shapley_effects(linked, 5_000, seed=5, **each).to_frame()
        for each in ({"chunk_size": 1_024}, {"engine": "reference"}, {})
    ]

    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sampler", ["sobol", "independent"])
def test_intervals_cover_the_truth_as_often_as_they_say(sampler: str) -> None:
    linked = mc.correlate(linear, PAIRS, measure="pearson")
    exact = exact_effects(covariance(PAIRS))
    n_runs, hits = 500, np.zeros(3)
    for seed in range(n_runs):
        effects = mc.shapley_effects(
            linked, 32_768, seed=seed, sampler=sampler, engine=LlvmEngine(1)
        )
        for k, name in enumerate("abc"):
            low, high, _ = effects["y"][name].interval()
            hits[k] += low <= exact[k] <= high

    z = (hits / n_runs - 0.95) / np.sqrt(0.95 * 0.05 / n_runs)
    assert np.all(np.abs(z) < 5.0), hits / n_runs


def test_they_are_shown() -> None:
    effects = mc.shapley_effects(linear, 32_768, seed=5)

    assert list(effects) == ["y"]
    assert dict(effects.items()) == effects.effects
    assert effects.to_frame().loc[("y", "a"), "effect"] == effects["y"]["a"].value
    assert [line.split()[0] for line in str(effects).splitlines()[1:5]] == list("yabc")
    assert effects._repr_html_().count("<svg") == 3
    assert repr(effects) == f"<ShapleyEffects of y: {14 * 32_768:,} evaluations>"
    assert "text/html" in effects._repr_mimebundle_()


def test_too_many_drivers_and_other_copulas_are_refused() -> None:
    names: dict[str, Any] = {"mc": mc}
    inputs = ", ".join(f"x{k}=mc.Normal(0, 1)" for k in range(9))
    exec(f"@mc.model\ndef wide({inputs}):\n    return x0 + x8", names)

    with pytest.raises(mc.ArgumentError, match="at most 8 drivers; got 9"):
        mc.shapley_effects(names["wide"])
    joined = mc.couple(linear, mc.ClaytonCopula(2.0), ["a", "b"])
    with pytest.raises(mc.ArgumentError, match="into one group"):
        mc.shapley_effects(joined)
    with pytest.raises(mc.ArgumentError, match="be a model"):
        mc.shapley_effects(3)  # type: ignore[arg-type]
