"""Registers of risks: exact means and variances, events that come together."""

import math

import pandas as pd
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

FIRE = mc.Triangular(low=100, mode=200, high=600)
REGISTER = pd.DataFrame(
    {
        "risk": ["fire", "flood", "strike"],
        "probability": [0.1, 0.3, 0.5],
        "impact": [FIRE, 50, mc.Uniform(-10, 30)],
    }
)


def test_the_total_has_the_mean_and_variance_of_its_risks() -> None:
    result = mc.simulate(mc.risk_register(REGISTER), 200_000, seed=4)

    means = [FIRE.mean, 50.0, 10.0]
    variances = [FIRE.variance, 0.0, 1600.0 / 12.0]
    mean = sum(p * m for p, m in zip([0.1, 0.3, 0.5], means, strict=True))
    variance = sum(
        p * (v + (1.0 - p) * m * m)
        for p, m, v in zip([0.1, 0.3, 0.5], means, variances, strict=True)
    )
    assert_within_standard_errors(result["total"].mean, mean)
    assert_within_standard_errors(result["total"].variance, variance)
    assert_within_standard_errors(result["n_events"].mean, 0.9)
    nothing = result["n_events"].probability_below(0.5)
    assert_within_standard_errors(nothing, 0.9 * 0.7 * 0.5)


def test_each_risk_is_one_driver() -> None:
    result = mc.simulate(mc.risk_register(REGISTER), 50_000, seed=4)

    assert result.tornado("total").table.index[0] == "fire"
    assert set(result.tornado("total").table.index) == {"fire", "flood", "strike"}


def test_correlated_risks_happen_together() -> None:
    halves = pd.DataFrame({"risk": ["a", "b"], "probability": [0.5, 0.5], "impact": [1, 1]})
    model = mc.risk_register(halves, correlations={("a", "b"): 0.5})

    result = mc.simulate(model, 200_000, seed=4)

    # Both of two halves of a bivariate normal: 1/4 + asin(rho) / (2 pi).
    rho = 2.0 * math.sin(math.pi * 0.5 / 6.0)
    both = result["n_events"].probability_above(1.5)
    assert_within_standard_errors(both, 0.25 + math.asin(rho) / (2.0 * math.pi))


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("risk", ["a", "a", "b"], "`risk` must have a name of its own; got 'a'"),
        ("risk", ["a", "total", "b"], "got 'total'"),
        ("probability", [0.1, 30, 0.2], "`probability of flood` must lie between 0 and 1"),
        ("impact", ["big", 1, 2], "`impact of fire` must be a distribution or a number"),
        ("note", ["", "", ""], "`columns` must be risk, probability, impact"),
    ],
)
def test_what_is_no_register_is_refused(
    column: str, values: list[object], sentence: str
) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        mc.risk_register(REGISTER.assign(**{column: values}))


def test_what_is_no_table_is_refused() -> None:
    for made in (mc.risk_register, mc.Project.from_frame):
        with pytest.raises(mc.ArgumentError, match="`frame` must be a pandas data frame"):
            made("risks.csv")  # type: ignore[operator]


def test_a_register_without_risks_is_refused() -> None:
    empty = pd.DataFrame({"risk": [], "probability": [], "impact": []})

    with pytest.raises(mc.ArgumentError, match="`frame` must have a line for each risk"):
        mc.risk_register(empty)
