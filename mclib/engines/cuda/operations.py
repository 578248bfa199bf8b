"""Each machine op as an expression of CUDA C.

Float arithmetic is written as rounding intrinsics: no compiler may contract or reorder
them, whatever its flags. Integers are unsigned, since those wrap by the language's own
rule, and are read as signed where an op's meaning says so.
"""

import math
import struct
from collections.abc import Callable, Sequence

from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Node

C_TYPES = {
    Type.BOOLEAN: "bool",
    Type.INT32: "unsigned int",
    Type.INT64: "unsigned long long",
    Type.FLOAT32: "float",
    Type.FLOAT64: "double",
}
_SIGNED = {Type.INT32: "int", Type.INT64: "long long"}

_LOW_HALF = 0xFFFFFFFF
_TAME = {"divide": "tame_quotient", "square_root": "tame_root"}

_OPERATORS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "equal": "==",
    "logical_and": "&",
    "logical_or": "|",
    "logical_xor": "^",
    "bit_and": "&",
    "bit_or": "|",
    "bit_xor": "^",
    "shift_left": "<<",
    "shift_right": ">>",
}
_COMPARISONS = {"less": "<", "less_equal": "<="}
_PREFIXES = {"negative": "-", "logical_not": "!"}

_FUNCTIONS: dict[str, tuple[str, str]] = {
    "add": ("__fadd_rn", "__dadd_rn"),
    "subtract": ("__fsub_rn", "__dsub_rn"),
    "multiply": ("__fmul_rn", "__dmul_rn"),
    "divide": ("__fdiv_rn", "__ddiv_rn"),
    "fused_multiply_add": ("__fmaf_rn", "__fma_rn"),
    "square_root": ("__fsqrt_rn", "__dsqrt_rn"),
    "absolute": ("fabsf", "fabs"),
    "floor": ("floorf", "floor"),
}
"""What computes an op on float32 and on float64."""

_CONVERSIONS: dict[str, dict[tuple[Type, Type], str]] = {
    "float_bits": {
        (Type.FLOAT32, Type.INT32): "__float_as_uint({})",
        (Type.FLOAT64, Type.INT64): "(unsigned long long)__double_as_longlong({})",
    },
    "from_bits": {
        (Type.INT32, Type.FLOAT32): "__uint_as_float({})",
        (Type.INT64, Type.FLOAT64): "__longlong_as_double((long long){})",
    },
    "zero_extend": {(Type.INT32, Type.INT64): "(unsigned long long){}"},
    "truncate": {(Type.INT64, Type.INT32): "(unsigned int){}"},
    "widen": {(Type.FLOAT32, Type.FLOAT64): "(double){}"},
    "narrow": {(Type.FLOAT64, Type.FLOAT32): "__double2float_rn({})"},
    "to_float": {
        (Type.INT32, Type.FLOAT32): "__int2float_rn((int){})",
        (Type.INT32, Type.FLOAT64): "__int2double_rn((int){})",
        (Type.INT64, Type.FLOAT32): "__ll2float_rn((long long){})",
        (Type.INT64, Type.FLOAT64): "__ll2double_rn((long long){})",
    },
    "to_integer": {
        (Type.FLOAT32, Type.INT32): "(unsigned int)__float2int_rz({})",
        (Type.FLOAT64, Type.INT32): "(unsigned int)__double2int_rz({})",
        (Type.FLOAT32, Type.INT64): "(unsigned long long)__float2ll_rz({})",
        (Type.FLOAT64, Type.INT64): "(unsigned long long)__double2ll_rz({})",
    },
}


def literal(value: bool | float, type_: Type) -> str:
    """Return a constant, exact to the bit."""
    if type_ is Type.BOOLEAN:
        return "true" if value else "false"
    if type_.is_integer:
        return f"{int(value)}u" if type_ is Type.INT32 else f"{int(value)}ull"
    if math.isfinite(value):
        return float.hex(float(value)) + ("f" if type_ is Type.FLOAT32 else "")
    if type_ is Type.FLOAT32:
        return f"__uint_as_float(0x{_bits(value, '<f', '<I'):08x}u)"
    return f"__longlong_as_double(0x{_bits(value, '<d', '<Q'):016x}ll)"


def fits_an_instruction(value: float) -> bool:
    """Whether a float64 can stand in an instruction, which has room for its upper half."""
    return _bits(value, "<d", "<Q") & 0xFFFFFFFF == 0


