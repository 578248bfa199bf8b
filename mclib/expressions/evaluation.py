"""The meaning of every machine op, in NumPy: what all engines are judged by."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from mclib.expressions.nodes import Node
from mclib.expressions.schedule import OUTSIDE, Schedule, schedule
from mclib.fused import fused_multiply_add

Array = Any
"""A NumPy array or scalar; axes are the caller's, lanes always the last one."""


def _signed(value: Array) -> Array:
    value = np.asarray(value)
    return value.view(f"i{value.dtype.itemsize}") if value.dtype.kind == "u" else value


def _unsigned(value: Array) -> Array:
    value = np.asarray(value)
    return value.view(f"u{value.dtype.itemsize}") if value.dtype.kind == "i" else value


def _shift_right_signed(each: Node, a: Array, b: Array) -> Array:
    return _unsigned(np.right_shift(_signed(a), _signed(b)))


def _to_integer(each: Node, a: Array) -> Array:
    width = each.type.dtype.itemsize
    return _unsigned(np.asarray(a).astype(f"i{width}"))


def _pick(each: Node, index: Array, *values: Array) -> Array:
    if np.ndim(index) == 0:
        return values[int(index)]
    return np.choose(index, values)


def _shift_lanes(each: Node, a: Array) -> Array:
    # What is the same in all lanes may come as a scalar.
    return np.roll(a, -each.payload, axis=-1) if np.ndim(a) else a


def _first_lane(each: Node, is_first: Array, a: Array, before: Array) -> Array:
    return np.where(is_first, a[..., :1] if np.ndim(a) else a, before)


_MEANING: dict[str, Callable[..., Array]] = {
    "constant": lambda each: each.type.dtype.type(each.payload),
    "add": lambda each, a, b: a + b,
    "subtract": lambda each, a, b: a - b,
    "multiply": lambda each, a, b: a * b,
    "divide": lambda each, a, b: a / b,
    "fused_multiply_add": lambda each, a, b, c: fused_multiply_add(a, b, c),
    "square_root": lambda each, a: np.sqrt(a),
    "negative": lambda each, a: -a,
    "absolute": lambda each, a: np.abs(a),
    "floor": lambda each, a: np.floor(a),
    "less": lambda each, a, b: _signed(a) < _signed(b),
    "less_equal": lambda each, a, b: _signed(a) <= _signed(b),
    "equal": lambda each, a, b: a == b,
    "logical_and": lambda each, a, b: a & b,
    "logical_or": lambda each, a, b: a | b,
    "logical_xor": lambda each, a, b: a ^ b,
    "logical_not": lambda each, a: ~a,
    "bit_and": lambda each, a, b: a & b,
    "bit_or": lambda each, a, b: a | b,
    "bit_xor": lambda each, a, b: a ^ b,
    "shift_left": lambda each, a, b: a << b,
    "shift_right": lambda each, a, b: a >> b,
    "shift_right_signed": _shift_right_signed,
    "where": lambda each, a, b, c: np.where(a, b, c),
    "float_bits": lambda each, a: np.asarray(a).view(each.type.dtype),
    "from_bits": lambda each, a: np.asarray(a).view(each.type.dtype),
    "zero_extend": lambda each, a: np.asarray(a).astype(np.uint64),
    "truncate": lambda each, a: np.asarray(a).astype(np.uint32),
    "to_float": lambda each, a: _signed(a).astype(each.type.dtype),
    "to_integer": _to_integer,
    "widen": lambda each, a: np.asarray(a).astype(np.float64),
    "narrow": lambda each, a: np.asarray(a).astype(np.float32),
    "load": lambda each, a: each.payload.values[np.asarray(a).astype(np.int64)],
    "pick": _pick,
    "shift_lanes": _shift_lanes,
    "first_lane": _first_lane,
    "lesser": lambda each, a, b: np.where(a < b, a, b),
    "greater": lambda each, a, b: np.where(b < a, a, b),
}


class Stores:
    """Collects what the loop numbered `identity` keeps beyond its states, turn by turn."""

    def __init__(self, identity: int) -> None:
        self.identity = identity
        self.turns: list[list[Array]] = []


def evaluate(
    roots: Iterable[Node], known: Mapping[Node, Array], stores: Stores | None = None
) -> list[Array]:
    """Return the values of machine nodes.

    Parameters
    ----------
    roots : iterable of Node
        What is wanted.
    known : mapping of Node to array
        Values of the placeholders (`argument`, `block`, `lane`, ...), broadcastable to one
        another, lanes on the last axis.
    stores : Stores, optional
        Takes up what a loop stores.

    Returns
    -------
    list of array
        One for each root, in order.
    """
    wanted = list(roots)
    values: dict[Node, Array] = dict(known)
    with np.errstate(all="ignore"):
        _Evaluation(schedule(wanted), values, stores).region(OUTSIDE)
    return [values[each] for each in wanted]


class _Evaluation:
    def __init__(
        self, regions: Schedule, values: dict[Node, Array], stores: Stores | None
    ) -> None:
        self.regions = regions
        self.values = values
        self.stores = stores

    def region(self, identity: int) -> None:
        for each in self.regions.get(identity, ()):
            if each.op.name == "loop":
                self.loop(each)
            elif each.op.name == "call":
                self.values[each] = self.call(each)
            elif each.op.name == "result":
                self.values[each] = self.values[each.args[0]][each.payload]
            elif each.op.name in _MEANING:
                args = (self.values[arg] for arg in each.args)
                self.values[each] = _MEANING[each.op.name](each, *args)

    def call(self, each: Node) -> list[Array]:
        known = {
            node: value for node, value in self.values.items() if node.op.name == "argument"
        }
        handed = (self.values[arg] for arg in each.args)
        known |= dict(zip(each.payload.formals, handed, strict=True))
        return evaluate(each.payload.results, known)

    def loop(self, each: Node) -> None:
        identity, n_steps, n_states = (
            each.payload.identity,
            each.payload.n_steps,
            each.payload.n_states,
        )
        states = [self.values[arg] for arg in each.args[:n_states]]
        inside = self.regions.get(identity, [])
        places = {x.payload[1]: x for x in inside if x.op.name == "state"}
        counters = [x for x in inside if x.op.name == "step"]
        for turn in range(n_steps):
            for place, placeholder in places.items():
                self.values[placeholder] = states[place]
            for counter in counters:
                self.values[counter] = np.uint32(turn)
            self.region(identity)
            if self.stores is not None and self.stores.identity == identity:
                self.stores.turns.append(
                    [self.values[arg] for arg in each.args[2 * n_states :]]
                )
            states = [self.values[arg] for arg in each.args[n_states : 2 * n_states]]
            if each.payload.ends_early and not np.any(states[-1]):
                break
        self.values[each] = states
