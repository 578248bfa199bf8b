"""Loops: how they are put together, and `scan`, the loop that a model writes."""

import contextlib
import inspect
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from mclib.errors import ArgumentError, TraceError, law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, as_number, lift
from mclib.expressions.nodes import Loop, Node, new_loop_identity, node
from mclib.expressions.probability import Probability

MAX_STEPS = 1 << 31


def loop_counter(identity: int, n_steps: int) -> Expression:
    """Return how often a machine loop has gone round (int32)."""
    return Expression(node("step", type_=Type.INT32, payload=Loop(identity, n_steps, 0)))


def loop_state(identity: int, place: int, type_: Type) -> Expression:
    """Return what a loop carries in `place`."""
    return Expression(node("state", type_=type_, payload=(identity, place)))


def make_loop(
    identity: int,
    n_steps: int,
    starts: Sequence[Node],
    nexts: Sequence[Node],
    stored: Sequence[Node] = (),
    *,
    goes_round_trials: bool = False,
) -> Node:
    """Return a loop that carries `starts` on to `nexts` and keeps `stored` alive inside."""
    payload = Loop(identity, n_steps, len(starts), goes_round_trials)
    type_ = starts[0].type if starts else Type.BOOLEAN
    return node("loop", *starts, *nexts, *stored, type_=type_, payload=payload)


def results(loop: Node) -> list[Node]:
    """Return what a loop carries when it ends."""
    starts = loop.args[: loop.payload.n_states]
    return [
        node("result", loop, type_=start.type, payload=place)
        for place, start in enumerate(starts)
    ]


class Drawable(Protocol):
    """What can turn a probability into a draw: a distribution."""

    def draw(self, probability: Probability) -> Expression:
        """Return the draw that `probability` stands for."""


def uniform(name: str, *step: Node) -> Probability:
    """Return the uniform of the stream of `name`."""
    tail = node("tail", *step, type_=Type.REAL, payload=name)
    side = node("side", *step, type_=Type.BOOLEAN, payload=name)
    return Probability(Expression(tail), Expression(side))


def drawn(name: str, distribution: Drawable, *step: Node) -> Expression:
    """Return the draw of a distribution from the stream of `name`."""
    return distribution.draw(uniform(name, *step))


def scan(
    step: Callable[..., Any],
    start: Any,
    n_steps: int,
    noise: Drawable | Mapping[str, Drawable] | None = None,
) -> Any:
    """Step a state through time inside each trial.

    Parameters
    ----------
    step : callable
        ``step(state)``, or ``step(state, draw)`` with noise, returns the next state. A
        third (with no noise: second) parameter, if there is one, receives the step's number
        from 0. With several noises `draw` is a mapping from name to draw.
    start : number, traced value, or tuple of them
        The state before the first step.
    n_steps : int
        How often to step, 1 to 2**31.
    noise : distribution or mapping of name to distribution, optional
        What is drawn anew in each step of each trial. A single distribution draws from the
        stream called ``"noise"``; streams of one model must have different names.

    Returns
    -------
    traced value or tuple of them
        The state after the last step, shaped as `start`.

    Raises
    ------
    ArgumentError
        If `n_steps` is not a whole number of at least 1, or `noise` is not made of
        distributions.
    TraceError
        If `step` returns a state of another shape than `start`, or a scan with noise stands
        inside another's step.

    Notes
    -----
    Nothing is stored on the way: the state stays in the processor's registers. What is
    wanted of the path, such as its sum or maximum, is carried in the state.
    """
    count = _count(n_steps)
    is_single = not isinstance(start, (tuple, list))
    starts = [
        as_number(lift(value, Type.REAL)) for value in ((start,) if is_single else start)
    ]
    if not starts:
        message = "`start` must hold at least one number; got none."
        raise ArgumentError(message)
    identity = new_loop_identity()
    counter = node("step", type_=Type.REAL, payload=Loop(identity, count, 0))
    states = [loop_state(identity, place, Type.REAL) for place in range(len(starts))]
    handed: list[Any] = [states[0] if is_single else tuple(states)]
    if noise is not None:
        handed.append(_noise(noise, counter))
    if _n_parameters(step) > len(handed):
        handed.append(Expression(counter))
    with _stepping():
        returned = step(*handed)
    following = _as_states(returned, is_single=is_single, n_states=len(starts))
    loop = make_loop(identity, count, [each.node for each in starts], following)
    ended = [Expression(each) for each in results(loop)]
    return ended[0] if is_single else tuple(ended)


_is_stepping: ContextVar[bool] = ContextVar("is_stepping", default=False)


@contextlib.contextmanager
def _stepping() -> Iterator[None]:
    token = _is_stepping.set(True)
    try:
        yield
    finally:
        _is_stepping.reset(token)


def _noise(noise: Any, counter: Node) -> Any:
    """Return the draws of one step: one, or a mapping of them by name."""
    if _is_stepping.get():
        # A draw is addressed by trial and step; there is no word for a step within a step.
        message = (
            "a `scan` inside another's step must be without noise: "
            "it would draw the same numbers in every step of the outer one."
        )
        hint = (
            "give the noise to the outer `scan`, which hands each step's draws to `step`."
        )
        raise TraceError(f"{message}\nhint: {hint}")
    sources = noise if isinstance(noise, Mapping) else {"noise": noise}
    for name, each in sources.items():
        if not isinstance(name, str) or not name:
            raise law("noise", "have words as names", name)
        if not callable(getattr(each, "draw", None)) or isinstance(each, type):
            must = "be a distribution or a mapping of name to distribution"
            raise law("noise", must, each, "write `noise=mc.Normal(0.0, 1.0)`.")
    draws = {name: drawn(name, each, counter) for name, each in sources.items()}
    return draws if isinstance(noise, Mapping) else draws["noise"]


def _count(n_steps: Any) -> int:
    must = "be a whole number from 1 to 2**31"
    if isinstance(n_steps, bool):
        raise law("n_steps", must, n_steps)
    try:
        count = operator.index(n_steps)
    except TraceError:
        raise
    except TypeError:
        raise law("n_steps", must, n_steps) from None
    if not 1 <= count <= MAX_STEPS:
        raise law("n_steps", must, n_steps)
    return count


def _n_parameters(step: Callable[..., Any]) -> int:
    try:
        return len(inspect.signature(step).parameters)
    except (TypeError, ValueError):
        return 0


def _as_states(given: Any, *, is_single: bool, n_states: int) -> list[Node]:
    is_many = isinstance(given, (tuple, list))
    values = list(given) if is_many else [given]
    if is_many == is_single or len(values) != n_states or any(v is None for v in values):
        wanted = "one number" if is_single else f"a tuple of {n_states} numbers"
        got = f"{len(values)} of them" if is_many else f"{given!r}"
        message = f"`step` must return a state shaped as `start`, {wanted}; got {got}."
        raise TraceError(message)
    return [as_number(lift(value, Type.REAL)).node for value in values]
