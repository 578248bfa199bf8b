"""Nodes: frozen, and one only for each meaning.

Two nodes with the same op, arguments, payload and type are the same object, so that
equality is identity and a graph holds no expression twice. A node knows its *scope*: the
loops, and whether the trial, that it depends on. A node with an empty scope is the same in
every trial.
"""

import itertools
import struct
import threading
import weakref
from collections.abc import Container, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.expressions.dtypes import Type
from mclib.expressions.ops import OPS, Op

TRIAL = 0
"""The scope of whatever differs between trials; loops are numbered from 1."""

CALLER = -1
"""The scope of what a subroutine is called with."""


class Node:
    """One op applied to its arguments. Made by `node` only."""

    __slots__ = ("__weakref__", "args", "op", "payload", "scope", "type")

    op: Op
    args: tuple["Node", ...]
    payload: Any
    type: Type
    scope: frozenset[int]

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            message = f"nodes are frozen; {name!r} cannot be set."
            raise AttributeError(message)
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        inside = [f"{arg.op.name}:{id(arg) & 0xFFFF:04x}" for arg in self.args]
        if self.payload is not None:
            inside.insert(0, repr(self.payload))
        return f"{self.op.name}({', '.join(inside)}) -> {self.type.value}"

    @property
    def is_uniform(self) -> bool:
        """Whether the value is the same in every trial and every turn of a loop."""
        return not self.scope

    @property
    def is_constant(self) -> bool:
        """Whether the value is known now."""
        return self.op.name == "constant"


@dataclass(frozen=True, slots=True)
class Loop:
    """The payload of a `loop` node.

    Attributes
    ----------
    identity : int
        Distinguishes this loop's placeholders from those of all others.
    n_steps : int
        How often it goes round; at least 1.
    n_states : int
        How many values it carries: the node's arguments are so many start values, then as
        many next values, then whatever it stores.
    goes_round_trials : bool
        Whether it goes round trials, so that even constants are computed in it.
    ends_early : bool
        Whether its last state is a boolean that tells where anything is left to do: where
        it is false no state changes any more. It decides nothing but time: an engine may
        end the loop when the state is false in all trials that it works on.
    """

    identity: int
    n_steps: int
    n_states: int
    goes_round_trials: bool = False
    ends_early: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers that a model looks up, compared by content."""

    data: bytes
    type: Type

    @classmethod
    def of(cls, values: "np.ndarray[Any, Any]", type_: Type) -> "Table":
        """Freeze an array of shape (n,) as numbers of `type_`."""
        with np.errstate(over="ignore"):
            return cls(np.ascontiguousarray(values, dtype=type_.dtype).tobytes(), type_)

    @property
    def values(self) -> "np.ndarray[Any, Any]":
        """The numbers, read only."""
        return np.frombuffer(self.data, dtype=self.type.dtype)

    def __len__(self) -> int:
        return len(self.data) // self.type.dtype.itemsize

    def __repr__(self) -> str:
        return f"Table({len(self)} x {self.type.value})"


_interned: "weakref.WeakValueDictionary[Hashable, Node]" = weakref.WeakValueDictionary()
_interning = threading.Lock()
_identities = itertools.count(TRIAL + 1)


@dataclass(frozen=True, slots=True)
class Subroutine:
    """The payload of a `call` node: formulas that are written once and used often.

    Attributes
    ----------
    name : str
        What it is called in displays and sources.
    formals : tuple of Node
        Placeholders for the arguments.
    results : tuple of Node
        What it gives; read with `result` nodes.
    """

    name: str
    formals: tuple["Node", ...]
    results: tuple["Node", ...]

    def __repr__(self) -> str:
        return self.name


def new_loop_identity() -> int:
    """Return a number that no other loop has."""
    return next(_identities)


def _scope(op: Op, args: tuple[Node, ...], payload: Any) -> frozenset[int]:
    if op.name in {"block", "lane", "tail", "side"}:
        own: frozenset[int] = frozenset({TRIAL})
    elif op.name == "formal":
        own = frozenset({CALLER})
    elif op.name in {"step", "state"}:
        own = frozenset({payload.identity if op.name == "step" else payload[0]})
    else:
        own = frozenset()
    together = own.union(*(arg.scope for arg in args))
    if op.name == "loop":
        outside = together - {payload.identity}
        return outside | {TRIAL} if payload.goes_round_trials else outside
    return together


def _payload_key(payload: Any) -> Hashable:
    # 0.0 == -0.0 and NaN != NaN, but their bits say what they are.
    if isinstance(payload, float):
        return struct.pack("<d", payload)
    return payload  # type: ignore[no-any-return]


def node(name: str, *args: Node, type_: Type, payload: Any = None) -> Node:
    """Return the one node with this op, these arguments, this payload and this type."""
    key = (name, tuple(map(id, args)), _payload_key(payload), type_)
    found = _interned.get(key)
    if found is not None:
        return found
    made = Node()
    made.op = OPS[name]
    made.args = args
    made.payload = payload
    made.type = type_
    made.scope = _scope(made.op, args, payload)
    # Two threads may have made it at the same time; both must get the same one.
    with _interning:
        return _interned.setdefault(key, made)


def constant(value: bool | float, type_: Type) -> Node:
    """Return the constant `value` as `type_`; integers wrap, floats round to `type_`."""
    if type_ is Type.BOOLEAN:
        return node("constant", type_=type_, payload=bool(value))
    if type_.is_integer:
        width = type_.dtype.itemsize * 8
        return node("constant", type_=type_, payload=int(value) & ((1 << width) - 1))
    # Beyond the largest float32 a number rounds to infinity, which needs no warning.
    with np.errstate(over="ignore"):
        return node("constant", type_=type_, payload=float(type_.dtype.type(value)))


def topological(
    roots: Iterable[Node], known: Container[Node] = frozenset()
) -> Iterator[Node]:
    """Yield every node below `roots` once, arguments before the nodes that use them.

    Nodes in `known` are yielded, but what is below them is not looked at.
    """
    done: set[Node] = set()
    for root in roots:
        stack = [(root, iter(() if root in known else root.args))]
        while stack:
            current, waiting = stack[-1]
            if current in done:
                stack.pop()
                continue
            following = next((arg for arg in waiting if arg not in done), None)
            if following is None:
                done.add(current)
                stack.pop()
                yield current
            else:
                below = () if following in known else following.args
                stack.append((following, iter(below)))
