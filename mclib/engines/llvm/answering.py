"""Answers to requests about stored outputs, compiled: one module for all models.

Each function goes through values eight at a time. What it counts is said, in NumPy, by the
request itself (`mclib.statistics.requests`), which is the judge.
"""

import ctypes
import functools
from typing import Any

import numpy as np

from mclib.engines.base import Array
from mclib.engines.llvm.compiling import compile_ir
from mclib.statistics.requests import KeyBins, KeysWithin, LinearBins, Request

_WIDTH = 8
_SIGN = 1 << 63
_FIRST = "<8 x i32> zeroinitializer"

_KNOWN = (LinearBins, KeyBins, KeysWithin)


def knows(request: Request) -> bool:
    """Whether this module answers such requests."""
    return type(request) in _KNOWN


def answer(request: Request, values: Array) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Return what ``request.answer`` says of all of `values`, whatever their order."""
    flat = np.ascontiguousarray(values).reshape(-1)
    suffix = "float" if flat.dtype == np.float32 else "double"
    linear_bins, key_bins, keys_counted, keys_within = _functions(suffix)
    data, n = flat.ctypes.data, flat.size
    if isinstance(request, LinearBins):
        # One more place for NaN, which falls into no bin.
        counts = np.zeros(request.n_bins + 3, np.uint64)
        top = float(request.n_bins + 1)
        linear_bins(data, n, request.low, request.scale, top, counts.ctypes.data)
        return counts[:-1]
    if isinstance(request, KeyBins):
        counts = np.zeros(request.n_bins, np.uint64)
        span = request.last - request.first
        if request.n_bins == 1:
            keys_counted(data, n, request.first, span, counts.ctypes.data)
            return counts
        key_bins(data, n, request.first, span, request.shift, counts.ctypes.data)
        return counts
    assert isinstance(request, KeysWithin)
    found = np.empty(n, np.uint64)
    n_found = np.zeros(1, np.int64)
    span = request.last - request.first
    keys_within(data, n, request.first, span, found.ctypes.data, n_found.ctypes.data)
    return found[: int(n_found[0])].copy()


@functools.cache
def _functions(suffix: str) -> tuple[Any, Any, Any, Any]:
    names = ("linear_bins", "key_bins", "keys_counted", "keys_within")
    compiled = compile_ir(_module(suffix), names)
    pointer, integer, word = ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint64
    number = ctypes.c_double
    return (
        compiled.function("linear_bins", pointer, integer, number, number, number, pointer),
        compiled.function("key_bins", pointer, integer, word, word, word, pointer),
        compiled.function("keys_counted", pointer, integer, word, word, pointer),
        compiled.function("keys_within", pointer, integer, word, word, pointer, pointer),
    )


def _module(scalar: str) -> str:
    wide = scalar == "float"
    load = f"""
  %place = getelementptr {scalar}, ptr %values, i64 %i
  %raw = load <8 x {scalar}>, ptr %place, align 4
"""
    load += (
        "  %x = fpext <8 x float> %raw to <8 x double>\n"
        if wide
        else "  %x = fadd <8 x double> %raw, splat (double -0.0)\n"
    )
    each_lane = range(_WIDTH)
    count_linear = "\n".join(
        f"""  %k{lane} = extractelement <8 x i64> %index, i64 {lane}
  %p{lane} = getelementptr i64, ptr %counts, i64 %k{lane}
  %c{lane} = load i64, ptr %p{lane}
  %d{lane} = add i64 %c{lane}, 1
  store i64 %d{lane}, ptr %p{lane}"""
        for lane in each_lane
    )
    keys = f"""
  %positive = fadd <8 x double> %x, splat (double 0.0)
  %bits = bitcast <8 x double> %positive to <8 x i64>
  %negative = ashr <8 x i64> %bits, splat (i64 63)
  %flip = or <8 x i64> %negative, splat (i64 {_SIGN})
  %key = xor <8 x i64> %bits, %flip
  %offset = sub <8 x i64> %key, %firsts
  %inside = icmp ule <8 x i64> %offset, %spans
  %mask = bitcast <8 x i1> %inside to i8
  %some = icmp ne i8 %mask, 0
