"""Quantile functions as tables, for distributions that have no closed form.

Each half of the distribution is a table of its own, over ``t = -log2(tail) - 1``: 0 at the
median, one more for every halving of the tail. In this variable quantile functions are
smooth out to the far ends, whether they grow like a power, like a logarithm or like its
root. Every unit of t, an *octave*, is cut into equal segments, more of them near the median
than beyond; each segment is a polynomial of degree 5. A draw finds its segment by
arithmetic alone.
"""

import math
from dataclasses import dataclass

from mclib.distributions.laws import Floats
from mclib.expressions.expression import Expression
from mclib.expressions.functions import floor, log, lookup, maximum, minimum, where
from mclib.expressions.machine import fma
from mclib.expressions.probability import Probability

DEGREE = 5
N_OCTAVES = 63
"""The tables reach to tails of 2**-64; a float64 draw of an input is at least 2**-53."""


@dataclass(frozen=True, eq=False)
class QuantileTable:
    """A quantile function as a table.

    Attributes
    ----------
    n_near : int
        Octaves that are cut into `near_count` segments; those beyond into `far_count`.
    near_count, far_count : int
        Segments of an octave; powers of two.
    coefficients : array of shape (2 * (n_segments + 1), DEGREE + 1)
        Polynomials in the place within a segment, -1/2 to 1/2, lowest power first. First
        the lower half, from the median outwards, then the value held beyond as a constant,
        then the upper half likewise.
    u_error : float
        Largest |cdf(quantile(u)) - u| found when the table was made.
    tail_error : float
        Largest error relative to min(u, 1 - u) found where that is at least 1e-12.
    """

    n_near: int
    near_count: int
    far_count: int
    coefficients: Floats
    u_error: float
    tail_error: float

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: a logarithm, six lookups, a polynomial.

        Tails below 2**-64 give the quantile at 2**-64.
        """
        octaves = maximum(fma(log(p.tail), -1.0 / math.log(2.0), -1.0), 0.0)
        near = octaves * float(self.near_count)
        ahead = self.n_near * (self.near_count - self.far_count)
        far = fma(octaves, float(self.far_count), float(ahead))
        within = where(octaves < float(self.n_near), near, far)
        n_rows = len(self.coefficients) // 2
        segment = minimum(floor(within), float(n_rows - 1))
        place = within - segment - 0.5
        row = where(p.side, segment + float(n_rows), segment)
        highest, *others = self.coefficients.T[::-1]
        total = lookup(highest, row)
        for coefficients in others:
            total = fma(total, place, lookup(coefficients, row))
        return total  # type: ignore[no-any-return]
