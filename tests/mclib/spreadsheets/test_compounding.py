"""`RiskCompound` sums as many draws as another number says, against closed forms."""

import math
from pathlib import Path
from typing import Any

import pytest

import mclib as mc
from mclib.testing import assert_within_standard_errors
from tests.mclib.spreadsheets.sheets import saved, written

EXCESS = math.exp(-0.5)
"""Of Exponential(1), what is above 1/2: its mean, and the probability of it."""

CEDED = EXCESS * (1 - math.exp(-2))
"""The mean of what is above 1/2, at most 2."""

CELLS = {
    "A1": "claims",
    "B1": "=RiskPoisson(5)",
    "A2": "loss",
    "B2": "=RiskExpon(B3)",
    "A3": "scale",
    "B3": 1,
    "A4": "within",
    "B4": "=_xll.RiskCompound(RiskPoisson(5),RiskExpon(1))",
    "A5": "by reference",
    "B5": "=riskcompound(B1,B2)",
    "A6": "above",
    "B6": "=RiskCompound(B1,B2,0.5)",
    "A7": "ceded",
    "B7": '=RiskCompound(B1,B2,0.5,2,RiskName("treaty"),RiskUnits("EUR"))',
    "A8": "limited",
    "B8": "=RiskCompound(B1,B2,,2)",
    "A9": "gains",
    "B9": "=RiskCompound(2.7,RiskNormal(-1,1))",
    "A10": "twice",
    "B10": "=RiskCompound(1,RiskUniform(0,1))-RiskCompound(1,RiskUniform(0,1))",
    "A11": "none",
    "B11": "=RiskCompound(-3,B2)+0*B1",
    "A12": "cut off",
    "B12": "=RiskCompound(3,RiskUniform(0,10,RiskTruncate(2,8)))",
    "A13": "as many as",
    "B13": "=RiskCompound(B1+1,B2)-B5",
}
OUTPUTS = [f"B{row}" for row in range(4, 14)]
MOMENTS: dict[str, tuple[float, float]] = {
    # Of a Poisson sum: mean 5 E[X], variance 5 E[X^2].
    "within": (5, math.sqrt(10)),
    "by reference": (5, math.sqrt(10)),
    "above": (5 * EXCESS, math.sqrt(10 * EXCESS)),
    "ceded": (5 * CEDED, math.sqrt(5 * EXCESS * 2 * (1 - 3 * math.exp(-2)))),
    "limited": (5 * (1 - math.exp(-2)), math.sqrt(10 * (1 - 3 * math.exp(-2)))),
    "gains": (-2, math.sqrt(2)),
    "twice": (0, math.sqrt(1 / 6)),
    "cut off": (15, 3),
}


def plan(tmp_path: Path, **arguments: Any) -> mc.Workbook:
    path = written(tmp_path / "sums.xlsx", CELLS, {})
    return mc.Workbook(path, **{"outputs": OUTPUTS, **arguments})


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> mc.Result:
    ours = plan(tmp_path_factory.mktemp("sums"))
    return mc.simulate(ours.model, 200_000, seed=7)


@pytest.mark.parametrize("name", MOMENTS)
def test_a_sum_has_the_mean_and_spread_of_its_formula(result: mc.Result, name: str) -> None:
    mean, deviation = MOMENTS[name]

    assert_within_standard_errors(result[name].mean, mean)
    assert_within_standard_errors(result[name].standard_deviation, deviation)
    assert result[name].non_finite.total == 0


@pytest.mark.parametrize(("order", "value"), [(0.9, 9.27556671), (0.95, 10.93415003)])
def test_a_sum_has_the_quantiles_of_poisson_and_exponential(
    result: mc.Result, order: float, value: float
) -> None:
    assert_within_standard_errors(result["within"].quantile(order), value)
    assert_within_standard_errors(result["by reference"].quantile(order), value)


def test_a_number_of_losses_below_0_is_none(result: mc.Result) -> None:
    assert 0.0 == result["none"].mean.value == result["none"].standard_deviation.value


def test_each_sum_draws_losses_of_its_own(result: mc.Result) -> None:
    # With the same losses this were one of them, of variance 1; so it is 2 x 5 + 1 of them.
    assert_within_standard_errors(result["as many as"].mean, 1)
    assert_within_standard_errors(result["as many as"].standard_deviation, math.sqrt(11))


