"""One plan: draws, model and statistics together, as one machine graph.

A plan works through canonical blocks of 1,024 trials: 32 lanes, each taking 8 groups of 4
rows. Trial ``t`` of a block lies in group ``t // 128``, lane ``t % 128 // 4``, row ``t %
4``, so that the four rows of a lane share their Philox calls. The lanes' sums are added to
one record of moments per output; the outputs themselves can be stored on the way. What is
the same in every trial is taken out as the plan's arguments.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mclib.expressions.dtypes import Type
from mclib.expressions.evaluation import evaluate
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.loops import loop_counter, loop_state, make_loop, results
from mclib.expressions.lowering import Position, lower
from mclib.expressions.machine import fma, greater, lesser, where, zero_extend
from mclib.expressions.nodes import (
    Node,
    Subroutine,
    constant,
    new_loop_identity,
    node,
    topological,
)
from mclib.expressions.subroutines import call, subroutine
from mclib.expressions.verify import verify
from mclib.statistics.moments import record_of_sums

N_LANES = 32
N_GROUPS = 8
N_ROWS = 4
BLOCK = N_LANES * N_GROUPS * N_ROWS

START = (0.0, 0.0, 0.0, 0.0, 0.0, float("inf"), float("-inf"))
"""What a lane has seen before its first turn: pivot, sums of powers, minimum, maximum."""

STATES_PER_OUTPUT = len(START)


@dataclass(frozen=True)
class Plan:
    """A machine graph that an engine can render.

    Attributes
    ----------
    precision : Type
        Type of the outputs.
    n_outputs : int
        How many outputs the model has.
    arguments : tuple of Node
        What is the same in every trial, as machine graphs over named arguments; in
        `records` and `body` the argument numbered k stands for the k-th of them.
    body : Node
        The loop over groups, around the loop over rows.
    rows : int
        Identity of the row loop. What that loop keeps alive beyond its states is stored.
    records : tuple of Node
        Seven numbers for each output, right in lane 0 at the end of a block: what
        `record_routine` makes of the output's sums; none for a plan that stores outputs.
    """

    precision: Type
    n_outputs: int
    arguments: tuple[Node, ...]
    body: Node
    rows: int
    records: tuple[Node, ...]

    @property
    def roots(self) -> tuple[Node, ...]:
        """What the plan must compute."""
        return (*self.records, self.body)


class _Place:
    """Where a trial lies, as placeholders of the two loops."""

    def __init__(self) -> None:
        self.groups, self.rows = new_loop_identity(), new_loop_identity()
        self.group = loop_counter(self.groups, N_GROUPS)
        self.row = loop_counter(self.rows, N_ROWS)

    @property
    def position(self) -> Position:
        block = Expression(node("block", type_=Type.INT64))
        lane = Expression(node("lane", type_=Type.INT32))
        place = self.group * N_LANES + lane
        quarter = block * (BLOCK // N_ROWS) + zero_extend(place)
        return Position(quarter, self.row, block, place)


def build_values(outputs: Sequence[Node], precision: Type) -> Plan:
    """Return the plan that stores outputs: nodes of a graph before lowering."""
    place = _Place()
    lowered = lower(outputs, precision, place.position)
    group = [place.group.node]

    def plan(carried: Sequence[Node]) -> Plan:
        inner = make_loop(
            place.rows, N_ROWS, carried, carried, lowered, goes_round_trials=True
        )
        body = make_loop(place.groups, N_GROUPS, [], [], [inner], goes_round_trials=True)
        return _plan(precision, len(lowered), [], body, place.rows)

    made = plan([])
    # Outputs that turn out to be the same in every trial must be stored in every group all
    # the same: a row loop that needs nothing of the group's would go round before it.
    return made if place.groups in made.body.args[0].scope else plan(group)


def build_moments(outputs: Sequence[Node], precision: Type) -> Plan:
    """Return the plan that makes one record of moments per block and output."""
    place = _Place()
    lowered = lower(outputs, precision, place.position)
    is_first = (place.group | place.row) == 0
    starts: list[Node] = []
    nexts: list[Node] = []
    for number, output in enumerate(lowered):
        states = [
            loop_state(place.rows, STATES_PER_OUTPUT * number + k, precision)
            for k in range(STATES_PER_OUTPUT)
        ]
        starts += [constant(start, precision) for start in START]
        x, (before, *sums) = Expression(output), states
        pivot = apply("first_lane", is_first, x, before)
        nexts += [each.node for each in (pivot, *turn(x, pivot, sums))]
    carried = [loop_state(place.groups, k, precision).node for k in range(len(starts))]
    inner = make_loop(place.rows, N_ROWS, carried, nexts, goes_round_trials=True)
    body = make_loop(place.groups, N_GROUPS, starts, results(inner), goes_round_trials=True)
    sums = [Expression(each) for each in results(body)]
    records: list[Node] = []
    for number in range(len(lowered)):
        mine = sums[STATES_PER_OUTPUT * number : STATES_PER_OUTPUT * (number + 1)]
        records += [each.node for each in call(record_routine(precision), *mine)]
    return _plan(precision, len(lowered), records, body, place.rows)


_UNKNOWN = frozenset(
    {"argument", "block", "lane", "step", "state", "formal", "loop", "result", "call"}
)
"""Ops whose value constants do not decide."""


def turn(x: Expression, pivot: Expression, sums: Sequence[Expression]) -> list[Expression]:
    """Return what a lane has seen after one more value, from what it had seen before.

    The sums of `mclib.statistics.records`: of the powers of (value - pivot), and the
    smallest and the largest value.
    """
    s1, s2, s3, s4, low, high = sums
    d = x - pivot
    d2 = d * d
    return [
        s1 + d,
        fma(d, d, s2),
        fma(d2, d, s3),
        fma(d2, d2, s4),
        lesser(x, low),
        greater(x, high),
    ]


@functools.cache
def record_routine(precision: Type) -> Subroutine:
    """Return what makes a record, in lane 0, of the states that the lanes end with."""
    return subroutine("record", [precision] * STATES_PER_OUTPUT, _record)


def _record(*states: Expression) -> tuple[Expression, ...]:
    pivot, *sums, low, high = states
    sums = [_wide(each) for each in sums]
    distance = N_LANES // 2
    while distance:
        sums = [each + _further(each, distance) for each in sums]
        low = lesser(_further(low, distance), low)
        high = greater(_further(high, distance), high)
        distance //= 2
    count = lift(float(BLOCK), Type.FLOAT64)
    # Of two zeros it is left open which is the smaller: the sign goes.
    ends = (_wide(each) + 0.0 for each in (low, high))
    return tuple(record_of_sums(count, _wide(pivot), *sums, *ends, where=where))


def _wide(x: Expression) -> Expression:
    return x if x.type is Type.FLOAT64 else apply("widen", x)


def _further(x: Expression, distance: int) -> Expression:
    shifted = node("shift_lanes", x.node, type_=x.type, payload=distance)
    return Expression(shifted)


class _Hoisting:
    """Takes what is the same in every trial out of a graph, as numbered arguments."""

    def __init__(self, roots: Iterable[Node]) -> None:
        self.before = _loops_before(roots)
        self.arguments: list[Node] = []
        self.places: dict[Node, Node] = {}
        self.routines: dict[Subroutine, Subroutine] = {}

    def rewrite(self, roots: Sequence[Node]) -> list[Node]:
        done: dict[Node, Node] = {}
        for each in topological(roots):
            args = tuple(done[arg] for arg in each.args)
            if not each.scope <= self.before:
                args = tuple(map(self.place, args))
            payload = self.routine(each.payload) if each.op.name == "call" else each.payload
            done[each] = _fold(node(each.op.name, *args, type_=each.type, payload=payload))
        return [self.place(done[root]) for root in roots]

    def place(self, each: Node) -> Node:
        if each.is_constant or not each.is_uniform:
            return each
        if each not in self.places:
            number = len(self.arguments)
            self.places[each] = node("argument", type_=each.type, payload=number)
            self.arguments.append(each)
        return self.places[each]

    def routine(self, routine: Subroutine) -> Subroutine:
        if routine not in self.routines:
            results = tuple(self.rewrite(routine.results))
            self.routines[routine] = Subroutine(routine.name, routine.formals, results)
        return self.routines[routine]


def _loops_before(roots: Iterable[Node]) -> frozenset[int]:
    """Return the loops that are the same in every trial, and those inside them.

    They go round before the plan begins, as part of its arguments.
    """
    loops = [each for each in topological(roots) if each.op.name == "loop"]
    found: frozenset[int] = frozenset()
    # From the outermost inwards, by one depth a turn.
    for _ in loops:
        found = frozenset(each.payload.identity for each in loops if each.scope <= found)
    return found


def _fold(each: Node) -> Node:
    """Compute what constants alone decide, and drop choices that are made already."""
    if each.op.name == "where" and each.args[0].is_constant:
        return each.args[1 if each.args[0].payload else 2]
    if each.op.name in _UNKNOWN or not all(arg.is_constant for arg in each.args):
        return each
    return constant(evaluate([each], {})[0].item(), each.type)


def _plan(
    precision: Type, n_outputs: int, records: Sequence[Node], body: Node, rows: int
) -> Plan:
    hoisting = _Hoisting((*records, body))
    *made, made_body = hoisting.rewrite((*records, body))
    verify((*made, made_body), machine=True, after="hoisting")
    return Plan(
        precision=precision,
        n_outputs=n_outputs,
        arguments=tuple(hoisting.arguments),
        body=made_body,
        rows=rows,
        records=tuple(made),
    )


def argument_values(plan: Plan, named: Mapping[str, float | int]) -> list[Any]:
    """Compute a plan's arguments.

    Parameters
    ----------
    plan : Plan
        Whose arguments.
    named : mapping of str to number
        Parameters by name, and the seed's two words as ``"seed low"`` and ``"seed high"``.

    Returns
    -------
    list of NumPy scalars
        In the order of their numbers.
    """
    known = {}
    for each in topological(plan.arguments):
        if each.op.name == "argument":
            known[each] = each.type.dtype.type(named[each.payload])
    return evaluate(plan.arguments, known)
