"""What the formulas are compared with: mpmath, in 160 bits."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np

from mclib.expressions.dtypes import Type
from mclib.expressions.evaluation import evaluate
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import where
from mclib.expressions.mathematics.normal_draws import normal_draw
from mclib.expressions.nodes import node

PRECISION = 160

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arctan": mp.atan,
    "tanh": mp.tanh,
    "erf": mp.erf,
    "erfc": mp.erfc,
}


def evaluated(
    formula: Callable[..., Expression], *arrays: Any, type_: Type = Type.FLOAT64
) -> Any:
    """Return a formula's values in the NumPy meaning of its machine ops."""
    known = {}
    for place, array in enumerate(arrays):
        values = np.asarray(array)
        kind = Type.BOOLEAN if values.dtype == np.bool_ else type_
        with np.errstate(invalid="ignore"):
            known[node("argument", type_=kind, payload=place)] = values.astype(kind.dtype)
    return evaluate([formula(*map(Expression, known)).node], known)[0]


def draw_on_a_side(tail: Expression, side: Expression) -> Expression:
    """Return the normal draw of a tail on the upper side of 1/2, or on the lower."""
    type_ = tail.type.bits_type
    sign_bit = lift(1 << (8 * type_.dtype.itemsize - 1), type_)
    return normal_draw(tail, where(side, sign_bit, lift(0, type_)))


def errors_in_ulps(got: Any, exact: list[Any]) -> Any:
    """Return how far numbers are off, in units in the last place of the exact ones."""
    errors = []
    for number, truth in zip(got, exact, strict=True):
        spacing = np.spacing(number.dtype.type(abs(float(truth))))
        errors.append(abs(float((mp.mpf(float(number)) - truth) / float(spacing))))
    return np.array(errors)


def exactly(function: Callable[..., Any], *arrays: Any) -> list[Any]:
    """Return a function's exact values."""
    with mp.workprec(PRECISION):
        return [
            function(*map(mp.mpf, each))
            for each in zip(*(np.asarray(array).tolist() for array in arrays), strict=True)
        ]


def exact_normal_quantile(tail: float) -> Any:
    """Return the standard normal quantile of 1 - `tail`, by Newton's method on log erfc."""
    with mp.workprec(PRECISION):
        target = mp.log(2 * mp.mpf(tail))
        z = mp.sqrt(-2 * target) if tail < 0.1 else mp.mpf(1) - 2 * mp.mpf(tail)
        for _ in range(60):
            survival = mp.erfc(z / mp.sqrt(2))
            slope = -mp.sqrt(2 / mp.pi) * mp.exp(-z * z / 2) / survival
            step = (mp.log(survival) - target) / slope
            z -= step
            if abs(step) < mp.mpf(2) ** (-PRECISION + 40):
                break
        return z
