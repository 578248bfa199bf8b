"""Columns that are there already, reordered: ties, limits, and what stays as it was."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mclib as mc
from mclib.errors import ArgumentError


def _spearman(a: Any, b: Any) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)


@pytest.mark.parametrize("target", [-0.8, -0.3, 0.0, 0.5, 0.85])
def test_columns_with_ties_have_the_rank_correlation_that_was_asked_for(
    target: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    columns = {"claims": rng.poisson(2.0, 4_000), "grade": rng.integers(1, 6, 4_000)}

    made = mc.reorder(columns, {("claims", "grade"): target})

    assert abs(_spearman(made["claims"], made["grade"]) - target) <= 0.002
    for name, column in columns.items():
        assert np.array_equal(np.sort(made[name]), np.sort(column))


def test_several_tied_columns_are_met_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = {
        "a": rng.poisson(1.0, 3_000),
        "b": rng.normal(size=3_000),
        "c": rng.binomial(1, 0.4, 3_000),
    }
    targets = {("a", "b"): 0.6, ("b", "c"): -0.4, ("a", "c"): -0.2}

    made = mc.reorder(columns, targets)

    for (a, b), target in targets.items():
        assert abs(_spearman(made[a], made[b]) - target) <= 0.002


def test_what_few_numbers_cannot_have_is_said() -> None:
    rare = np.repeat([0.0, 1.0], [990, 10])
    columns = {"rare": rare, "size": np.arange(1_000.0)}

    with pytest.warns(
        mc.CorrelationRepaired, match=r"few different numbers can't.*\n  rare"
    ):
        made = mc.reorder(columns, {("rare", "size"): 0.9})
    # The most that ten ones of a thousand can have.
    most = _spearman(rare, columns["size"])
    assert most - 0.01 <= _spearman(made["rare"], made["size"]) <= most + 1e-12


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=8, max_size=60),
    st.floats(-1.0, 1.0),
)
def test_any_columns_keep_their_numbers_and_lean_the_right_way(
    rows: list[tuple[int, int]], target: float
) -> None:
    a, b = np.array(rows, float).T
    columns = {"a": a, "b": b, "beside": np.arange(a.size)}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mc.CorrelationRepaired)
        if len(set(a)) == 1 or len(set(b)) == 1:
            with pytest.raises(ArgumentError, match="must hold different numbers; got"):
                mc.reorder(columns, {("a", "b"): target})
            return
        made = mc.reorder(columns, {("a", "b"): target})

    assert np.array_equal(made["beside"], columns["beside"])
    for name in "ab":
        assert np.array_equal(np.sort(made[name]), np.sort(columns[name]))
    if abs(target) > 0.9:
        assert _spearman(made["a"], made["b"]) * target >= 0.0
    again = columns | {"beside": columns["beside"][::-1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mc.CorrelationRepaired)
        assert np.array_equal(mc.reorder(again, {("a", "b"): target})["b"], made["b"])


def test_columns_without_ties_are_as_before() -> None:
    rising = np.arange(8.0)

    made = mc.reorder({"a": rising, "b": rising**2}, {("a", "b"): 0.7}, seed=3)

    assert [made["a"].tolist(), made["b"].tolist()] == BEFORE


BEFORE = [
    [6.0, 2.0, 3.0, 5.0, 4.0, 1.0, 0.0, 7.0],
    [16.0, 25.0, 1.0, 9.0, 36.0, 4.0, 0.0, 49.0],
]


def test_a_column_with_nan_is_refused() -> None:
    columns = {"a": [1.0, np.nan, 2.0, 3.0], "b": [1.0, 2.0, 3.0, 4.0]}

    with pytest.raises(ArgumentError, match=r"`columns\['a'\]` must be numbers; got nan"):
        mc.reorder(columns, {("a", "b"): 0.5})


def test_columns_without_names_or_numbers_are_refused() -> None:
    with pytest.raises(ArgumentError, match="must be columns by name; got 'ndarray'"):
        mc.reorder(np.ones((10, 2)), {("a", "b"): 0.5})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"`columns\['b'\]` must be numbers"):
        mc.reorder({"a": [1.0, 2.0], "b": ["low", "high"]}, {("a", "b"): 0.5})
