"""Small workbooks for tests, and what their formulas give: once, and for every trial."""

import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

import mclib as mc

NUMBERS = {"A1": 3.0, "A2": -2.5, "A3": 0.1, "A4": 7.0, "A5": 10.0, "B4": 4.0}
"""Cells that may be parameters."""

CELLS: Mapping[str, Any] = {
    **NUMBERS,
    "B1": "yes",
    "B2": True,
    "B5": "No",
    **{f"D{row}": 10.0 * row for row in range(1, 6)},
    **{f"E{row}": row * row + 0.5 for row in range(1, 6)},
    **{f"F{row}": text for row, text in enumerate(("ant", "bee", "cow", "dog", "elk"), 1)},
    **{
        f"G{row}": flow for row, flow in enumerate((-70e3, 12e3, 15e3, 18e3, 21e3, 26e3), 1)
    },
    **{f"H{row}": 40.0 - 3.0 * row for row in range(1, 31)},
    **{f"I{row}": 100.0 + row for row in range(1, 31)},
}
"""What formulas of the tests look at; B3 and column C are blank."""


PLAN = {
    "A1": "Units sold:",
    "B1": 100,
    "A2": "price",
    "B2": 20,
    "A3": "costs",
    "B3": 1_200,
    "A4": "profit",
    "B4": "=B1*B2-B3*factor",
    "A5": "margin",
    "B5": "=B4/(B1*B2)",
    "A6": "level",
    "B6": "=SQRT(B3+400)-30",
}
PLAN_INPUTS = {"B1": mc.Triangular(80, 100, 150)}


def written(
    path: Path, formulas: Mapping[str, Any], cells: Mapping[str, Any] = CELLS
) -> Path:
    """Write a workbook of one sheet, `Sheet`."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet"
    for cell, value in {**cells, **formulas}.items():
        sheet[cell] = value
    book.save(path)
    return path


def saved(path: Path, values: Mapping[str, str]) -> Path:
    """Give cells with formulas saved values, as a spreadsheet program does."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    text = parts[sheet].decode()
    for cell, value in values.items():
        text, n = re.subn(
            rf'(<c r="{cell}"[^>]*>)(<f>.*?</f>)<v ?/?>(</v>)?',
            rf"\1\2<v>{value}</v>",
            text,
        )
        assert n == 1
    parts[sheet] = text.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def once(path: Path, formulas: Sequence[str]) -> list[float]:
    """What formulas give where nothing can change, computed while the workbook is read."""
    cells = _guarded(formulas)
    plan = mc.Workbook(written(path, cells), outputs={cell: cell for cell in cells})
    found = plan.model()
    return [_or_none(found[cell]) for cell in cells]


def traced(path: Path, formulas: Sequence[str]) -> list[float]:
    """What the same formulas give, traced: their numbers are parameters."""
    cells = _guarded(formulas)
    numbers = [*NUMBERS, *(f"G{row}" for row in range(1, 7))]
    plan = mc.Workbook(
        written(path, cells),
        parameters={cell: cell for cell in numbers},
        outputs={cell: cell for cell in cells},
    )
    found = mc.simulate(plan.model, 1, seed=7).to_frame(1)
    return [_or_none(float(found[cell].iloc[0])) for cell in cells]


_FAULT = -987_654_321.0
"""What stands for a fault: an output that is one in every trial is refused."""


def _guarded(formulas: Sequence[str]) -> dict[str, str]:
    return {
        f"Z{row}": f"=IFERROR({formula[1:]},{_FAULT})"
        for row, formula in enumerate(formulas, 1)
    }


def _or_none(value: float) -> float:
    return math.nan if value == _FAULT else value
