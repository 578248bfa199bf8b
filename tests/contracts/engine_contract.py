"""What every engine must keep: the same bits as the judge, for any range of blocks.

Each law takes one engine and asserts. An engine joins by one line in a test module that
runs `LAWS`; the judge keeps them too.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from mclib.distributions import Exponential, Normal, Uniform
from mclib.engines.base import Engine
from mclib.engines.plans import argument_values, build_moments, build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, as_number, lift
from mclib.expressions.functions import exp, where
from mclib.expressions.loops import drawn, scan
from mclib.expressions.nodes import Node, node
from mclib.expressions.tracing import parameter
from mclib.statistics.blocks import BLOCK, to_trial_order
from mclib.statistics.keys import key_of, keys_of
from mclib.statistics.records import block_records
from mclib.statistics.requests import KeyBins, KeysWithin, LinearBins, Request
from mclib.statistics.sieves import Sieve
from mclib.streams import input_words, noise_words, uniforms
from tests.helpers import assert_same_bits, ran
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS, SEED_WORDS

Array = np.ndarray[Any, np.dtype[Any]]

SEEDS = (0, 7, 2**32, 2**64 - 1)
FAR_BLOCKS = (0, 1, 2**22 - 1, 2**22, 2**40 - 2)
"""Where a trial's number, or four times it, reaches another word of the counter."""

QUICK, LONG = (
    tuple(name for name, program in GOLDEN_PROGRAMS.items() if program.is_quick is is_quick)
    for is_quick in (True, False)
)
"""Golden programs, by whether the judge is done with them in seconds."""

JUDGE = ReferenceEngine()


@cache
def golden(engine: Engine, name: str, kind: str, precision: Type) -> Array:
    """What an engine gives for the first block of a golden program."""
    program = GOLDEN_PROGRAMS[name]
    plan = program.plan(kind, precision)
    return engine.compile(plan).run(0, 1, program.arguments(plan))


def check_same_bits_as_the_judge(engine: Engine, programs: tuple[str, ...]) -> None:
    """Every value of every trial, of programs that use every op."""
    for name in programs:
        for precision in PRECISIONS:
            expected = golden(JUDGE, name, "values", precision)

            assert_same_bits(expected, golden(engine, name, "values", precision))


def golden_programs_are_computed_as_the_judge_does(engine: Engine) -> None:
    check_same_bits_as_the_judge(engine, QUICK)


def inputs_draw_by_the_contract(engine: Engine) -> None:
    outputs = [drawn(name, Uniform(0.0, 1.0)).node for name in ("price", "units")]
    for seed in SEEDS:
        for first in FAR_BLOCKS:
            found = ran(
                engine, build_values, outputs, Type.FLOAT64, seed=seed, first_block=first
            )
            trials = np.arange(2 * BLOCK, dtype=np.uint64) + np.uint64(first * BLOCK)
            for place, name in enumerate(("price", "units")):
                expected = uniforms(input_words(seed, name, trials))

                assert_same_bits(expected, to_trial_order(found[place]))


def noises_draw_by_the_contract(engine: Engine) -> None:
    def step(state: tuple[Expression, ...], u: Expression) -> tuple[Expression, ...]:
        return (*state[1:], u)

    n_steps = 6
    last_draws = scan(step, (0.0,) * n_steps, n_steps, noise=Uniform(0.0, 1.0))
    outputs = [each.node for each in last_draws]
    for first in FAR_BLOCKS[1:]:
        found = ran(
            engine, build_values, outputs, Type.FLOAT64, first_block=first, n_blocks=1
        )
        trials = np.arange(BLOCK, dtype=np.uint64) + np.uint64(first * BLOCK)
        for step_number in range(n_steps):
            expected = uniforms(noise_words(7, "noise", trials, step_number))

            assert_same_bits(expected, to_trial_order(found[step_number]))


def float32_draws_are_float64_draws_seen_less_sharply(engine: Engine) -> None:
    tail = node("tail", type_=Type.REAL, payload="price")
    side = as_number(Expression(node("side", type_=Type.BOOLEAN, payload="price"))).node
    sharp, blurred = (
        ran(engine, build_values, [tail, side], precision, n_blocks=20)
        for precision in (Type.FLOAT64, Type.FLOAT32)
    )

    assert blurred.dtype == np.float32
    assert ((blurred[0] > 0.0) & (blurred[0] <= 0.5)).all()
    assert (blurred[1] == sharp[1]).all()
    # Half a step of a 32-bit uniform, and the two roundings of a float32.
    assert (np.abs(blurred[0] - sharp[0]) <= 2.0**-33 + sharp[0] * 2.0**-23).all()


