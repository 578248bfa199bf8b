"""What a sieve asks, compiled: counts by comparison, and the values in ranges fetched.

Values are compared 32 at a time with one range after the other, which costs a few
instructions; only those that are fetched are looked at one by one.
"""

import ctypes
import functools
from typing import Any

import numpy as np

from mclib.engines.base import Array
from mclib.engines.llvm.compiling import address_of, compile_ir
from mclib.engines.llvm.operations import literal
from mclib.expressions.dtypes import Type
from mclib.statistics.keys import keys_of
from mclib.statistics.sieves import Counts, Sieve, Sifted

_LOWEST = literal(-np.finfo(np.float64).max, Type.FLOAT64)

_MODULE = """\
declare i32 @llvm.ctpop.i32(i32)
declare i32 @llvm.cttz.i32(i32, i1)

define void @sift(ptr noalias readonly %values, i64 %n, i64 %n_ranges, \
ptr noalias readonly %lows, ptr noalias readonly %highs, ptr noalias readonly %kept, \
ptr noalias %below, ptr noalias %within, ptr noalias %found, ptr noalias %n_found) {{
entry:
  %n_start = load i64, ptr %n_found
  br label %values_loop
values_loop:
  %i = phi i64 [ 0, %entry ], [ %following, %next ]
  %n_before = phi i64 [ %n_start, %entry ], [ %n_after, %next ]
  %place = getelementptr {scalar}, ptr %values, i64 %i
  %raw = load <32 x {scalar}>, ptr %place, align 4
{widen}
  %is_finite = fcmp oge <32 x double> %x, splat (double {lowest})
  %finite = bitcast <32 x i1> %is_finite to i32
  br label %range
range:
  %k = phi i64 [ 0, %values_loop ], [ %next_k, %range ]
  %taken = phi i32 [ 0, %values_loop ], [ %more_taken, %range ]
  %low_at = getelementptr double, ptr %lows, i64 %k
  %high_at = getelementptr double, ptr %highs, i64 %k
  %kept_at = getelementptr i32, ptr %kept, i64 %k
  %below_at = getelementptr i64, ptr %below, i64 %k
  %within_at = getelementptr i64, ptr %within, i64 %k
  %low = load double, ptr %low_at
  %high = load double, ptr %high_at
  %low_0 = insertelement <32 x double> poison, double %low, i64 0
  %high_0 = insertelement <32 x double> poison, double %high, i64 0
  %low_s = shufflevector <32 x double> %low_0, <32 x double> poison, \
<32 x i32> zeroinitializer
  %high_s = shufflevector <32 x double> %high_0, <32 x double> poison, \
<32 x i32> zeroinitializer
  %is_lower = fcmp olt <32 x double> %x, %low_s
  %is_upto = fcmp ole <32 x double> %x, %high_s
  %lower = bitcast <32 x i1> %is_lower to i32
  %upto = bitcast <32 x i1> %is_upto to i32
  %inside = xor i32 %lower, %upto
  %counted = and i32 %lower, %finite
  %n_lower = call i32 @llvm.ctpop.i32(i32 %counted)
  %n_inside = call i32 @llvm.ctpop.i32(i32 %inside)
  %wide_lower = zext i32 %n_lower to i64
  %wide_inside = zext i32 %n_inside to i64
  %old_below = load i64, ptr %below_at
  %old_within = load i64, ptr %within_at
  %new_below = add i64 %old_below, %wide_lower
  %new_within = add i64 %old_within, %wide_inside
  store i64 %new_below, ptr %below_at
  store i64 %new_within, ptr %within_at
  %mask = load i32, ptr %kept_at
  %chosen = and i32 %inside, %mask
  %more_taken = or i32 %taken, %chosen
  %next_k = add i64 %k, 1
  %more_ranges = icmp ult i64 %next_k, %n_ranges
  br i1 %more_ranges, label %range, label %fetch
fetch:
  %none = icmp eq i32 %more_taken, 0
  br i1 %none, label %next, label %one
one:
  %left = phi i32 [ %more_taken, %fetch ], [ %rest, %one ]
  %n_now = phi i64 [ %n_before, %fetch ], [ %n_more, %one ]
  %bit = call i32 @llvm.cttz.i32(i32 %left, i1 true)
  %wide_bit = zext i32 %bit to i64
  %at = add i64 %i, %wide_bit
  %value_at = getelementptr {scalar}, ptr %values, i64 %at
  %value = load {scalar}, ptr %value_at
  %slot = getelementptr {scalar}, ptr %found, i64 %n_now
  store {scalar} %value, ptr %slot
  %n_more = add i64 %n_now, 1
  %one_less = sub i32 %left, 1
  %rest = and i32 %left, %one_less
  %goes_on = icmp ne i32 %rest, 0
  br i1 %goes_on, label %one, label %next
next:
  %n_after = phi i64 [ %n_before, %fetch ], [ %n_more, %one ]
  %following = add i64 %i, 32
  %more_values = icmp ult i64 %following, %n
  br i1 %more_values, label %values_loop, label %end
end:
  store i64 %n_after, ptr %n_found
  ret void
}}
"""


def sift(sieve: Sieve, values: Array) -> Sifted:
    """Return what ``sieve.answer`` says of all of `values`, whatever their order."""
    flat = np.ascontiguousarray(values).reshape(-1)
    lows, highs = np.array(sieve.ranges).T.copy()
    kept = -np.array(sieve.kept, np.int32)
    counts = np.zeros((2, len(lows)), np.uint64)
    found = np.empty(flat.size, flat.dtype)
    n_found = np.zeros(1, np.int64)
    arrays = (lows, highs, kept, counts[0], counts[1], found, n_found)
    run = _function("float" if flat.dtype == np.float32 else "double")
    run(flat.ctypes.data, flat.size, len(lows), *(each.ctypes.data for each in arrays))
    return sifted(counts, found, n_found)


def sifted(counts: Counts, found: Array, n_found: Array) -> Sifted:
    """Return what the compiled code has counted and fetched."""
    return Sifted(counts, keys_of(found[: int(n_found[0])].astype(np.float64)))


def address(precision: Type) -> int:
    """Return where the compiled code is, which adds to counts and appends what it finds."""
    function = _function("float" if precision is Type.FLOAT32 else "double")
    return address_of(function)


@functools.cache
def _function(scalar: str) -> Any:
    widen = (
        "  %x = fpext <32 x float> %raw to <32 x double>"
        if scalar == "float"
        else "  %x = fadd <32 x double> %raw, splat (double -0.0)"
    )
    compiled = compile_ir(
        _MODULE.format(scalar=scalar, widen=widen, lowest=_LOWEST), ("sift",)
    )
    integers, pointers = [ctypes.c_int64] * 2, [ctypes.c_void_p] * 7
    return compiled.function("sift", ctypes.c_void_p, *integers, *pointers)
