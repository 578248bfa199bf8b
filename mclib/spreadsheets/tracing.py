"""The function of a workbook's model: from inputs and parameters to outputs."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from mclib.distributions import Distribution
from mclib.expressions.expression import Expression
from mclib.expressions.loops import uniform
from mclib.expressions.tracing import parameter
from mclib.spreadsheets.addins import Draw
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.compounding import total
from mclib.spreadsheets.drawing import argument, distribution, quantile
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.formulas import Drawn, Reference, Tree
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import Fault, Traced, Value, expression, number


class Source(NamedTuple):
    """Where a draw in a formula comes from.

    Attributes
    ----------
    draw : Draw
        What stands in the formula.
    name : str
        The model's input.
    varies : bool
        Whether the parameters of its distribution rest on inputs or parameters; the model's
        input is the probability then, and the draw is its quantile.
    """

    draw: Draw
    name: str
    varies: bool


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
    sources : mapping of str to Source
        The draws in formulas.
    outputs : mapping of str to Cell
        Where the outputs stand.
    defaults : mapping of str to float
        What the parameters are in the workbook.
    losses : mapping of str to Draw
        What sums of many draws are made of.
    """

    book: Book
    order: tuple[Cell, ...]
    known: Mapping[Cell, Value]
    given: Mapping[Cell, str]
    sources: Mapping[str, Source]
    outputs: Mapping[str, Cell]
    defaults: Mapping[str, float]
    losses: Mapping[str, Draw]

    @property
    def __name__(self) -> str:
        return "workbook"

    def __repr__(self) -> str:
        return f"<formulas of {Path(self.book.path).name}>"

    def is_sum(self, tree: Tree) -> bool:
        """Whether a part of a formula sums many draws."""
        return isinstance(tree, Drawn) and tree.name in self.losses

    def __call__(self, /, **given: Any) -> dict[str, Any]:
        """Return the outputs for these inputs and parameters: numbers or traced values."""
        cells = self.cells(given)
        return {name: _plain(cells[cell]) for name, cell in self.outputs.items()}

    def cells(self, given: Mapping[str, Any]) -> dict[Cell, Value]:
        """Return what the cells hold that can change, and the outputs."""
        numbers = {**self.defaults, **given}

        def draw(drawn: Drawn, evaluator: Evaluator) -> Value:
            if self.is_sum(drawn):
                most = self._most(drawn.arguments[0], evaluator)
                return total(drawn, self.losses[drawn.name], most, evaluator)
            source = self.sources[drawn.name]
            value = numbers[source.name]
            if not source.varies:
                return _value(value)
            return quantile(distribution(source.draw, evaluator), value)

        evaluator, known = self._evaluator(numbers, draw)
        for cell in self.order:
            known[cell] = evaluator.cell(cell)
        found = {cell: known[cell] for cell in (*self.given, *self.order)}
        return {**{cell: evaluator.look(cell) for cell in self.outputs.values()}, **found}

    def refusals(self, others: Collection[Cell]) -> dict[Cell, str]:
        """Return the cells that can't be traced, each with what stands in the way.

        Parameters
        ----------
        others : collection of Cell
            Those that can't be computed, for other reasons.
        """

        def draw(drawn: Drawn, evaluator: Evaluator) -> Value:
            cut_off = drawn.arguments[-3:-1] != (None, None)
            for each in drawn.arguments:
                if self.is_sum(drawn):
                    argument(each, evaluator)
                value = None if each is None else evaluator.value(each)
                if (
                    cut_off
                    and isinstance(value, Traced)
                    and not value.value.node.is_uniform
                ):
                    raise Refusal("it cuts off a distribution whose parameters are random")
            return Traced(uniform(drawn.name).lower)

        symbols = {
            name: parameter(name) if name in self.defaults else uniform(name).lower
            for name in self.given.values()
        }
        evaluator, known = self._evaluator(symbols, draw)
        found: dict[Cell, str] = {}
        for cell in self.order:
            try:
                known[cell] = evaluator.cell(cell)
            except Refusal as refusal:
                if cell not in others:
                    found[cell] = str(refusal)
                # Something to go on with, so that every cell is heard.
                known[cell] = Traced(uniform(str(cell)).lower)
        for cell in () if found or others else self.outputs.values():
            value = number(evaluator.look(cell))
            if isinstance(value, Fault):
                found[cell] = f"it is {value!r} in every trial"
        return found

    def _most(self, count: Tree | None, evaluator: Evaluator) -> Distribution | None:
        """Return what a number of losses is drawn from, if its parameters are numbers."""
        if isinstance(count, Reference) and isinstance(count.place, Cell):
            is_formula = count.place in self.book.formulas and count.place not in self.given
            count = self.book.tree(count.place) if is_formula else None
        source = self.sources.get(count.name) if isinstance(count, Drawn) else None
        if source is None or source.varies:
            return None
        return distribution(source.draw, evaluator)

    def _evaluator(
        self, numbers: Mapping[str, Any], draw: Callable[[Drawn, Evaluator], Value]
    ) -> tuple[Evaluator, dict[Cell, Value]]:
        known = dict(self.known)
        known.update({cell: _value(numbers[name]) for cell, name in self.given.items()})
        return Evaluator(self.book, known, draw, FUNCTIONS), known


def _value(given: Any) -> Value:
    return Traced(given) if isinstance(given, Expression) else float(given)


def _plain(value: Value) -> Any:
    found = number(value)
    return math.nan if isinstance(found, Fault) else expression(found)
