"""Correlations between draws, as add-ins write them into formulas."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.evaluating import Evaluator, nothing_drawn
from mclib.spreadsheets.formulas import Reference
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.tracing import Source
from mclib.spreadsheets.values import Area, Value

Targets = dict[tuple[str, str], float]


def correlations(
    book: Book, sources: Iterable[Source], known: Mapping[Cell, Value]
) -> Targets:
    """Return the rank correlations of the model's inputs that formulas ask for.

    Parameters
    ----------
    book : Book
        The workbook.
    sources : iterable of Source
        The draws.
    known : mapping of Cell to value
        What was computed once.
    """
    evaluator = Evaluator(book, known, nothing_drawn, FUNCTIONS)
    every = list(sources)
    found = _by_matrices(evaluator, every)
    leads = {each.draw.leads: each.name for each in every if each.draw.leads}
    for each in every:
        if each.draw.depends is None or each.draw.depends[0] not in leads:
            continue
        word, tree = each.draw.depends
        share = None if tree is None else evaluator.single(tree)
        if isinstance(share, float):
            found[leads[word], each.name] = share
    return found


def _by_matrices(evaluator: Evaluator, sources: list[Source]) -> Targets:
    groups: dict[object, list[tuple[int, str]]] = {}
    for each in sources:
        if each.draw.matrix is not None:
            where, place, instance = each.draw.matrix
            groups.setdefault((where, instance), []).append((place, each.name))
    found: Targets = {}
    for (where, _), members in groups.items():  # type: ignore[misc]
        matrix = evaluator.value(Reference(where))
        for (i, one), (j, other) in combinations(sorted(members), 2):
            share = _between(matrix, i, j)
            if share is not None:
                found[one, other] = share
    return found


def _between(matrix: Value, i: int, j: int) -> float | None:
    """Return the correlation of two places; of a triangle that half which is filled."""
    if not isinstance(matrix, Area) or max(i, j) > min(matrix.shape):
        return None
    for row, column in ((j, i), (i, j)):
        value = matrix.rows[row - 1][column - 1]
        if isinstance(value, float):
            return value
    return None
