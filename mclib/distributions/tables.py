"""Quantile functions as tables, for distributions that have no closed form.

Each half of the distribution is a table of its own, over ``t = -log2(tail) - 1``: 0 at the
median, one more for every halving of the tail. In this variable quantile functions are
smooth out to the far ends, whether they grow like a power, like a logarithm or like its
root. Every unit of t, an *octave*, is cut into as many equal segments as its accuracy
needs, a power of two; each segment is a polynomial of degree 7. A draw finds its segment by
arithmetic alone.
"""

import math
from dataclasses import dataclass

from mclib.distributions.laws import Floats
from mclib.expressions.expression import Expression
from mclib.expressions.functions import floor, log, lookup, maximum, minimum, where
from mclib.expressions.machine import fma
from mclib.expressions.probability import Probability

DEGREE = 7
N_OCTAVES = 63
"""The tables reach to tails of 2**-64; a float64 draw of an input is at least 2**-53."""


@dataclass(frozen=True, eq=False)
class QuantileTable:
    """A quantile function as a table.

    Attributes
    ----------
    counts, firsts : array of shape (2 * (N_OCTAVES + 1),)
        For each octave of the lower half, then of the upper half: how many segments it has
        and where they begin.
    coefficients : array of shape (n_segments, DEGREE + 1)
        Polynomials of the segments, lowest power first.
    u_error : float
        Largest |cdf(quantile(u)) - u| found; at most `U_ERROR`.
    tail_error : float
        Largest error relative to min(u, 1 - u) found where that is at least 1e-12.
    """

    counts: Floats
    firsts: Floats
    coefficients: Floats
    u_error: float
    tail_error: float

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: a logarithm, ten lookups, a polynomial.

        Tails below 2**-64 give the quantile at 2**-64.
        """
        octaves = maximum(fma(log(p.tail), -1.0 / math.log(2.0), -1.0), 0.0)
        whole = minimum(floor(octaves), float(N_OCTAVES))
        row = where(p.side, whole + float(N_OCTAVES + 1), whole)
        within = (octaves - whole) * lookup(self.counts, row)
        segment = floor(within)
        place = within - segment - 0.5
        index = lookup(self.firsts, row) + segment
        highest, *others = self.coefficients.T[::-1]
        total = lookup(highest, index)
        for coefficients in others:
            total = fma(total, place, lookup(coefficients, index))
        return total  # type: ignore[no-any-return]
