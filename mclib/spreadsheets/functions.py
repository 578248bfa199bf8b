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
from mclib.spreadsheets.values import VALUE, Value


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


FUNCTIONS: dict[str, Function] = {
    **mathematics.FUNCTIONS,
    **logic.FUNCTIONS,
    **aggregates.FUNCTIONS,
    **lookups.FUNCTIONS,
    **finance.FUNCTIONS,
    **loans.FUNCTIONS,
    **probabilities.FUNCTIONS,
    **texts.FUNCTIONS,
    "ROW": Function(_row, 0, 1, "trees"),
    "COLUMN": Function(_column, 0, 1, "trees"),
}
