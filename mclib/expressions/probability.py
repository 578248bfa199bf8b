"""A uniform draw seen from both ends.

Near 1 a float cannot tell a probability from 1; near 0 it has all its digits. So a draw is
kept as its distance from the nearer end and the side it lies on, and a quantile function
may ask for `lower` (u) or `upper` (1 - u), each exact at its small end.
"""

import math

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift


class Probability:
    """A probability u in (0, 1) that a quantile function turns into a draw.

    Attributes
    ----------
    tail : Expression
        min(u, 1 - u), in (0, 1/2].
    side : Expression
        Whether u lies in the upper half.
    score : Expression or None
        The standard normal quantile of u, where u was made of one.
    """

    __slots__ = ("score", "side", "tail")

    def __init__(
        self, tail: Expression, side: Expression, score: Expression | None = None
    ) -> None:
        self.tail = tail
        self.side = side
        self.score = score

    @classmethod
    def of(cls, u: Expression | float) -> "Probability":
        """See a traced or plain number in (0, 1) as a probability."""
        number = lift(u, Type.REAL)
        side = number > 0.5
        return cls(apply("where", side, 1.0 - number, number), side)

    @classmethod
    def of_score(cls, z: Expression) -> "Probability":
        """See a standard normal number as the probability of everything below it."""
        tail = apply("erfc", abs(z) * math.sqrt(0.5)) * 0.5
        return cls(tail, z > 0.0, z)

    @property
    def lower(self) -> Expression:
        """u: the probability of everything below the draw."""
        return apply("where", self.side, 1.0 - self.tail, self.tail)

    @property
    def upper(self) -> Expression:
        """1 - u: the probability of everything above the draw."""
        return apply("where", self.side, self.tail, 1.0 - self.tail)

    def standard_normal(self) -> Expression:
        """Return the standard normal quantile of u."""
        if self.score is not None:
            return self.score
        return apply("normal_quantile", self.tail, self.side)

    def reversed(self) -> "Probability":
        """Return the probability 1 - u."""
        score = None if self.score is None else -self.score
        return Probability(self.tail, ~self.side, score)
