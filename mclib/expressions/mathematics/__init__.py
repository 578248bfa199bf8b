"""Mathematics in machine ops only, written once for every engine.

Each formula takes and returns expressions of one type, `FLOAT32` or `FLOAT64`, and consists
of IEEE 754 operations that every processor rounds alike: +, -, *, /, square root, fused
multiply-add, comparisons and integer arithmetic. So all engines give the same bits. Special
values are those of NumPy. Errors are given in units in the last place (ulp) of the exact
result.
"""

from collections.abc import Callable

from mclib.expressions.expression import Expression
from mclib.expressions.mathematics.error_functions import erf, erfc
from mclib.expressions.mathematics.exponential import exp, expm1
from mclib.expressions.mathematics.hyperbolic import tanh
from mclib.expressions.mathematics.logarithm import log, log1p
from mclib.expressions.mathematics.normal import normal_quantile
from mclib.expressions.mathematics.ordering import maximum, minimum
from mclib.expressions.mathematics.powers import power
from mclib.expressions.mathematics.rounding import ceiling, remainder, rounded, truncated
from mclib.expressions.mathematics.trigonometry import arctan, cos, sin, tan

FORMULAS: dict[str, Callable[..., Expression]] = {
    "ceiling": ceiling,
    "truncated": truncated,
    "rounded": rounded,
    "remainder": remainder,
    "minimum": minimum,
    "maximum": maximum,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "arctan": arctan,
    "tanh": tanh,
    "erf": erf,
    "erfc": erfc,
    "power": power,
    "normal_quantile": normal_quantile,
}
"""For each op of a model that engines do not render, its formula."""
