"""A quantile function in pieces: between kinks and valleys of the density, a table each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mclib.distributions.laws import Floats
from mclib.distributions.parts import seen
from mclib.distributions.tables import QuantileTable
from mclib.expressions.expression import Expression
from mclib.expressions.functions import maximum, minimum, where
from mclib.expressions.probability import Probability

_LEAST = 2.0**-100
"""A tail that is no smaller stands for one that rounding has made 0."""

_CLEAR = 0.8
"""A valley is at most so high, as a share of the hills beside it."""


@dataclass(frozen=True)
class Piece:
    """A distribution between two places.

    Attributes
    ----------
    low, high : float
        The places; infinite where there is no limit.
    below, share, above : float
        Probabilities below, between and above them.
    table : QuantileTable
        The quantile function, given that a draw lies between.
    """

    low: float
    high: float
    below: float
    share: float
    above: float
    table: QuantileTable

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, held between the places."""
        if self.below == 0.0 and self.above == 0.0:
            return self.table.draw(p)
        lower, upper = (
            minimum(maximum((each - apart) / self.share, _LEAST), 1.0)
            for each, apart in ((p.lower, self.below), (p.upper, self.above))
        )
        x = self.table.draw(seen(lower, upper))
        x = x if np.isinf(self.low) else maximum(x, self.low)
        return x if np.isinf(self.high) else minimum(x, self.high)


def draw_pieces(pieces: Sequence[Piece], p: Probability) -> Expression:
    """Return the draw of the piece in which `p` lies."""
    first, *others = pieces
    x = first.draw(p)
    for piece in others:
        # Asked on the side on which the border has its digits.
        beyond = piece.above + piece.share
        is_there = p.upper < beyond if beyond < 0.5 else p.lower >= piece.below
        x = where(is_there, piece.draw(p), x)
    return x


def valleys(places: Floats, density: Floats) -> Floats:
    """Return where a density, given at places in order, has clear local minima."""
    found = []
    top = density[0]
    at, least = 0, density[0]
    for k, value in enumerate(density):
        if value < least:
            at, least = k, value
        if least < _CLEAR * top and value > least / _CLEAR:
            if 0 < at < len(density) - 1:
                found.append(places[at])
            top, at, least = value, k, value
        elif value > top:
            top, at, least = value, k, value
    return np.array(found)
