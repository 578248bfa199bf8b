"""Whole numbers, and the remainder of a division."""

import math

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import floor, fma, where
from mclib.expressions.mathematics.signs import flip_sign, sign_bit, with_sign_of

_WHOLE_FROM = {Type.FLOAT32: 2.0**23, Type.FLOAT64: 2.0**52}
"""From here on every float is a whole number."""


def ceiling(x: Expression) -> Expression:
    """Return the smallest whole number not below `x`."""
    return -floor(-x)


def truncated(x: Expression) -> Expression:
    """Return `x` without its fraction."""
    return with_sign_of(floor(abs(x)), x)


def rounded(x: Expression) -> Expression:
    """Return the whole number nearest to `x`, halves to the even one.

    Adding 2^52 (2^23) leaves no room for a fraction: the addition itself rounds.
    """
    size, whole_from = abs(x), _WHOLE_FROM[x.type]
    whole = (size + whole_from) - whole_from
    return with_sign_of(where(size < whole_from, whole, size), x)


def remainder(a: Expression, b: Expression) -> Expression:
    """Return a - floor(a / b) * b, which has the sign of `b`.

    Exact (before the divisor is added to a negative remainder) where |a / b| < 2^53 (2^24
    in float32). Beyond, the floats near `a` lie further apart than `b`, and the remainder
    is 0.
    """
    sign = sign_bit(b)
    divisor, dividend = abs(b), flip_sign(a, sign)
    quotient = floor(dividend / divisor)
    # The quotient may have been rounded up to the next whole number, never down past one.
    rest = fma(-quotient, divisor, dividend)
    rest = where(rest < 0.0, rest + divisor, rest)
    nothing = where(divisor > 0.0, fma(a, 0.0, 0.0), math.nan)
    rest = where(abs(quotient) > 2.0 * _WHOLE_FROM[a.type], nothing, rest)
    # An infinite divisor leaves what has its sign and takes the rest for itself.
    endless = fma(abs(dividend), 0.0, where(dividend < 0.0, divisor, dividend))
    return flip_sign(where(divisor == math.inf, endless, rest), sign)
