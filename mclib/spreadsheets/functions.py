"""All functions that formulas may use, by name."""

from typing import Any

from mclib.spreadsheets import (
    aggregates,
    finance,
    loans,
    logic,
    lookups,
    mathematics,
    probabilities,
    texts,
)
from mclib.spreadsheets.evaluating import Evaluator, Function
from mclib.spreadsheets.formulas import Reference
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import VALUE, Area, Value, number


def _row(evaluator: Evaluator, of: Any = None) -> Value:
    if of is None:
        return float(evaluator.here.row)
    if not isinstance(of, Reference):
        return VALUE
    place: Any = of.place
    return float(place.row if hasattr(place, "row") else place.top)


def _column(evaluator: Evaluator, of: Any = None) -> Value:
    if of is None:
        return float(evaluator.here.column)
    if not isinstance(of, Reference):
        return VALUE
    place: Any = of.place
    return float(place.column if hasattr(place, "column") else place.left)


_SUBTOTALS = (
    *("AVERAGE", "COUNT", "COUNTA", "MAX", "MIN", "PRODUCT"),
    *("STDEV", "STDEVP", "SUM", "VAR", "VARP"),
)


def _subtotal(evaluator: Evaluator, of: Any, *ranges: Any) -> Value:
    """Evaluate ``SUBTOTAL``: other subtotals don't count."""
    code = number(evaluator.single(of))
    if not isinstance(code, float) or not 1 <= int(code) % 100 <= len(_SUBTOTALS):
        return VALUE
    book = evaluator.book
    areas = []
    for each in ranges:
        if not isinstance(each, Reference):
            raise Refusal("it takes a subtotal of what is no range")
        cells = book.cells(each.place)
        if any((cell.sheet, cell.row) in book.hidden for cell in cells):
            raise Refusal("it takes a subtotal of rows of which some are hidden")
        texts = {cell: book.formulas[cell].text for cell in cells if cell in book.formulas}
        counts = [c for c in cells if "SUBTOTAL(" not in texts.get(c, "").upper()]
        areas.append(Area(tuple((evaluator.look(cell),) for cell in counts) or ((None,),)))
    return aggregates.FUNCTIONS[_SUBTOTALS[int(code) % 100 - 1]].apply(*areas)


FUNCTIONS: dict[str, Function] = {
    **mathematics.FUNCTIONS,
    **logic.FUNCTIONS,
    **aggregates.FUNCTIONS,
    **lookups.FUNCTIONS,
    **finance.FUNCTIONS,
    **loans.FUNCTIONS,
    **probabilities.FUNCTIONS,
    **texts.FUNCTIONS,
    "SUBTOTAL": Function(_subtotal, 2, 255, "trees"),
    "ROW": Function(_row, 0, 1, "trees"),
    "COLUMN": Function(_column, 0, 1, "trees"),
}
