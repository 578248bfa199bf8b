"""`scan` with `until` stops where a Python loop with a break would."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.base import Engine
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError, TraceError
from mclib.expressions.loops import MOST_STEPS
from mclib.streams import input_words, noise_words, uniforms
from mclib.testing import assert_within_standard_errors
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


def _u(step: int) -> Any:
    return uniforms(noise_words(SEED, "noise", np.arange(N), step))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_steps", range(1, 10))
def test_each_trial_ends_by_itself_and_draws_what_it_would_draw(
    n_steps: int, engine: Callable[[], Engine]
) -> None:
    def walk(x: Any = UNIFORM) -> Any:
        level, steps = mc.scan(
            lambda state, u: (state[0] * 0.5 + u, state[1] + 1.0),
            (x, 0.0),
            n_steps,
            noise=UNIFORM,
            until=lambda state: state[0] > 0.9,
        )
        return level + 2.0 * steps

    level, steps = _x(), np.zeros(N)
    for step in range(n_steps):
        goes_on = ~(level > 0.9)
        level = np.where(goes_on, level * 0.5 + _u(step), level)
        steps += goes_on

    assert_same_bits(level + 2.0 * steps, _outcomes(walk, engine=engine()))
    assert len(set(steps)) == n_steps + 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_number_of_steps_taken_comes_along(engine: Callable[[], Engine]) -> None:
    def doubled(x: Any = UNIFORM) -> Any:
        # As often as the trial's own draw says: never, up to five times.
        return mc.scan(lambda y: y * 2.0, x, until=lambda y, n: n >= mc.floor(x * 6.0))

    assert_same_bits(
        _x() * 2.0 ** np.floor(_x() * 6.0), _outcomes(doubled, engine=engine())
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_condition_that_comes_and_goes_ends_a_loop_once(
    engine: Callable[[], Engine],
) -> None:
    def third(x: Any = UNIFORM) -> Any:
        return mc.scan(lambda y: y + 1.0, x, 9, until=lambda y, n: (n > 2.5) & (n < 3.5))

    assert_same_bits(((_x() + 1.0) + 1.0) + 1.0, _outcomes(third, engine=engine()))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loop_ends_with_its_last_trial(engine: Callable[[], Engine]) -> None:
    # So many steps would take hours.
    def short(x: Any = UNIFORM) -> Any:
        return mc.scan(lambda y: y + 1.0, x, 1 << 31, until=lambda y: y >= 3.0)

    assert_same_bits(((_x() + 1.0) + 1.0) + 1.0, _outcomes(short, engine=engine()))


def test_a_condition_that_is_known_before_is_one_too() -> None:
    def both(x: Any = UNIFORM) -> Any:
        never = mc.scan(lambda y: y + 1.0, x, 3, until=lambda y: False)
        at_once = mc.scan(lambda y: y + 1.0, x, until=lambda y: True)
        return never - at_once

    assert_same_bits((((_x() + 1.0) + 1.0) + 1.0) - _x(), _outcomes(both))


def test_a_trial_that_never_ends_is_nan() -> None:
    @mc.model
    def stuck(x=UNIFORM):
        level, steps = mc.scan(
            lambda state: (state[0], state[1] + 1.0),
            (x, 0.0),
            until=lambda state: state[0] < 0.75,
        )
        return {"level": level, "steps": steps}

    result = mc.simulate(stuck, N, seed=SEED)

    n_stuck = np.count_nonzero(_x() >= 0.75)
    assert n_stuck > 0
    for name in ("level", "steps"):
        assert result[name].non_finite.nan == n_stuck
    assert "NaN" in str(result)


def test_a_trial_that_ends_with_the_last_step_is_not_nan() -> None:
    def last(x: Any = UNIFORM) -> Any:
        return mc.scan(lambda y: y + 1.0, 0.0 * x, until=lambda y: y >= MOST_STEPS)

    assert_same_bits(np.full(N, float(MOST_STEPS)), _outcomes(last))


@pytest.mark.parametrize("sampler", ["antithetic", "latin hypercube", "sobol"])
def test_samplers_place_the_draws_of_such_a_loop_too(sampler: str) -> None:
    def walk(x: Any = UNIFORM, until: bool = True) -> Any:
        ends = {"until": lambda state: state[1] >= 1.0 + x} if until else {}
        return mc.scan(
            lambda state, u: (state[0] + u, state[1] + 1.0),
            (x, 0.0),
            2,
            noise=UNIFORM,
            **ends,
        )[0]

    always = _outcomes(lambda x=UNIFORM: walk(x, until=False), sampler=sampler)
    made = [
        _outcomes(lambda x=UNIFORM: walk(x), sampler=sampler, engine=each())
        for each in ENGINES
    ]

    # One plus a draw is reached by the second step, and not by the first.
    assert_same_bits(always, made[0])
    assert_same_bits(made[0], made[1])


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_neither_chunks_nor_neighbours_change_a_trial(precision: str) -> None:
    def walk(x: Any = UNIFORM) -> Any:
        return mc.scan(
            lambda y, u: y + u, x, noise=UNIFORM, until=lambda y: y > 3.0 + 5.0 * x
        )

    run = {"seed": SEED, "precision": precision}
    walked = mc.model(walk)
    whole = mc.simulate(walked, 5_000, **run)  # type: ignore[arg-type]
    parts = mc.simulate(walked, 5_000, chunk_size=1_024, **run)  # type: ignore[arg-type]

    assert whole["walk"].mean == parts["walk"].mean
    assert_same_bits(whole["walk"].sample(), parts["walk"].sample())
    assert whole.trial(4_321).outputs["walk"] == whole["walk"].sample()[4_321]


@pytest.mark.parametrize("engine", ENGINES)
def test_loops_that_end_early_nest(engine: Callable[[], Engine]) -> None:
    def nested(x: Any = UNIFORM) -> Any:
        def outer(state: Any, u: Any) -> Any:
            level, n = state
            inner = mc.scan(lambda y: y * 0.5, level + u, 40, until=lambda y: y < 0.3)
            return inner + x, n + 1.0

        level, n = mc.scan(outer, (x, 0.0), 5, UNIFORM, until=lambda s: s[1] > 6.0 * x)
        return level + n

    level, n = _x(), np.zeros(N)
    for step in range(5):
        goes_on = ~(n > 6.0 * _x())
        inner = level + _u(step)
        while np.any(inner >= 0.3):
            inner = np.where(inner < 0.3, inner, inner * 0.5)
        level = np.where(goes_on, inner + _x(), level)
        n += goes_on

    assert_same_bits(level + n, _outcomes(nested, engine=engine()))


def test_a_gambler_is_ruined_as_often_and_as_late_as_the_theory_says() -> None:
    # Feller, An Introduction to Probability Theory, vol. 1, ch. XIV: z = 3 of a = 10.
    @mc.model
    def gambler(chance=0.5):
        def play(state: Any, u: Any) -> Any:
            money, rounds = state
            return money + mc.where(u < chance, 1.0, -1.0), rounds + 1.0

        money, rounds = mc.scan(
            play,
            (3.0, 0.0),
            noise=UNIFORM,
            until=lambda state: (state[0] <= 0.0) | (state[0] >= 10.0),
        )
        return {"ruined": money <= 0.0, "rounds": rounds}

    fair = mc.simulate(gambler, 100_000, seed=SEED)
    unfair = mc.simulate(gambler, 100_000, seed=SEED, parameters={"chance": 0.4})

    assert_within_standard_errors(fair["ruined"].mean, 0.7)
    assert_within_standard_errors(fair["rounds"].mean, 21.0)
    ratio = 0.6 / 0.4
    lost = (ratio**10 - ratio**3) / (ratio**10 - 1.0)
    assert_within_standard_errors(unfair["ruined"].mean, lost)
    rounds = 3.0 / 0.2 - 10.0 / 0.2 * (1.0 - lost)
    assert_within_standard_errors(unfair["rounds"].mean, rounds)


def test_a_knocked_out_option_costs_what_its_lattice_says() -> None:
    # Up and down by one with even chances, out at 5, paid above 0 after 20 steps.
    @mc.model
    def knocked_out():
        def step(state: Any, u: Any) -> Any:
            level, n = state
            return level + mc.where(u < 0.5, 1.0, -1.0), n + 1.0

        level, _ = mc.scan(
            step, (0.0, 0.0), 20, noise=UNIFORM, until=lambda state: state[0] >= 5.0
        )
        return {"value": mc.where(level >= 5.0, 0.0, mc.maximum(level, 0.0))}

    share = {0: 1.0}
    for _ in range(20):
        following: dict[int, float] = {}
        for level, chance in share.items():
            for there in (level - 1, level + 1):
                if there < 5:
                    following[there] = following.get(there, 0.0) + chance / 2
        share = following
    exact = sum(max(level, 0) * chance for level, chance in share.items())

    result = mc.simulate(knocked_out, 200_000, seed=SEED)

    assert_within_standard_errors(result["value"].mean, exact)


def test_what_drives_such_a_loop_is_found() -> None:
    @mc.model
    def sums(n=mc.DiscreteUniform(1, 3)):
        return mc.scan(lambda y, u: y + u, 0.0, 3, UNIFORM, until=lambda y, k: k >= n)

    indices = mc.sobol_indices(sums, 200_000, seed=SEED)

    # n has variance 2 / 3, and its mean is 2; step k is taken with chance (4 - k) / 3.
    of_n, total = (2.0 / 3.0) / 4.0, (2.0 / 3.0) / 4.0 + 2.0 / 12.0
    of_noise = (1.0 + 4.0 / 9.0 + 1.0 / 9.0) / 12.0
    assert_within_standard_errors(indices.first_order["sums"]["n"], of_n / total)
    assert_within_standard_errors(indices.first_order["sums"]["noise"], of_noise / total)
    assert_within_standard_errors(indices.total["sums"]["noise"], 1.0 - of_n / total)


REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "an end that is a number": (
        lambda x: mc.scan(lambda s: s, x, 3, until=lambda s: s + 1.0),
        ArgumentError,
        (
            "`until` must return whether a trial has ended; got Expression(add, real).\n"
            "hint: compare the state, as in `until=lambda level: level <= 0`."
        ),
    ),
    "an end that is nothing": (
        lambda x: mc.scan(lambda s: s, x, 3, until=lambda s: None),
        ArgumentError,
        (
            "`until` must return whether a trial has ended; got None.\n"
            "hint: compare the state, as in `until=lambda level: level <= 0`."
        ),
    ),
    "no end": (
        lambda x: mc.scan(lambda s: s, x),
        ArgumentError,
        "`n_steps` must be a whole number from 1 to 2**31; got None.",
    ),
    "noise in an end": (
        lambda x: mc.scan(
            lambda s: s, x, 3, until=lambda s: mc.scan(lambda t, z: t, s, 3, UNIFORM) > 0
        ),
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
def test_what_ends_nothing_is_refused(what: str) -> None:
    function, error, expected = REFUSED[what]

    with pytest.raises(error) as caught:
        mc.simulate(mc.model(lambda x=UNIFORM: function(x)), 1000, seed=1)

    assert expected == str(caught.value)


def test_more_steps_than_a_sampler_has_dimensions_are_refused() -> None:
    def walk(x: Any = UNIFORM) -> Any:
        return mc.scan(lambda y, u: y + u, x, noise=UNIFORM, until=lambda y: y > 3.0)

    with pytest.raises(ArgumentError, match="at most 21,201 dimensions"):
        _outcomes(walk, sampler="sobol")


def test_a_loop_that_ends_early_says_so() -> None:
    @mc.model
    def counted(x=UNIFORM):
        return mc.scan(lambda y: y + 1.0, x, 12, until=lambda y: y > 5.0)

    assert "    loop1   = at most 12 steps, while s1\n" in str(
        counted.graph(counted.parameters)
    )
