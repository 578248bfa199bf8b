"""Evaluating formulas: trees over cells whose values are constants or traced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.cells import Cell, Range
from mclib.spreadsheets.comparisons import compare, joined
from mclib.spreadsheets.formulas import (
    Call,
    Drawn,
    Element,
    Foreign,
    Literal,
    Operation,
    Reference,
    Rows,
    Tree,
)
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    MISSING,
    VALUE,
    Area,
    Value,
    each,
    on_numbers,
)


@dataclass(frozen=True)
class Function:
    """A function of spreadsheets.

    Attributes
    ----------
    apply : callable
        Of the arguments' values; of an `Evaluator` and the arguments' trees if it is lazy.
    least, most : int
        How many arguments it takes.
    takes : {"singles", "areas", "arrays", "trees"}
        What its arguments are: single values (a range is met with the formula's own row or
        column), cells as areas, formulas over whole areas, or not yet evaluated.
    """

    apply: Callable[..., Value]
    least: int = 1
    most: int = 255
    takes: str = "singles"


_OPERATIONS: dict[str, Callable[..., Value]] = {
    "+": lambda a, b: on_numbers(arithmetic.add, a, b),
    "-": lambda a, b: on_numbers(arithmetic.subtract, a, b),
    "*": lambda a, b: on_numbers(arithmetic.multiply, a, b),
    "/": lambda a, b: on_numbers(arithmetic.divide, a, b),
    "^": lambda a, b: on_numbers(arithmetic.power, a, b),
    "%": lambda a: on_numbers(arithmetic.percent, a),
    "negative": lambda a: on_numbers(arithmetic.negative, a),
    "same": lambda a: a,
    "&": joined,
    **{
        sign: (lambda a, b, sign=sign: compare(sign, a, b))
        for sign in ("=", "<>", "<", "<=", ">", ">=")
    },
}


class Evaluator:
    """Evaluates formulas of a workbook.

    Parameters
    ----------
    book : Book
        The workbook.
    known : mapping of Cell to value
        What cells hold that are computed already, or are given.
    draw : callable
        From what is drawn, and this evaluator, to the number in a trial.
    functions : mapping of str to Function
        The functions by name.
    """

    def __init__(
        self,
        book: Book,
        known: Mapping[Cell, Value],
        draw: Callable[["Drawn", "Evaluator"], Value],
        functions: Mapping[str, Function],
    ) -> None:
        self.book = book
        self.known = known
        self.draw = draw
        self.functions = functions
        self.here = Cell("", 0, 0)
        self._arrays = False

    def cell(self, cell: Cell) -> Value:
        """Return what the formula of a cell gives."""
        self.here = cell
        self._arrays = self.book.formulas[cell].is_array
        found = self.value(self.book.tree(cell))
        if isinstance(found, Area):
            if found.shape != (1, 1):
                raise Refusal(
                    f"its formula gives {found.shape[0]} x {found.shape[1]} cells"
                )
            found = found.rows[0][0]
        return 0.0 if found is None else found

    def look(self, cell: Cell) -> Value:
        """Return what a cell holds."""
        if cell in self.known:
            return self.known[cell]
        return self.book.constants.get(cell)

    def value(self, tree: Tree) -> Value:
        """Return what a tree gives: a single value or an area."""
        match tree:
            case Literal(value=value):
                return value
            case Reference(place=Cell() as cell):
                return self.look(cell)
            case Reference(place=Range() as place):
                return self._area(place)
            case Operation(operator=operator, arguments=arguments):
                return _OPERATIONS[operator](*map(self.single, arguments))
            case Call():
                return self._call(tree)
            case Foreign(text=text):
                raise Refusal(f"it refers to another workbook, `{text}`")
            case Drawn():
                return self.draw(tree, self)
            case Rows(rows=rows):
                return Area(tuple(tuple(self.value(x) for x in row) for row in rows))
            case Element(of=of, row=row, column=column):
                return _element(self.value(of), row, column)

    def single(self, tree: Tree | None) -> Value:
        """Return a tree's value where one is wanted; a range meets the formula's place."""
        if tree is None:
            return None
        if isinstance(tree, Reference) and isinstance(tree.place, Range):
            return self.value(tree) if self._arrays else self._met(tree.place)
        return self.value(tree)

    def area(self, tree: Tree | None) -> Value:
        """Return a tree's value; an area also for a single cell."""
        if isinstance(tree, Reference) and isinstance(tree.place, Cell):
            return Area(((self.look(tree.place),),))
        return None if tree is None else self.value(tree)

    def _area(self, place: Range) -> Area:
        rows = self.book.within(place).rows()
        return Area(tuple(tuple(map(self.look, row)) for row in rows))

    def _met(self, place: Range) -> Value:
        here = self.here
        if place.top == place.bottom and place.left == place.right:
            return self.look(Cell(place.sheet, place.top, place.left))
        if place.left == place.right and place.top <= here.row <= place.bottom:
            return self.look(Cell(place.sheet, here.row, place.left))
        if place.top == place.bottom and place.left <= here.column <= place.right:
            return self.look(Cell(place.sheet, place.top, here.column))
        return VALUE

    def _call(self, call: Call) -> Value:
        function = self.functions.get(call.function)
        if function is None:
            raise Refusal(f"it uses the function `{call.function}`")
        n = len(call.arguments)
        if not function.least <= n <= function.most:
            raise Refusal(f"it gives `{call.function}` {n} arguments")
        if function.takes == "trees":
            return function.apply(self, *call.arguments)
        if function.takes == "singles":
            return function.apply(*map(self.single, call.arguments))
        outer = self._arrays
        self._arrays = outer or function.takes == "arrays"
        try:
            return function.apply(*map(self.area, call.arguments))
        finally:
            self._arrays = outer


def _element(value: Value, row: int, column: int) -> Value:
    if not isinstance(value, Area):
        return value
    n_rows, n_columns = value.shape
    row, column = (0 if n_rows == 1 else row), (0 if n_columns == 1 else column)
    return value.rows[row][column] if row < n_rows and column < n_columns else MISSING


def nothing_drawn(_drawn: Drawn, _evaluator: Evaluator) -> Value:
    """Refuse to draw, where nothing is random."""
    raise Refusal("it is random")


def numeric(
    apply: Callable[..., Value], least: int = 1, most: int | None = None
) -> Function:
    """Return a function of numbers, each taken as arithmetic takes it."""
    return Function(
        lambda *values: on_numbers(apply, *values), least, least if most is None else most
    )


def plain(apply: Callable[..., Value], least: int = 1, most: int | None = None) -> Function:
    """Return a function of single values that can't differ from trial to trial."""

    def applied(*values: Any) -> Value:
        if not arithmetic.is_plain(*values):
            raise Refusal("it makes a text or a date of a number that is random")
        return apply(*values)

    return Function(
        lambda *values: each(applied, *values), least, least if most is None else most
    )
