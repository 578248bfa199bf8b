"""The CUDA C of a plan, as text."""

import re
from pathlib import Path

import pytest

from mclib.distributions import Uniform
from mclib.engines.cuda.operations import literal
from mclib.engines.cuda.rendering import render
from mclib.engines.cuda.sources import CONSTANTS, SLOTS_BY_VALUE
from mclib.engines.plans import build_values
from mclib.expressions import functions as mc
from mclib.expressions.dtypes import Type
from mclib.expressions.loops import drawn, scan
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS

GOLDEN = Path(__file__).parents[3] / "golden" / "cuda"


def loss_source() -> str:
    u = drawn("u", Uniform())
    paid = scan(lambda x, n: x * 1.1 + n, mc.maximum(u * 3.0 - 1.0, 0.0), n_steps=6)
    return render(build_values([paid.node], Type.FLOAT64)).text


def test_a_small_model_becomes_the_golden_source() -> None:
    # To remake it: python -m tests.tools.remake_golden_cuda
    assert (GOLDEN / "loss.cu").read_text() == loss_source()


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", ["european", "asian", "table", "uneven_scan"])
def test_a_model_traced_again_becomes_the_same_source(name: str, precision: Type) -> None:
    program = GOLDEN_PROGRAMS[name]

    first, second = (render(program.plan("moments", precision)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", GOLDEN_PROGRAMS)
def test_a_source_includes_nothing_and_refines_every_approximation(name: str) -> None:
    text = render(GOLDEN_PROGRAMS[name].plan("values", Type.FLOAT64)).text

    approximate = r"\b(?:__expf|__logf|__sinf|__cosf|__fdividef|rsqrt\w*|\w*approx\w*)\b"
    assert "#include" not in text
    for function in text.split("\n}\n"):
        # An estimate is asked for by a function of its own, and used by one that refines.
        if re.search(approximate, function):
            assert "_estimate(const double x)" in function
        elif "_estimate(" in function:
            assert re.search(r"\btame_(?:quotient|root)\(const", function)


def test_a_thread_leaves_a_loop_when_its_own_trial_has_ended() -> None:
    plan = GOLDEN_PROGRAMS["until"].plan("values", Type.FLOAT64)

    text = render(plan).text

    fours = re.search(r"for \(unsigned int (i\d+) = 0u; \1 < 8u && (s\d+); ", text)
    assert fours is not None
    assert f"bool {fours[2]} = " in text
    assert re.search(r"for \(unsigned int (i\d+) = 0u; \1 < 1048576u && s\d+; ", text)


def test_arguments_too_many_for_a_launch_are_handed_over_by_address() -> None:
    source = render(GOLDEN_PROGRAMS["many_arguments"].plan("values", Type.FLOAT64))

    assert source.n_slots > SLOTS_BY_VALUE
    assert not source.by_value
    assert "const Arguments* __restrict__ address" in source.text


def test_constants_beyond_constant_memory_stand_in_the_code() -> None:
    u = drawn("u", Uniform())
    total = u
    for number in range(CONSTANTS + 10):
        total = total + u * (0.1 + number)
    text = render(build_values([total.node], Type.FLOAT64)).text

    table = text.split("constants[] = {")[1].split("};")[0]
    assert CONSTANTS == table.count("\n") - 1


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (True, Type.BOOLEAN, "true"),
        (0xFFFFFFFF, Type.INT32, "4294967295u"),
        (1 << 63, Type.INT64, "9223372036854775808ull"),
        (0.1, Type.FLOAT64, "0x1.999999999999ap-4"),
        (0.5, Type.FLOAT32, "0x1.0000000000000p-1f"),
        (-0.0, Type.FLOAT64, "-0x0.0p+0"),
        (float("inf"), Type.FLOAT32, "__uint_as_float(0x7f800000u)"),
        (float("-inf"), Type.FLOAT64, "__longlong_as_double(0xfff0000000000000ll)"),
    ],
)
def test_a_constant_is_written_exactly(value: float, type_: Type, expected: str) -> None:
    assert expected == literal(value, type_)