def any_split_of_a_range_gives_the_same_bits(engine: Engine) -> None:
    for kind, axis in (("values", 1), ("moments", 0)):
        program = GOLDEN_PROGRAMS["european"]
        plan = program.plan(kind, Type.FLOAT64)
        made, arguments = engine.compile(plan), program.arguments(plan)
        whole = made.run(0, 5, arguments)
        parts = [made.run(*part, arguments) for part in ((0, 1), (1, 3), (4, 1))]

        assert_same_bits(whole, np.concatenate(parts, axis=axis))


def no_blocks_give_an_empty_array(engine: Engine) -> None:
    outputs = [drawn("price", Uniform(0.0, 1.0)).node] * 2

    values = ran(engine, build_values, outputs, Type.FLOAT32, n_blocks=0)
    records = ran(engine, build_moments, outputs, Type.FLOAT32, n_blocks=0)

    assert (values.shape, values.dtype) == ((2, 0, 8, 4, 32), np.float32)
    assert (records.shape, records.dtype) == ((0, 2, 7), np.float64)


def records_are_those_of_the_values(engine: Engine) -> None:
    # The judge takes long, and its records come from the very graph of its values.
    programs = ("european", "table") if engine is JUDGE else QUICK
    for precision in PRECISIONS:
        for name in programs:
            if "moments" in GOLDEN_PROGRAMS[name].kinds:
                values = golden(engine, name, "values", precision)
                with np.errstate(all="ignore"):
                    expected = block_records(np.moveaxis(values, 0, 1))

                assert_same_bits(expected, golden(engine, name, "moments", precision))


def what_is_the_same_in_every_trial_is_stored_in_every_trial(engine: Engine) -> None:
    looped = scan(lambda x: x * parameter("p"), 1.0, n_steps=3)
    outputs: list[Node] = [lift(x, Type.REAL).node for x in (3.0, np.nan)]
    outputs += [parameter("p").node, looped.node]
    named = {"p": 1.5}
    for precision in PRECISIONS:
        values = ran(engine, build_values, outputs, precision, parameters=named)
        records = ran(engine, build_moments, outputs, precision, parameters=named)

        for place, expected in enumerate((3.0, np.nan, 1.5, 1.5**3)):
            stored = np.full((2, 8, 4, 32), expected, precision.dtype)
            assert_same_bits(stored, values[place])
        assert records[0, 0].tolist() == [1024.0, 3.0, 0.0, 0.0, 0.0, 3.0, 3.0]
        assert np.isnan(records[0, 1, 1])


def loops_may_depend_on_parameters_alone(engine: Engine) -> None:
    def grown(start: Any) -> Expression:
        inner = scan(lambda y: y * parameter("p") + 1.0, 1.0, n_steps=3)
        made: Expression = scan(lambda x: x * parameter("p") + inner, start, n_steps=5)
        return made

    price = drawn("price", Uniform(0.0, 1.0))
    outputs = [(price + grown(1.0)).node, grown(price).node]

    found = ran(engine, build_values, outputs, Type.FLOAT64, parameters={"p": 1.5})

    inner, first, second = 1.0, 1.0, uniforms(input_words(7, "price", np.arange(BLOCK)))
    draws = second
    for _ in range(3):
        inner = inner * 1.5 + 1.0
    for _ in range(5):
        first, second = first * 1.5 + inner, second * 1.5 + inner
    assert_same_bits(draws + first, to_trial_order(found[0])[:BLOCK])
    assert_same_bits(second, to_trial_order(found[1])[:BLOCK])


