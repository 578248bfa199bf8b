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

from mclib.engines.llvm.writing import METADATA, SCALAR, FunctionWriter
from mclib.engines.plans import BLOCK, N_LANES, STATES_PER_OUTPUT, Plan
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Table, topological
from mclib.expressions.schedule import OUTSIDE
from mclib.statistics.moments import FIELDS

LANES_AT_ONCE = {Type.FLOAT32: 32, Type.FLOAT64: 16}
"""How many of the 32 lanes go through a block together: as many as leave registers free."""


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


def _merge(plan: Plan) -> FunctionWriter:
    """Write the function that makes one output's record of its lanes' sums.

    All outputs have the same formulas, so those of the first one serve them all.
    """
    records = plan.records[: len(FIELDS)]
    sums = [
        each for each in topological(records, known={plan.body}) if each.op.name == "result"
    ]
    merge = FunctionWriter(records, N_LANES, known=frozenset(sums))
    for each in sums:
        offset = each.payload * N_LANES
        slot = merge.emit(f"getelementptr {SCALAR[each.type]}, ptr %sums, i64 {offset}")
        merge.names[each] = merge.emit(f"load {merge.vector(each.type)}, ptr {slot}")
    merge.region(OUTSIDE)
    for place, record in enumerate(records):
        value = merge.emit(f"extractelement {merge.typed(record)}, i64 0")
        slot = merge.emit(f"getelementptr double, ptr %out, i64 {place}")
        merge.do(f"store double {value}, ptr {slot}")
    merge.do("ret void")
    return merge


_PLAN = """\
define internal fastcc void @part(i64 %block, i32 %first_lane, i64 %start, i64 %stride, \
ptr noalias readonly %arguments, ptr noalias readonly %tables, ptr noalias %sums, \
ptr noalias %out) {{
entry:
{part}
}}

define internal fastcc void @merge(ptr noalias readonly %arguments, \
ptr noalias readonly %sums, ptr noalias %out) noinline {{
entry:
{merge}
}}

define void @plan(i64 %first_block, i64 %n_blocks, i64 %stride_blocks, \
ptr noalias readonly %arguments, ptr noalias readonly %tables, ptr noalias %out) {{
entry:
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
ptr %arguments, ptr %tables, ptr %sums, ptr %out)
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
  call fastcc void @merge(ptr %arguments, ptr %mine, ptr %record)
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


def render(plan: Plan) -> tuple[str, list[Table]]:
    """Return the LLVM IR of a plan, and its tables in the order of their pointers."""
    width = LANES_AT_ONCE[plan.precision]
    part, merge = _part(plan, width), _merge(plan)
    text = _PLAN.format(
        part="\n".join([*part.allocations, *part.lines]),
        merge="\n".join(merge.lines),
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
    declared = {**part.declared, **merge.declared}
    declares = [f"declare {signature}" for signature in declared.values()]
    return "\n".join([*declares, *part.functions, text, *METADATA, ""]), part.tables
