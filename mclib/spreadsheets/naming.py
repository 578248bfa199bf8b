"""What a cell is called in a model: a defined name, a label beside it, or its address."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mclib.errors import law
from mclib.spreadsheets.cells import Cell, place, split_sheet
from mclib.spreadsheets.formulas import Reference, Refusal
from mclib.spreadsheets.reading import Book

_LONGEST = 40


def cell_of(book: Book, text: Any, what: str) -> Cell:
    """Return the cell that an address or a defined name means.

    Raises
    ------
    ArgumentError
        If it means no one cell.
    """
    must = "name cells by address or by a defined name"
    if not isinstance(text, str) or not text:
        raise law(what, must, text, 'write `"Sheet1!B3"`.')
    sheet, rest = split_sheet(text.removeprefix("="))
    try:
        if sheet is None and isinstance(found := place(rest, ""), Cell):
            return found._replace(sheet=_only_sheet(book, text, what))
        tree = book.resolve(text.removeprefix("="), Cell(next(iter(book.sizes)), 1, 1))
    except Refusal:
        known = sorted(name for _, name in book.names)
        hint = f"the workbook has the names {', '.join(known[:12])}." if known else None
        raise law(what, must, text, hint) from None
    if isinstance(tree, Reference) and isinstance(tree.place, Cell):
        return tree.place
    raise law(what, "name single cells", text)


def _only_sheet(book: Book, text: str, what: str) -> str:
    if len(book.sizes) == 1:
        return next(iter(book.sizes))
    example = f"{next(iter(book.sizes))}!{text}"
    must = f"say the sheet, of {', '.join(book.sizes)}"
    raise law(what, must, text, f'write `"{example}"`.')


def names_of(book: Book, cells: Iterable[Cell]) -> dict[Cell, str]:
    """Return a name for each cell, no two the same."""
    wanted = list(dict.fromkeys(cells))
    defined = _defined(book)
    first = {cell: defined.get(cell) or label(book, cell) or str(cell) for cell in wanted}
    often = Counter(first.values())
    return {cell: name if often[name] == 1 else str(cell) for cell, name in first.items()}


def _defined(book: Book) -> dict[Cell, str]:
    found: dict[Cell, str] = {}
    for (_, key), text in book.names.items():
        sheet, rest = split_sheet(text)
        where = None if sheet is None else place(rest, sheet)
        if isinstance(where, Cell) and not key.startswith("_xlnm"):
            found.setdefault(where, book.spelled.get(key, key))
    return found


def label(book: Book, cell: Cell) -> str | None:
    """Return the nearest text to the left of a cell, or above it, if it makes a name."""
    for column in range(cell.column - 1, 0, -1):
        text = book.constants.get(cell._replace(column=column))
        if isinstance(text, str):
            return cleaned(text)
    for row in range(cell.row - 1, 0, -1):
        text = book.constants.get(cell._replace(row=row))
        if isinstance(text, str):
            return cleaned(text)
    return None


def cleaned(text: str) -> str | None:
    """Return a label as a name; None if it makes none."""
    name = " ".join(text.split()).rstrip(":").strip()
    is_clean = 0 < len(name) <= _LONGEST and name.isprintable() and "." not in name
    return name if is_clean and any(each.isalpha() for each in name) else None
