"""Where things stand in a workbook: cells and ranges, and how their places are written."""

import re
from typing import NamedTuple

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMN = re.compile(r"\$?([A-Za-z]{1,3})")
_ROW = re.compile(r"\$?([0-9]{1,7})")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384


class Cell(NamedTuple):
    """A cell: its sheet, row and column, both counted from 1."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"{quoted(self.sheet)}!{letters(self.column)}{self.row}"


class Range(NamedTuple):
    """A rectangle of cells of one sheet; its ends are included."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        first = f"{letters(self.left)}{self.top}"
        return f"{quoted(self.sheet)}!{first}:{letters(self.right)}{self.bottom}"

    def within(self, n_rows: int, n_columns: int) -> "Range":
        """Return what of a whole column or row is in use, one cell at least."""
        bottom, right = self.bottom, self.right
        if bottom == MOST_ROWS:
            bottom = max(min(bottom, n_rows), self.top)
        if right == MOST_COLUMNS:
            right = max(min(right, n_columns), self.left)
        return self._replace(bottom=bottom, right=right)

    def rows(self) -> list[list[Cell]]:
        """Return the cells, row by row."""
        return [
            [Cell(self.sheet, row, column) for column in range(self.left, self.right + 1)]
            for row in range(self.top, self.bottom + 1)
        ]


def quoted(sheet: str) -> str:
    """Return a sheet's name as formulas write it."""
    if _PLAIN.fullmatch(sheet) and not _CELL.fullmatch(sheet):
        return sheet
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"


def letters(column: int) -> str:
    """Return a column's letters: 1 is A, 28 is AB."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def split_sheet(text: str) -> tuple[str | None, str]:
    """Return the sheet that a reference names, if it does, and the rest of it."""
    if "!" not in text:
        return None, text
    sheet, rest = text.rsplit("!", 1)
    if sheet.startswith("'") and sheet.endswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, rest


def place(text: str, sheet: str) -> Cell | Range | None:
    """Return the cell or range that a text without sheet means; None if neither."""
    first, *others = text.split(":")
    if len(others) > 1:
        return None
    last = others[0] if others else first
    if (a := _CELL.fullmatch(first)) and (b := _CELL.fullmatch(last)):
        one = Cell(sheet, int(a[2]), _number(a[1]))
        other = Cell(sheet, int(b[2]), _number(b[1]))
        if not others:
            return one if _fits(one) else None
        return _spanned(one, other)
    if others and (a := _COLUMN.fullmatch(first)) and (b := _COLUMN.fullmatch(last)):
        return _spanned(
            Cell(sheet, 1, _number(a[1])), Cell(sheet, MOST_ROWS, _number(b[1]))
        )
    if others and (a := _ROW.fullmatch(first)) and (b := _ROW.fullmatch(last)):
        return _spanned(Cell(sheet, int(a[1]), 1), Cell(sheet, int(b[1]), MOST_COLUMNS))
    return None


def _spanned(one: Cell, other: Cell) -> Range:
    return Range(
        one.sheet,
        min(one.row, other.row),
        min(one.column, other.column),
        max(one.row, other.row),
        max(one.column, other.column),
    )


def _fits(cell: Cell) -> bool:
    return 1 <= cell.row <= MOST_ROWS and cell.column <= MOST_COLUMNS


def _number(column: str) -> int:
    found = 0
    for letter in column.upper():
        found = found * 26 + ord(letter) - 64
    return found
