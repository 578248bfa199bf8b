"""Which cells an output rests on, in which order, and which of them can change."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mclib.errors import ArgumentError
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.formulas import Drawn, walk
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.settling import settled


@dataclass(frozen=True)
class Dependencies:
    """The formulas behind some cells.

    Attributes
    ----------
    order : tuple of Cell
        All of them, each behind those that it looks at.
    live : frozenset of Cell
        Those that rest on an input or a parameter.
    refused : dict of Cell to str
        Those that can't be read, with what stands in the way.
    """

    order: tuple[Cell, ...]
    live: frozenset[Cell]
    refused: dict[Cell, str]


def dependencies(
    book: Book, targets: Iterable[Cell], sources: Collection[Cell]
) -> Dependencies:
    """Return the formulas behind `targets`, down to `sources`.

    Raises
    ------
    ArgumentError
        If formulas go round in a circle.
    """
    order: list[Cell] = []
    refused: dict[Cell, str] = {}
    looked_at: dict[Cell, list[Cell]] = {}
    state: dict[Cell, int] = {}
    for target in targets:
        pending = [target]
        while pending:
            cell = pending[-1]
            if state.get(cell) == 2 or cell in sources or cell not in book.formulas:
                pending.pop()
                continue
            if cell in state:
                pending.pop()
                state[cell] = 2
                order.append(cell)
                continue
            state[cell] = 1
            looked_at[cell] = _looked_at(book, cell, sources, refused)
            for each in looked_at[cell]:
                if state.get(each) == 1 and each not in sources:
                    raise _circle(looked_at, each, cell)
                pending.append(each)
    live: set[Cell] = set()
    for cell in order:
        is_live = any(each in live or each in sources for each in looked_at[cell])
        if is_live or _draws(book, cell, refused):
            live.add(cell)
    return Dependencies(tuple(order), frozenset(live), refused)


def _looked_at(
    book: Book, cell: Cell, sources: Collection[Cell], refused: dict[Cell, str]
) -> list[Cell]:
    try:
        settled(book, cell, sources)
        return book.precedents(cell)
    except Refusal as refusal:
        refused[cell] = str(refusal)
        return []


def _draws(book: Book, cell: Cell, refused: dict[Cell, str]) -> bool:
    return cell not in refused and any(
        isinstance(each, Drawn) for each in walk(book.tree(cell))
    )


def _circle(looked_at: dict[Cell, list[Cell]], start: Cell, end: Cell) -> ArgumentError:
    """Return the error of a circle: `end` looks at `start`, which leads to `end`."""
    parents = {start: start}
    pending = [start]
    for cell in pending:
        for each in looked_at.get(cell, []):
            if each not in parents:
                parents[each] = cell
                pending.append(each)
    way = [end]
    while way[-1] != start:
        way.append(parents[way[-1]])
    cells = [str(each) for each in reversed(way)]
    shown = " → ".join([*cells[:8], *(["…"] if len(cells) > 8 else []), cells[0]])
    message = f"formulas of a workbook must not go round in a circle; got {shown}."
    hint = "take one of the cells as a parameter, or solve for it: `mc.goal_seek`."
    return ArgumentError(f"{message}\nhint: {hint}")
