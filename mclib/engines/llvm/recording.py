"""Records of blocks from stored values, compiled: one module for all models.

What a lane sees and how lanes merge are the formulas that plans are built of, so that the
records are those of a program with its statistics inside, to the bit.
"""

import ctypes
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.engines.llvm.compiling import address_of, compile_ir
from mclib.engines.llvm.operations import SCALAR, literal
from mclib.engines.llvm.rendering import LANES_AT_ONCE, merge_lanes
from mclib.engines.llvm.writing import FunctionWriter
from mclib.engines.plans import BLOCK, N_LANES, START, STATES_PER_OUTPUT, turn
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import node
from mclib.expressions.schedule import OUTSIDE
from mclib.statistics.blocks import to_lane_order
from mclib.statistics.moments import FIELDS
from mclib.statistics.records import Floats, close

_PARTS = """\
part:
  %lane = phi i64 [ 0, %record ], [ %next_lane, %store ]
  %from = add i64 %start, %lane
  br label %turn
turn:
  %t = phi i64 [ 0, %part ], [ %next_t, %turn ]
{states}
{lines}
  %next_t = add i64 %t, 1
  %more_turns = icmp ult i64 %next_t, {n_turns}
  br i1 %more_turns, label %turn, label %store
store:
{stores}
  %next_lane = add i64 %lane, {width}
  %more_lanes = icmp ult i64 %next_lane, {lanes}
  br i1 %more_lanes, label %part, label %close"""

_MODULE = """\
{declares}
{merge}

define void @records(i64 %n_blocks, i64 %n_outputs, i64 %stride, \
ptr noalias readonly %values, ptr noalias %out) {{
entry:
  %sums = alloca [{n_states} x <{lanes} x {scalar}>]
  %n_records = mul i64 %n_blocks, %n_outputs
  %none = icmp eq i64 %n_records, 0
  br i1 %none, label %finish, label %record
record:
  %number = phi i64 [ 0, %entry ], [ %next_number, %close ]
  %block = udiv i64 %number, %n_outputs
  %output = urem i64 %number, %n_outputs
  %before = mul i64 %output, %stride
  %inside = mul i64 %block, {block}
  %start = add i64 %before, %inside
  %first = getelementptr {scalar}, ptr %values, i64 %start
  %pivot = load {scalar}, ptr %first
  br label %part
{parts}
close:
  %first_field = mul i64 %number, {n_fields}
  %mine = getelementptr double, ptr %out, i64 %first_field
  call fastcc void @merge(ptr %sums, ptr %mine)
  %next_number = add i64 %number, 1
  %goes_on = icmp ult i64 %next_number, %n_records
  br i1 %goes_on, label %record, label %finish
finish:
  ret void
}}

define void @lane_sums(ptr noalias readonly %values, ptr noalias %sums) {{
entry:
  %pivot = load {scalar}, ptr %values
  br label %record
record:
  %start = add i64 0, 0
  br label %part
{parts}
close:
  ret void
}}
"""


def block_records_compiled(values: NDArray[Any], n_trials: int | None = None) -> Floats:
    """Return what `block_records` says, to the bit.

    Parameters
    ----------
    values : array of shape (n_blocks, n_outputs, 8, 4, 32), float32 or float64
        Values in lane order.
    n_trials : int, optional
        Only so many trials count, the first ones, of the last block one at least; all by
        default.
    """
    n_blocks, n_outputs = values.shape[:2]
    by_output = np.ascontiguousarray(np.moveaxis(values, 1, 0))
    n_rest = 0 if n_trials is None else n_trials % BLOCK
    n_whole = n_blocks - 1 if n_rest else n_blocks
    out = np.empty((n_blocks, n_outputs, len(FIELDS)))
    run = _functions(Type(by_output.dtype.name))[0]
    data, stride = by_output.ctypes.data, n_blocks * BLOCK
    run(n_whole, n_outputs, stride, data, out.ctypes.data)
    if n_rest:
        out[n_whole] = _partial_records(by_output[:, n_whole], n_rest)
    return out