def requests_are_answered_as_they_say_themselves(engine: Engine) -> None:
    generator = np.random.default_rng(5)
    for dtype in (np.float64, np.float32):
        values = generator.normal(size=(3, 8, 4, 32)).astype(dtype)
        values.flat[:7] = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30)
        keys = np.sort(keys_of(values.astype(np.float64).reshape(-1)))
        low, high = int(keys[100]), int(keys[-200])
        requests: tuple[Request, ...] = (
            LinearBins(0, -2.0, 100.0, 400),
            LinearBins(0, 0.0, 1e300, 10),
            KeyBins(0, low, high, (high - low).bit_length() - 8),
            KeyBins(0, low, high, 63),
            KeyBins(0, low, low, 0),
            KeysWithin(0, low, low + (high - low) // 3),
            Sieve(0, ((-1.0, -0.25), (-5e-324, 0.0), (0.25, 1.5)), (True, True, False)),
            Sieve(0, ((-1e300, -1.0), (0.0, 0.0), (0.5, 1e300)), (False, False, True)),
        )
        for request in requests:
            for n_trials in (3 * BLOCK, 2 * BLOCK + 5):
                in_order = to_trial_order(values, n_trials).astype(np.float64)
                expected = request.finish(request.answer(in_order, 4))

                found = engine.answer(request, values, n_trials, 4)

                assert_same_bits(expected, request.finish(found))


def requests_are_answered_where_the_values_lie(engine: Engine) -> None:
    x = drawn("x", Normal())
    outputs = [x.node, where(x < 0.3, 0.0, exp(3.0 * x)).node]
    n_blocks, n_trials = 5, 4 * BLOCK + 333
    for precision in PRECISIONS:
        plan = build_values(outputs, precision)
        program, arguments = engine.compile(plan), argument_values(plan, SEED_WORDS)
        values = program.run(2, n_blocks, arguments)
        asked: list[tuple[int, Request]] = [
            (0, LinearBins(0, -3.0, 341.0, 2048)),
            (1, LinearBins(1, 0.0, 10.0, 60_000)),
            (1, KeyBins(1, key_of(0.0), key_of(0.0), 0)),
            (1, KeyBins(1, key_of(0.0), key_of(1e4), 47)),
            (0, KeysWithin(0, key_of(-0.1), key_of(0.1))),
            (0, Sieve(0, ((-1.7, -1.6), (-0.05, 0.01), (1.2, 1.3)), (True,) * 3)),
            (1, Sieve(1, ((0.0, 0.0), (3.0, 3.5)), (False, True))),
        ]

        found = program.answers(asked, 2, n_blocks, n_trials, arguments)

        if found is None:
            found = [
                engine.answer(request, values[place], n_trials, 2)
                for place, request in asked
            ]
        for (place, request), answer in zip(asked, found, strict=True):
            shown = to_trial_order(values[place], n_trials).astype(np.float64)
            expected = request.finish(request.answer(shown, 2))
            assert_same_bits(expected, request.finish(answer))


def sieves_are_answered_beside_records(engine: Engine) -> None:
    x, y = drawn("x", Normal()), drawn("y", Exponential())
    outputs = [x.node, where(x < 0.3, 0.0, x * y).node, y.node]
    # More than fit between two looks, and no multiple of those.
    n_blocks = 21
    sieves = (
        (0, Sieve(0, ((-1.7, -1.6), (-0.05, 0.01), (1.2, 1.3)), (True,) * 3)),
        (2, Sieve(2, ((0.5, 0.6),), (True,))),
        (1, Sieve(1, ((0.0, 0.0), (3.0, 3.5)), (False, True))),
    )
    for precision in PRECISIONS:
        plan = build_values(outputs, precision)
        program, arguments = engine.compile(plan), argument_values(plan, SEED_WORDS)
        values = program.run(2, n_blocks, arguments)

        found = program.records_and_answers(sieves, 2, n_blocks, arguments)
        answers = program.answers(sieves, 2, n_blocks, n_blocks * BLOCK, arguments)

        if found is not None:
            assert_same_bits(block_records(np.moveaxis(values, 0, 1)), found[0])
        for given in (answers, None if found is None else found[1]):
            for (place, request), answer in zip(sieves, given or (), strict=False):
                shown = to_trial_order(values[place]).astype(np.float64)
                expected = request.finish(request.answer(shown, 2))
                assert_same_bits(expected, request.finish(answer))


LAWS: tuple[Callable[[Engine], None], ...] = (
    golden_programs_are_computed_as_the_judge_does,
    inputs_draw_by_the_contract,
    noises_draw_by_the_contract,
    float32_draws_are_float64_draws_seen_less_sharply,
    any_split_of_a_range_gives_the_same_bits,
    no_blocks_give_an_empty_array,
    records_are_those_of_the_values,
    what_is_the_same_in_every_trial_is_stored_in_every_trial,
    loops_may_depend_on_parameters_alone,
    requests_are_answered_as_they_say_themselves,
    requests_are_answered_where_the_values_lie,
    sieves_are_answered_beside_records,
)
