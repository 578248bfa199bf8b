"""Functions of one or two numbers: powers, logarithms, angles, ways of rounding."""

import math
from collections.abc import Callable
from typing import Any

from mclib.expressions import functions as of
from mclib.expressions.functions import absolute, floor, sign, trunc, where
from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.arithmetic import divide, is_plain, multiply, through
from mclib.spreadsheets.evaluating import Function, numeric
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    DIVISION,
    NUMBER,
    Fault,
    Traced,
    expression,
    finite,
    may_fail,
)

_HAIR = 2.0**-46
"""In parts of a number: how far below a whole number it may lie and count as that."""


def held(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a rounding to whole numbers that isn't misled by the last bits.

    A product such as 1.15 * 100 is 114.99999999999999; spreadsheets round what they show.
    """

    def applied(a: Any) -> Any:
        nearest = of.rint(a)
        near = absolute(a - nearest) <= absolute(a) * _HAIR
        return where(near, nearest, function(a))

    return applied


def _plainly(function: Callable[[float], float]) -> Callable[[float], float]:
    def applied(a: float) -> float:
        nearest = float(round(a))
        return nearest if abs(a - nearest) <= abs(a) * _HAIR else float(function(a))

    return applied


_WAYS: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    "nearest": (
        lambda a: sign(a) * held(floor)(absolute(a) + 0.5),
        lambda a: math.copysign(_plainly(math.floor)(abs(a) + 0.5), a),
    ),
    "up": (
        lambda a: sign(a) * held(of.ceil)(absolute(a)),
        lambda a: math.copysign(_plainly(math.ceil)(abs(a)), a),
    ),
    "down": (
        lambda a: sign(a) * held(floor)(absolute(a)),
        lambda a: math.copysign(_plainly(math.floor)(abs(a)), a),
    ),
    "floor": (held(floor), _plainly(math.floor)),
    "ceiling": (held(of.ceil), _plainly(math.ceil)),
}


def whole(way: str, a: Any) -> Any:
    """Make a number whole: nearest (halves away from 0), up, down, floor, ceiling."""
    traced, plain = _WAYS[way]
    if is_plain(a):
        return plain(a) if abs(a) < 2.0**52 else a
    return Traced(traced(a.value), a.may_fail)


def rounded(way: str) -> Callable[..., Any]:
    """Return ``ROUND`` and its like: to so many digits behind the point."""

    def applied(a: Any, digits: Any = 0.0) -> Any:
        if not is_plain(digits):
            raise Refusal("it rounds to a number of digits that is random")
        places = int(digits)
        scale = 10.0 ** abs(places)
        if places >= 0:
            return divide(whole(way, multiply(a, scale)), scale)
        return multiply(whole(way, divide(a, scale)), scale)

    return applied


def to_multiple(way: str) -> Callable[..., Any]:
    """Return ``FLOOR``, ``CEILING`` and ``MROUND``: to a multiple of the second number."""

    def applied(a: Any, step: Any = 1.0) -> Any:
        if is_plain(step) and step == 0.0:
            return 0.0
        if is_plain(a, step) and a > 0.0 > step:
            return NUMBER
        made = divide(a, step)
        return made if isinstance(made, Fault) else multiply(whole(way, made), step)

    return applied


def _to_multiple_of_size(way: str) -> Callable[..., Any]:
    """Return ``FLOOR.MATH`` and ``CEILING.MATH``: whatever the sign of the step."""
    ordinary = to_multiple(way)

    def applied(a: Any, step: Any = 1.0) -> Any:
        return ordinary(a, _absolute(step))

    return applied


_absolute = through(absolute)


def _sign(a: Any) -> Any:
    return (
        float((a > 0.0) - (a < 0.0)) if is_plain(a) else Traced(sign(a.value), a.may_fail)
    )


def _logarithm(a: Any, base: Any = 10.0) -> Any:
    above, below = natural_log(a), natural_log(base)
    for each in (above, below):
        if isinstance(each, Fault):
            return each
    if is_plain(a, base) and base == 10.0:
        # A power of ten has a whole logarithm.
        return finite(math.log10(a))
    return divide(above, below)


natural_log = through(of.log, low=0.0, strict=True)
exponential = through(of.exp)


def _modulo(a: Any, b: Any) -> Any:
    if is_plain(b) and b == 0.0:
        return DIVISION
    if is_plain(a, b):
        return finite(a - b * math.floor(a / b))
    divisor = expression(b)
    made = expression(a) - divisor * floor(expression(a) / divisor)
    if is_plain(b):
        return Traced(made, may_fail(a))
    return Traced(where(divisor == 0.0, math.nan, made), may_fail=True)


def _quotient(a: Any, b: Any) -> Any:
    made = divide(a, b)
    if isinstance(made, Fault):
        return made
    return (
        float(math.trunc(made))
        if is_plain(made)
        else Traced(trunc(made.value), made.may_fail)
    )


def _plain_only(function: Callable[..., float]) -> Callable[..., Any]:
    def applied(*values: Any) -> Any:
        if not is_plain(*values):
            raise Refusal("it takes a factorial or a combination of what is random")
        try:
            return finite(float(function(*(int(each) for each in values))))
        except (ValueError, OverflowError):
            return NUMBER

    return applied


def _arc_sine(a: Any) -> Any:
    return of.arctan(a / of.sqrt((1.0 - a) * (1.0 + a)))


def _arc_cosine(a: Any) -> Any:
    return math.pi / 2.0 - _arc_sine(a)


FUNCTIONS = {
    "ABS": numeric(_absolute),
    "SIGN": numeric(_sign),
    "SQRT": numeric(through(of.sqrt, low=0.0)),
    "EXP": numeric(exponential),
    "LN": numeric(natural_log),
    "LOG": numeric(_logarithm, 1, 2),
    "LOG10": numeric(lambda a: _logarithm(a, 10.0)),
    "POWER": numeric(arithmetic.power, 2),
    "PI": Function(lambda: math.pi, 0, 0),
    "SIN": numeric(through(of.sin)),
    "COS": numeric(through(of.cos)),
    "TAN": numeric(through(of.tan)),
    "ATAN": numeric(through(of.arctan)),
    "TANH": numeric(through(of.tanh)),
    "RADIANS": numeric(lambda a: multiply(a, math.pi / 180.0)),
    "DEGREES": numeric(lambda a: multiply(a, 180.0 / math.pi)),
    "INT": numeric(lambda a: whole("floor", a)),
    "TRUNC": numeric(rounded("down"), 1, 2),
    "ROUND": numeric(rounded("nearest"), 2),
    "ROUNDUP": numeric(rounded("up"), 2),
    "ROUNDDOWN": numeric(rounded("down"), 2),
    "FLOOR": numeric(to_multiple("floor"), 2),
    "CEILING": numeric(to_multiple("ceiling"), 2),
    "FLOOR.MATH": numeric(_to_multiple_of_size("floor"), 1, 2),
    "CEILING.MATH": numeric(_to_multiple_of_size("ceiling"), 1, 2),
    "FLOOR.PRECISE": numeric(_to_multiple_of_size("floor"), 1, 2),
    "CEILING.PRECISE": numeric(_to_multiple_of_size("ceiling"), 1, 2),
    "MROUND": numeric(to_multiple("nearest"), 2),
    "MOD": numeric(_modulo, 2),
    "QUOTIENT": numeric(_quotient, 2),
    "FACT": numeric(_plain_only(math.factorial)),
    "COMBIN": numeric(_plain_only(math.comb), 2),
    "PERMUT": numeric(_plain_only(math.perm), 2),
    "EVEN": numeric(lambda a: multiply(whole("up", divide(a, 2.0)), 2.0)),
}