def _partial_records(values: NDArray[Any], n_trials: int) -> Floats:
    """Return records of the first trials of one block; values of shape (n, 8, 4, 32)."""
    is_counted = to_lane_order(np.arange(BLOCK))[0] < n_trials
    # What does not count becomes the pivot, which adds nothing to any sum.
    held = np.where(is_counted, values, values[:, :1, :1, :1])
    sums = np.empty((len(held), STATES_PER_OUTPUT, N_LANES), held.dtype)
    run = _functions(Type(held.dtype.name))[1]
    for own, each in zip(held, sums, strict=True):
        run(own.ctypes.data, each.ctypes.data)
    pivot, *others = np.moveaxis(sums, 1, 0)
    return close(np.full(len(held), float(n_trials)), pivot[:, :1], *others)


def address(precision: Type) -> int:
    """Return where the compiled code is."""
    return address_of(_functions(precision)[0])


@functools.cache
def _functions(precision: Type) -> tuple[Any, Any]:
    compiled = compile_ir(_module(precision), ("records", "lane_sums"))
    integers, pointers = [ctypes.c_int64] * 3, [ctypes.c_void_p] * 2
    records = compiled.function("records", *integers, *pointers)
    return records, compiled.function("lane_sums", *pointers)


def _module(precision: Type) -> str:
    scalar, width = SCALAR[precision], LANES_AT_ONCE[precision]
    x, pivot, *states = (
        node("formal", type_=precision, payload=k) for k in range(1 + STATES_PER_OUTPUT)
    )
    after = turn(Expression(x), Expression(pivot), [*map(Expression, states)])
    writer = FunctionWriter([each.node for each in after], width)
    kind = writer.vector(precision)
    first = writer.emit(f"mul i64 %t, {N_LANES}")
    at = writer.emit(f"add i64 %from, {first}")
    slot = writer.emit(f"getelementptr {scalar}, ptr %values, i64 {at}")
    writer.names[x] = writer.emit(
        f"load {kind}, ptr {slot}, align {precision.dtype.itemsize}"
    )
    writer.names[pivot] = writer.splat("%pivot", precision)
    writer.names |= {state: f"%state{k}" for k, state in enumerate(states, 1)}
    writer.region(OUTSIDE)
    phis = []
    aligned = f"align {precision.dtype.itemsize}"
    stores = [
        f"  %slot0 = getelementptr {scalar}, ptr %sums, i64 %lane",
        f"  store {kind} {writer.names[pivot]}, ptr %slot0, {aligned}",
    ]
    for k, (start, each) in enumerate(zip(START[1:], after, strict=True), 1):
        begin = f"splat ({scalar} {literal(start, precision)})"
        new = writer.typed(each.node)
        value = new.removeprefix(f"{kind} ")
        phis.append(f"  %state{k} = phi {kind} [ {begin}, %part ], [ {value}, %turn ]")
        stores += [
            f"  %place{k} = add i64 %lane, {k * N_LANES}",
            f"  %slot{k} = getelementptr {scalar}, ptr %sums, i64 %place{k}",
            f"  store {new}, ptr %slot{k}, {aligned}",
        ]
    scalars = {"scalar": scalar, "lanes": N_LANES}
    parts = _PARTS.format(
        **scalars,
        states="\n".join(phis),
        lines="\n".join(writer.lines),
        n_turns=BLOCK // N_LANES,
        stores="\n".join(stores),
        width=width,
    )
    return _MODULE.format(
        **scalars,
        declares="\n".join(f"declare {each}" for each in writer.declared.values()),
        merge=merge_lanes(precision),
        n_states=STATES_PER_OUTPUT,
        block=BLOCK,
        parts=parts,
        n_fields=len(FIELDS),
    )
