"""Tables in a model: `mc.lookup` by place, `mc.interp` along lines through points."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.errors import ArgumentError
from mclib.expressions.dtypes import Type
from mclib.expressions.elementwise import elementwise
from mclib.expressions.expression import Expression, as_number, lift
from mclib.expressions.functions import where
from mclib.expressions.nodes import Table, node


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

    Examples
    --------
    >>> import mclib as mc
    >>> [float(mc.lookup([10, 20, 30], place)) for place in (0, 1.9, 7)]
    [10.0, 20.0, 30.0]
    """
    values = np.asarray(table)
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "fiub":
        message = (
            f"`table` must be one row of at least one number; got shape {values.shape} "
            f"of {values.dtype}."
        )
        raise ArgumentError(message)
    frozen = Table.of(values, Type.FLOAT64)
    return elementwise(lambda each: _element(frozen, each), index)


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

    Examples
    --------
    >>> import mclib as mc
    >>> [float(mc.interp(x, [0, 10, 20], [0, 5, 25])) for x in (4, 15, 99)]
    [2.0, 15.0, 25.0]
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
    return elementwise(lambda each: _between(each, knots, heights), x)


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
