"""``OFFSET`` and ``INDIRECT`` where they always find the same cells: made references."""

from collections.abc import Collection
from typing import Any

from mclib.spreadsheets.cells import MOST_COLUMNS, MOST_ROWS, Cell, Range
from mclib.spreadsheets.evaluating import Evaluator, nothing_drawn
from mclib.spreadsheets.formulas import Call, Drawn, Reference, Tree, replaced, walk
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal

_FINDING = ("OFFSET", "INDIRECT")


def settled(book: Book, cell: Cell, sources: Collection[Cell]) -> Tree:
    """Return the formula of a cell, with references for what it looks up by place.

    Parameters
    ----------
    book : Book
        The workbook.
    cell : Cell
        With a formula.
    sources : collection of Cell
        Cells that can change: inputs and parameters.

    Raises
    ------
    Refusal
        If at which cells it looks rests on other formulas, or can change.
    """
    tree = book.tree(cell)
    if not any(isinstance(each, Call) and each.function in _FINDING for each in walk(tree)):
        return tree
    evaluator = Evaluator(book, {}, nothing_drawn, FUNCTIONS)
    evaluator.here = cell

    def found(part: Tree) -> Tree:
        if not isinstance(part, Call) or part.function not in _FINDING:
            return part
        first, *others = part.arguments
        looked_up = others if part.function == "OFFSET" else [first]
        if any(_can_change(book, each, sources) for each in looked_up):
            raise Refusal(f"it looks by `{part.function}` at cells that it doesn't name")
        values = [None if each is None else evaluator.single(each) for each in looked_up]
        if part.function == "OFFSET":
            return _moved(first, values)
        if not isinstance(values[0], str) or others:
            raise Refusal("it looks by `INDIRECT` at what is no address")
        return book.resolve(values[0], cell)

    made = replaced(tree, found)
    book.replace(cell, made)
    return made


def _can_change(book: Book, tree: Tree | None, sources: Collection[Cell]) -> bool:
    parts = [] if tree is None else list(walk(tree))
    if any(isinstance(each, Drawn) for each in parts):
        return True
    places = [each.place for each in parts if isinstance(each, Reference)]
    cells = [cell for place in places for cell in book.cells(place)]
    return any(cell in sources or cell in book.formulas for cell in cells)


def _moved(base: Tree | None, values: list[Any]) -> Tree:
    """Return a reference moved down and across, perhaps with another height and width."""
    numbers = [0.0 if each is None else each for each in values]
    if not isinstance(base, Reference) or not all(isinstance(x, float) for x in numbers):
        raise Refusal("it moves by `OFFSET` what is no place, or by what is no number")
    place = base.place
    if isinstance(place, Cell):
        place = Range(place.sheet, place.row, place.column, place.row, place.column)
    down, across, *size = (int(x) for x in numbers)
    heights = [place.bottom - place.top + 1, place.right - place.left + 1]
    height, width = (
        given or old for given, old in zip([*size, 0, 0], heights, strict=False)
    )
    top, left = place.top + down, place.left + across
    bottom, right = top + height - 1, left + width - 1
    if not (1 <= top <= bottom <= MOST_ROWS and 1 <= left <= right <= MOST_COLUMNS):
        raise Refusal("it moves by `OFFSET` beyond the sheet")
    if (top, left) == (bottom, right):
        return Reference(Cell(place.sheet, top, left))
    return Reference(Range(place.sheet, top, left, bottom, right))
