"""Without a device: what NVRTC makes of a program computes the other engines' bits."""

import numpy as np
import pytest

from mclib.engines.base import Array
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import Plan, argument_values, build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.ops import MACHINE_OPS
from tests.tools.golden_programs import (
    GOLDEN_PROGRAMS,
    PRECISIONS,
    SEED_WORDS,
    ops_used,
)
from tests.tools.host_programs import from_ptx, from_source
from tests.tools.random_models import random_model
from tests.tools.random_shapes import RANDOM_SHAPES

FIRST_BLOCK = 3
SHAPES = ((1, 32), (1, 128), (3, 64), (2, 96))
"""Thread blocks in the grid, threads in each."""

pytestmark = [
    pytest.mark.compiler,
    # The specials of a float64 table overflow, as they should, in one of float32.
    pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning"),
]
WITH_MOMENTS = [name for name, each in GOLDEN_PROGRAMS.items() if "moments" in each.kinds]


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def _llvm(name: str, plan: Plan) -> Array:
    program = GOLDEN_PROGRAMS[name]
    arguments = program.arguments(plan)
    return LlvmEngine(1).compile(plan).run(FIRST_BLOCK, program.n_blocks, arguments)


def _differing(name: str, a: Array, b: Array) -> list[str]:
    names = GOLDEN_PROGRAMS[name].build()
    return [each for each, x, y in zip(names, a, b, strict=True) if not _equal(x, y)]


def test_golden_programs_use_every_machine_op() -> None:
    used: set[str] = set()
    for program in GOLDEN_PROGRAMS.values():
        for kind in program.kinds:
            used |= ops_used(program.plan(kind, Type.FLOAT32).roots)

    assert set(MACHINE_OPS) == used


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", GOLDEN_PROGRAMS)
def test_the_ptx_of_a_program_gives_every_trial_the_bits_of_the_other_engines(
    name: str, precision: Type
) -> None:
    program = GOLDEN_PROGRAMS[name]
    plan = program.plan("values", precision)
    arguments = program.arguments(plan)

    values = from_ptx(plan).run(FIRST_BLOCK, program.n_blocks, arguments, grid=2)

    assert [] == _differing(name, _llvm(name, plan), values)
    if program.is_quick:
        reference = ReferenceEngine().compile(plan)
        expected = reference.run(FIRST_BLOCK, program.n_blocks, arguments)
        assert [] == _differing(name, expected, values)


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", WITH_MOMENTS)
def test_a_program_with_its_statistics_gives_the_same_records_for_any_launch(
    name: str, precision: Type
) -> None:
    program = GOLDEN_PROGRAMS[name]
    plan = program.plan("moments", precision)
    arguments = program.arguments(plan)
    on_host = from_source(plan)

    records = [
        on_host.run(FIRST_BLOCK, program.n_blocks, arguments, grid=grid, block=block)
        for grid, block in SHAPES
    ]

    expected = _llvm(name, plan)
    assert [True] * len(SHAPES) == [_equal(expected, each) for each in records]


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", ["european", "asian"])
def test_the_ptx_of_a_program_with_its_statistics_gives_the_same_records(
    name: str, precision: Type
) -> None:
    program = GOLDEN_PROGRAMS[name]
    plan = program.plan("moments", precision)

    records = from_ptx(plan).run(
        FIRST_BLOCK, program.n_blocks, program.arguments(plan), grid=1, block=64
    )

    assert _equal(_llvm(name, plan), records)


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("number", range(3))
def test_the_ptx_of_a_random_model_gives_the_same_values(
    number: int, precision: Type, seed: int
) -> None:
    plan = build_values([each.node for each in random_model(seed)], precision)
    arguments = argument_values(plan, SEED_WORDS)

    values = from_ptx(plan).run(FIRST_BLOCK, 3, arguments)

    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 3, arguments)
    assert _equal(expected, values)


@pytest.mark.slow
@pytest.mark.parametrize("name", RANDOM_SHAPES)
def test_the_ptx_of_shapes_and_limits_that_differ_gives_the_same_values(name: str) -> None:
    plan = build_values([RANDOM_SHAPES[name]().node], Type.FLOAT64)
    arguments = argument_values(plan, SEED_WORDS)

    values = from_ptx(plan).run(FIRST_BLOCK, 1, arguments)

    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 1, arguments)
    assert _equal(expected, values)


def test_the_values_of_a_launch_may_fill_the_beginning_of_a_longer_array() -> None:
    program = GOLDEN_PROGRAMS["table"]
    plan = program.plan("values", Type.FLOAT64)
    arguments = program.arguments(plan)
    on_host = from_source(plan)

    values = on_host.run(FIRST_BLOCK, 2, arguments, stride=5)

    assert _equal(_llvm("table", plan)[:, :2], values[:, :2])
