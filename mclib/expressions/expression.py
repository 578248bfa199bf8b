"""Expressions: nodes with operators.

One class serves the analyst's model (real numbers and booleans) and the library's own
formulas (machine types). Numbers met on the way become constants of the other side's type.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from mclib.errors import TraceError
from mclib.expressions import coercion
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Node, constant, node

_ONE_NUMBER = "a traced value is one number per trial."


class Expression:
    """A value that stands for every trial at once.

    Use it as a number: arithmetic, comparisons, NumPy's functions. What needs one single
    truth, such as ``if``, raises `TraceError`, unless the value depends on parameters only.
    """

    __array_priority__ = 1000
    __slots__ = ("node",)

    def __init__(self, of: Node) -> None:
        self.node = of

    @property
    def type(self) -> Type:
        """What the bits mean."""
        return self.node.type

    def __repr__(self) -> str:
        if self.node.is_constant:
            return f"Expression({self.node.payload!r})"
        return f"Expression({self.node.op.name}, {self.type.value})"

    def __add__(self, other: Any) -> "Expression":
        return _numbers("add", self, other)

    def __radd__(self, other: Any) -> "Expression":
        return _numbers("add", other, self)

    def __sub__(self, other: Any) -> "Expression":
        return _numbers("subtract", self, other)

    def __rsub__(self, other: Any) -> "Expression":
        return _numbers("subtract", other, self)

    def __mul__(self, other: Any) -> "Expression":
        return _numbers("multiply", self, other)

    def __rmul__(self, other: Any) -> "Expression":
        return _numbers("multiply", other, self)

    def __truediv__(self, other: Any) -> "Expression":
        return _numbers("divide", self, other)

    def __rtruediv__(self, other: Any) -> "Expression":
        return _numbers("divide", other, self)

    def __floordiv__(self, other: Any) -> "Expression":
        return _floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> "Expression":
        return _floor_divide(other, self)

    def __mod__(self, other: Any) -> "Expression":
        return _numbers("remainder", self, other)

    def __rmod__(self, other: Any) -> "Expression":
        return _numbers("remainder", other, self)

    def __divmod__(self, other: Any) -> "tuple[Expression, Expression]":
        return self // other, self % other

    def __pow__(self, other: Any) -> "Expression":
        return _numbers("power", self, other)

    def __rpow__(self, other: Any) -> "Expression":
        return _numbers("power", other, self)

    def __neg__(self) -> "Expression":
        return apply("negative", as_number(self))

    def __pos__(self) -> "Expression":
        return as_number(self)

    def __abs__(self) -> "Expression":
        return apply("absolute", as_number(self))

    def __lt__(self, other: Any) -> "Expression":
        return _numbers("less", self, other)

    def __le__(self, other: Any) -> "Expression":
        return _numbers("less_equal", self, other)

    def __gt__(self, other: Any) -> "Expression":
        return _numbers("less", other, self)

    def __ge__(self, other: Any) -> "Expression":
        return _numbers("less_equal", other, self)

    def __eq__(self, other: object) -> "Expression":  # type: ignore[override]
        return _equal(self, other)

    def __ne__(self, other: object) -> "Expression":  # type: ignore[override]
        equal = _equal(self, other)
        return equal if equal is NotImplemented else ~equal

    def __hash__(self) -> int:
        raise coercion.no_key()

    def __and__(self, other: Any) -> "Expression":
        return _logic("and", self, other)

    def __rand__(self, other: Any) -> "Expression":
        return _logic("and", other, self)

    def __or__(self, other: Any) -> "Expression":
        return _logic("or", self, other)

    def __ror__(self, other: Any) -> "Expression":
        return _logic("or", other, self)

    def __xor__(self, other: Any) -> "Expression":
        return _logic("xor", self, other)

    def __rxor__(self, other: Any) -> "Expression":
        return _logic("xor", other, self)

    def __invert__(self) -> "Expression":
        if self.type.is_integer:
            return self ^ -1
        if self.type is not Type.BOOLEAN:
            raise _no_bits("~", self)
        return apply("logical_not", self)

    def __lshift__(self, bits: Any) -> "Expression":
        return _shift("shift_left", self, bits)

    def __rshift__(self, bits: Any) -> "Expression":
        return _shift("shift_right", self, bits)

    def __bool__(self) -> bool:
        return bool(coercion.concrete(self.node, "branches on"))

    def __float__(self) -> float:
        return float(coercion.concrete(self.node, "asks for the Python number in"))

    def __int__(self) -> int:
        return int(coercion.concrete(self.node, "asks for the Python integer in"))

    def __index__(self) -> int:
        value = coercion.concrete(self.node, "counts or indexes with")
        if value != int(value):
            raise TraceError(f"a count or an index must be a whole number; got {value!r}.")
        return int(value)

    def __round__(self, digits: int | None = None) -> "Expression":
        if not digits:
            return apply("rounded", as_number(self))
        scale = 10.0**digits
        return apply("rounded", self * scale) / scale

    def __floor__(self) -> "Expression":
        return apply("floor", as_number(self))

    def __ceil__(self) -> "Expression":
        return apply("ceiling", as_number(self))

    def __trunc__(self) -> "Expression":
        return apply("truncated", as_number(self))

    def __format__(self, specification: str) -> str:
        if specification:
            raise coercion.refusal("writes out", "format the estimates of a result.")
        return repr(self)

    def __iter__(self) -> Any:
        raise coercion.refusal("iterates over", _ONE_NUMBER)

    def __len__(self) -> int:
        raise coercion.refusal("takes the length of", _ONE_NUMBER)

    def __contains__(self, item: object) -> bool:
        raise coercion.refusal("searches in", _ONE_NUMBER)

    def __getitem__(self, item: object) -> Any:
        raise coercion.refusal(
            "takes an element of",
            "to look a number up in a table write `mc.lookup(table, i)`.",
        )

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        from mclib.expressions import numpy_protocols

        return numpy_protocols.ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from mclib.expressions import numpy_protocols

        return numpy_protocols.function(function, args, kwargs)

    # NumPy calls these on every element of an array of objects, so that `np.exp` of an
    # array of expressions is an array of expressions.

    def exp(self) -> "Expression":
        """Return e to this power."""
        return apply("exp", as_number(self))

    def expm1(self) -> "Expression":
        """Return exp of this, less 1."""
        return apply("expm1", as_number(self))

    def log(self) -> "Expression":
        """Return the natural logarithm."""
        return apply("log", as_number(self))

    def log1p(self) -> "Expression":
        """Return the natural logarithm of 1 + this."""
        return apply("log1p", as_number(self))

    def sqrt(self) -> "Expression":
        """Return the square root."""
        return apply("square_root", as_number(self))

    def sin(self) -> "Expression":
        """Return the sine."""
        return apply("sin", as_number(self))

    def cos(self) -> "Expression":
        """Return the cosine."""
        return apply("cos", as_number(self))

    def tan(self) -> "Expression":
        """Return the tangent."""
        return apply("tan", as_number(self))

    def arctan(self) -> "Expression":
        """Return the angle with this tangent."""
        return apply("arctan", as_number(self))

    def tanh(self) -> "Expression":
        """Return the hyperbolic tangent."""
        return apply("tanh", as_number(self))

    def rint(self) -> "Expression":
        """Return the nearest whole number."""
        return apply("rounded", as_number(self))


Number = Expression | float | int | bool
"""What a model's formulas are made of."""


