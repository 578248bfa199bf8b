"""A plan as LLVM IR text: every lane-wise value is a vector of 16 or 32 lanes.

The function made is

    void plan(i64 first_block, i64 n_blocks, i64 stride, ptr arguments, ptr tables, ptr
    out)

with one 8-byte slot per argument, one pointer per table, and `out` either records of shape
(n_blocks, n_outputs, 7) in float64 or outputs of shape (n_outputs, stride, 8, 4, 32), of
which the first n_blocks are filled. LLVM makes of a vector what the processor has, and
lanes never meet before their sums are merged, so that it does not matter how many go
together; no op may be contracted or reordered, since none carries a fast-math flag.
"""

import functools

from mclib.engines.llvm.operations import METADATA, SCALAR
from mclib.engines.llvm.writing import FunctionWriter
from mclib.engines.plans import (
    BLOCK,
    N_LANES,
    STATES_PER_OUTPUT,
    Plan,
    record_routine,
)
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Table, topological
from mclib.expressions.schedule import OUTSIDE
from mclib.statistics.moments import FIELDS

LANES_AT_ONCE = {Type.FLOAT32: 32, Type.FLOAT64: 16}
"""How many of the 32 lanes go through a block together: as many as leave registers free."""

LONG = 2_000
"""Nodes beyond which half as many lanes go together: it takes half the time to compile."""


def _part(plan: Plan, width: int) -> FunctionWriter:
    """Write the function that takes some lanes through a block and leaves their sums."""
    part = FunctionWriter([plan.body], width)
    part.around = (plan.body.payload.identity, plan.rows)
    part.do("%first_lane_wide = zext i32 %first_lane to i64")
    part.region(OUTSIDE)
    starts = plan.body.args[: plan.body.payload.n_states]
    sums = part.names_of_results[plan.body]
    for place, (start, name) in enumerate(zip(starts, sums, strict=True)):
        offset = part.emit(f"add i64 %first_lane_wide, {place * N_LANES}")
        slot = part.emit(f"getelementptr {SCALAR[start.type]}, ptr %sums, i64 {offset}")
        part.do(f"store {part.vector(start.type)} {name}, ptr {slot}")
    part.do("ret void")
    return part


_MERGE = """\
define internal fastcc void @merge(ptr noalias readonly %sums, ptr noalias %out) noinline {{
entry:
{lines}
  ret void
}}"""


@functools.cache
def merge_lanes(precision: Type) -> str:
    """Return the function that makes one output's record of its lanes' sums."""
    routine = record_routine(precision)
    merge = FunctionWriter(routine.results, N_LANES)
    for place, formal in enumerate(routine.formals):
        offset = place * N_LANES
        slot = merge.emit(f"getelementptr {SCALAR[formal.type]}, ptr %sums, i64 {offset}")
        merge.names[formal] = merge.emit(f"load {merge.vector(formal.type)}, ptr {slot}")
    merge.region(OUTSIDE)
    for place, record in enumerate(routine.results):
        value = merge.emit(f"extractelement {merge.typed(record)}, i64 0")
        slot = merge.emit(f"getelementptr double, ptr %out, i64 {place}")
        merge.do(f"store double {value}, ptr {slot}")
    return _MERGE.format(lines="\n".join(merge.lines))


_PLAN = """\
define internal fastcc void @part(i64 %block, i32 %first_lane, i64 %start, i64 %stride, \
ptr noalias readonly %arguments, ptr noalias readonly %tables, ptr noalias %firsts, \
ptr noalias %sums, ptr noalias %out) {{
entry:
{part}
}}

{merge}

define void @plan(i64 %first_block, i64 %n_blocks, i64 %stride_blocks, \
ptr noalias readonly %arguments, ptr noalias readonly %tables, ptr noalias %out) {{
entry:
  %firsts = alloca [{n_firsts} x {scalar}]
  %sums = alloca [{n_sums} x <{lanes} x {scalar}>]
  %stride = mul i64 %stride_blocks, {block}
  %none = icmp eq i64 %n_blocks, 0
  br i1 %none, label %finish, label %blocks
blocks:
  %index = phi i64 [ 0, %entry ], [ %following, %merged ]
  %block = add i64 %first_block, %index
  %start = mul i64 %index, {block}
  br label %parts
parts:
  %first_lane = phi i32 [ 0, %blocks ], [ %next_lane, %parts ]
  call fastcc void @part(i64 %block, i32 %first_lane, i64 %start, i64 %stride, \
ptr %arguments, ptr %tables, ptr %firsts, ptr %sums, ptr %out)
  %next_lane = add i32 %first_lane, {width}
  %more = icmp ult i32 %next_lane, {lanes}
  br i1 %more, label %parts, label %outputs
outputs:
  br i1 {has_records}, label %output, label %merged
output:
  %number = phi i64 [ 0, %outputs ], [ %next_number, %output ]
  %first_sum = mul i64 %number, {sums_per_output}
  %mine = getelementptr {scalar}, ptr %sums, i64 %first_sum
  %before = mul i64 %index, {n_outputs}
  %row = add i64 %before, %number
  %first_field = mul i64 %row, {n_fields}
  %record = getelementptr double, ptr %out, i64 %first_field
  call fastcc void @merge(ptr %mine, ptr %record)
  %next_number = add i64 %number, 1
  %again = icmp ult i64 %next_number, {n_outputs}
  br i1 %again, label %output, label %merged
merged:
  %following = add i64 %index, 1
  %goes_on = icmp ult i64 %following, %n_blocks
  br i1 %goes_on, label %blocks, label %finish
finish:
  ret void
}}
"""


def lanes_at_once(plan: Plan) -> int:
    """Return how many lanes of a plan go together."""
    usual = LANES_AT_ONCE[plan.precision]
    is_long = sum(1 for _ in topological([plan.body])) > LONG
    return usual // 2 if is_long else usual


def render(plan: Plan) -> tuple[str, list[Table]]:
    """Return the LLVM IR of a plan, and its tables in the order of their pointers."""
    width = lanes_at_once(plan)
    part = _part(plan, width)
    text = _PLAN.format(
        part="\n".join([*part.allocations, *part.lines]),
        merge=merge_lanes(plan.precision),
        n_firsts=max(1, part.n_firsts),
        n_sums=max(1, plan.body.payload.n_states),
        lanes=N_LANES,
        block=BLOCK,
        width=width,
        scalar=SCALAR[plan.precision],
        has_records="true" if plan.records else "false",
        n_outputs=plan.n_outputs,
        sums_per_output=STATES_PER_OUTPUT * N_LANES,
        n_fields=len(FIELDS),
    )
    declares = [f"declare {signature}" for signature in part.declared.values()]
    return "\n".join([*declares, *part.functions, text, *METADATA, ""]), part.tables
