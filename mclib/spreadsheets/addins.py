"""Cells with functions of simulation add-ins: what is an input there, what an output.

@RISK, Crystal Ball, Frontline's Risk Solver and ModelRisk keep their models in formulas;
this module finds their functions, and takes them out of the formulas.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from mclib.spreadsheets.cells import Cell, Range
from mclib.spreadsheets.families import FAMILIES, INVERSES
from mclib.spreadsheets.formulas import (
    Call,
    Drawn,
    Literal,
    Operation,
    Reference,
    Tree,
    replaced,
)
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal

_KNOWN = re.compile(r"\b(RISK|PSI|VOSE|CB\.)[A-Z]|\bRAND(BETWEEN)?\(", re.IGNORECASE)
_OUTPUTS = ("RISKOUTPUT", "PSIOUTPUT", "VOSEOUTPUT")
_IGNORED = ("UNITS", "CATEGORY", "COLLECT", "SEED", "CONVERGENCE", "ISDISCRETE", "ISDATE")
_PREFIX = re.compile(r"RISK|PSI|VOSE")


@dataclass
class Draw:
    """A random number in a formula.

    Attributes
    ----------
    cell : Cell
        Where it stands.
    family : str
        The function that draws it.
    arguments : tuple of trees
        The parameters of its distribution.
    called : str, optional
        Its name, if it says one.
    is_whole : bool
        Whether the cell has nothing else.
    low, high, shift : trees, optional
        Where its distribution is cut off, and by how much it is moved.
    matrix : (Cell or Range, int, str), optional
        Correlations: their range, the place of this one, and which instance of it.
    depends, leads : (str, tree or None), optional
        Under which word, and how much, it is correlated with another draw.
    """

    cell: Cell
    family: str
    arguments: tuple[Tree | None, ...]
    called: str | None = None
    is_whole: bool = False
    low: Tree | None = None
    high: Tree | None = None
    shift: Tree | None = None
    matrix: tuple[Cell | Range, int, str] | None = None
    depends: tuple[str, Tree | None] | None = None
    leads: str | None = None


@dataclass
class Found:
    """What add-ins have in a workbook.

    Attributes
    ----------
    draws : dict of str to Draw
        The random numbers, by the names that they have in the formulas.
    outputs : dict of Cell to str or None
        The cells that are outputs, with their names, where they have some.
    losses : dict of str to Draw
        What sums of many draws are made of, by the names of these in the formulas.
    """

    draws: dict[str, Draw] = field(default_factory=dict)
    losses: dict[str, Draw] = field(default_factory=dict)
    outputs: dict[Cell, str | None] = field(default_factory=dict)


def found(book: Book, given: set[Cell]) -> Found:
    """Find what add-ins have in a workbook, and take it out of the formulas.

    Parameters
    ----------
    book : Book
        Its formulas are replaced.
    given : set of Cell
        Cells whose formulas don't count, as they are inputs or parameters.
    """
    result = Found()
    for cell, written in book.formulas.items():
        if cell in given or not _KNOWN.search(written.text):
            continue
        try:
            book.replace(cell, _Cell(cell, result).taken(book.tree(cell)))
        except Refusal as refusal:
            book.refused[cell] = str(refusal)
    return result


class _Cell:
    """Takes the functions of add-ins out of one formula."""

    def __init__(self, cell: Cell, result: Found) -> None:
        self.cell = cell
        self.result = result
        self.draws: list[Draw] = []
        self.named: str | None = None

    def taken(self, tree: Tree) -> Tree:
        made = replaced(tree, self.part)
        for draw in self.draws:
            draw.called = draw.called or (self.named if len(self.draws) == 1 else None)
            draw.is_whole = isinstance(made, Drawn)
        return made

    def part(self, tree: Tree) -> Tree:
        if isinstance(tree, Operation):
            return _without_zero(tree)
        if not isinstance(tree, Call):
            return tree
        name = tree.function
        if name in _OUTPUTS:
            self.result.outputs[self.cell] = _text(tree.arguments)
            return Literal(0.0)
        if name == "VOSEINPUT":
            self.named = _text(tree.arguments)
            return Literal(0.0)
        if name == "RISKMAKEINPUT" and tree.arguments and tree.arguments[0] is not None:
            return tree.arguments[0]
        if name in INVERSES:
            return self.inverse(tree)
        return self.drawn(tree) if name in FAMILIES else tree

    def inverse(self, call: Call) -> Tree:
        """Take ``NORM.INV(RAND(), ...)`` as one draw."""
        first, *others = call.arguments
        last = self.draws[-1] if self.draws else None
        is_one = isinstance(first, Drawn) and last is not None and last.family == "RAND"
        if not is_one or last is None:
            return call
        family = INVERSES[call.function]
        if not family.least <= len(others) <= family.most:
            raise Refusal(f"it gives `{call.function}` {len(call.arguments)} arguments")
        last.family, last.arguments = call.function, tuple(others)
        return _as_drawn(first.name, last)  # type: ignore[union-attr]

    def drawn(self, call: Call) -> Tree:
        family = FAMILIES[call.function]
        draw = Draw(self.cell, call.function, ())
        plain = [each for each in call.arguments if not property_of(draw, each)]
        if call.function.startswith("CB."):
            plain = self.cut_off(draw, plain, family.most)
        if call.function.startswith("VOSE") and len(plain) == family.most + 1:
            raise Refusal(f"it gives `{call.function}` a uniform number of its own")
        if not family.least <= len(plain) <= family.most:
            raise Refusal(f"it gives `{call.function}` {len(plain)} parameters")
        draw.arguments = tuple(plain)
        key = f"{self.cell} {len(self.draws) + 1}"
        self.draws.append(draw)
        self.result.draws[key] = draw
        return _as_drawn(key, draw)

    def cut_off(self, draw: Draw, plain: list[Tree | None], n: int) -> list[Tree | None]:
        """Take the cut-offs and the name that Crystal Ball has behind the parameters."""
        low, high, name, *more = [*plain[n:], None, None, None]
        if any(each is not None for each in more):
            raise Refusal(f"it gives `{draw.family}` {len(plain)} parameters")
        draw.low, draw.high = low, high
        if isinstance(name, Literal) and isinstance(name.value, str):
            draw.called = name.value
        return plain[:n]


def property_of(draw: Draw, tree: Tree | None) -> bool:
    """Note what a function among a draw's parameters says; False if it is a parameter."""
    if not isinstance(tree, Call) or not _PREFIX.match(tree.function):
        return False
    word = _PREFIX.sub("", tree.function, count=1)
    known = _PROPERTIES.get(word)
    if known is not None:
        known(draw, tree.arguments)
    return known is not None or word in _IGNORED