def lift(value: Any, type_: Type) -> Expression:
    """Return `value` as an expression; a plain number becomes a constant of `type_`."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (bool, np.bool_)) and type_ is Type.BOOLEAN:
        return Expression(constant(bool(value), type_))
    if isinstance(value, (bool, int, float, np.number, np.bool_)) and not isinstance(
        value, np.complexfloating
    ):
        number = int(value) if type_.is_integer else float(value)
        return Expression(constant(number, type_))
    coercion.refuse_distribution(value)
    kind = type(value).__name__
    message = f"a model computes with numbers and traced values; got {kind} {value!r}."
    raise TraceError(message)


def as_number(value: Expression) -> Expression:
    """Return `value`, a boolean as 1 or 0."""
    if value.type is not Type.BOOLEAN:
        return value
    one, zero = constant(1.0, Type.REAL), constant(0.0, Type.REAL)
    return Expression(node("where", value.node, one, zero, type_=Type.REAL))


def common_type(*values: Any) -> Type:
    """Return the type that numbers beside these expressions must have."""
    types = {value.type for value in values if isinstance(value, Expression)}
    types.discard(Type.BOOLEAN)
    return types.pop() if types else Type.REAL


def apply(name: str, *args: Expression, payload: Any = None) -> Expression:
    """Return op `name` applied to `args`, whose types must already be right."""
    from mclib.expressions.verify import result_type

    nodes = tuple(arg.node for arg in args)
    return Expression(node(name, *nodes, type_=result_type(name, nodes), payload=payload))


def numbers(name: str, *values: Any) -> Expression:
    """Return op `name` applied to numbers, lifted to one type."""
    type_ = common_type(*values)
    return apply(name, *(as_number(lift(value, type_)) for value in values))


def _elementwise(operation: Callable[..., Any], a: Any, b: Any) -> Any:
    left, right = np.broadcast_arrays(_as_objects(a), _as_objects(b))
    made = np.empty(left.shape, dtype=object)
    for index in np.ndindex(left.shape):
        made[index] = operation(left[index], right[index])
    return made


def _as_objects(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    box = np.empty((), dtype=object)
    box[()] = value
    return box


def _numbers(name: str, a: Any, b: Any) -> Expression:
    """Apply op `name`; arrays give arrays, and what is foreign gives `NotImplemented`."""
    if _is_array(a) or _is_array(b):
        return cast("Expression", _elementwise(lambda x, y: numbers(name, x, y), a, b))
    if _is_foreign(a) or _is_foreign(b):
        for side in (a, b):
            coercion.refuse_distribution(side)
        return cast("Expression", NotImplemented)
    return numbers(name, a, b)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _is_foreign(value: Any) -> bool:
    return not isinstance(value, (Expression, bool, int, float, np.number, np.bool_))


def _floor_divide(a: Any, b: Any) -> Expression:
    if _is_array(a) or _is_array(b):
        return cast("Expression", _elementwise(_floor_divide, a, b))
    quotient = _numbers("divide", a, b)
    if not isinstance(quotient, Expression):
        return quotient
    whole = apply("floor", quotient)
    top, below = (as_number(lift(value, quotient.type)) for value in (a, b))
    rest = apply("fused_multiply_add", -whole, below, top)
    # A quotient that was rounded up to a whole number leaves a rest of the wrong sign.
    return whole - (((rest < 0.0) & (below > 0.0)) | ((rest > 0.0) & (below < 0.0)))


def _equal(a: Expression, b: Any) -> Expression:
    if a.type is Type.BOOLEAN and (
        isinstance(b, (bool, np.bool_)) or (isinstance(b, Expression) and b.type is a.type)
    ):
        return ~_logic("xor", a, b)
    return _numbers("equal", a, b)


def _logic(name: str, a: Any, b: Any) -> Expression:
    if _is_array(a) or _is_array(b):
        return cast("Expression", _elementwise(lambda x, y: _logic(name, x, y), a, b))
    if _is_foreign(a) or _is_foreign(b):
        return cast("Expression", NotImplemented)
    known = next(value for value in (a, b) if isinstance(value, Expression))
    left, right = lift(a, known.type), lift(b, known.type)
    if left.type.is_integer and right.type is left.type:
        return apply(f"bit_{name}", left, right)
    if left.type is Type.BOOLEAN and right.type is Type.BOOLEAN:
        return apply(f"logical_{name}", left, right)
    raise _no_bits({"and": "&", "or": "|", "xor": "^"}[name], left)


def _shift(name: str, a: Expression, bits: Any) -> Expression:
    if not a.type.is_integer:
        symbol, way = ("<<", "x * 2**n") if name == "shift_left" else (">>", "x / 2**n")
        raise coercion.refusal(f"uses `{symbol}` on", f"write `{way}`.")
    return apply(name, a, lift(bits, a.type))


def _no_bits(symbol: str, value: Expression) -> TraceError:
    example = "~(a > 0)" if symbol == "~" else f"(a > 0) {symbol} (b > 0)"
    return coercion.refusal(
        f"uses `{symbol}` on",
        f"`{symbol}` is for comparisons, each in its own brackets, as in `{example}`; "
        f"this is a {value.type.value} number.",
    )