def test_numbers_of_losses_are_inputs_and_losses_are_none(tmp_path: Path) -> None:
    ours = plan(tmp_path)

    assert {"claims": "Sheet!B1", "within": "Sheet!B4"} == {
        name.removesuffix(", draw 1"): cell for name, cell in ours.inputs.items()
    }


def test_losses_may_rest_on_parameters_and_their_number_on_an_input(tmp_path: Path) -> None:
    ours = plan(
        tmp_path,
        inputs={"B1": mc.DiscreteUniform(2, 4)},
        parameters=["B3"],
        outputs={"sum": "B5"},
    )

    result = mc.simulate(ours.model, 50_000, seed=7, parameters={"scale": 10})

    assert ["claims"] == [*ours.inputs]
    assert_within_standard_errors(result["sum"].mean, 30)


def test_a_number_that_is_drawn_bounds_the_dimensions_of_a_plan(tmp_path: Path) -> None:
    ours = plan(tmp_path, outputs={"sum": "B4", "sure": "B9"})

    result = mc.simulate(ours.model, 2**12, seed=7, sampler="sobol")

    assert_within_standard_errors(result["sum"].mean, 5)


def test_cells_that_rest_on_single_losses_are_left_out_of_a_trial(tmp_path: Path) -> None:
    ours = plan(tmp_path, outputs={"sum": "B5"})

    trial = mc.simulate(ours.model, 100, seed=7).trial(3)

    assert {"Sheet!B1": trial.inputs["claims"]} == ours.cells(trial)
    assert {} == ours.faults(trial)


def test_a_check_goes_on_from_the_saved_sum(tmp_path: Path) -> None:
    cells = {"B1": "=RiskCompound(2,RiskExpon(1))", "B2": "=B1*3", "B3": "=B1*4"}
    path = written(tmp_path / "saved.xlsx", cells, {})

    check = mc.Workbook(
        saved(path, {"B1": "2.5", "B2": "7.5", "B3": "11"}), outputs=["B2", "B3"]
    ).check()

    assert ["Sheet!B3"] == [each.cell for each in check.differences]


REFUSED = {
    "=RiskCompound(RiskPoisson(3))": "gives `RISKCOMPOUND` 1 arguments",
    "=RiskCompound(1,RiskExpon(1),0,1,2)": "gives `RISKCOMPOUND` 5 arguments",
    "=RiskCompound(3,100)": "sums by `RISKCOMPOUND` what is no distribution function",
    "=RiskCompound(3,A1:A2)": "sums by `RISKCOMPOUND` what is no distribution function",
    "=RiskCompound(3,D2)": "sums by `RISKCOMPOUND` what is no distribution function",
    "=RiskCompound(3,D3)": "sums by `RISKCOMPOUND` draws of Sheet!D3, which is an input",
    "=RiskCompound(3,RiskExpon(RiskUniform(1,2)))": "draws the parameters of each loss",
    "=RiskCompound(3,RiskExpon(1,RiskCorrmat(A1:B2,1)))": "correlates the losses",
    "=RiskCompound(3,RiskExpon(1),RiskShift(2))": "cuts off, moves or correlates what",
    '=RiskCompound("x",RiskExpon(1))': "#VALUE! as a parameter",
    '=RiskCompound(2,RiskExpon("x"))': "#VALUE! as a parameter",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_is_no_such_sum_is_refused_with_its_cell(formula: str, tmp_path: Path) -> None:
    cells = {"B1": formula, "B2": "=B1+1", "D2": "=RiskExpon(1)*2", "D3": "=RiskExpon(1)"}
    path = written(tmp_path / "refused.xlsx", cells, {})

    with pytest.raises(mc.ArgumentError, match=f"(?s)Sheet!B1: it .*{REFUSED[formula]}"):
        mc.Workbook(path, inputs={"D3": mc.Uniform(0, 1)}, outputs=["B2"])


def test_a_law_that_a_limit_breaks_is_told_with_the_cell(tmp_path: Path) -> None:
    cells = {"B1": "=RiskCompound(2,RiskExpon(1),-1)"}
    path = written(tmp_path / "law.xlsx", cells, {})

    with pytest.raises(mc.ArgumentError, match=r"at Sheet!B1: `deductible` must be"):
        mc.simulate(mc.Workbook(path, outputs=["B1"]).model, 10, seed=7)
