"""Words for the library's own formulas: machine expressions beyond Python's operators."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.nodes import Table, node

_SHORT = 6
"""Polynomials of fewer coefficients than this are summed in one go."""


def fma(a: Any, b: Any, c: Any) -> Expression:
    """Return a * b + c, rounded once; plain numbers take the type of the others."""
    type_ = next(value.type for value in (a, b, c) if isinstance(value, Expression))
    return apply("fused_multiply_add", lift(a, type_), lift(b, type_), lift(c, type_))


def polynomial(x: Expression, coefficients: Sequence[float]) -> Expression:
    """Return the polynomial in `x`, highest coefficient first.

    Even and odd powers are summed apart, each by Horner's scheme in ``x * x``: one
    multiplication more, and half the time until the last step can begin.
    """
    if len(coefficients) < _SHORT:
        return _horner(x, coefficients)
    square = x * x
    last, before = coefficients[::-1][::2][::-1], coefficients[::-1][1::2][::-1]
    return fma(_horner(square, before), x, _horner(square, last))


def _horner(x: Expression, coefficients: Sequence[float]) -> Expression:
    total = lift(coefficients[0], x.type)
    for coefficient in coefficients[1:]:
        total = fma(total, x, coefficient)
    return total


def where(condition: Expression, a: Any, b: Any) -> Expression:
    """Return `a` where `condition` holds, else `b`; both are computed."""
    type_ = next(value.type for value in (a, b) if isinstance(value, Expression))
    return apply("where", condition, lift(a, type_), lift(b, type_))


def square_root(x: Expression) -> Expression:
    """Return the square root, correctly rounded."""
    return apply("square_root", x)


def tame_root(x: Expression) -> Expression:
    """Return the square root of a number known to lie between 2**-60 and 2**60."""
    return apply("square_root", x, payload="tame")


def tame_quotient(a: Expression, b: Expression) -> Expression:
    """Return a / b, all three known to lie between 2**-60 and 2**60 in size."""
    return apply("divide", a, b, payload="tame")


def lesser(a: Expression, b: Expression) -> Expression:
    """Return the smaller; `b` where `a` is NaN; of two zeros either."""
    return apply("lesser", a, b)


def greater(a: Expression, b: Expression) -> Expression:
    """Return the larger; `b` where `a` is NaN; of two zeros either."""
    return apply("greater", a, b)


def floor(x: Expression) -> Expression:
    """Return the largest whole number not above `x`."""
    return apply("floor", x)


def bits(x: Expression) -> Expression:
    """Return the bits of a float as an integer of its width."""
    return apply("float_bits", x)


def from_bits(x: Expression) -> Expression:
    """Return the float with these bits: int32 gives float32, int64 gives float64."""
    type_ = Type.FLOAT32 if x.type is Type.INT32 else Type.FLOAT64
    return Expression(node("from_bits", x.node, type_=type_))


def shift_right_signed(x: Expression, count: int) -> Expression:
    """Return `x` moved down by `count` bits, its sign bit moving in."""
    return apply("shift_right_signed", x, lift(count, x.type))


def to_float(x: Expression, type_: Type) -> Expression:
    """Return the signed integer `x` as a float, rounded to nearest."""
    return Expression(node("to_float", x.node, type_=type_))


def to_integer(x: Expression, type_: Type) -> Expression:
    """Return `x` towards zero; it must lie within the signed range of `type_`."""
    return Expression(node("to_integer", x.node, type_=type_))


def zero_extend(x: Expression) -> Expression:
    """Return an int32 as an int64 with zeros above."""
    return apply("zero_extend", x)


def truncate(x: Expression) -> Expression:
    """Return the low half of an int64."""
    return apply("truncate", x)


def load(table: Table, index: Expression) -> Expression:
    """Return element `index` (int32) of `table`; it must lie within."""
    return Expression(node("load", index.node, type_=table.type, payload=table))


def table_of(values: Any, type_: Type) -> Table:
    """Freeze an array of shape (n,) as a table of `type_`."""
    return Table.of(np.asarray(values), type_)
