"""The functions a model may use: `mc.exp`, `mc.floor`, `mc.where`, ...

Each takes traced values, plain numbers or arrays of them (element by element, as NumPy
does). NumPy's functions of the same names do the same on traced values.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.errors import ArgumentError
from mclib.expressions.dtypes import Type
from mclib.expressions.elementwise import elementwise
from mclib.expressions.expression import Expression, apply, as_number, lift, numbers


def _map(name: str, *values: Any) -> Any:
    return elementwise(lambda *each: numbers(name, *each), *values)


def exp(x: Any) -> Any:
    """Return e to the power `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> round(float(mc.exp(1)), 6)
    2.718282
    """
    return _map("exp", x)


def expm1(x: Any) -> Any:
    """Return exp(x) - 1, accurate for `x` near 0.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.expm1(1e-20)), float(mc.exp(1e-20) - 1)
    (1e-20, 0.0)
    """
    return _map("expm1", x)


def log(x: Any) -> Any:
    """Return the natural logarithm of `x`; NaN below 0, minus infinity at 0.

    Examples
    --------
    >>> import mclib as mc
    >>> round(float(mc.log(10)), 6), float(mc.log(0))
    (2.302585, -inf)
    """
    return _map("log", x)


def log1p(x: Any) -> Any:
    """Return log(1 + x), accurate for `x` near 0.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.log1p(1e-20)), float(mc.log(1 + 1e-20))
    (1e-20, 0.0)
    """
    return _map("log1p", x)


def sqrt(x: Any) -> Any:
    """Return the square root of `x`; NaN below 0.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.sqrt(9)), float(mc.sqrt(-9))
    (3.0, nan)
    """
    return _map("square_root", x)


def sin(x: Any) -> Any:
    """Return the sine of `x` radians.

    Examples
    --------
    >>> import mclib as mc
    >>> import numpy as np
    >>> round(float(mc.sin(np.pi / 6)), 12)
    0.5
    """
    return _map("sin", x)


def cos(x: Any) -> Any:
    """Return the cosine of `x` radians.

    Examples
    --------
    >>> import mclib as mc
    >>> import numpy as np
    >>> round(float(mc.cos(np.pi / 3)), 12)
    0.5
    """
    return _map("cos", x)


def tan(x: Any) -> Any:
    """Return the tangent of `x` radians.

    Examples
    --------
    >>> import mclib as mc
    >>> import numpy as np
    >>> round(float(mc.tan(np.pi / 4)), 12)
    1.0
    """
    return _map("tan", x)


def arctan(x: Any) -> Any:
    """Return the angle in radians, between -pi/2 and pi/2, whose tangent is `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> round(float(4 * mc.arctan(1)), 6)
    3.141593
    """
    return _map("arctan", x)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent of `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.tanh(0)), round(float(mc.tanh(1)), 6)
    (0.0, 0.761594)
    """
    return _map("tanh", x)


def erf(x: Any) -> Any:
    """Return the error function of `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> round(float(mc.erf(2**-0.5)), 4)  # of a normal, within one standard deviation
    0.6827
    """
    return _map("erf", x)


def erfc(x: Any) -> Any:
    """Return 1 - erf(x), accurate in the upper tail.

    Examples
    --------
    >>> import mclib as mc
    >>> f"{mc.erfc(10):.4g}, but {1 - mc.erf(10):.4g}"
    '2.088e-45, but 0'
    """
    return _map("erfc", x)


def power(x: Any, y: Any) -> Any:
    """Return `x` to the power `y`; NaN for a negative `x` and a fractional `y`.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.power(2, 10)), float(mc.power(-8, 1 / 3))
    (1024.0, nan)
    """
    return _map("power", x, y)


def minimum(x: Any, y: Any, *others: Any) -> Any:
    """Return the smallest in each trial; NaN if any of them is.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.minimum(3, 1, 2))
    1.0
    """
    return functools.reduce(functools.partial(_map, "minimum"), (x, y, *others))


