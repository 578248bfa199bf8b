"""The function of a workbook's model: from inputs and parameters to outputs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mclib.expressions.expression import Expression
from mclib.expressions.tracing import parameter
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.formulas import Refusal
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.values import Fault, Traced, Value, expression, number


@dataclass(frozen=True, eq=False, repr=False)
class Formulas:
    """The formulas between a workbook's inputs and outputs, called like a function.

    Attributes
    ----------
    book : Book
        The workbook.
    order : tuple of Cell
        The formulas that can change, each behind those that it looks at.
    known : mapping of Cell to value
        What the others gave.
    given : mapping of Cell to str
        The cells of inputs and parameters, with their names.
    outputs : mapping of str to Cell
        Where the outputs stand.
    defaults : mapping of str to float
        What the parameters are in the workbook.
    """

    book: Book
    order: tuple[Cell, ...]
    known: Mapping[Cell, Value]
    given: Mapping[Cell, str]
    outputs: Mapping[str, Cell]
    defaults: Mapping[str, float]

    @property
    def __name__(self) -> str:
        return "workbook"

    def __repr__(self) -> str:
        return f"<formulas of {self.book.path}>"

    def __call__(self, /, **given: Any) -> dict[str, Any]:
        """Return the outputs for these inputs and parameters: numbers or traced values."""
        cells = self.cells(given)
        return {name: _plain(cells[cell]) for name, cell in self.outputs.items()}

    def cells(self, given: Mapping[str, Any]) -> dict[Cell, Value]:
        """Return what every cell holds."""
        numbers = {**self.defaults, **given}
        known = dict(self.known)
        known.update({cell: _value(numbers[name]) for cell, name in self.given.items()})
        evaluator = Evaluator(self.book, known, {}, FUNCTIONS)
        for cell in self.order:
            known[cell] = evaluator.cell(cell)
        return {**{cell: evaluator.look(cell) for cell in self.outputs.values()}, **known}

    def refusals(self, inputs: Mapping[str, Any]) -> dict[Cell, str]:
        """Return the cells that can't be traced, each with what stands in the way."""
        symbols = {name: parameter(name) for name in (*inputs, *self.defaults)}
        known = dict(self.known)
        known.update({cell: Traced(symbols[name]) for cell, name in self.given.items()})
        evaluator = Evaluator(self.book, known, {}, FUNCTIONS)
        found: dict[Cell, str] = {}
        for cell in self.order:
            try:
                known[cell] = evaluator.cell(cell)
            except Refusal as refusal:
                found[cell] = str(refusal)
                # Something to go on with, so that every cell is heard.
                known[cell] = next(iter(known.values()), 0.0)
        for cell in self.outputs.values():
            value = evaluator.look(cell)
            if isinstance(number(value), Fault) and cell not in found:
                found[cell] = f"it is {value!r} in every trial"
        return found


def _value(given: Any) -> Value:
    return Traced(given) if isinstance(given, Expression) else float(given)


def _plain(value: Value) -> Any:
    found = number(value)
    return math.nan if isinstance(found, Fault) else expression(found)
