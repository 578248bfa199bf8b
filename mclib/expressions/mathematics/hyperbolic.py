"""The hyperbolic tangent."""

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import where
from mclib.expressions.mathematics.exponential import expm1_bounded
from mclib.expressions.mathematics.signs import with_sign_of

_ONE_FROM = {Type.FLOAT32: 10.0, Type.FLOAT64: 20.0}
"""From here on the nearest float is 1."""


def tanh(x: Expression) -> Expression:
    """Return the hyperbolic tangent, to 2.5 ulp.

    With e = exp(2 |x|) - 1 it is e / (e + 2), or 1 - 2 / (e + 2), which never falls near 1.
    """
    size, one_from = abs(x), _ONE_FROM[x.type]
    held = where(size > one_from, one_from, size)
    e = expm1_bounded(held + held)
    is_large = e > 2.0
    quotient = where(is_large, 2.0, e) / (e + 2.0)
    return with_sign_of(where(is_large, 1.0 - quotient, quotient), x)
