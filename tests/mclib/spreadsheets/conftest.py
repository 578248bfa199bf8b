"""A small plan as a workbook, for the tests of this folder."""

from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.mclib.spreadsheets.sheets import PLAN, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    book = openpyxl.load_workbook(written(tmp_path / "plan.xlsx", PLAN, {}))
    book.defined_names["tax_free"] = DefinedName("tax_free", attr_text="Sheet!$B$4")
    book.defined_names["factor"] = DefinedName("factor", attr_text="1.5*2/3")
    book.save(tmp_path / "plan.xlsx")
    return tmp_path / "plan.xlsx"
