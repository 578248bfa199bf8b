"""Quantile functions as tables, for draws of what has no closed form, or a costly one.

Each half of the distribution is a table of its own over its tail. Every halving of the
tail, an *octave*, is cut into equal segments, more of them near the median than beyond if
that saves much; each segment is a polynomial of degree 3. Relative to its octave a quantile
function is smooth out to the far ends, whether it grows like a power, like a logarithm or
like its root. A draw finds its segment in the bits of its uniform.
"""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability
from mclib.expressions.tabulation import Segments


@dataclass(frozen=True, eq=False)
class QuantileTable:
    """A quantile function as a table.

    Attributes
    ----------
    segments : Segments
        The polynomials.
    u_error : float
        Largest |cdf(quantile(u)) - u| found when the table was made.
    tail_error : float
        Largest error relative to min(u, 1 - u) found where that is at least 1e-12.
    """

    segments: Segments
    u_error: float
    tail_error: float

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: four numbers looked up, a polynomial.

        Tails below 2**-64 give the quantile at 2**-64.
        """
        ends = p.tail.node, p.side.node
        return Expression(node("tabulated", *ends, type_=Type.REAL, payload=self.segments))

    def draw_for(self, p: Probability, exact: Expression) -> Expression:
        """Return the table's draw where `p` is the uniform of a draw itself, else `exact`.

        `exact` is the same quantile function as a formula: what is asked of a distribution
        by itself has all digits, and so have draws of a copula.
        """
        args = p.tail.node, p.side.node, exact.node
        return Expression(
            node("tabulated_draw", *args, type_=Type.REAL, payload=self.segments)
        )
