"""Numbers of cells: the same rules for a float and for a traced value.

Every function here takes floats and traced numbers, as `values.number` gives them, and
returns a float, a traced number, or a fault. Floats go through the formulas that draws go
through, so that a number computed once is the number that a trial would have.
"""

import math
from collections.abc import Callable
from typing import Any

from mclib.expressions import functions as mathematics
from mclib.expressions.functions import absolute, where
from mclib.spreadsheets.values import (
    DIVISION,
    NUMBER,
    Traced,
    expression,
    finite,
    may_fail,
)

_HAIR = 2.0**-48
"""How far apart equal numbers may be, in parts of the number: about fifteen digits."""


def is_plain(*values: Any) -> bool:
    """Return whether no value is traced."""
    return not any(isinstance(each, Traced) for each in values)


def add(a: Any, b: Any) -> Any:
    """Return a + b."""
    if is_plain(a, b):
        return finite(a + b)
    return Traced(expression(a) + expression(b), may_fail(a, b))


def subtract(a: Any, b: Any) -> Any:
    """Return a - b."""
    if is_plain(a, b):
        return finite(a - b)
    return Traced(expression(a) - expression(b), may_fail(a, b))


def multiply(a: Any, b: Any) -> Any:
    """Return a * b."""
    if is_plain(a, b):
        return finite(a * b)
    return Traced(expression(a) * expression(b), may_fail(a, b))


def divide(a: Any, b: Any) -> Any:
    """Return a / b; ``#DIV/0!`` for b = 0."""
    if is_plain(b):
        if b == 0.0:
            return DIVISION
        if is_plain(a):
            return finite(a / b)
        return Traced(expression(a) / b, may_fail(a))
    below = expression(b)
    return Traced(where(below == 0.0, math.nan, expression(a) / below), may_fail=True)


def power(a: Any, b: Any) -> Any:
    """Return a to the power b, with the faults that a spreadsheet has."""
    if is_plain(a, b):
        if a == 0.0 and b <= 0.0:
            return NUMBER if b == 0.0 else DIVISION
        return finite(float(mathematics.power(a, b)))
    base, exponent = expression(a), expression(b)
    raised = mathematics.power(base, exponent)
    if is_plain(a) and a > 0.0:
        return Traced(raised, may_fail(b))
    if is_plain(b) and b == int(b) and b > 0.0:
        return Traced(raised, may_fail(a))
    fails = (base == 0.0) & (exponent <= 0.0) if isinstance(a, Traced) else exponent <= 0.0
    if isinstance(a, Traced) and is_plain(b):
        fails = base == 0.0 if b <= 0.0 else base < 0.0
    return Traced(where(fails, math.nan, raised), may_fail=True)


def negative(a: Any) -> Any:
    """Return -a."""
    return -a if is_plain(a) else Traced(-a.value, a.may_fail)


def percent(a: Any) -> Any:
    """Return a hundredth of a."""
    return divide(a, 100.0)


def through(
    function: Callable[[Any], Any], *, low: float = -math.inf, strict: bool = False
) -> Callable[[Any], Any]:
    """Return a function of one number as cells have it.

    Parameters
    ----------
    function : callable
        Of `mclib.expressions.functions`.
    low : float, optional
        Below it the result is ``#NUM!``.
    strict : bool, default False
        Whether it is so at `low` too.
    """

    def applied(a: Any) -> Any:
        if is_plain(a):
            if a < low or (strict and a == low):
                return NUMBER
            return finite(float(function(a)))
        made = function(a.value)
        if low == -math.inf:
            return Traced(made, a.may_fail)
        fails = a.value <= low if strict else a.value < low
        return Traced(where(fails, math.nan, made), may_fail=True)

    return applied


def equal(a: Any, b: Any) -> Any:
    """Return whether two numbers are the same to about fifteen digits."""
    if is_plain(a, b):
        return abs(a - b) <= abs(a) * _HAIR
    left, right = expression(a), expression(b)
    if (is_plain(a) and a == 0.0) or (is_plain(b) and b == 0.0):
        return left == right
    return absolute(left - right) <= absolute(left) * _HAIR


def less(a: Any, b: Any) -> Any:
    """Return whether a is below b, and not by rounding alone."""
    if is_plain(a, b):
        return a < b and not equal(a, b)
    if (is_plain(a) and a == 0.0) or (is_plain(b) and b == 0.0):
        return expression(a) < expression(b)
    return (expression(a) < expression(b)) & ~equal(a, b)
