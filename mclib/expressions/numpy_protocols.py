"""NumPy's functions on traced values: which of ours each of them means."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mclib.expressions import coercion, functions
from mclib.expressions.elementwise import over_arrays
from mclib.expressions.tables import interp

_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.divide: lambda a, b: a / b,
    np.floor_divide: lambda a, b: a // b,
    np.remainder: lambda a, b: a % b,
    np.divmod: divmod,
    np.power: functions.power,
    np.float_power: functions.power,
    np.negative: lambda a: -a,
    np.positive: lambda a: +a,
    np.absolute: functions.absolute,
    np.fabs: functions.absolute,
    np.sign: functions.sign,
    np.exp: functions.exp,
    np.exp2: lambda a: functions.power(2.0, a),
    np.expm1: functions.expm1,
    np.log: functions.log,
    np.log2: lambda a: functions.log(a) / np.log(2.0),
    np.log10: lambda a: functions.log(a) / np.log(10.0),
    np.log1p: functions.log1p,
    np.sqrt: functions.sqrt,
    np.square: lambda a: a * a,
    np.reciprocal: lambda a: 1.0 / a,
    np.hypot: lambda a, b: functions.sqrt(a * a + b * b),
    np.sin: functions.sin,
    np.cos: functions.cos,
    np.tan: functions.tan,
    np.arctan: functions.arctan,
    np.tanh: functions.tanh,
    np.sinh: lambda a: (functions.expm1(a) - functions.expm1(-a)) / 2.0,
    np.cosh: lambda a: (functions.exp(a) + functions.exp(-a)) / 2.0,
    np.minimum: functions.minimum,
    np.maximum: functions.maximum,
    np.fmin: lambda a, b: functions.where(
        functions.isnan(a), b, functions.where(b < a, b, a)
    ),
    np.fmax: lambda a, b: functions.where(
        functions.isnan(a), b, functions.where(b > a, b, a)
    ),
    np.floor: functions.floor,
    np.ceil: functions.ceil,
    np.trunc: functions.trunc,
    np.rint: functions.rint,
    np.isnan: functions.isnan,
    np.isfinite: functions.isfinite,
    np.less: lambda a, b: a < b,
    np.less_equal: lambda a, b: a <= b,
    np.greater: lambda a, b: a > b,
    np.greater_equal: lambda a, b: a >= b,
    np.equal: lambda a, b: a == b,
    np.not_equal: lambda a, b: a != b,
    np.logical_and: lambda a, b: a & b,
    np.logical_or: lambda a, b: a | b,
    np.logical_xor: lambda a, b: a ^ b,
    np.logical_not: lambda a: ~a,
    np.bitwise_and: lambda a, b: a & b,
    np.bitwise_or: lambda a, b: a | b,
    np.bitwise_xor: lambda a, b: a ^ b,
    np.invert: lambda a: ~a,
}

_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: functions.where,
    np.select: lambda condlist, choicelist, default=0: functions.select(
        condlist, choicelist, default
    ),
    np.clip: lambda a, a_min=None, a_max=None, **limits: functions.clip(
        a, limits.get("min", a_min), limits.get("max", a_max)
    ),
    np.interp: interp,
    np.round: lambda a, decimals=0: round(a, decimals),
    np.around: lambda a, decimals=0: round(a, decimals),
    np.sum: lambda a: a,
    np.copy: lambda a: a,
    np.real: lambda a: a,
}


def _unwrap(value: Any) -> Any:
    # NumPy's own numbers would send every operator back here.
    is_number = isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )
    return value.item() if is_number else value


def ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Answer for ``ufunc(*inputs)`` where an input is traced."""
    meaning = _UFUNCS.get(ufunc)
    if meaning is None or method != "__call__" or options:
        called = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise coercion.refusal(f"calls `np.{called}` on", _advice())
    values = [_unwrap(value) for value in inputs]
    if any(isinstance(value, np.ndarray) for value in values):
        return over_arrays(lambda *each: meaning(*map(_unwrap, each)), *values)
    return meaning(*values)


def function(called: Any, args: Any, kwargs: Any) -> Any:
    """Answer for ``called(*args, **kwargs)`` where an argument is traced."""
    meaning = _FUNCTIONS.get(called)
    if meaning is None:
        raise coercion.refusal(f"calls `np.{called.__name__}` on", _advice())
    return meaning(*(_unwrap(value) for value in args), **kwargs)


def _advice() -> str:
    known = sorted(each.__name__ for each in _UFUNCS)
    return (
        f"traced values understand {', '.join(known)}, clip, interp, select, where; "
        "for any other function use `@mc.model(trace=False)`."
    )
