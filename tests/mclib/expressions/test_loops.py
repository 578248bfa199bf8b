"""`scan` steps as a Python loop would."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.base import Engine
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError, TraceError
from mclib.streams import input_words, noise_words, uniforms
from tests.helpers import assert_same_bits

N = 1100
SEED = 11
UNIFORM = mc.Uniform(0.0, 1.0)
ENGINES: tuple[Callable[[], Engine], ...] = (ReferenceEngine, LlvmEngine)


def _outcomes(function: Any, **run: Any) -> Any:
    result = mc.simulate(mc.model(function), N, seed=SEED, **run)
    return result[next(iter(result))].sample()


def _x() -> Any:
    return uniforms(input_words(SEED, "x", np.arange(N)))


def _u(name: str, step: int) -> Any:
    return uniforms(noise_words(SEED, name, np.arange(N), step))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_steps", range(1, 10))
def test_a_scan_with_noise_is_a_loop_over_draws(
    n_steps: int, engine: Callable[[], Engine]
) -> None:
    def walk(x: Any = UNIFORM) -> Any:
        return mc.scan(lambda level, u: level * 0.5 + u, x, n_steps, noise=UNIFORM)

    expected = _x()
    for step in range(n_steps):
        expected = expected * 0.5 + _u("noise", step)

    assert_same_bits(expected, _outcomes(walk, engine=engine()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_steps", [1, 4, 7])
def test_several_noises_and_the_steps_number_come_along(
    n_steps: int, engine: Callable[[], Engine]
) -> None:
    def walk(x: Any = UNIFORM) -> Any:
        def step(state: tuple[Any, Any], draws: Mapping[str, Any], number: Any) -> Any:
            level, top = state
            level = level + draws["up"] - draws["down"] * number
            return level, mc.maximum(top, level)

        noise = {"up": UNIFORM, "down": UNIFORM}
        return mc.scan(step, (x, 0.0), n_steps, noise=noise)[1]

    level, top = _x(), np.zeros(N)
    for number in range(n_steps):
        level = level + _u("up", number) - _u("down", number) * number
        top = np.maximum(top, level)

    assert_same_bits(top, _outcomes(walk, engine=engine()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_steps", [1, 2, 5])
def test_scans_nest(n_steps: int, engine: Callable[[], Engine]) -> None:
    def nested(x: Any = UNIFORM) -> Any:
        def outer(level: Any, u: Any, number: Any) -> Any:
            def inner(part: Any, place: Any) -> Any:
                return part * level + u - place * number

            return mc.scan(inner, level + 1.0, 3)

        return mc.scan(outer, x, n_steps, noise=UNIFORM)

    level = _x()
    for number in range(n_steps):
        part, u = level + 1.0, _u("noise", number)
        for place in range(3):
            part = part * level + u - place * number
        level = part

    assert_same_bits(level, _outcomes(nested, engine=engine()))


def test_states_change_all_at_once() -> None:
    def swapped(x: Any = UNIFORM) -> Any:
        first, second = mc.scan(lambda state: (state[1], state[0]), (x, 5.0), 3)
        return first - second

    assert_same_bits(5.0 - _x(), _outcomes(swapped))


def test_the_shape_of_the_state_is_that_of_the_start() -> None:
    def shapes(x: Any = UNIFORM) -> Any:
        single = mc.scan(lambda level: level + 1, x, 2)
        (boxed,) = mc.scan(lambda state: [state[0] + 1], [x], 2)
        truth = mc.scan(lambda flag: flag, x > 0.5, 2)
        return single - boxed + truth

    assert_same_bits((_x() > 0.5) * 1.0, _outcomes(shapes))


def test_the_number_of_steps_may_be_a_parameter() -> None:
    @mc.model
    def doubled(x: Any = UNIFORM, n: float = 3.0) -> Any:
        return mc.scan(lambda level: level * 2, x, n)  # type: ignore[arg-type]

    three = mc.simulate(doubled, N, seed=SEED)["doubled"].sample()
    five = mc.simulate(doubled, N, seed=SEED, parameters={"n": 5})["doubled"].sample()

    assert_same_bits(three * 4, five)


def test_what_two_scans_draw_is_independent_by_name() -> None:
    def both(x: Any = UNIFORM) -> Any:
        first = mc.scan(lambda level, u: u["a"], 0.0, 2, noise={"a": UNIFORM})
        second = mc.scan(lambda level, u: u["b"], 0.0, 2, noise={"b": UNIFORM})
        return first - second

    assert_same_bits(_u("a", 1) - _u("b", 1), _outcomes(both))


_SHAPED = "`step` must return a state shaped as `start`"

REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "no steps": (
        lambda x: mc.scan(lambda s: s, x, 0),
        ArgumentError,
        "`n_steps` must be a whole number from 1 to 2**31; got 0.",
    ),
    "too many steps": (
        lambda x: mc.scan(lambda s: s, x, 2**31 + 1),
        ArgumentError,
        "`n_steps` must be a whole number from 1 to 2**31; got 2147483649.",
    ),
    "a fraction of a step": (
        lambda x: mc.scan(lambda s: s, x, 2.0),  # type: ignore[arg-type]
        ArgumentError,
        "`n_steps` must be a whole number from 1 to 2**31; got 2.0.",
    ),
    "a truth for a number of steps": (
        lambda x: mc.scan(lambda s: s, x, True),
        ArgumentError,
        "`n_steps` must be a whole number from 1 to 2**31; got True.",
    ),
    "no state": (
        lambda x: mc.scan(lambda s: s, (), 2),
        ArgumentError,
        "`start` must hold at least one number; got none.",
    ),
    "one state that becomes two": (
        lambda x: mc.scan(lambda s: (s, s), x, 2),
        TraceError,
        "`step` must return a state shaped as `start`, one number; got 2 of them.",
    ),
    "two states that become one": (
        lambda x: mc.scan(lambda s: s[0], (x, x), 2),
        TraceError,
        f"{_SHAPED}, a tuple of 2 numbers; got Expression(state, real).",
    ),
    "two states that become three": (
        lambda x: mc.scan(lambda s: (*s, x), (x, x), 2),
        TraceError,
        f"{_SHAPED}, a tuple of 2 numbers; got 3 of them.",
    ),
    "a step that forgets to return": (
        lambda x: mc.scan(lambda s: None, x, 2),
        TraceError,
        "`step` must return a state shaped as `start`, one number; got None.",
    ),
    "noise that is a number": (
        lambda x: mc.scan(lambda s, z: s, x, 2, noise=1.0),  # type: ignore[arg-type]
        ArgumentError,
        (
            "`noise` must be a distribution or a mapping of name to distribution; "
            "got 1.0.\nhint: write `noise=mc.Normal(0.0, 1.0)`."
        ),
    ),
    "noise that is a family": (
        lambda x: mc.scan(lambda s, z: s, x, 2, noise=mc.Normal),
        ArgumentError,
        (
            "`noise` must be a distribution or a mapping of name to distribution; "
            "got <class 'mclib.distributions.normals.Normal'>.\n"
            "hint: write `noise=mc.Normal(0.0, 1.0)`."
        ),
    ),
    "noise whose name is a number": (
        lambda x: mc.scan(lambda s, z: s, x, 2, noise={1: UNIFORM}),  # type: ignore[dict-item]
        ArgumentError,
        "`noise` must have words as names; got 1.",
    ),
    "noise inside another's step": (
        lambda x: mc.scan(lambda s: mc.scan(lambda t, z: t + z, s, 3, noise=UNIFORM), x, 2),
        TraceError,
        (
            "a `scan` inside another's step must be without noise: "
            "it would draw the same numbers in every step of the outer one.\n"
            "hint: give the noise to the outer `scan`, "
            "which hands each step's draws to `step`."
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_stepped_is_refused(what: str) -> None:
    function, error, expected = REFUSED[what]

    with pytest.raises(error) as caught:
        mc.simulate(mc.model(lambda x=UNIFORM: function(x)), 1000, seed=1)

    assert expected == str(caught.value)


def test_after_a_refusal_noise_is_allowed_again() -> None:
    with pytest.raises(TraceError):
        mc.scan(lambda s: mc.scan(lambda t, z: t, s, 3, noise=UNIFORM), 0.0, 2)

    mc.scan(lambda t, z: t + z, 0.0, 3, noise=UNIFORM)
