"""Reading a workbook: formulas, constants, names, and the values saved with it."""

import datetime as dt
import os
import warnings
from typing import Any, NamedTuple

from mclib.errors import ArgumentError, law
from mclib.spreadsheets.cells import Cell, Range, place, split_sheet
from mclib.spreadsheets.formulas import (
    Element,
    Foreign,
    Literal,
    Reference,
    Rows,
    Tree,
    parse,
    walk,
)
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import FAULTS, Value


class Written(NamedTuple):
    """A formula as it stands in a cell; a place of it for a cell of an array formula."""

    text: str
    is_array: bool = False
    row: int = 0
    column: int = 0


class Book:
    """What a workbook holds.

    Attributes
    ----------
    path : str
        Of the file.
    constants : dict of Cell to constant
        What was typed in; dates are days since the workbook's epoch.
    formulas : dict of Cell to Written
        What is computed.
    saved : dict of Cell to constant
        What the spreadsheet program last computed, where it was saved.
    sizes : dict of str to (int, int)
        Rows and columns of each sheet that are in use.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.constants: dict[Cell, Value] = {}
        self.formulas: dict[Cell, Written] = {}
        self.refused: dict[Cell, str] = {}
        self.hidden: set[tuple[str, int]] = set()
        self.saved: dict[Cell, Value] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.names: dict[tuple[str | None, str], str] = {}
        self.spelled: dict[str, str] = {}
        self.tables: dict[str, dict[str, Range]] = {}
        self._trees: dict[Cell, Tree] = {}
        self._resolving: list[str] = []

    def sheet(self, name: str) -> str:
        """Return a sheet's name as it is written in the workbook."""
        for each in self.sizes:
            if each.lower() == name.lower():
                return each
        raise Refusal(f"it refers to a sheet {name!r}, which isn't there")

    def tree(self, cell: Cell) -> Tree:
        """Return the formula of a cell."""
        if cell in self.refused:
            raise Refusal(self.refused[cell])
        if cell not in self._trees:
            written = self.formulas[cell]
            tree = parse(written.text, lambda text: self.resolve(text, cell))
            if written.is_array:
                tree = Element(tree, written.row, written.column)
            self._trees[cell] = tree
        return self._trees[cell]

    def replace(self, cell: Cell, tree: Tree) -> None:
        """Let a cell be computed otherwise."""
        self._trees[cell] = tree

    def precedents(self, cell: Cell) -> list[Cell]:
        """Return the cells that a formula looks at, in the order in which it does."""
        found: dict[Cell, None] = {}
        for each in walk(self.tree(cell)):
            if isinstance(each, Reference):
                found.update(dict.fromkeys(self.cells(each.place)))
        return list(found)

    def cells(self, where: Cell | Range) -> list[Cell]:
        """Return the cells of a place."""
        if isinstance(where, Cell):
            return [where]
        return [cell for row in self.within(where).rows() for cell in row]

    def within(self, where: Range) -> Range:
        """Return what of a range is in use."""
        return where.within(*self.sizes[where.sheet])

    def resolve(self, text: str, cell: Cell) -> Tree:
        """Return what a reference or a name in the formula of a cell means."""
        if text.upper() in FAULTS:
            return Literal(FAULTS[text.upper()])
        sheet, rest = split_sheet(text)
        if "[" in text:
            is_foreign = text.lstrip("'").startswith("[") or "!" in text
            return Foreign(text) if is_foreign else self._structured(text, cell)
        if sheet is not None and ":" in sheet:
            return self._stacked(sheet, rest, text)
        if rest.upper() in FAULTS:
            return Literal(FAULTS[rest.upper()])
        found = place(rest, cell.sheet if sheet is None else self.sheet(sheet))
        if found is not None:
            return Reference(found)
        return self._named(rest, sheet or cell.sheet, cell)

    def _stacked(self, sheets: str, rest: str, text: str) -> Tree:
        """Return a place on each sheet from one to another, one below the other."""
        first, last = (self.sheet(each) for each in sheets.split(":", 1))
        order = list(self.sizes)
        start, end = sorted((order.index(first), order.index(last)))
        found = []
        for each in order[start : end + 1]:
            if (where := place(rest, each)) is None:
                raise Refusal(f"it refers to several sheets at once by a name, `{text}`")
            found.append(where)
        cells = [
            row
            for each in found
            for row in (self.within(each).rows() if isinstance(each, Range) else [[each]])
        ]
        # Whole columns and rows are as long on each sheet as that sheet is.
        width = max(map(len, cells))
        blank = (Literal(None),)
        return Rows(
            tuple((*map(Reference, row), *blank * (width - len(row))) for row in cells)
        )

    def _named(self, name: str, sheet: str, cell: Cell) -> Tree:
        key = name.lower()
        scoped = (self.sheet(sheet), key)
        text = self.names.get(scoped, self.names.get((None, key)))
        if text is None:
            raise Refusal(f"it uses the name `{name}`, which isn't defined")
        if key in self._resolving:
            raise Refusal(f"the name `{name}` refers to itself")
        self._resolving.append(key)
        try:
            return parse(f"={text}", lambda inner: self.resolve(inner, cell))
        finally:
            self._resolving.pop()

    def _structured(self, text: str, cell: Cell) -> Tree:
        table, _, rest = text.partition("[")
        columns = self.tables.get(table.lower())
        if columns is None:
            raise Refusal(f"it refers to an unknown table, `{text}`")
        wanted = rest.removesuffix("]").strip()
        is_row = wanted.startswith("@")
        column = columns.get(wanted.lstrip("@").strip("[]").lower())
        if column is None:
            raise Refusal(f"it refers to a part of a table that isn't read, `{text}`")
        if not is_row:
            return Reference(column)
        if not column.top <= cell.row <= column.bottom:
            raise Refusal(f"it refers to its own row of a table, `{text}`, beside it")
        return Reference(Cell(column.sheet, cell.row, column.left))


