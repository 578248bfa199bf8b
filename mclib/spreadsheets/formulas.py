"""Formulas as trees: openpyxl's tokens, put together by precedence.

Weakest first: comparisons, ``&``, ``+ -``, ``* /``, ``^`` (all from left to right), a sign
before a number, and ``%`` behind it. So ``-2^2`` is 4, as spreadsheets have it.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mclib.spreadsheets.cells import Cell, Range
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import FAULTS, VALUE

_STRENGTH = {
    "=": 1,
    "<": 1,
    ">": 1,
    "<=": 1,
    ">=": 1,
    "<>": 1,
    "&": 2,
    "+": 3,
    "-": 3,
    "*": 4,
    "/": 4,
    "^": 5,
}
_DRAWING = re.compile(r"RAND|RISK|PSI|VOSE|CB\.")
_PREFIXES = ("_XLFN.", "_XLWS.", "_XLUDF.", "_XLL.")


@dataclass(frozen=True)
class Literal:
    """A constant in a formula."""

    value: Any


@dataclass(frozen=True)
class Reference:
    """A cell or a range."""

    place: Cell | Range


@dataclass(frozen=True)
class Operation:
    """An operator and what it stands between or before; ``%`` stands behind."""

    operator: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True)
class Call:
    """A function and its arguments; a left-out argument is None."""

    function: str
    arguments: tuple["Tree | None", ...]


@dataclass(frozen=True)
class Rows:
    """An array written out in a formula."""

    rows: tuple[tuple["Tree", ...], ...]


@dataclass(frozen=True)
class Element:
    """One place of what an array formula gives, counted from 0."""

    of: "Tree"
    row: int
    column: int


@dataclass(frozen=True)
class Foreign:
    """A cell of another workbook."""

    text: str


@dataclass(frozen=True)
class Drawn:
    """What an input of the model draws, and what its distribution's parameters are."""

    name: str
    arguments: tuple["Tree | None", ...] = ()


Tree = Literal | Reference | Operation | Call | Rows | Element | Foreign | Drawn

Resolver = Callable[[str], Tree]
"""From what stands in a formula for cells (a reference, a name) to what it means."""


def parse(text: str, resolve: Resolver) -> Tree:
    """Return the tree of a formula.

    Parameters
    ----------
    text : str
        With its ``=``.
    resolve : callable
        Says what references and names mean.

    Raises
    ------
    Refusal
        If the formula can't be read.
    """
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import TokenizerError

    try:
        items = Tokenizer(text).items
    except TokenizerError:
        raise unreadable(text) from None
    tokens = [token for token in items if token.type != "WHITE-SPACE"]
    parser = _Parser(tokens, resolve, text)
    tree = parser.expression(0)
    if parser.place != len(tokens):
        raise parser.unreadable()
    return tree


def unreadable(text: str) -> Refusal:
    """Return the refusal of a formula that can't be read."""
    return Refusal(f"its formula `{text}` can't be read")


def walk(tree: Tree) -> Iterator[Tree]:
    """Return a tree and everything in it."""
    pending: list[Tree] = [tree]
    while pending:
        each = pending.pop()
        yield each
        pending.extend(children(each))


def children(tree: Tree) -> list[Tree]:
    """Return what a tree directly consists of."""
    match tree:
        case Operation(arguments=arguments):
            return list(arguments)
        case Call(arguments=arguments) | Drawn(arguments=arguments):
            return [each for each in arguments if each is not None]
        case Rows(rows=rows):
            return [each for row in rows for each in row]
        case Element(of=of):
            return [of]
        case _:
            return []


