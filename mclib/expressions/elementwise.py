"""Operations on traced values, plain numbers, and arrays of either, as NumPy does them."""

from typing import Any

import numpy as np

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import node


def elementwise(operation: Any, *values: Any) -> Any:
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
