"""The functions a model may use: `mc.exp`, `mc.where`, `mc.lookup`, ...

Each takes traced values, plain numbers or arrays of them (element by element, as NumPy
does). NumPy's functions of the same names do the same on traced values.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.errors import ArgumentError
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, as_number, lift, numbers
from mclib.expressions.nodes import Table, node


def _map(name: str, *values: Any) -> Any:
    return _on(lambda *each: numbers(name, *each), *values)


def _on(operation: Any, *values: Any) -> Any:
    """Apply `operation` to traced values, plain numbers, or arrays of either."""
    if not any(map(_is_traced, values)):
        return _on_numbers(operation, *values)
    if any(isinstance(value, np.ndarray) and value.ndim for value in values):
        return over_arrays(operation, *values)
    return operation(*values)


def _is_traced(value: Any) -> bool:
    return isinstance(value, Expression) or getattr(value, "dtype", None) == np.object_


def _on_numbers(operation: Any, *values: Any) -> Any:
    """Trace `operation` and evaluate it: plain numbers give the bits that draws would."""
    from mclib.expressions.lowering import evaluate_model_expression

    if not all(_is_plain(value) for value in values):
        return operation(*values)
    symbols = [
        Expression(node("parameter", type_=Type.REAL, payload=f"argument {place}"))
        for place in range(len(values))
    ]
    bindings = dict(zip((each.node for each in symbols), values, strict=True))
    return evaluate_model_expression(operation(*symbols), bindings=bindings)[()]


def _is_plain(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "fiub"


def over_arrays(operation: Any, *values: Any) -> Any:
    """Apply `operation` element by element to arrays and single values."""
    boxed = []
    for value in values:
        box = value
        if not isinstance(value, np.ndarray):
            box = np.empty((), dtype=object)
            box[()] = value
        boxed.append(box)
    arrays = np.broadcast_arrays(*boxed)
    made = np.empty(arrays[0].shape, dtype=object)
    for index in np.ndindex(made.shape):
        made[index] = operation(*(array[index] for array in arrays))
    return made


def exp(x: Any) -> Any:
    """Return e to the power `x`."""
    return _map("exp", x)


def expm1(x: Any) -> Any:
    """Return exp(x) - 1, accurate for `x` near 0."""
    return _map("expm1", x)


def log(x: Any) -> Any:
    """Return the natural logarithm of `x`; NaN below 0, minus infinity at 0."""
    return _map("log", x)


def log1p(x: Any) -> Any:
    """Return log(1 + x), accurate for `x` near 0."""
    return _map("log1p", x)


def sqrt(x: Any) -> Any:
    """Return the square root of `x`; NaN below 0."""
    return _map("square_root", x)


def sin(x: Any) -> Any:
    """Return the sine of `x` radians."""
    return _map("sin", x)


def cos(x: Any) -> Any:
    """Return the cosine of `x` radians."""
    return _map("cos", x)


def tan(x: Any) -> Any:
    """Return the tangent of `x` radians."""
    return _map("tan", x)


def arctan(x: Any) -> Any:
    """Return the angle in radians, between -pi/2 and pi/2, whose tangent is `x`."""
    return _map("arctan", x)


def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent of `x`."""
    return _map("tanh", x)


def erf(x: Any) -> Any:
    """Return the error function of `x`."""
    return _map("erf", x)


def erfc(x: Any) -> Any:
    """Return 1 - erf(x), accurate in the upper tail."""
    return _map("erfc", x)


def power(x: Any, y: Any) -> Any:
    """Return `x` to the power `y`; NaN for a negative `x` and a fractional `y`."""
    return _map("power", x, y)


def minimum(x: Any, y: Any, *others: Any) -> Any:
    """Return the smallest in each trial; NaN if any of them is."""
    return functools.reduce(functools.partial(_map, "minimum"), (x, y, *others))