def _bits(value: float, float_format: str, integer_format: str) -> int:
    (bits,) = struct.unpack(integer_format, struct.pack(float_format, value))
    return int(bits)


def from_slot(slot: str, type_: Type) -> str:
    """Return the value that lies in the low bytes of an 8-byte slot."""
    if type_ is Type.FLOAT64:
        return f"__longlong_as_double((long long){slot})"
    if type_ is Type.FLOAT32:
        return f"__uint_as_float((unsigned int){slot})"
    if type_ is Type.BOOLEAN:
        return f"({slot} & 1ull) != 0ull"
    return f"({C_TYPES[type_]}){slot}"


def expression(each: Node, args: Sequence[str]) -> str:
    """Return `each` over the names of its arguments."""
    name, type_ = each.op.name, each.type
    special = _SPECIAL.get(name)
    if special is not None:
        return special(each, args)
    primitive = primitive_of(each)
    if primitive is not None:
        return f"{primitive}({', '.join(args)})"
    first = each.args[0].type
    if name in _CONVERSIONS:
        return _CONVERSIONS[name][first, type_].format(*args)
    if name in _PREFIXES:
        return _PREFIXES[name] + args[0]
    if name in _COMPARISONS:
        return f" {_COMPARISONS[name]} ".join(_signed(arg, first) for arg in args)
    if name in _FUNCTIONS and type_.is_float:
        return f"{_FUNCTIONS[name][type_ is Type.FLOAT64]}({', '.join(args)})"
    return f" {_OPERATORS[name]} ".join(args)


def primitive_of(each: Node) -> str | None:
    """Return the name of the function of `primitives` that computes a node, if one does."""
    if each.payload == "tame":
        return _TAME[each.op.name]
    is_product = each.op.name == "multiply" and each.type is Type.INT64
    return "wide_product" if is_product and all(map(_is_low_half, each.args)) else None


def _is_low_half(each: Node) -> bool:
    """Whether an int64 is known to be below 2**32."""
    if each.is_constant:
        return bool(each.payload <= _LOW_HALF)
    if each.op.name == "bit_and":
        return any(arg.is_constant and arg.payload == _LOW_HALF for arg in each.args)
    return each.op.name == "zero_extend"


def _signed(arg: str, type_: Type) -> str:
    return f"({_SIGNED[type_]}){arg}" if type_.is_integer else arg


def _where(each: Node, args: Sequence[str]) -> str:
    return f"{args[0]} ? {args[1]} : {args[2]}"


def _pick(each: Node, args: Sequence[str]) -> str:
    # Where the loop is written out, its step is known and one value is left.
    place, *values, last = args
    choices = (f"{place} == {k}u ? {value} : " for k, value in enumerate(values))
    return "".join(choices) + last


def _shift_right_signed(each: Node, args: Sequence[str]) -> str:
    return f"({C_TYPES[each.type]})(({_SIGNED[each.type]}){args[0]} >> {args[1]})"


def _first_lane(each: Node, args: Sequence[str]) -> str:
    # Which turn it is, all lanes know alike: they meet at the shuffle, or none comes.
    wanted, a, before = args
    return f"{wanted} ? __shfl_sync(0xffffffffu, {a}, 0u) : {before}"


def _extreme(each: Node, args: Sequence[str]) -> str:
    # In float32 it is one instruction; in float64 a comparison and a choice, as written.
    a, b = args
    if each.type is Type.FLOAT32:
        return f"{'fminf' if each.op.name == 'lesser' else 'fmaxf'}({a}, {b})"
    sign = "<" if each.op.name == "lesser" else ">"
    return f"{a} {sign} {b} ? {a} : {b}"


def _shift_lanes(each: Node, args: Sequence[str]) -> str:
    # Taken modulo 32 by the instruction; thread blocks are whole warps.
    return f"__shfl_sync(0xffffffffu, {args[0]}, threadIdx.x + {each.payload}u)"


_SPECIAL: dict[str, Callable[[Node, Sequence[str]], str]] = {
    "where": _where,
    "pick": _pick,
    "shift_right_signed": _shift_right_signed,
    "shift_lanes": _shift_lanes,
    "first_lane": _first_lane,
    "lesser": _extreme,
    "greater": _extreme,
}