def maximum(x: Any, y: Any, *others: Any) -> Any:
    """Return the largest in each trial; NaN if any of them is.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def claim(loss=mc.Exponential(10)):
    ...     return {"paid": mc.maximum(loss - 10, 0)}
    >>> print(mc.simulate(claim, 100_000, seed=7)["paid"].mean)  # 10 exp(-1) is 3.68
    3.66 ± 0.05 (95 %)
    """
    return functools.reduce(functools.partial(_map, "maximum"), (x, y, *others))


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return `x`, held between `low` and `high` in each trial; None is no limit.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.clip(7, 0, 5)), float(mc.clip(-7, None, 5))
    (5.0, -7.0)
    """
    held = x if low is None else maximum(x, low)
    return held if high is None else minimum(held, high)


def select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0.0) -> Any:
    """Return, in each trial, the choice of the first condition that holds.

    Parameters
    ----------
    conditions : sequence of n traced conditions
        Looked at in order.
    choices : sequence of n numbers or traced values
        One for each condition.
    default : number or traced value, default 0
        Where no condition holds.

    Raises
    ------
    ArgumentError
        If there are not as many choices as conditions, or none.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def shipping(weight=mc.Uniform(0, 10)):
    ...     return {"price": mc.select([weight < 2, weight < 5], [4.0, 6.0], 10.0)}
    >>> print([shipping(weight=weight)["price"].item() for weight in (1.0, 3.0, 9.0)])
    [4.0, 6.0, 10.0]
    """
    if len(conditions) != len(choices) or not choices:
        message = (
            "`conditions` and `choices` must be equally many, at least one; got "
            f"{len(conditions)} and {len(choices)}."
        )
        raise ArgumentError(message)
    chosen = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen


def absolute(x: Any) -> Any:
    """Return `x` without its sign.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.absolute(-2.5))
    2.5
    """
    return _map("absolute", x)


def floor(x: Any) -> Any:
    """Return the largest whole number not above `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.floor(2.7)), float(mc.floor(-2.7))
    (2.0, -3.0)
    """
    return _map("floor", x)


def ceil(x: Any) -> Any:
    """Return the smallest whole number not below `x`.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.ceil(2.2)), float(mc.ceil(-2.2))
    (3.0, -2.0)
    """
    return _map("ceiling", x)


def trunc(x: Any) -> Any:
    """Return `x` without its fraction.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.trunc(2.7)), float(mc.trunc(-2.7))
    (2.0, -2.0)
    """
    return _map("truncated", x)


def rint(x: Any) -> Any:
    """Return the whole number nearest to `x`, halves to the even one.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.rint(2.5)), float(mc.rint(2.51))
    (2.0, 3.0)
    """
    return _map("rounded", x)


def sign(x: Any) -> Any:
    """Return -1, 0 or 1 as `x` is below, at or above 0; NaN if `x` is.

    Examples
    --------
    >>> import mclib as mc
    >>> float(mc.sign(-2.5)), float(mc.sign(0.0))
    (-1.0, 0.0)
    """
    return elementwise(lambda each: where(each > 0, 1.0, where(each < 0, -1.0, each)), x)


def isnan(x: Any) -> Any:
    """Return whether `x` is NaN in each trial.

    Examples
    --------
    >>> import mclib as mc
    >>> bool(mc.isnan(mc.log(-1))), bool(mc.isnan(1.0))
    (True, False)
    """
    return elementwise(lambda each: each != each, x)


def isfinite(x: Any) -> Any:
    """Return whether `x` is neither NaN nor infinite in each trial.

    Examples
    --------
    >>> import mclib as mc
    >>> bool(mc.isfinite(mc.log(0))), bool(mc.isfinite(1.0))
    (False, True)
    """
    return elementwise(lambda each: absolute(each) < np.inf, x)


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` in the trials where `condition` holds, `b` in the others.

    Both are computed in every trial, so that neither may rely on the condition to avoid,
    say, a division by zero: the infinity or NaN of the side not taken is dropped.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(demand=mc.Uniform(50, 150)):
    ...     return {"revenue": mc.where(demand > 100, 18.0, 20.0) * demand}
    >>> print(sales(demand=80.0)["revenue"], sales(demand=120.0)["revenue"])
    1600.0 2160.0
    """
    return elementwise(_where, condition, a, b)


def _where(condition: Any, a: Any, b: Any) -> Expression:
    truth = lift(condition, Type.BOOLEAN)
    if truth.type is not Type.BOOLEAN:
        truth = truth != 0
    if _is_boolean(a) and _is_boolean(b):
        left, right = lift(a, Type.BOOLEAN), lift(b, Type.BOOLEAN)
    else:
        left, right = as_number(lift(a, Type.REAL)), as_number(lift(b, Type.REAL))
    return apply("where", truth, left, right)


def _is_boolean(value: Any) -> bool:
    if isinstance(value, Expression):
        return value.type is Type.BOOLEAN
    return isinstance(value, (bool, np.bool_))
