"""What a cell is called in a model: a defined name, a label beside it, or its address."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mclib.errors import law
from mclib.spreadsheets.addins import Draw
from mclib.spreadsheets.cells import Cell, place, split_sheet
from mclib.spreadsheets.formulas import Reference
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal

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


class Names(NamedTuple):
    """What cells and draws are called in a model."""

    cells: dict[Cell, str]
    draws: dict[str, str]

    def draw(self, key: str, *, varies: bool) -> str:
        """Return the name of the input behind a draw."""
        return f"{self.draws[key]}, probability" if varies else self.draws[key]


def names(
    book: Book,
    inputs: Iterable[Cell],
    parameters: Mapping[Cell, str | None],
    outputs: Mapping[Cell, str | None],
    draws: Mapping[str, Draw],
) -> Names:
    """Return what cells and draws are called: as they say, or as the workbook does.

    Raises
    ------
    ArgumentError
        If two have the same name, or an output is an input or a parameter.
    """
    given = [*inputs, *parameters]
    for cell in outputs:
        if cell in given:
            must = "be cells with formulas, and not inputs or parameters"
            raise law("outputs", must, str(cell))
    for cell in {*inputs} & {*parameters}:
        raise law("parameters", "be other cells than inputs", str(cell))
    whole = {each.cell for each in draws.values() if each.is_whole}
    partly = [each.cell for each in draws.values() if not each.is_whole]
    found = names_of(book, (*given, *outputs, *whole, *partly))
    for cell, name in (*parameters.items(), *outputs.items()):
        if name is not None:
            found[cell] = name
    called = {key: _drawn(key, each, found) for key, each in draws.items()}
    often = Counter(called.values())
    called = {key: name if often[name] == 1 else key for key, name in called.items()}
    for key, each in draws.items():
        if each.is_whole and each.cell not in outputs:
            found[each.cell] = called[key]
    taken = Counter([found[cell] for cell in dict.fromkeys((*given, *outputs, *whole))])
    for name, count in taken.items():
        if count > 1:
            must = "have names of their own"
            raise law("inputs, parameters, outputs", must, name)
    return Names(found, called)


def _drawn(key: str, draw: Draw, cells: Mapping[Cell, str]) -> str:
    if draw.called is not None and cleaned(draw.called) is not None:
        return cleaned(draw.called) or key
    own = cells[draw.cell]
    return own if draw.is_whole else f"{own}, draw {key.rsplit(' ', 1)[1]}"


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
