"""Reverse stress: conditional means that are known in closed form."""

import math
from typing import Any

import pytest
from scipy.stats import norm

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


@mc.model
def book(a=mc.Normal(1, 3), b=mc.Normal(2, 4), idle=mc.Normal(0, 1)):
    return {"loss": a + b, "other": a - b + idle}


@pytest.mark.parametrize("side", ["above", "below"])
def test_inputs_shift_as_a_normal_tail_says(side: str) -> None:
    result = mc.simulate(book, 200_000, seed=3, engine=ENGINE)
    threshold, sign = (3.0 + 5.0 * 1.5, 1.0) if side == "above" else (3.0 - 7.5, -1.0)

    stress = mc.reverse_stress(result, "loss", **{side: threshold})

    # E(z | z > 1.5), and each input's correlation with the loss.
    tail = float(norm.pdf(1.5) / norm.sf(1.5))
    assert_within_standard_errors(stress.share, float(norm.sf(1.5)))
    for name, correlation in (("a", 0.6), ("b", 0.8), ("idle", 0.0)):
        line = stress.table.loc[name]
        error = line["shift_error"] + 1.0 / math.sqrt(200_000)
        assert abs(line["shift"] - sign * correlation * tail) < 5.0 * error
    assert list(stress.table.index[:2]) == ["b", "a"]
    assert set(stress.result) == {"a", "b", "idle", "loss", "other"}


def test_the_shift_is_that_of_the_trials_themselves() -> None:
    result = mc.simulate(book, 20_000, seed=3, engine=ENGINE)
    trials = result.to_frame()
    left = trials[trials["loss"] > 8.0]

    line = mc.reverse_stress(result, "loss", above=8.0).table.loc["a"]

    assert line["stressed_mean"] == pytest.approx(left["a"].mean(), rel=1e-12)
    shift = (left["a"].mean() - trials["a"].mean()) / trials["a"].std()
    assert line["shift"] == pytest.approx(shift, rel=1e-9)
    assert line["P50"] == left["a"].quantile(0.5, interpolation="lower")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "`above, below` must be one of the two"),
        ({"above": 1.0, "below": 2.0}, "must be one of the two; got"),
        ({"above": math.inf}, "`above` must be a finite number"),
        ({"above": 1e6}, "`above` must leave some trials beyond it; `loss` goes from"),
        ({"below": -1e6}, "`below` must leave some trials beyond it"),
    ],
)
def test_what_stresses_nothing_is_refused(changes: Any, sentence: str) -> None:
    result = mc.simulate(book, 2_000, seed=3, engine=ENGINE)

    with pytest.raises(ArgumentError, match=sentence):
        mc.reverse_stress(result, "loss", **changes)
