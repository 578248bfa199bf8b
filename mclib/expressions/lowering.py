"""From a model's graph to machine ops.

Lowering decides what a real number is, writes mathematics and draws out in machine ops, and
says where in a block each trial lies. A loop with noise becomes a loop over fours of steps
around a loop of four, so that one Philox call serves four steps.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib import streams
from mclib.expressions import philox
from mclib.expressions.dtypes import Type
from mclib.expressions.evaluation import evaluate
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.loops import loop_counter, loop_state, make_loop, results
from mclib.expressions.machine import (
    load,
    table_of,
    to_float,
    to_integer,
    where,
    zero_extend,
)
from mclib.expressions.mathematics import FORMULAS
from mclib.expressions.mathematics.logarithm import log_positive
from mclib.expressions.mathematics.normal_draws import normal_draw
from mclib.expressions.mathematics.powers import SHORT_POWERS
from mclib.expressions.nodes import (
    Node,
    Subroutine,
    constant,
    new_loop_identity,
    node,
    topological,
)
from mclib.expressions.subroutines import call, subroutine
from mclib.expressions.tabulation import tabulated
from mclib.expressions.verify import verify

STEPS_PER_DRAW = 4
"""A Philox call yields four words, one for each of four steps (or of four trials)."""


INLINE = frozenset({"ceiling", "truncated", "rounded", "minimum", "maximum"})
"""Formulas of a few ops, written out wherever they are used."""


_OF_DRAWS: Mapping[str, Callable[..., Expression]] = {
    "normal_draw": normal_draw,
    "log_positive": log_positive,
}
"""Formulas for what a draw's tail is known to be."""


@functools.cache
def _routine(name: str, types: tuple[Type, ...]) -> Subroutine:
    formula = _OF_DRAWS[name] if name in _OF_DRAWS else FORMULAS[name]
    return subroutine(name, types, formula)


@dataclass(frozen=True)
class Position:
    """Where the trial at hand lies.

    Attributes
    ----------
    quarter : Expression
        Number of the trial over four, rounded down (int64).
    row : Expression
        The rest, 0 to 3: a loop's counter (int32).
    block : Expression
        Number of the block of 1,024 trials (int64).
    place : Expression
        The quarter's number within the block, 0 to 255 (int32).
    """

    quarter: Expression
    row: Expression
    block: Expression
    place: Expression

    @property
    def trial(self) -> Expression:
        """Number of the trial (int64)."""
        return (self.quarter << 2) | zero_extend(self.row)


