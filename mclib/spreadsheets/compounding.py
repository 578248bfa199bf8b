"""``RiskCompound``: sums of as many draws as another number says.

The number of draws is a value like any other. What is drawn is no value but a distribution:
a function in the formula itself, or the one that another cell has.
"""

from collections.abc import Collection
from typing import Any

from mclib.distributions import Distribution
from mclib.distributions.compounds import compound
from mclib.errors import ArgumentError
from mclib.expressions.functions import floor
from mclib.spreadsheets.addins import Draw, Found, property_of
from mclib.spreadsheets.cells import Cell
from mclib.spreadsheets.drawing import argument, distribution
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.formulas import Call, Drawn, Reference, Tree, replaced, walk
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import Traced, Value

FUNCTION = "RISKCOMPOUND"


def take_compounds(book: Book, found: Found, given: Collection[Cell]) -> None:
    """Take the sums out of the formulas, behind everything else of add-ins.

    Parameters
    ----------
    book : Book
        Its formulas are replaced.
    found : Found
        The draws; what is summed in a formula is none of them any more, and is kept among
        the losses.
    given : collection of Cell
        Cells that are inputs or parameters, whatever stands in them.
    """
    for cell, written in book.formulas.items():
        if cell in given or FUNCTION not in written.text.upper():
            continue
        try:
            book.replace(cell, _Cell(book, cell, found, given).taken())
        except Refusal as refusal:
            book.refused[cell] = str(refusal)


class _Cell:
    """Takes the sums out of one formula."""

    def __init__(
        self, book: Book, cell: Cell, found: Found, given: Collection[Cell]
    ) -> None:
        self.book = book
        self.cell = cell
        self.found = found
        self.given = given
        self.n_sums = 0

    def taken(self) -> Tree:
        return replaced(self.book.tree(self.cell), self.part)

    def part(self, tree: Tree) -> Tree:
        if not isinstance(tree, Call) or tree.function != FUNCTION:
            return tree
        said = Draw(self.cell, FUNCTION, ())
        plain = [each for each in tree.arguments if not property_of(said, each)]
        if not 2 <= len(plain) <= 4 or plain[0] is None:
            raise Refusal(f"it gives `{FUNCTION}` {len(plain)} arguments")
        if _is_changed(said):
            raise Refusal(f"it cuts off, moves or correlates what `{FUNCTION}` gives")
        count, losses, deductible, limit = [*plain, None, None][:4]
        draw = self.losses(losses)
        self.n_sums += 1
        key = f"{self.cell} losses" + (f" {self.n_sums}" if self.n_sums > 1 else "")
        self.found.losses[key] = draw
        ends = (draw.low, draw.high, draw.shift)
        return Drawn(key, (count, deductible, limit, *draw.arguments, *ends))

    def losses(self, tree: Tree | None) -> Draw:
        """Return what each loss is drawn from."""
        draw = None
        if isinstance(tree, Drawn):
            draw = self.found.draws.pop(tree.name, None)
        elif isinstance(tree, Reference) and isinstance(tree.place, Cell):
            draw = self.held(tree.place)
        if draw is None:
            raise Refusal(f"it sums by `{FUNCTION}` what is no distribution function")
        if draw.matrix or draw.depends or draw.leads:
            raise Refusal(f"it correlates the losses of `{FUNCTION}`, of which many are")
        parts = (*draw.arguments, draw.low, draw.high, draw.shift)
        inner = [part for each in parts if each is not None for part in walk(each)]
        if any(isinstance(part, Drawn) for part in inner):
            what = "draws the parameters of each loss anew"
            raise Refusal(f"it {what} by a function within that of `{FUNCTION}`")
        return draw

    def held(self, cell: Cell) -> Draw | None:
        if cell in self.given:
            what = "which is an input or a parameter of your own"
            raise Refusal(f"it sums by `{FUNCTION}` draws of {cell}, {what}")
        tree = self.book.tree(cell) if cell in self.book.formulas else None
        return self.found.draws.get(tree.name) if isinstance(tree, Drawn) else None


def _is_changed(said: Draw) -> bool:
    marks = (said.low, said.high, said.shift, said.matrix, said.depends, said.leads)
    return any(mark is not None for mark in marks)


def total(
    drawn: Drawn, losses: Draw, most: Distribution | None, evaluator: Evaluator
) -> Value:
    """Return the sum in a trial.

    Parameters
    ----------
    drawn : Drawn
        What stands in the formula: how many losses, deductible, limit, and what `losses`
        has.
    losses : Draw
        What each loss is drawn from.
    most : Distribution, optional
        That of the number of losses, where it is drawn from one and no more.
    evaluator : Evaluator
        Of the formula.

    Raises
    ------
    Refusal
        If a number is none.
    ArgumentError
        If one breaks its law.
    """
    count, deductible, limit = (
        None if each is None else argument(each, evaluator) for each in drawn.arguments[:3]
    )
    severity = distribution(losses, evaluator)
    n_most: Any = max(int(count), 1) if isinstance(count, float) else most
    limits: dict[str, Any] = {} if limit is None else {"limit": limit}
    try:
        # Of a number with a fraction the whole part counts; without a deductible, gains do.
        made = compound(
            floor(count),
            severity,
            most=n_most,
            deductible=deductible,
            name=drawn.name,
            **limits,
        )
    except ArgumentError as error:
        message = f"what `{FUNCTION}` sums at {losses.cell}: {error}"
        raise ArgumentError(message) from None
    return Traced(made, may_fail=True)
