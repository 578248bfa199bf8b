"""What a cell can hold: constants, faults, traced values, choices between them, and areas.

A constant is a float, a bool, a text, or None for a cell that is blank. In a traced number
NaN stands for a fault, such as a division by zero; a traced truth says beside itself where
it has none.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, as_number
from mclib.expressions.functions import isnan, where
from mclib.spreadsheets.refusals import Refusal

Value = Any
"""A constant, `Fault`, `Traced`, `Branch` or `Area`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error value, such as ``#DIV/0!``."""

    kind: str

    def __repr__(self) -> str:
        return self.kind


DIVISION = Fault("#DIV/0!")
MISSING = Fault("#N/A")
NAME = Fault("#NAME?")
NULL = Fault("#NULL!")
NUMBER = Fault("#NUM!")
REFERENCE = Fault("#REF!")
VALUE = Fault("#VALUE!")
FAULTS = {
    each.kind: each for each in (DIVISION, MISSING, NAME, NULL, NUMBER, REFERENCE, VALUE)
}


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A number or a truth for each trial.

    Attributes
    ----------
    value : Expression
        A real number or a boolean.
    may_fail : bool
        Of a number: whether it is NaN where there is a fault.
    failing : Expression, optional
        Of a truth: where there is none, for a fault.
    """

    value: Expression
    may_fail: bool = False
    failing: Expression | None = None

    @property
    def is_truth(self) -> bool:
        """Whether it is TRUE or FALSE, and no number."""
        return self.value.type is Type.BOOLEAN


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """What is one thing in some trials and another in others, and not both are numbers."""

    condition: Expression
    yes: Value
    no: Value


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A criterion with a number that isn't fixed, such as ``">" & B1``."""

    sign: str
    value: Traced


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """The values of a range or an array, row by row."""

    rows: tuple[tuple[Value, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.rows), len(self.rows[0])

    def __iter__(self) -> Iterator[Value]:
        return (value for row in self.rows for value in row)


def failing(value: Traced) -> Expression | None:
    """Return where a traced value is a fault; None if it never is."""
    if value.is_truth:
        return value.failing
    return isnan(value.value) if value.may_fail else None


def traced_number(value: Traced) -> Traced:
    """Return a truth as 1 or 0, a number as it is."""
    if not value.is_truth:
        return value
    number = as_number(value.value)
    if value.failing is None:
        return Traced(number)
    return Traced(where(value.failing, math.nan, number), may_fail=True)


def number(value: Value) -> Any:
    """Return a single value as arithmetic takes it: a float, traced number or fault."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (float, Fault)):
        return value
    if isinstance(value, Traced):
        return traced_number(value)
    if isinstance(value, Branch):
        return choice(Traced(value.condition), number(value.yes), number(value.no))
    if value is None:
        return 0.0
    _refuse_wanted(value)
    return number_of_text(value) if isinstance(value, str) else VALUE


def _refuse_wanted(value: Value) -> None:
    if isinstance(value, Wanted):
        raise Refusal("it joins to a text what is random")


def number_of_text(text: str) -> Any:
    """Return the number that a text is; a fault if it is none."""
    stripped = text.strip()
    share = stripped.endswith("%")
    try:
        found = float(stripped.rstrip("%").replace(",", ""))
    except ValueError:
        return VALUE
    if not math.isfinite(found) or "_" in stripped:
        return VALUE
    return found / 100.0 if share else found


def finite(value: float) -> Any:
    """Return a computed number; a fault if it is infinite or none."""
    return float(value) if math.isfinite(value) else NUMBER


def truth(value: Value) -> Any:
    """Return a single value as a condition: a bool, traced truth or fault."""
    if isinstance(value, (bool, Fault)):
        return value
    if isinstance(value, float):
        return value != 0.0
    if value is None:
        return False
    if isinstance(value, Traced):
        if value.is_truth:
            return value
        return Traced(value.value != 0.0, failing=failing(value))
    if isinstance(value, Branch):
        return choice(Traced(value.condition), truth(value.yes), truth(value.no))
    if isinstance(value, str) and value.upper() in {"TRUE", "FALSE"}:
        return value.upper() == "TRUE"
    _refuse_wanted(value)
    return VALUE


def expression(value: Any) -> Any:
    """Return the number itself, for arithmetic on expressions; NaN for a fault."""
    if isinstance(value, Fault):
        return math.nan
    return value.value if isinstance(value, Traced) else value


def may_fail(*values: Any) -> bool:
    """Return whether one of some numbers may be a fault."""
    return any(
        isinstance(each, Fault) or (isinstance(each, Traced) and each.may_fail)
        for each in values
    )


def choice(condition: Any, yes: Value, no: Value) -> Value:
    """Return `yes` where a condition holds, else `no`: a traced value if both are numbers.

    Parameters
    ----------
    condition : bool, Traced or Fault
        As from `truth`.
    yes, no : single values
    """
    if isinstance(condition, Fault):
        return condition
    if isinstance(condition, bool):
        return yes if condition else no
    chosen = _chosen(condition.value, yes, no)
    if condition.failing is None:
        return chosen
    return _chosen(condition.failing, VALUE, chosen)


def _chosen(condition: Expression, yes: Value, no: Value) -> Value:
    if yes is no or (isinstance(yes, Fault) and yes == no):
        return yes
    if _is_truth(yes) and _is_truth(no):
        sides = [failing(each) if isinstance(each, Traced) else None for each in (yes, no)]
        bad = None
        if any(each is not None for each in sides):
            bad = where(condition, *(False if each is None else each for each in sides))
        return Traced(where(condition, expression(yes), expression(no)), failing=bad)
    if _is_number(yes) and _is_number(no):
        made = where(condition, expression(_plain(yes)), expression(_plain(no)))
        return Traced(made, may_fail=may_fail(_plain(yes), _plain(no)))
    return Branch(condition, yes, no)


def _plain(value: Value) -> Any:
    return traced_number(value) if isinstance(value, Traced) else value


def _is_truth(value: Value) -> bool:
    return isinstance(value, bool) or (isinstance(value, Traced) and value.is_truth)


def _is_number(value: Value) -> bool:
    if isinstance(value, Traced):
        return not value.is_truth
    return isinstance(value, (float, Fault)) and not isinstance(value, bool)


def each(function: Callable[..., Value], *values: Value) -> Value:
    """Apply a function of single values to areas cell by cell, and to choices side by side.

    A fault among the values is the result.
    """
    if any(isinstance(value, Area) for value in values):
        return _over_areas(function, values)
    for index, value in enumerate(values):
        if isinstance(value, Branch):
            sides = (
                each(function, *values[:index], side, *values[index + 1 :])
                for side in (value.yes, value.no)
            )
            return choice(Traced(value.condition), *sides)
    for value in values:
        if isinstance(value, Fault):
            return value
    return function(*values)


def _over_areas(function: Callable[..., Value], values: tuple[Value, ...]) -> Value:
    areas = [value for value in values if isinstance(value, Area)]
    n_rows = max(area.shape[0] for area in areas)
    n_columns = max(area.shape[1] for area in areas)

    def at(value: Value, row: int, column: int) -> Value:
        if not isinstance(value, Area):
            return value
        height, width = value.shape
        row, column = (0 if height == 1 else row), (0 if width == 1 else column)
        return value.rows[row][column] if row < height and column < width else MISSING

    made = tuple(
        tuple(
            each(function, *(at(value, row, column) for value in values))
            for column in range(n_columns)
        )
        for row in range(n_rows)
    )
    return made[0][0] if (n_rows, n_columns) == (1, 1) else Area(made)


def single(value: Value) -> Value:
    """Return the one value of an area of one cell; anything else as it is."""
    if isinstance(value, Area):
        return value.rows[0][0] if value.shape == (1, 1) else VALUE
    return value


def on_numbers(function: Callable[..., Value], *values: Value) -> Value:
    """Apply a function of numbers to whatever cells hold, as arithmetic takes it."""

    def taken(*singles: Value) -> Value:
        numbers = [number(value) for value in singles]
        for value in numbers:
            if isinstance(value, Fault):
                return value
        return function(*numbers)

    return each(taken, *values)
