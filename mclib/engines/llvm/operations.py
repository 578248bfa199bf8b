"""Each machine op as an instruction of LLVM, and each constant as LLVM reads it."""

import struct

import numpy as np

from mclib.expressions.dtypes import Type

SCALAR = {
    Type.BOOLEAN: "i1",
    Type.INT32: "i32",
    Type.INT64: "i64",
    Type.FLOAT32: "float",
    Type.FLOAT64: "double",
}
SUFFIX = {Type.FLOAT32: "f32", Type.FLOAT64: "f64"}

BINARY = {
    "divide": "fdiv",
    "logical_and": "and",
    "logical_or": "or",
    "logical_xor": "xor",
    "bit_and": "and",
    "bit_or": "or",
    "bit_xor": "xor",
    "shift_left": "shl",
    "shift_right": "lshr",
    "shift_right_signed": "ashr",
}
BY_KIND = {
    "add": ("fadd", "add"),
    "subtract": ("fsub", "sub"),
    "multiply": ("fmul", "mul"),
    "less": ("fcmp olt", "icmp slt"),
    "less_equal": ("fcmp ole", "icmp sle"),
    "equal": ("fcmp oeq", "icmp eq"),
}
CASTS = {
    "float_bits": "bitcast",
    "from_bits": "bitcast",
    "zero_extend": "zext",
    "truncate": "trunc",
    "to_float": "sitofp",
    "to_integer": "fptosi",
    "widen": "fpext",
    "narrow": "fptrunc",
}
INTRINSICS = {
    "fused_multiply_add": "fma",
    "square_root": "sqrt",
    "absolute": "fabs",
    "floor": "floor",
}

UNROLL, KEEP = "!1", "!3"
METADATA = (
    "!0 = !{}",
    "!1 = distinct !{!1, !2}",
    '!2 = !{!"llvm.loop.unroll.full"}',
    "!3 = distinct !{!3, !4}",
    '!4 = !{!"llvm.loop.unroll.disable"}',
)
"""What a loop's branch may say: that it is to be written out, or kept."""


def literal(value: bool | float, type_: Type) -> str:
    """Return a scalar constant as LLVM reads it."""
    if type_ is Type.BOOLEAN:
        return "true" if value else "false"
    if type_.is_integer:
        return str(int(value))
    # LLVM writes float constants as the bits of the equal double.
    exact = float(np.float32(value)) if type_ is Type.FLOAT32 else float(value)
    return f"0x{struct.unpack('<Q', struct.pack('<d', exact))[0]:016X}"
