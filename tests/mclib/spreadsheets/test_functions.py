"""Every function against numbers by hand, computed once and traced."""

from pathlib import Path

import numpy as np
import pytest

from tests.mclib.spreadsheets.sheets import once, traced
from tests.mclib.spreadsheets.table import TABLES


@pytest.mark.parametrize("way", [once, traced])
@pytest.mark.parametrize("table", TABLES)
def test_formulas_give_what_they_give_by_hand(
    table: str, way: object, tmp_path: Path
) -> None:
    formulas = [formula for formula, _ in TABLES[table]]

    found = way(tmp_path / "table.xlsx", formulas)

    wrong = [
        (formula, value, expected)
        for (formula, expected), value in zip(TABLES[table], found, strict=True)
        if not np.isclose(value, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
    ]
    assert [] == wrong
