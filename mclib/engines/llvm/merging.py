"""The merge of neighbouring records, compiled: one module for all models.

The formulas are those of `mclib.statistics.moments`, built as expressions. Records lie
scattered by field, so that numbers are taken one at a time: that costs less than to lay
them out for vectors.
"""

import ctypes
import functools
from typing import Any

import numpy as np

from mclib.engines.llvm.compiling import compile_ir
from mclib.engines.llvm.writing import FunctionWriter
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import where
from mclib.expressions.nodes import node
from mclib.expressions.schedule import OUTSIDE
from mclib.statistics.moments import FIELDS, merge
from mclib.statistics.records import Floats, Places, merge_pairs

WORTH_LOADING = 256
"""Merges that NumPy has not done before the code is loaded."""

_MODULE = """\
define void @merge(i64 %n_pairs, i64 %n_outputs, i64 %stride, \
ptr noalias readonly %records, ptr noalias readonly %lefts, ptr noalias %out) {{
entry:
  %out_stride = mul i64 %n_pairs, %n_outputs
  br label %pairs
pairs:
  %pair = phi i64 [ 0, %entry ], [ %next_pair, %done ]
  %is_pair = icmp ult i64 %pair, %n_pairs
  br i1 %is_pair, label %start, label %end
start:
  %slot = getelementptr i64, ptr %lefts, i64 %pair
  %place = load i64, ptr %slot
  %left = mul i64 %place, %n_outputs
  %to = mul i64 %pair, %n_outputs
  br label %outputs
outputs:
  %output = phi i64 [ 0, %start ], [ %next_output, %merge ]
  %is_output = icmp ult i64 %output, %n_outputs
  br i1 %is_output, label %merge, label %done
merge:
  %at0 = add i64 %left, %output
  %at1 = add i64 %at0, %n_outputs
  %out_at = add i64 %to, %output
{lines}
  %next_output = add i64 %output, 1
  br label %outputs
done:
  %next_pair = add i64 %pair, 1
  br label %pairs
end:
  ret void
}}
"""


def merge_pairs_compiled(records: Floats, lefts: Places) -> Floats:
    """Return what `merge_pairs` says of them, to the bit."""
    n_fields, n_records, n_outputs = records.shape
    n_pairs = len(lefts)
    is_loaded = _function.cache_info().currsize > 0
    if not is_loaded and n_pairs * n_outputs < WORTH_LOADING:
        return merge_pairs(records, lefts)
    out = np.empty((n_fields, n_pairs, n_outputs))
    records = np.ascontiguousarray(records)
    lefts = np.ascontiguousarray(lefts, np.int64)
    data = (each.ctypes.data for each in (records, lefts, out))
    _function()(n_pairs, n_outputs, n_records * n_outputs, *data)
    return out


@functools.cache
def _function() -> Any:
    compiled = compile_ir(_module(), ("merge",))
    return compiled.function("merge", *[ctypes.c_int64] * 3, *[ctypes.c_void_p] * 3)


def _module() -> str:
    n_fields = len(FIELDS)
    formals = [node("formal", type_=Type.FLOAT64, payload=k) for k in range(2 * n_fields)]
    numbers = [Expression(each) for each in formals]
    merged = merge(numbers[:n_fields], numbers[n_fields:], where=where)
    writer = FunctionWriter([each.node for each in merged], width=1)
    kind = writer.vector(Type.FLOAT64)

    def slot(base: str, stride: str, field: int, at: str) -> str:
        first = writer.emit(f"mul i64 {stride}, {field}")
        place = writer.emit(f"add i64 {first}, {at}")
        return writer.emit(f"getelementptr double, ptr {base}, i64 {place}")

    for number, formal in enumerate(formals):
        side, field = divmod(number, n_fields)
        pointer = slot("%records", "%stride", field, f"%at{side}")
        writer.names[formal] = writer.emit(f"load {kind}, ptr {pointer}, align 8")
    writer.region(OUTSIDE)
    for field, each in enumerate(merged):
        pointer = slot("%out", "%out_stride", field, "%out_at")
        writer.do(f"store {writer.typed(each.node)}, ptr {pointer}, align 8")
    return _MODULE.format(lines="\n".join(writer.lines))
