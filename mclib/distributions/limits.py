"""Limits that differ from trial to trial: the probability of a value, without a cdf.

A distribution is its quantile function, and that may be asked at any probability. So the
probability of what lies below a limit is searched for, between halves of the logarithm of a
tail: 60 steps, on every engine the same, to the last digits of either tail. It does for
tables, steps, iterations and whole numbers alike, and for parameters that are random too.
"""

from typing import Any, NamedTuple

from mclib.distributions.distribution import Distribution
from mclib.distributions.parts import seen
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.functions import sqrt, where
from mclib.expressions.loops import scan
from mclib.expressions.probability import Probability

N_STEPS = 60
"""The logarithm of a tail is halved from 68 to the rounding of a float64."""

LEAST = 2.0**-100
"""A tail that is no larger is taken as 0."""


class Sides(NamedTuple):
    """The probabilities on both sides of a limit, each with its own digits.

    Attributes
    ----------
    lower, upper : Expression or float
        Of what lies below and above; they add up to 1.
    """

    lower: Any
    upper: Any


def sides_of(distribution: Distribution, limit: Any, *, is_below: bool) -> Sides:
    """Return what a distribution has on the sides of a limit.

    Parameters
    ----------
    distribution : Distribution
        Its parameters may be traced or random.
    limit : number or traced value
        In the draws' unit.
    is_below : bool
        Whether a draw that is equal to the limit counts as above it: for the lower of two
        limits that both belong to what is between them.
    """

    def is_above(tail: Any, side: Any) -> Expression:
        x = distribution.draw(Probability(tail, side))
        return x >= limit if is_below else x > limit  # type: ignore[no-any-return]

    half = lift(0.5, Type.REAL)
    is_upper = ~is_above(half, half > 1.0)

    def halved(ends: tuple[Expression, Expression]) -> tuple[Expression, Expression]:
        near, far = ends
        tail = sqrt(near) * sqrt(far)
        goes_nearer = is_above(tail, is_upper) ^ is_upper
        return where(goes_nearer, near, tail), where(goes_nearer, tail, far)

    near, far = scan(halved, (LEAST, 0.5), N_STEPS)
    # Of the two ends, that on the inner side of the limit: no draw may pass it.
    tail = where(is_upper, near, far) if is_below else where(is_upper, far, near)
    tail = where(far <= 2.0 * LEAST, 0.0, tail)
    lower = where(is_upper, 1.0 - tail, tail)
    return Sides(lower, where(is_upper, tail, 1.0 - tail))


def between(first: Sides, last: Sides) -> Expression:
    """Return the probability between two limits, on the side where it has its digits."""
    in_upper_half = first.lower > 0.5
    return where(  # type: ignore[no-any-return]
        in_upper_half, first.upper - last.upper, last.lower - first.lower
    )


def draw_at(distribution: Distribution, lower: Any, upper: Any) -> Expression:
    """Return the quantile of which both sides are known, each with its own digits."""
    p = seen(lower, upper)
    # Rounding may take all of a tail.
    return distribution.draw(Probability(where(p.tail > LEAST, p.tail, LEAST), p.side))