@dataclass(frozen=True)
class _Turns:
    """The machine loops that a model's loop becomes."""

    inner: int
    outer: int | None
    n_steps: int

    def state(self, place: int, type_: Type) -> Node:
        return loop_state(self.inner, place, type_).node

    @property
    def place(self) -> Expression:
        return loop_counter(self.inner, STEPS_PER_DRAW if self.outer else self.n_steps)

    @property
    def four(self) -> Expression:
        assert self.outer is not None
        return loop_counter(self.outer, -(-self.n_steps // STEPS_PER_DRAW))

    @property
    def step(self) -> Expression:
        if self.outer is None:
            return self.place
        return self.four * STEPS_PER_DRAW + self.place


class _Lowering:
    def __init__(
        self, roots: list[Node], precision: Type, position: Position | None
    ) -> None:
        self.precision = precision
        self.position = position
        self.done: dict[Node, Node] = {}
        self.order = list(topological(roots))
        noisy = {
            each.args[0].payload.identity
            for each in self.order
            if each.op.name in {"tail", "side"} and each.args
        }
        self.turns: dict[int, _Turns] = {}
        for each in self.order:
            if each.op.name == "loop":
                identity = each.payload.identity
                outer = new_loop_identity() if identity in noisy else None
                self.turns[identity] = _Turns(
                    new_loop_identity(), outer, each.payload.n_steps
                )

    def run(self, roots: list[Node]) -> list[Node]:
        for each in self.order:
            self.done[each] = self.lower(each)
        return [self.done[each] for each in roots]

    def type(self, type_: Type) -> Type:
        return self.precision if type_ is Type.REAL else type_

    def args(self, each: Node) -> list[Expression]:
        return [Expression(self.done[arg]) for arg in each.args]

    def lower(self, each: Node) -> Node:
        special = _SPECIAL.get(each.op.name)
        if special is not None:
            return special(self, each)
        if each.op.name in FORMULAS:
            return self.formula(each)
        nodes = (self.done[arg] for arg in each.args)
        return node(each.op.name, *nodes, type_=self.type(each.type), payload=each.payload)

    def formula(self, each: Node) -> Node:
        args = self.args(each)
        if each.op.name in INLINE:
            return FORMULAS[each.op.name](*args).node
        name = each.op.name
        if name == "normal_quantile" and each.args[0].op.name == "tail":
            name, args = "normal_draw", [args[0], self.sign(each.args[1])]
        if name == "log" and _is_probability(each.args[0]):
            name = "log_positive"
        (value,) = call(_routine(name, tuple(arg.type for arg in args)), *args)
        return value.node

    def sign(self, side: Node) -> Expression:
        """Return an integer with its sign bit set where `side` is true."""
        if side.op.name == "side":
            return self.draw(side).sign()
        type_ = self.precision.bits_type
        sign_bit = lift(1 << (8 * type_.dtype.itemsize - 1), type_)
        return where(Expression(self.done[side]), sign_bit, lift(0, type_))

    def power(self, each: Node) -> Node:
        base = self.args(each)[0]
        short = SHORT_POWERS.get(each.args[1].payload) if each.args[1].is_constant else None
        return self.formula(each) if short is None else short(base).node

    def constant(self, each: Node) -> Node:
        return constant(each.payload, self.type(each.type))

    def parameter(self, each: Node) -> Node:
        return node("argument", type_=self.precision, payload=each.payload)

    def draw(self, each: Node) -> philox.Draw:
        assert self.position is not None
        position, payload = self.position, each.payload
        turns = self.turns[each.args[0].payload.identity] if each.args else None
        if not isinstance(payload, str):
            # A sampler has put itself in the place of the name.
            if turns is None:
                return payload.input_draw(position, self.precision)  # type: ignore[no-any-return]
            return payload.noise_draw(position, turns.four, turns.place, self.precision)  # type: ignore[no-any-return]
        stream = streams.stream_of(payload)
        if turns is None:
            return philox.input_draw(stream, position.quarter, position.row, self.precision)
        return philox.noise_draw(
            stream, position.trial, turns.four, turns.place, self.precision
        )

    def tail(self, each: Node) -> Node:
        return self.draw(each).tail().node

    def side(self, each: Node) -> Node:
        return self.draw(each).side().node

    def lookup(self, each: Node) -> Node:
        table = each.payload
        place = Expression(self.done[each.args[0]])
        last = self.precision.dtype.type(len(table) - 1).item()
        if last >= len(table):
            # Not every place beyond 2**24 is a float32, and none behind the last is read.
            last -= 2.0 ** (math.frexp(last)[1] - 24)
        # Written so that NaN falls to the last element.
        held = where(place < last, where(place > 0.0, place, 0.0), last)
        index = to_integer(held, Type.INT32)
        return load(table_of(table.values, self.precision), index).node

    def tabulated(self, each: Node) -> Node:
        tail, side = each.args[:2]
        own, is_drawn = Expression(self.done[tail]), tail.op.name == "tail"
        return tabulated(each.payload, own, self.sign(side), is_drawn=is_drawn).node

    def tabulated_draw(self, each: Node) -> Node:
        is_drawn = [arg.op.name for arg in each.args[:2]] == ["tail", "side"]
        return self.tabulated(each) if is_drawn else self.done[each.args[2]]

    def step(self, each: Node) -> Node:
        return to_float(self.turns[each.payload.identity].step, self.precision).node

    def state(self, each: Node) -> Node:
        identity, place = each.payload
        return self.turns[identity].state(place, self.type(each.type))

    def loop(self, each: Node) -> Node:
        turns, n_states = self.turns[each.payload.identity], each.payload.n_states
        starts = [self.done[arg] for arg in each.args[:n_states]]
        nexts = [self.done[arg] for arg in each.args[n_states:]]
        ends_early = each.payload.ends_early
        if turns.outer is None:
            return make_loop(
                turns.inner, turns.n_steps, starts, nexts, ends_early=ends_early
            )
        if turns.n_steps % STEPS_PER_DRAW:
            goes_on = turns.step < turns.n_steps
            nexts = [
                apply(
                    "where", goes_on, Expression(new), Expression(turns.state(k, new.type))
                ).node
                for k, new in enumerate(nexts)
            ]
        carried = [
            loop_state(turns.outer, k, start.type).node for k, start in enumerate(starts)
        ]
        inner = make_loop(turns.inner, STEPS_PER_DRAW, carried, nexts)
        n_fours = -(-turns.n_steps // STEPS_PER_DRAW)
        return make_loop(
            turns.outer, n_fours, starts, results(inner), ends_early=ends_early
        )


def _is_probability(each: Node) -> bool:
    """Whether a node is a draw's u, 1 - u or tail: positive, normal and at most 1."""
    match [each.op.name, *(arg.op.name for arg in each.args)]:
        case ["tail", *_]:
            return True
        case ["where", *_]:
            return all(map(_is_probability, each.args[1:]))
        case ["subtract", "constant", "tail"]:
            return bool(each.args[0].payload == 1.0)
        case _:
            return False


_SPECIAL: dict[str, Callable[[_Lowering, Node], Node]] = {
    "power": _Lowering.power,
    "constant": _Lowering.constant,
    "parameter": _Lowering.parameter,
    "tail": _Lowering.tail,
    "side": _Lowering.side,
    "lookup": _Lowering.lookup,
    "tabulated": _Lowering.tabulated,
    "tabulated_draw": _Lowering.tabulated_draw,
    "step": _Lowering.step,
    "state": _Lowering.state,
    "loop": _Lowering.loop,
}


def lower(
    roots: Iterable[Node], precision: Type, position: Position | None = None
) -> list[Node]:
    """Return machine nodes that mean what `roots` mean.

    Parameters
    ----------
    roots : iterable of Node
        Nodes of a model's graph.
    precision : Type
        What a real number is: `FLOAT64` or `FLOAT32`.
    position : Position, optional
        Where the trial lies; needed if the graph draws.

    Returns
    -------
    list of Node
        One for each root. Parameters become the arguments of their names.
    """
    wanted = list(roots)
    lowered = _Lowering(wanted, precision, position).run(wanted)
    verify(lowered, machine=True, after="lowering")
    return lowered


def evaluate_model_expression(
    expression: Expression,
    precision: Type = Type.FLOAT64,
    bindings: Mapping[Node, Any] | None = None,
) -> Any:
    """Return the value of a model expression that does not draw.

    Parameters
    ----------
    expression : Expression
        What is wanted.
    precision : Type, default FLOAT64
        What a real number is.
    bindings : mapping of Node to array, optional
        Values for `parameter` nodes in it; they broadcast.

    Returns
    -------
    array
        Of the bindings' common shape.
    """
    (lowered,) = lower([expression.node], precision)
    known = {}
    for parameter, value in (bindings or {}).items():
        placeholder = node("argument", type_=precision, payload=parameter.payload)
        known[placeholder] = np.asarray(value, precision.dtype)
    return evaluate([lowered], known)[0]
