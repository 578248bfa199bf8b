"""The same bits for any number of lanes at once and any instruction set."""

import ctypes
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from mclib.engines.base import output_shape, output_type
from mclib.engines.llvm import rendering, writing
from mclib.engines.llvm.compiling import compile_ir, host
from mclib.engines.llvm.engine import LlvmEngine, pack
from mclib.engines.llvm.operations import SCALAR
from mclib.engines.llvm.rendering import LANES_AT_ONCE, render
from mclib.engines.plans import Plan
from mclib.expressions.dtypes import Type
from tests.helpers import assert_same_bits
from tests.tools.golden_programs import GOLDEN_PROGRAMS, KINDS, PRECISIONS

NAMES = ("uneven_scan", "machine_ops", "asian", "tabulated")
N_BLOCKS = 2

BASELINES = {
    "x86-64": "+sse2",
    "x86-64-v3": "+avx2,+fma",
    "x86-64-v4": "+avx512f,+avx512dq,+avx512vl,+avx512bw,+avx512cd",
}


def _run_on(cpu: str) -> Callable[[Plan, list[Any]], Any]:
    def run(plan: Plan, arguments: list[Any]) -> Any:
        text, tables = render(plan)
        compiled = compile_ir(text, ("plan",), cpu=cpu, features="")
        integer, pointer = ctypes.c_int64, ctypes.c_void_p
        function = compiled.function("plan", *[integer] * 3, *[pointer] * 3)
        out = np.empty(output_shape(plan, N_BLOCKS), output_type(plan))
        slots = pack(arguments)
        values = [table.values for table in tables]
        pointers = np.array([each.ctypes.data for each in values], np.uintp)
        function(
            0, N_BLOCKS, N_BLOCKS, slots.ctypes.data, pointers.ctypes.data, out.ctypes.data
        )
        return out

    return run


def _here(plan: Plan, arguments: list[Any]) -> Any:
    return LlvmEngine().compile(plan).run(0, N_BLOCKS, arguments)


def _is_here(cpu: str) -> bool:
    features = set(host()[1].split(","))
    return set(BASELINES[cpu].split(",")) <= features


@pytest.mark.parametrize("cpu", [cpu for cpu in BASELINES if _is_here(cpu)])
@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda each: each.value)
@pytest.mark.parametrize("name", NAMES)
def test_every_instruction_set_gives_the_same_bits(
    name: str, precision: Type, cpu: str
) -> None:
    program = GOLDEN_PROGRAMS[name]
    plan = program.plan(program.kinds[-1], precision)
    arguments = program.arguments(plan)

    assert_same_bits(_here(plan, arguments), _run_on(cpu)(plan, arguments))


@pytest.mark.parametrize("lanes", [4, 8, 16, 32])
@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda each: each.value)
def test_any_number_of_lanes_at_once_gives_the_same_bits(
    precision: Type, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How many lanes go together decides when a loop ends early.
    programs = [GOLDEN_PROGRAMS[name] for name in ("uneven_scan", "until", "tabulated")]
    for program, kind in product(programs, KINDS):
        plan = program.plan(kind, precision)
        arguments = program.arguments(plan)
        usual = _here(plan, arguments)

        with monkeypatch.context() as patch:
            patch.setitem(LANES_AT_ONCE, precision, lanes)
            other = _here(plan, arguments)

        assert_same_bits(usual, other)


@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda each: each.value)
def test_a_row_of_a_table_comes_by_one_load(precision: Type) -> None:
    text, tables = render(GOLDEN_PROGRAMS["tabulated"].plan("values", precision))

    scalar, lanes = SCALAR[precision], LANES_AT_ONCE[precision]
    assert text.count(f"load <4 x {scalar}>") == 4 * lanes
    assert len(tables) == 3


def test_unrolling_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    program = GOLDEN_PROGRAMS["uneven_scan"]
    plan = program.plan("values", Type.FLOAT64)
    arguments = program.arguments(plan)
    usual = _here(plan, arguments)
    for most in (0, 10_000):
        monkeypatch.setattr(writing, "UNROLLED_NODES", most)

        assert_same_bits(usual, _here(plan, arguments))


@pytest.mark.parametrize("precision", PRECISIONS, ids=lambda each: each.value)
def test_storing_outputs_in_a_loop_changes_no_bit(
    precision: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = GOLDEN_PROGRAMS["uneven_scan"]
    plan = program.plan("values", precision)
    arguments = program.arguments(plan)
    usual = _here(plan, arguments)
    monkeypatch.setattr(writing, "STORED_ONE_BY_ONE", 1)

    assert_same_bits(usual, _here(plan, arguments))


def test_fewer_lanes_of_a_long_program_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = GOLDEN_PROGRAMS["european"].plan("values", Type.FLOAT64)
    usual = rendering.lanes_at_once(plan)
    monkeypatch.setattr(rendering, "LONG", 3)

    assert usual // 2 == rendering.lanes_at_once(plan)


def test_the_same_plan_has_the_same_text() -> None:
    program = GOLDEN_PROGRAMS["sheet"]

    first, second = (render(program.plan("moments", Type.FLOAT64)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", GOLDEN_PROGRAMS)
def test_no_operation_may_be_contracted_or_reordered(name: str) -> None:
    text, _ = render(GOLDEN_PROGRAMS[name].plan("values", Type.FLOAT64))

    for flag in ("fast", "contract", "reassoc", "nnan", "ninf", "nsz", "arcp", "afn"):
        assert f" {flag} " not in text
