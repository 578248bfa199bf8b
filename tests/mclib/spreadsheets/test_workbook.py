"""Workbooks as models: names, parameters, folding, checking, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

import mclib as mc
from tests.mclib.spreadsheets import dcf
from tests.mclib.spreadsheets.sheets import PLAN_INPUTS, saved, written

CALCULATED = Path(__file__).with_name("calculated.xlsx")
"""The cash flow of `dcf`, calculated and saved by LibreOffice 7.4:

``dcf.write(path)``, then ``soffice --headless --convert-to xlsx --outdir out dcf.xlsx``.
"""


def test_a_spreadsheet_programs_values_come_out_here() -> None:
    plan = mc.Workbook(CALCULATED, inputs=dcf.INPUTS, outputs=dcf.OUTPUTS)

    check = plan.check()

    assert (308, 0) == (check.n_compared, check.n_without_value)
    assert "308 cells compared with what was saved, 0 differ" == str(check)
    assert check.is_same


def test_a_value_that_differs_is_told_with_its_cell(tmp_path: Path) -> None:
    plan = mc.Workbook(CALCULATED, inputs=dcf.INPUTS, outputs=dcf.OUTPUTS)
    plan._book.saved[plan._function.outputs["npv"]] += 0.01

    check = plan.check()

    assert not check.is_same
    assert "Model!B24: here" in str(check)
    assert ["Model!B24"] == list(check.to_frame().index)


def test_a_workbook_without_saved_values_says_so(path: Path) -> None:
    plan = mc.Workbook(path, inputs=PLAN_INPUTS, outputs=["B5"])

    check = plan.check()

    assert not check.is_same
    assert "2 cells have no saved value" in str(check)


def test_names_are_defined_names_then_labels(path: Path) -> None:
    plan = mc.Workbook(
        path, inputs=PLAN_INPUTS, parameters=["B2"], outputs=["tax_free", "B5"]
    )

    assert {"Units sold": "Sheet!B1"} == plan.inputs
    assert {"price": "Sheet!B2"} == plan.parameters
    assert {"tax_free": "Sheet!B4", "margin": "Sheet!B5"} == plan.outputs


def test_cells_with_the_same_label_have_their_addresses(tmp_path: Path) -> None:
    cells = {"A1": "cash", "B1": 1, "C1": "=B1*2", "D1": "=C1*2", "A2": "x.y", "B2": "=D1"}

    plan = mc.Workbook(
        written(tmp_path / "labels.xlsx", cells, {}),
        parameters=["B1"],
        outputs=["C1", "D1", "B2"],
    )

    # A name with a point would look like a distribution's parameter.
    assert ["Sheet!C1", "Sheet!D1", "Sheet!B2"] == list(plan.outputs)
    assert {"Sheet!B1": "Sheet!B1"} == plan.parameters


def test_a_name_may_be_a_formula_of_its_own(path: Path) -> None:
    plan = mc.Workbook(path, inputs=PLAN_INPUTS, outputs=["B4"])

    assert {"tax_free": 800.0} == plan.model(**{"Units sold": 100.0})


def test_a_parameter_changes_between_runs(path: Path) -> None:
    plan = mc.Workbook(
        path, inputs=PLAN_INPUTS, parameters={"p": "B2"}, outputs={"y": "B4"}
    )

    first = mc.simulate(plan.model, 1_000, seed=7)
    second = mc.simulate(plan.model, 1_000, seed=7, parameters={"p": 40})

    units = first.to_frame(1_000)["Units sold"].to_numpy()
    np.testing.assert_allclose(first.to_frame(1_000)["y"], units * 20 - 1_200)
    np.testing.assert_allclose(second.to_frame(1_000)["y"], units * 40 - 1_200)


def test_what_rests_on_no_input_is_computed_once(path: Path) -> None:
    plan = mc.Workbook(path, inputs=PLAN_INPUTS, outputs=["B5", "B6"])

    assert "formulas: 2 traced, 1 computed once" in repr(plan)
    assert 10.0 == plan.model(**{"Units sold": 100.0})["level"]


def test_a_fault_is_none_in_its_trials_and_is_traced_to_its_cell(tmp_path: Path) -> None:
    cells = {"B1": 1, "B2": "=SQRT(B1)", "B3": "=IF(B2>1,B2*2,3)", "B4": "=IFERROR(B3,-1)"}
    plan = mc.Workbook(
        written(tmp_path / "faults.xlsx", cells, {}),
        inputs={"B1": mc.Uniform(-1, 3)},
        outputs={"raw": "B3", "mended": "B4"},
    )

    result = mc.simulate(plan.model, 4_096, seed=7)

    trials = result.to_frame(4_096)
    bad = trials["Sheet!B1"] < 0
    assert np.array_equal(bad, trials["raw"].isna())
    assert np.array_equal(bad, trials["mended"] == -1)
    assert result["raw"].non_finite.nan == bad.sum()
    first = result.trial(int(np.flatnonzero(bad)[0]))
    assert {"Sheet!B2": "#NUM!"} == plan.faults(first)
    assert {} == plan.faults({"Sheet!B1": 2.0})


def test_every_engine_gives_the_same_bits(tmp_path: Path) -> None:
    cells = {
        "B1": 1,
        "B2": "=VLOOKUP(B1*10,{0,1;3,2;5,3.5;8,4},2)*EXP(-B1)",
        "B3": "=IF(AND(B1>0.2,B2<3),ROUND(B2,2),B2^1.5)",
        "B4": "=IRR(C1:C4)+NPV(B1,C2:C4)",
        "C1": "=-100*(1+B1)",
        "C2": 40,
        "C3": 50,
        "C4": "=60+B3",
    }
    plan = mc.Workbook(
        written(tmp_path / "bits.xlsx", cells, {}),
        inputs={"B1": mc.Uniform(0, 1)},
        outputs=["B2", "B3", "B4"],
    )

    ours, judge = (
        mc.simulate(plan.model, 2_048, seed=7, engine=engine).to_frame(2_048)
        for engine in ("llvm", "reference")
    )

    assert ours.equals(judge)
    case = plan.model(**{"Sheet!B1": float(ours["Sheet!B1"].iloc[5])})
    assert case == {name: ours[name].iloc[5] for name in plan.outputs}


def test_other_sheets_tables_and_arrays_are_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first, other = book.active, book.create_sheet("It's here")
    for row in (["item", "cost"], ["a", 5], ["b", 7]):
        other.append(row)
    other.add_table(Table(displayName="Costs", ref="A1:B3"))
    first["A1"] = 3
    first["A2"] = "='it''s here'!B2*A1"
    first["A3"] = "=SUM(Costs[cost])*A1"
    first["B1"] = ArrayFormula("B1:B2", "='It''s here'!B2:B3*A1")
    first["A4"] = ArrayFormula("A4", "=SUM('It''s here'!B2:B3*(A1+'It''s here'!B2:B3))")
    first["A5"] = "=B2+1"
    book.save(tmp_path / "sheets.xlsx")

    plan = mc.Workbook(
        tmp_path / "sheets.xlsx",
        parameters={"n": "Sheet!A1"},
        outputs={f"y{row}": f"Sheet!A{row}" for row in range(2, 6)},
    )

    assert {"y2": 15.0, "y3": 36.0, "y4": 110.0, "y5": 22.0} == plan.model(n=3.0)


def test_offset_and_indirect_are_references_where_nothing_moves_them(
    tmp_path: Path,
) -> None:
    cells = {
        "A1": 2,
        "A2": "B3",
        "B1": 1,
        "B2": "=B1*10",
        "B3": "=B1*100",
        "C1": "=SUM(OFFSET(B1,1,0,A1,1))",
        "C2": '=INDIRECT(A2)+INDIRECT("B"&ROW())',
        "C3": "=OFFSET($B$1,A1,0)",
    }
    plan = mc.Workbook(
        written(tmp_path / "found.xlsx", cells, {}),
        parameters={"x": "B1"},
        outputs={"a": "C1", "b": "C2", "c": "C3"},
    )

    assert {"a": 330.0, "b": 330.0, "c": 300.0} == plan.model(x=3.0)


def test_subtotals_leave_other_subtotals_out(tmp_path: Path) -> None:
    cells = {"A1": 1, "A2": "=A1*2", "A3": "=SUBTOTAL(9,A1:A2)", "A4": 10}
    cells |= {"B1": "=SUBTOTAL(9,A1:A4)", "B2": "=SUBTOTAL(101,A1:A4)"}
    path = written(tmp_path / "subtotals.xlsx", cells, {})

    plan = mc.Workbook(path, parameters={"x": "A1"}, outputs={"sum": "B1", "mean": "B2"})

    assert {"sum": 19.0, "mean": 19 / 3} == plan.model(x=3.0)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[4].hidden = True
    book.save(path)
    with pytest.raises(mc.ArgumentError, match="B1: it takes a subtotal of rows of which"):
        mc.Workbook(path, parameters={"x": "A1"}, outputs=["B1"])


def test_a_choice_of_texts_goes_on_as_a_choice(tmp_path: Path) -> None:
    cells = {
        "B1": 1,
        "B2": '=IF(B1>0.5,"high","low")',
        "B3": '=IF(B2="high",10,VLOOKUP(B2,{"high",1;"low",2},2,FALSE))',
        "B4": '=COUNTIF(B2:B2,"h*")+IF(B1>0.9,"",5)',
        "B5": "=SUM(B6:B7)",
        "B6": '=IF(B1>0.5,B1,"")',
        "B7": 1,
    }
    plan = mc.Workbook(
        written(tmp_path / "texts.xlsx", cells, {}),
        inputs={"B1": mc.Uniform(0, 1)},
        outputs={"a": "B3", "b": "B4", "c": "B5"},
    )

    trials = mc.simulate(plan.model, 1_000, seed=7).to_frame(1_000)

    x = trials["Sheet!B1"].to_numpy()
    assert np.array_equal(trials["a"], np.where(x > 0.5, 10.0, 2.0))
    assert np.array_equal(
        trials["b"], np.where(x > 0.9, np.nan, 5.0 + (x > 0.5)), equal_nan=True
    )
    assert np.array_equal(trials["c"], np.where(x > 0.5, x + 1, 1.0))


def test_a_sum_of_a_long_column_is_read(tmp_path: Path) -> None:
    cells: dict[str, Any] = {f"B{row}": f"=A$1*{row}" for row in range(2, 1_002)}
    cells |= {"A1": 1, "C1": "=SUM(B:B)", "C2": "=AVERAGE(B2:B1001)"}
    plan = mc.Workbook(
        written(tmp_path / "long.xlsx", cells, {}),
        parameters={"x": "A1"},
        outputs=["C1", "C2"],
    )

    case = plan.model(x=2.0)

    assert [1_003_000.0, 1_003.0] == list(case.values())


def test_a_value_that_can_t_be_computed_is_kept_and_told(tmp_path: Path) -> None:
    cells = {"B1": 2, "B2": "=TODAY()", "B3": "=[1]Rates!A1*2", "B4": "=B1*B2+B3"}
    path = written(tmp_path / "kept.xlsx", cells, {})

    saved(path, {"B2": "45000", "B3": "0.5", "B4": "90000.5"})
    plan = mc.Workbook(path, parameters={"x": "B1"}, outputs={"y": "B4"})

    assert {"y": 135_000.5} == plan.model(x=3.0)
    assert "Sheet!B2 has its saved value: it uses the function `TODAY`" in repr(plan)
    assert "it refers to another workbook, `[1]Rates!A1`" == plan.kept["Sheet!B3"]
    assert (1, ()) == (plan.check().n_compared, plan.check().differences)


def test_a_value_that_can_t_be_computed_and_isn_t_saved_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "lost.xlsx", {"B2": "=TODAY()"}, {})

    with pytest.raises(mc.ArgumentError, match="B2: it uses the function `TODAY`, and it"):
        mc.Workbook(path, outputs={"y": "B2"})


def test_draws_are_taken_as_they_were_saved_where_cells_are_compared(
    tmp_path: Path,
) -> None:
    cells = {"B1": "=RAND()", "B2": "=B1*2", "B3": "=B2+RiskNormal(0,1)", "B4": "=B3+1"}
    path = written(tmp_path / "draws.xlsx", cells, {})

    saved(path, {"B1": "0.25", "B2": "0.5", "B3": "7.5", "B4": "8.75"})
    check = mc.Workbook(path, outputs={"y": "B4"}).check()

    assert 2 == check.n_compared
    assert ["Sheet!B4"] == [each.cell for each in check.differences]
    assert (8.5, 8.75) == (check.differences[0].ours, check.differences[0].saved)


@pytest.mark.parametrize("formula", ["=LET(x,B1)", "=LET(B1)", "=LET(1,B1,B1)", "=LET(x,1"])
def test_a_let_without_names_or_formula_can_t_be_read(formula: str, tmp_path: Path) -> None:
    path = written(tmp_path / "let.xlsx", {"B1": 1, "B2": formula}, {})

    with pytest.raises(mc.ArgumentError, match=r"B2: its formula .* can't be read"):
        mc.Workbook(path, inputs={"B1": mc.Uniform(0, 1)}, outputs=["B2"])


def test_a_place_on_several_sheets_is_every_one_of_its_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for month, sold in enumerate((10.0, 20.0, 60.0), 1):
        sheet = book.create_sheet(f"Month {month}")
        sheet["B2"], sheet["B3"] = sold, 1.0
    total = book.create_sheet("Total")
    total["A1"] = "=SUM('Month 1:Month 3'!B2)"
    total["A2"] = "=AVERAGE('Month 3:Month 1'!B2:B3)+MAX('Month 2:Month 3'!$B$2)"
    book.save(tmp_path / "months.xlsx")
    model = mc.Workbook(
        tmp_path / "months.xlsx",
        inputs={"'Month 2'!B2": mc.Uniform(0, 40)},
        outputs={"total": "Total!A1", "both": "Total!A2"},
    ).model

    frame = mc.simulate(model, 200, seed=5).to_frame()

    (drawn,) = (frame[name] for name in frame if name not in ("total", "both"))
    np.testing.assert_allclose(frame["total"], 70.0 + drawn, rtol=1e-14)
    np.testing.assert_allclose(frame["both"], (73.0 + drawn) / 6.0 + 60.0, rtol=1e-14)
