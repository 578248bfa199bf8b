"""A way to evaluate polynomials with half the waiting."""

from collections.abc import Sequence

from mclib.expressions.expression import Expression
from mclib.expressions.machine import fma, polynomial


def polynomial_by_halves(
    x: Expression, square: Expression, coefficients: Sequence[float]
) -> Expression:
    """Return the polynomial in `x`, highest coefficient first, as E(x²) + x O(x²).

    Horner's scheme for each half: as many operations as for the whole, but the two halves
    do not wait for one another. Worth it where `square`, x², is needed anyway.
    """
    lowest_first = coefficients[::-1]
    even = polynomial(square, lowest_first[0::2][::-1])
    odd = polynomial(square, lowest_first[1::2][::-1])
    return fma(odd, x, even)
