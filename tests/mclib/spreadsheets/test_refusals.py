"""What can't be traced, or breaks a law, is told with its cells and the way out."""

import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import DataTableFormula

import mclib as mc
from tests.mclib.spreadsheets.sheets import PLAN_INPUTS, written

REFUSED = {
    '=INDIRECT("B"&B1)': "looks by `INDIRECT` at cells that it doesn't name",
    "=SUM(OFFSET(B1,0,0,B1,1))": "looks by `OFFSET` at cells that it doesn't name",
    "=OFFSET(B1,-1,0)": "moves by `OFFSET` beyond the sheet",
    "=OFFSET(B1,B1,0)": "looks by `OFFSET` at cells that it doesn't name",
    "=MYVBA(B1)": "uses the function `MYVBA`",
    "=B1+[1]Other!A1": r"refers to another workbook, `\[1\]Other!A1`",
    "=B1*nowhere": "uses the name `nowhere`, which isn't defined",
    "=B1+Nowhere!A1": "refers to a sheet 'Nowhere', which isn't there",
    "=SUM((B1,B3))": "joins ranges by `,`",
    "=SUM(B1:INDEX(B1:B9,3))": r"takes a range up to what `INDEX` finds",
    '=TEXT(B1,"0")': "uses the function `TEXT`",
    '="n"&B1': "joins to a text what is random",
    "=ROUND(2.5,B1)": "rounds to a number of digits that is random",
    "=LET(x,RAND(),x+x)": "gives `x` a random number by `LET`",
    "=SUM(Sheet:Nowhere!A1)": "refers to a sheet 'Nowhere', which isn't there",
    "=SUM(Sheet:Sheet!costs)": "refers to several sheets at once by a name",
    "=SQRT(B1,2)": "gives `SQRT` 2 arguments",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_can_t_be_traced_is_refused_with_its_cell(
    formula: str, tmp_path: Path
) -> None:
    cells = {"B1": 1, "B2": formula, "B3": "=B2+B1"}
    path = written(tmp_path / "refused.xlsx", cells, {})

    with pytest.raises(
        mc.ArgumentError, match=f"(?s)Sheet!B2: it {REFUSED[formula]}.*hint"
    ):
        mc.Workbook(path, inputs={"B1": mc.Uniform(0, 1)}, outputs=["B3"])


def test_all_refusals_are_told_at_once(tmp_path: Path) -> None:
    cells = {"B1": 1, "B2": "=FOO(B1)", "B3": "=BAR(B1)", "B4": "=B2+B3"}

    with pytest.raises(mc.ArgumentError, match=r"(?s)2 cells do.*B2: .*FOO.*B3: .*BAR"):
        mc.Workbook(
            written(tmp_path / "two.xlsx", cells, {}),
            inputs={"B1": mc.Uniform(0, 1)},
            outputs=["B4"],
        )


def test_a_circle_is_refused_with_its_cells(tmp_path: Path) -> None:
    cells = {"B1": "=B3+1", "B2": "=B1*2", "B3": "=B2-A1", "A1": 1}

    with pytest.raises(mc.ArgumentError, match=r"circle; got Sheet!B\d → Sheet!B\d → S"):
        mc.Workbook(written(tmp_path / "circle.xlsx", cells, {}), outputs=["B3"])


def test_a_data_table_is_refused(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path / "table.xlsx", {"A1": 1}, {}))
    book.active["B2"] = DataTableFormula(ref="B2", r1="A1")
    book.save(tmp_path / "table.xlsx")

    with pytest.raises(mc.ArgumentError, match="Sheet!B2: it is part of a data table"):
        mc.Workbook(tmp_path / "table.xlsx", outputs=["B2"])


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"outputs": ["nowhere"]}, "`outputs` must name cells by address or by a defined name"),
    ({"outputs": []}, "`outputs` must name at least one cell"),
    ({"outputs": "B4"}, "`outputs` must be a list of cells or a mapping"),
    ({"outputs": ["B4:B5"]}, "`outputs` must name single cells"),
    ({"outputs": ["B5"], "inputs": {"B1": 3}}, "`inputs` must be distributions"),
    ({"outputs": ["B5"], "parameters": ["A1"]}, "`parameters` must be cells with numbers"),
    (
        {"outputs": ["B1"], "inputs": PLAN_INPUTS},
        "`outputs` must be cells with formulas",
    ),
    (
        {"outputs": ["B5"], "inputs": PLAN_INPUTS, "parameters": ["B1"]},
        "`parameters` must be other cells than inputs",
    ),
    ({"outputs": {"y": "B4"}, "parameters": {"y": "B2"}}, "must have names of their own"),
)


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_an_argument_that_breaks_its_law_is_refused(
    arguments: dict[str, Any], message: str, path: Path
) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.Workbook(path, **arguments)


def test_without_openpyxl_it_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(mc.ArgumentError, match=r"(?s)openpyxl, which.*hint: install it"):
        mc.Workbook(path, outputs=["B4"])


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_text("no workbook")

    for name in ("plan.xlsx", "missing.xlsx", "plan.csv"):
        with pytest.raises(mc.ArgumentError, match="`path` must be a workbook"):
            mc.Workbook(tmp_path / name, outputs=["B1"])
