"""The smaller and the larger of two numbers; NaN if either is."""

import math

from mclib.expressions.expression import Expression
from mclib.expressions.machine import where


def minimum(a: Expression, b: Expression) -> Expression:
    """Return the smaller of `a` and `b`."""
    if _is_known_number(a):
        return where(a < b, a, b)
    smaller = where(b < a, b, a)
    return smaller if _is_known_number(b) else where(b == b, smaller, b)


def maximum(a: Expression, b: Expression) -> Expression:
    """Return the larger of `a` and `b`."""
    if _is_known_number(a):
        return where(b < a, a, b)
    larger = where(a < b, b, a)
    return larger if _is_known_number(b) else where(b == b, larger, b)


def _is_known_number(x: Expression) -> bool:
    return x.node.is_constant and not math.isnan(x.node.payload)
