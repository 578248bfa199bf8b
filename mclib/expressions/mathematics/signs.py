"""Signs as bits: moved about without arithmetic, so that zeros keep theirs."""

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import bits, from_bits

_SIGN_BIT = {Type.FLOAT32: -(1 << 31), Type.FLOAT64: -(1 << 63)}


def sign_bit(x: Expression) -> Expression:
    """Return an integer with the sign bit of `x` and no other."""
    return bits(x) & _SIGN_BIT[x.type]


def flip_sign(x: Expression, sign: Expression) -> Expression:
    """Return `x`, negated where the sign bit in the integer `sign` is set."""
    return from_bits(bits(x) ^ sign)


def with_sign_of(x: Expression, other: Expression) -> Expression:
    """Return `x`, which has no sign, with the sign of `other`."""
    return from_bits(bits(x) | sign_bit(other))
