"""Loops: how they are put together, and `scan`, the loop that a model writes."""

import contextlib
import inspect
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mclib.errors import ArgumentError, TraceError, law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, as_number, lift
from mclib.expressions.nodes import Loop, Node, new_loop_identity, node
from mclib.expressions.probability import Probability

MAX_STEPS = 1 << 31

MOST_STEPS = 1 << 20
"""Steps after which a loop that only `until` would end is given up."""


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
    ends_early: bool = False,
) -> Node:
    """Return a loop that carries `starts` on to `nexts` and keeps `stored` alive inside."""
    payload = Loop(identity, n_steps, len(starts), goes_round_trials, ends_early)
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
    n_steps: int | None = None,
    noise: Drawable | Mapping[str, Drawable] | None = None,
    *,
    until: Callable[..., Any] | None = None,
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
        How often to step, 1 to 2**31; with `until`, how often at most. Where it isn't given
        `until` alone ends the loop.
    noise : distribution or mapping of name to distribution, optional
        What is drawn anew in each step of each trial. A single distribution draws from the
        stream called ``"noise"``; streams of one model must have different names.
    until : callable, optional
        ``until(state)``, or ``until(state, number)`` with the number of steps taken, tells
        whether a trial has ended: its state stays as it is then. It is asked before the
        first step and after each. Draws are the same with and without it.

    Returns
    -------
    traced value or tuple of them
        The state after the last step, shaped as `start`. NaN where `n_steps` isn't given
        and a trial hasn't ended after 1,048,576 steps.

    Raises
    ------
    ArgumentError
        If `n_steps` is not a whole number of at least 1, `noise` is not made of
        distributions, or `until` doesn't return a condition.
    TraceError
        If `step` returns a state of another shape than `start`, or a scan with noise stands
        inside another's step.

    Notes
    -----
    Nothing is stored on the way: the state stays in the processor's registers. What is
    wanted of the path, such as its sum or maximum, is carried in the state. With `until` a
    processor goes on until the last of 16 or 32 trials has ended, a GPU for each trial as
    long as for the longest of its 32.

    Examples
    --------
    How long it takes to lose all of 3, at even odds of one up and one down, in a year at
    most:

    >>> import mclib as mc
    >>> @mc.model
    ... def ruin(chance=0.5):
    ...     def play(state, u):
    ...         money, days = state
    ...         return money + mc.where(u < chance, 1, -1), days + 1
    ...
    ...     day = mc.Uniform(0, 1)
    ...     money, days = mc.scan(
    ...         play, (3, 0), 365, noise=day, until=lambda state: state[0] <= 0
    ...     )
    ...     return {"ruined": money <= 0, "days": days}
    >>> result = mc.simulate(ruin, 100_000, seed=7)
    >>> print(result["ruined"].mean)
    0.8751 ± 0.0020 (95 %)
    """
    is_open = n_steps is None and until is not None
    count = MOST_STEPS if is_open else _count(n_steps)
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
    if until is None:
        loop = make_loop(identity, count, [each.node for each in starts], following)
        ended = [Expression(each) for each in results(loop)]
    else:
        end = _End(until, is_single=is_single)
        ended = end.loop(identity, count, starts, following, Expression(counter))
        if is_open:
            *ended, goes_on = ended
            ended = [apply("where", goes_on, lift(math.nan, Type.REAL), x) for x in ended]
        else:
            ended = ended[:-1]
    return ended[0] if is_single else tuple(ended)


@dataclass(frozen=True)
class _End:
    """What ends a loop before its last step, trial by trial."""

    until: Callable[..., Any]
    is_single: bool

    def goes_on(self, states: Sequence[Expression], number: Expression) -> Expression:
        """Return whether a trial isn't at its end, after so many steps."""
        handed: list[Any] = [states[0] if self.is_single else tuple(states)]
        if _n_parameters(self.until) > 1:
            handed.append(number)
        with _stepping():
            ended = self.until(*handed)
        if isinstance(ended, (bool, np.bool_)):
            ended = lift(bool(ended), Type.BOOLEAN)
        if not isinstance(ended, Expression) or ended.type is not Type.BOOLEAN:
            hint = "compare the state, as in `until=lambda level: level <= 0`."
            raise law("until", "return whether a trial has ended", ended, hint)
        return ~ended

    def loop(
        self,
        identity: int,
        n_steps: int,
        starts: Sequence[Expression],
        following: Sequence[Node],
        counter: Expression,
    ) -> list[Expression]:
        """Return the states after the loop, and whether a trial would have gone on."""
        goes_on = loop_state(identity, len(starts), Type.BOOLEAN)
        kept = [
            apply("where", goes_on, Expression(new), loop_state(identity, place, Type.REAL))
            for place, new in enumerate(following)
        ]
        first = self.goes_on(starts, lift(0.0, Type.REAL))
        still = goes_on & self.goes_on(kept, counter + 1.0)
        loop = make_loop(
            identity,
            n_steps,
            [each.node for each in (*starts, first)],
            [each.node for each in (*kept, still)],
            ends_early=True,
        )
        return [Expression(each) for each in results(loop)]


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