def maximum(x: Any, y: Any, *others: Any) -> Any:
    """Return the largest in each trial; NaN if any of them is."""
    return functools.reduce(functools.partial(_map, "maximum"), (x, y, *others))


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return `x`, held between `low` and `high` in each trial; None is no limit."""
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
    """Return `x` without its sign."""
    return _map("absolute", x)


def floor(x: Any) -> Any:
    """Return the largest whole number not above `x`."""
    return _map("floor", x)


def ceil(x: Any) -> Any:
    """Return the smallest whole number not below `x`."""
    return _map("ceiling", x)


def trunc(x: Any) -> Any:
    """Return `x` without its fraction."""
    return _map("truncated", x)


def rint(x: Any) -> Any:
    """Return the whole number nearest to `x`, halves to the even one."""
    return _map("rounded", x)


def sign(x: Any) -> Any:
    """Return -1, 0 or 1 as `x` is below, at or above 0; NaN if `x` is."""
    return _on(lambda each: where(each > 0, 1.0, where(each < 0, -1.0, each)), x)


def isnan(x: Any) -> Any:
    """Return whether `x` is NaN in each trial."""
    return _on(lambda each: each != each, x)


def isfinite(x: Any) -> Any:
    """Return whether `x` is neither NaN nor infinite in each trial."""
    return _on(lambda each: absolute(each) < np.inf, x)


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return `a` in the trials where `condition` holds, `b` in the others.

    Both are computed in every trial, so that neither may rely on the condition to avoid,
    say, a division by zero: the infinity or NaN of the side not taken is dropped.
    """
    return _on(_where, condition, a, b)


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


def lookup(table: Sequence[float] | np.ndarray[Any, Any], index: Any) -> Any:
    """Return the element of a table at a traced place.

    Parameters
    ----------
    table : array_like of shape (n,)
        Numbers, the same in every trial.
    index : traced value or number
        Place, counted from 0 and rounded down; places before the first give the first
        element, places behind the last (and NaN) the last.

    Returns
    -------
    traced value
        One element per trial.

    Raises
    ------
    ArgumentError
        If `table` is empty or not one row of numbers.
    """
    values = np.asarray(table)
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "fiub":
        message = (
            f"`table` must be one row of at least one number; got shape {values.shape} "
            f"of {values.dtype}."
        )
        raise ArgumentError(message)
    frozen = Table.of(values, Type.FLOAT64)
    return _on(lambda each: _element(frozen, each), index)


def _element(table: Table, index: Any) -> Expression:
    place = as_number(lift(index, Type.REAL))
    return Expression(node("lookup", place.node, type_=Type.REAL, payload=table))


def interp(x: Any, xp: Any, fp: Any) -> Any:
    """Return the piecewise-linear function through the points (xp, fp) at `x`.

    Parameters
    ----------
    x : traced value
        Where to read.
    xp, fp : array_like of shape (n,)
        Corners, `xp` increasing; the function is constant beyond the ends.
    """
    knots, heights = np.asarray(xp, np.float64), np.asarray(fp, np.float64)
    if knots.ndim != 1 or knots.shape != heights.shape or knots.size == 0:
        message = (
            "`xp` and `fp` must be two rows of equally many numbers; got shapes "
            f"{knots.shape} and {heights.shape}."
        )
        raise ArgumentError(message)
    if np.any(np.diff(knots) <= 0):
        message = "`xp` must increase from each number to the next."
        raise ArgumentError(message)
    return _on(lambda each: _between(each, knots, heights), x)


def _between(x: Any, knots: Any, heights: Any) -> Any:
    place = as_number(lift(x, Type.REAL))
    index = lift(0.0, Type.REAL)
    for knot in knots[1:-1]:
        index = index + (place >= float(knot))
    slopes = np.diff(heights) / np.diff(knots) if knots.size > 1 else np.zeros(1)
    left, base = lookup(knots[: slopes.size], index), lookup(heights[: slopes.size], index)
    inside = base + (place - left) * lookup(slopes, index)
    held = where(place <= float(knots[0]), float(heights[0]), inside)
    return where(place >= float(knots[-1]), float(heights[-1]), held)