def replaced(tree: Tree, by: Callable[[Tree], Tree]) -> Tree:
    """Return a tree in which each part, from the innermost on, is what `by` makes of it."""

    def within(each: Tree | None) -> Any:
        return None if each is None else replaced(each, by)

    match tree:
        case Operation(operator=operator, arguments=arguments):
            return by(Operation(operator, tuple(map(within, arguments))))
        case Call(function=function, arguments=arguments):
            return by(Call(function, tuple(map(within, arguments))))
        case Rows(rows=rows):
            return by(Rows(tuple(tuple(map(within, row)) for row in rows)))
        case Element(of=of, row=row, column=column):
            return by(Element(within(of), row, column))
        case _:
            return by(tree)


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Any], resolve: Resolver, text: str) -> None:
        self.tokens = tokens
        self.resolve = resolve
        self.text = text
        self.place = 0
        self.bound: dict[str, Tree] = {}

    def unreadable(self) -> Refusal:
        return unreadable(self.text)

    def ahead(self) -> Any:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> Any:
        token = self.ahead()
        if token is None:
            raise self.unreadable()
        self.place += 1
        return token

    def expression(self, weakest: int) -> Tree:
        left = self.signed()
        while (token := self.ahead()) is not None and token.type == "OPERATOR-INFIX":
            strength = _STRENGTH.get(token.value)
            if strength is None:
                raise Refusal(f"it joins ranges by `{token.value}`")
            if strength < weakest:
                break
            self.take()
            left = Operation(token.value, (left, self.expression(strength + 1)))
        return left

    def signed(self) -> Tree:
        token = self.ahead()
        if token is not None and token.type == "OPERATOR-PREFIX":
            self.take()
            return Operation("negative" if token.value == "-" else "same", (self.signed(),))
        found = self.operand()
        while (token := self.ahead()) is not None and token.type == "OPERATOR-POSTFIX":
            self.take()
            found = Operation("%", (found,))
        return found

    def operand(self) -> Tree:
        token = self.take()
        if token.type == "OPERAND":
            return self.constant(token)
        if token.subtype != "OPEN":
            raise self.unreadable()
        if token.type == "FUNC":
            return self.call(token.value[:-1])
        if token.type == "PAREN":
            inner = self.expression(0)
            self.close("PAREN")
            return inner
        return self.array()

    def constant(self, token: Any) -> Tree:
        text = token.value
        match token.subtype:
            case "NUMBER":
                value = float(text)
                return Literal(value if math.isfinite(value) else VALUE)
            case "TEXT":
                return Literal(text[1:-1].replace('""', '"'))
            case "LOGICAL":
                return Literal(text.upper() == "TRUE")
            case "ERROR":
                return Literal(FAULTS.get(text.upper(), VALUE))
            case _:
                bound = self.bound.get(_bare(text))
                return self.resolve(text) if bound is None else bound

    def let(self) -> Tree:
        """Read ``LET``: what its names stand for is put in their places."""
        outer = dict(self.bound)
        n_bound = 0
        while (name := self.ahead()) is not None and self.is_followed_by("SEP"):
            if name.type != "OPERAND" or name.subtype != "RANGE":
                raise self.unreadable()
            self.place += 2
            value = self.expression(0)
            if self.take().type != "SEP":
                raise self.unreadable()
            if any(isinstance(each, Call) and is_random(each) for each in walk(value)):
                raise Refusal(f"it gives `{name.value}` a random number by `LET`")
            self.bound[_bare(name.value)] = value
            n_bound += 1
        body = self.expression(0)
        self.close("FUNC")
        self.bound = outer
        if not n_bound:
            raise self.unreadable()
        return body

    def is_followed_by(self, kind: str) -> bool:
        after = self.place + 1
        return after < len(self.tokens) and self.tokens[after].type == kind

    def call(self, name: str) -> Tree:
        if function_name(name) == "LET":
            return self.let()
        if ":" in name:
            raise Refusal(f"it takes a range up to what `{name.partition(':')[2]}` finds")
        arguments: list[Tree | None] = []
        is_open = True
        while (token := self.ahead()) is not None and token.subtype != "CLOSE":
            if token.type == "SEP":
                self.take()
                if is_open:
                    arguments.append(None)
                is_open = True
                continue
            if not is_open:
                raise self.unreadable()
            arguments.append(self.expression(0))
            is_open = False
        if is_open and arguments:
            arguments.append(None)
        self.close("FUNC")
        return Call(function_name(name), tuple(arguments))

    def close(self, kind: str) -> None:
        token = self.take()
        if token.type != kind or token.subtype != "CLOSE":
            raise self.unreadable()

    def array(self) -> Tree:
        rows: list[list[Tree]] = [[]]
        while (token := self.take()).type != "ARRAY":
            if token.type == "SEP":
                if token.subtype == "ROW":
                    rows.append([])
                continue
            self.place -= 1
            rows[-1].append(self.signed())
        if not rows[0] or len({len(each) for each in rows}) != 1:
            raise self.unreadable()
        return Rows(tuple(map(tuple, rows)))


def _bare(name: str) -> str:
    """Return a name that ``LET`` binds, without the prefix that files write."""
    return name.upper().removeprefix("_XLPM.")


def is_random(call: Call) -> bool:
    """Whether a function draws: what two places name by it would be drawn twice."""
    return _DRAWING.match(call.function) is not None


def function_name(written: str) -> str:
    """Return a function's name as the tables have it: in capitals, without a prefix."""
    name = written.upper().lstrip("@")
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name