def _as_drawn(key: str, draw: Draw) -> Drawn:
    """Return what stands in the formula for a draw; limits and shift come last."""
    return Drawn(key, (*draw.arguments, draw.low, draw.high, draw.shift))


def _without_zero(tree: Operation) -> Tree:
    """Return ``0 + x`` as x, so that ``RiskOutput() + x`` is x."""
    if tree.operator == "+" and len(tree.arguments) == 2:
        left, right = tree.arguments
        if left == Literal(0.0):
            return right
        if right == Literal(0.0):
            return left
    return tree


def _text(arguments: tuple[Tree | None, ...]) -> str | None:
    first = arguments[0] if arguments else None
    is_text = isinstance(first, Literal) and isinstance(first.value, str) and first.value
    return first.value if is_text else None  # type: ignore[union-attr]


def _set_name(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    draw.called = _text(arguments)


def _set_limits(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    draw.low, draw.high, *_ = (*arguments, None, None)


def _set_shift(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    draw.shift = arguments[0] if arguments else None


def _set_matrix(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    where, index, *instance = arguments
    is_known = isinstance(where, Reference) and isinstance(index, Literal)
    if not is_known or not isinstance(index.value, float):  # type: ignore[union-attr]
        raise Refusal("it takes its correlations from no range, or no fixed place of it")
    key = str(instance[0]) if instance else ""
    draw.matrix = (where.place, int(index.value), key)  # type: ignore[union-attr]


def _set_dependence(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    word = _text(arguments)
    if word is None or len(arguments) < 2:
        raise Refusal("it depends on a draw that it doesn't name")
    draw.depends = (word, arguments[1])


def _set_lead(draw: Draw, arguments: tuple[Tree | None, ...]) -> None:
    draw.leads = _text(arguments)


def _refuse(what: str) -> Callable[[Draw, tuple[Tree | None, ...]], None]:
    def refuse(_draw: Draw, _arguments: tuple[Tree | None, ...]) -> None:
        raise Refusal(what)

    return refuse


def _nothing(_draw: Draw, _arguments: tuple[Tree | None, ...]) -> None:
    """Pass over what has no part in a run: the number shown when none is under way."""


_PROPERTIES: dict[str, Callable[[Draw, tuple[Tree | None, ...]], None]] = {
    "NAME": _set_name,
    "TRUNCATE": _set_limits,
    "SHIFT": _set_shift,
    "CORRMAT": _set_matrix,
    "CORRMATRIX": _set_matrix,
    "DEPC": _set_dependence,
    "INDEPC": _set_lead,
    "STATIC": _nothing,
    "BASECASE": _nothing,
    "LOCK": _refuse("it is locked to one number by `RiskLock`"),
    "TRUNCATEP": _refuse("it is cut off at percentiles by `RiskTruncateP`"),
}