"""
    splats = """
  %f0 = insertelement <8 x i64> poison, i64 %first, i64 0
  %firsts = shufflevector <8 x i64> %f0, <8 x i64> poison, <8 x i32> zeroinitializer
  %s0 = insertelement <8 x i64> poison, i64 %span, i64 0
  %spans = shufflevector <8 x i64> %s0, <8 x i64> poison, <8 x i32> zeroinitializer
"""

    def rare(take: str) -> str:
        text = ""
        for lane in each_lane:
            text += f"""
lane{lane}:
  %b{lane} = extractelement <8 x i1> %inside, i64 {lane}
  br i1 %b{lane}, label %take{lane}, label %lane{lane + 1}
take{lane}:
  %o{lane} = extractelement <8 x i64> %offset, i64 {lane}
  %key{lane} = extractelement <8 x i64> %key, i64 {lane}
{take.replace("@", str(lane))}
  br label %lane{lane + 1}
"""
        return f"{text}\nlane{_WIDTH}:\n  br label %next\n"

    def loop(head: str, body: str, after: str = "") -> str:
        return f"""
entry:
{head}
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %following, %next ]
{body}
next:
  %following = add i64 %i, {_WIDTH}
  %goes_on = icmp ult i64 %following, %n
  br i1 %goes_on, label %loop, label %end
end:
{after}
  ret void
}}
"""

    linear_head = "\n".join(
        f"""  %{name}_0 = insertelement <8 x double> poison, double %{name}, i64 0
  %{name}s = shufflevector <8 x double> %{name}_0, <8 x double> poison, {_FIRST}"""
        for name in ("low", "scale", "top")
    )
    linear_body = f"""{load}
  %moved = fsub <8 x double> %x, %lows
  %scaled = fmul <8 x double> %moved, %scales
  %down = call <8 x double> @llvm.floor.v8f64(<8 x double> %scaled)
  %bin = fadd <8 x double> %down, splat (double 1.0)
  %is_low = fcmp olt <8 x double> %bin, zeroinitializer
  %raised = select <8 x i1> %is_low, <8 x double> zeroinitializer, <8 x double> %bin
  %is_high = fcmp ogt <8 x double> %raised, %tops
  %held = select <8 x i1> %is_high, <8 x double> %tops, <8 x double> %raised
  %beyond = fadd <8 x double> %tops, splat (double 1.0)
  %is_nan = fcmp uno <8 x double> %held, zeroinitializer
  %chosen = select <8 x i1> %is_nan, <8 x double> %beyond, <8 x double> %held
  %index = fptosi <8 x double> %chosen to <8 x i64>
{count_linear}
  br label %next
"""
    key_body = f"{load}{keys}  br i1 %some, label %lane0, label %next\n"
    # Where all that are inside go into one bin, their number is that of the mask's bits.
    count_body = f"""{load}{keys}
  %ones = call i8 @llvm.ctpop.i8(i8 %mask)
  %more = zext i8 %ones to i64
  %before = load i64, ptr %counts
  %after = add i64 %before, %more
  store i64 %after, ptr %counts
  br label %next
"""
    take_bin = """
  %bin@ = lshr i64 %o@, %shift
  %p@ = getelementptr i64, ptr %counts, i64 %bin@
  %c@ = load i64, ptr %p@
  %d@ = add i64 %c@, 1
  store i64 %d@, ptr %p@"""
    take_key = """
  %at@ = load i64, ptr %n_found
  %p@ = getelementptr i64, ptr %found, i64 %at@
  store i64 %key@, ptr %p@
  %up@ = add i64 %at@, 1
  store i64 %up@, ptr %n_found"""
    return f"""
declare <8 x double> @llvm.floor.v8f64(<8 x double>)
declare i8 @llvm.ctpop.i8(i8)

define void @linear_bins(ptr noalias %values, i64 %n, double %low, double %scale, \
double %top, ptr noalias %counts) {{
{loop(linear_head, linear_body)}
define void @key_bins(ptr noalias %values, i64 %n, i64 %first, i64 %span, \
i64 %shift, ptr noalias %counts) {{
{loop(splats, key_body + rare(take_bin))}
define void @keys_counted(ptr noalias %values, i64 %n, i64 %first, i64 %span, \
ptr noalias %counts) {{
{loop(splats, count_body)}
define void @keys_within(ptr noalias %values, i64 %n, i64 %first, i64 %span, \
ptr noalias %found, ptr noalias %n_found) {{
{loop(splats, key_body + rare(take_key))}
"""
