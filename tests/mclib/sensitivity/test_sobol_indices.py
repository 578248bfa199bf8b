"""Sobol' indices by design: published numbers, any model, honest errors, refusals."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.testing import assert_within_standard_errors

PI = math.pi
FIRST = {"a": 0.31390519114781, "b": 0.44241114479004, "c": 0.0}
TOTAL = {"a": 0.55758885520996, "b": 0.44241114479004, "c": 0.24368366406215}
ENGINE = LlvmEngine(1)


@mc.model
def ishigami(a=mc.Uniform(-PI, PI), b=mc.Uniform(-PI, PI), c=mc.Uniform(-PI, PI)):
    return {"y": mc.sin(a) + 7.0 * mc.sin(b) ** 2 + 0.1 * c**4 * mc.sin(a)}


@mc.model
def walk(start=mc.Normal(0, 3), weight=mc.Uniform(1, 2), idle=mc.Normal(0, 1)):
    end = mc.scan(lambda x, z: x + z, start, 7, noise=mc.Normal(0, 1))
    return {"end": end, "scaled": weight * end}


def test_ishigamis_indices_are_the_published_ones() -> None:
    indices = mc.sobol_indices(ishigami, seed=5, second_order=True)

    for name in FIRST:
        alone, total = indices.first_order["y"][name], indices.total["y"][name]
        assert abs(alone.value - FIRST[name]) < 1e-3
        assert abs(total.value - TOTAL[name]) < 1e-3
        assert_within_standard_errors(alone, FIRST[name])
        assert_within_standard_errors(total, TOTAL[name])
    pairs = indices.second_order["y"]
    assert list(pairs) == [("a", "b"), ("a", "c"), ("b", "c")]
    for pair, exact in (("a", "b"), 0.0), (("a", "c"), TOTAL["c"]), (("b", "c"), 0.0):
        assert abs(pairs[pair].value - exact) < 1e-3
        assert_within_standard_errors(pairs[pair], exact)
    assert indices.n_evaluations == 8 * 262_144


def test_the_g_functions_indices_are_exact() -> None:
    weights = (0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0)
    inputs = ", ".join(f"x{k}=mc.Uniform(0, 1)" for k in range(8))
    product = " * ".join(
        f"(abs(4 * x{k} - 2) + {a}) / {1 + a}" for k, a in enumerate(weights)
    )
    names: dict[str, Any] = {"mc": mc}
    exec(f"@mc.model\ndef g({inputs}):\n    return {{'y': {product}}}", names)

    indices = mc.sobol_indices(names["g"], seed=5)

    parts = np.array([1.0 / (3.0 * (1.0 + a) ** 2) for a in weights])
    variance = np.prod(1.0 + parts) - 1.0
    first = parts / variance
    total = parts * np.prod(1.0 + parts) / (1.0 + parts) / variance
    for k in range(8):
        for found, exact in ((indices.first_order, first), (indices.total, total)):
            estimate = found["y"][f"x{k}"]
            assert abs(estimate.value - exact[k]) < 1e-3
            assert_within_standard_errors(estimate, exact[k])


def test_the_boreholes_indices_are_the_published_ones() -> None:
    @mc.model
    def borehole(
        rw=mc.Normal(0.10, 0.0161812),
        r=mc.LogNormal(2_230.542_258, 1.0056),
        tu=mc.Uniform(63_070, 115_600),
        hu=mc.Uniform(990, 1_110),
        tl=mc.Uniform(63.1, 116),
        hl=mc.Uniform(700, 820),
        length=mc.Uniform(1_120, 1_680),
        kw=mc.Uniform(9_855, 12_045),
    ):
        spread = mc.log(r / rw)
        inside = 2.0 * length * tu / (spread * rw**2 * kw)
        return {"flow": 2.0 * PI * tu * (hu - hl) / (spread * (1.0 + inside + tu / tl))}

    indices = mc.sobol_indices(borehole, seed=5)

    published = (0.664, 0.0, 0.0, 0.095, 0.0, 0.095, 0.091, 0.022)
    for name, expected in zip(borehole.inputs, published, strict=True):
        assert abs(indices.first_order["flow"][name].value - expected) < 1e-3, name


def test_noises_are_drivers_and_what_does_nothing_has_exactly_none() -> None:
    indices = mc.sobol_indices(walk, 65_536, seed=5, groups={"luck": ["noise"]})

    alone, total = indices.first_order, indices.total
    assert list(alone["end"]) == ["luck", "start", "weight", "idle"]
    assert_within_standard_errors(alone["end"]["start"], 9.0 / 16.0)
    assert_within_standard_errors(alone["end"]["luck"], 7.0 / 16.0)
    assert alone["end"]["weight"].value == total["end"]["weight"].value == 0.0
    assert total["scaled"]["idle"].value == 0.0
    # E w = 1.5 and Var w = 1/12: the variance is 16 (2.25 + 1/12), of which the weight
    # alone makes nothing.
    assert_within_standard_errors(alone["scaled"]["weight"], 0.0)
    assert_within_standard_errors(total["scaled"]["weight"], (1 / 12) / (2.25 + 1 / 12))
    assert_within_standard_errors(
        alone["scaled"]["start"], 9.0 * 2.25 / (16.0 * (2.25 + 1 / 12))
    )


def test_groups_are_one_driver() -> None:
    indices = mc.sobol_indices(ishigami, seed=5, groups={"both": ["a", "c"]})

    assert list(indices.first_order["y"]) == ["both", "b"]
    assert_within_standard_errors(indices.first_order["y"]["both"], TOTAL["a"])
    assert_within_standard_errors(indices.total["y"]["both"], TOTAL["a"])


@pytest.mark.parametrize("degrees_of_freedom", [None, 4])
def test_inputs_that_depend_on_each_other_are_one_driver(degrees_of_freedom: Any) -> None:
    @mc.model
    def total(a=mc.Normal(0, 1), b=mc.Normal(0, 2), c=mc.Normal(0, 3)):
        return {"y": a + b + c}

    linked = mc.correlate(
        total, {("a", "b"): 0.6}, measure="kendall", degrees_of_freedom=degrees_of_freedom
    )
    indices = mc.sobol_indices(linked, 65_536, seed=5, groups={"market": ["b", "a"]})

    sample = mc.simulate(linked, 1 << 22, seed=6).to_frame(1 << 20)
    variance = float((sample["a"] + sample["b"]).var())
    share = variance / (variance + 9.0)
    assert abs(indices.first_order["y"]["market"].value - share) < 0.005
    assert list(indices.first_order["y"]) == ["market", "c"]
    with pytest.raises(mc.ArgumentError, match="into one group; got 'a, b'"):
        mc.sobol_indices(linked, 65_536)
    with pytest.raises(mc.ArgumentError, match=r'groups=\{"market": \[\'a\', \'b\'\]\}'):
        mc.sobol_indices(linked, 65_536, groups={"g": ["a", "c"]})


def test_a_function_that_is_not_traced_has_the_same_indices() -> None:
    @mc.model(trace=False)
    def opaque(a=mc.Uniform(-PI, PI), b=mc.Uniform(-PI, PI), c=mc.Uniform(-PI, PI)):
        y = np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)
        return {"y": y, "high": y > 3.0}

    traced = mc.sobol_indices(ishigami, 32_768, seed=5)
    called = mc.sobol_indices(opaque, 32_768, seed=5)

    for name in FIRST:
        for found in ("first_order", "total"):
            one, other = (getattr(each, found)["y"][name] for each in (traced, called))
            assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-12)
            assert one.standard_error == pytest.approx(other.standard_error, rel=1e-6)
    assert 0.0 < called.first_order["high"]["b"].value < called.total["high"]["b"].value


def test_neither_chunks_nor_engines_change_a_bit() -> None:
    variants: tuple[dict[str, Any], ...] = (
        {"chunk_size": 1_024},
        {"chunk_size": 9_000, "engine": LlvmEngine(n_workers=3)},
        {"engine": "reference"},
        {},
    )
    tables = [
        mc.sobol_indices(walk, 6_000, seed=5, second_order=True, **each)
        for each in variants
    ]

    for one, other in pairwise(tables):
        assert one.to_frame().equals(other.to_frame())
        assert one.to_pair_frame().equals(other.to_pair_frame())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sampler", ["sobol", "independent", "latin hypercube"])
def test_intervals_cover_the_truth_as_often_as_they_say(sampler: str) -> None:
    n_runs, hits = 1_000, {("first_order", "a"): 0, ("total", "c"): 0, ("total", "b"): 0}
    exact = {"first_order": FIRST, "total": TOTAL}
    for seed in range(n_runs):
        indices = mc.sobol_indices(
            ishigami, 32_768, seed=seed, sampler=sampler, engine=ENGINE
        )
        for which, name in hits:
            low, high, _ = getattr(indices, which)["y"][name].interval()
            hits[which, name] += low <= exact[which][name] <= high

    for key, count in hits.items():
        z = (count / n_runs - 0.95) / math.sqrt(0.95 * 0.05 / n_runs)
        assert abs(z) < 5.0, (key, count / n_runs)


def test_tables_and_drawings_say_all_of_it() -> None:
    indices = mc.sobol_indices(ishigami, seed=5, second_order=True)

    table = indices.to_frame()
    assert table.index.names == ["output", "driver"]
    assert table.loc[("y", "a"), "first_order"] == indices.first_order["y"]["a"].value
    low, high, _ = indices.total["y"]["c"].interval(0.9)
    narrow = indices.to_frame(level=0.9).loc[("y", "c")]
    assert (narrow["total_low"], narrow["total_high"]) == (low, high)
    pairs = indices.to_pair_frame()
    assert pairs.loc[("y", "a", "c"), "second_order"] == pytest.approx(0.2437, abs=1e-3)
    assert mc.sobol_indices(ishigami, 2_048, seed=5).to_pair_frame().empty
    assert repr(indices) == "<SobolIndices of y: 2,097,152 evaluations>"
    lines = str(indices).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["y", "a", "b", "c"]
    assert lines[-1].startswith("ishigami ")
    assert indices._repr_html_().count("<svg") == 3
    assert set(indices._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_trials_without_a_number_are_left_out_and_told() -> None:
    @mc.model
    def holed(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
        return {"y": mc.where(a < 0.1, np.nan, a + b), "same": 3.0 + 0.0 * a}

    indices = mc.sobol_indices(holed, 65_536, seed=5)

    assert indices.first_order["y"]["a"].n_trials == pytest.approx(0.81 * 65_536, rel=0.01)
    assert "y: 12,4" in str(indices)
    assert "gave no finite number" in indices._repr_html_()
    assert math.isnan(indices.total["same"]["a"].value)


def test_one_group_of_trials_cannot_tell_its_error() -> None:
    indices = mc.sobol_indices(ishigami, 1_024, seed=5)

    assert math.isnan(indices.first_order["y"]["a"].standard_error)
    assert math.isfinite(indices.first_order["y"]["a"].value)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["a"], "be a mapping of names to lists"),
        ({"g": "ab"}, "be a list of inputs and noises; got 'ab'"),
        ({"g": []}, "be a list of inputs and noises"),
        ({"g": ["z"]}, r"list inputs and noises, each once \(a, b, c\); got 'z'"),
        ({"g": ["a"], "h": ["a"]}, "each once"),
        ({"b": ["a"]}, "have names of their own"),
    ],
)
def test_groups_that_mean_nothing_are_refused(groups: Any, message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.sobol_indices(ishigami, 1_024, groups=groups)


def test_what_is_no_model_or_has_nothing_random_is_refused() -> None:
    @mc.model
    def fixed(rate=0.25):
        return {"y": 2.0 * rate}

    with pytest.raises(mc.ArgumentError, match="be a model"):
        mc.sobol_indices(lambda: 3)  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match="have inputs or noises"):
        mc.sobol_indices(fixed)
    with pytest.raises(mc.ArgumentError, match="be a whole number"):
        mc.sobol_indices(ishigami, 0)