def read(path: str | os.PathLike[str]) -> Book:
    """Read a workbook, its formulas and the values saved with them.

    Raises
    ------
    ArgumentError
        If openpyxl isn't there, or the file is no workbook that it reads.
    """
    try:
        import openpyxl
    except ImportError:
        message = "a workbook must be read by openpyxl, which isn't installed."
        hint = 'install it by `pip install "mchub[spreadsheets]"`.'
        raise ArgumentError(f"{message}\nhint: {hint}") from None
    written = os.fspath(path)
    try:
        with warnings.catch_warnings():
            # What openpyxl leaves out (forms, extensions) has no part in the formulas.
            warnings.simplefilter("ignore")
            formulas = openpyxl.load_workbook(written)
            values = openpyxl.load_workbook(written, data_only=True)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        openpyxl.utils.exceptions.InvalidFileException,
    ) as error:
        hint = "save it as .xlsx or .xlsm."
        raise law("path", "be a workbook that can be read", written, hint) from error
    except Exception as error:
        if type(error).__name__ != "BadZipFile":
            raise
        raise law("path", "be a workbook that can be read", written) from error
    return _book(written, formulas, values)


def _book(path: str, formulas: Any, values: Any) -> Book:
    book = Book(path)
    for sheet in formulas.worksheets:
        book.sizes[sheet.title] = (sheet.max_row, sheet.max_column)
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for each in row:
                if each.value is not None:
                    _keep(book, sheet.title, each, formulas.epoch)
        rows = sheet.row_dimensions.items()
        book.hidden |= {(sheet.title, n) for n, each in rows if each.hidden}
        _define(book, sheet.title, sheet.defined_names)
        for table in sheet.tables.values():
            book.tables[table.name.lower()] = _columns(table, sheet.title)
    _define(book, None, formulas.defined_names)
    for cell in book.formulas:
        value = values[cell.sheet].cell(cell.row, cell.column).value
        if value is not None:
            book.saved[cell] = constant(value, values.epoch)
    return book


def _define(book: Book, sheet: str | None, names: Any) -> None:
    for name, defined in names.items():
        book.names[sheet, name.lower()] = defined.attr_text
        book.spelled[name.lower()] = name


def _keep(book: Book, sheet: str, each: Any, epoch: Any) -> None:
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    cell, value = Cell(sheet, each.row, each.column), each.value
    if isinstance(value, ArrayFormula):
        spread = place(value.ref, sheet)
        if isinstance(spread, Cell) or spread is None:
            spread = Range(sheet, cell.row, cell.column, cell.row, cell.column)
        for i, row in enumerate(spread.rows()):
            for j, part in enumerate(row):
                book.formulas[part] = Written(value.text, True, i, j)
    elif isinstance(value, DataTableFormula):
        book.formulas[cell] = Written("=")
        book.refused[cell] = "it is part of a data table"
    elif each.data_type == "f":
        book.formulas[cell] = Written(str(value))
    elif cell not in book.formulas:
        book.constants[cell] = constant(value, epoch)


def constant(value: Any, epoch: Any) -> Value:
    """Return what openpyxl found in a cell as a constant of ours."""
    from openpyxl.utils.datetime import to_excel

    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)):
        return float(to_excel(value, epoch))
    text = str(value)
    return FAULTS.get(text, text)


def _columns(table: Any, sheet: str) -> dict[str, Range]:
    whole = place(table.ref, sheet)
    if not isinstance(whole, Range):
        return {}
    first = whole.top + (table.headerRowCount or 0)
    last = whole.bottom - (table.totalsRowCount or 0)
    return {
        column.name.lower(): Range(sheet, first, whole.left + i, last, whole.left + i)
        for i, column in enumerate(table.tableColumns)
    }
