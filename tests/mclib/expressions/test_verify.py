"""The verifier catches a graph that a broken pass would leave behind."""

from collections.abc import Callable

import pytest

from mclib.errors import InternalError, TraceError
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.loops import make_loop
from mclib.expressions.nodes import Node, constant, new_loop_identity, node
from mclib.expressions.subroutines import subroutine
from mclib.expressions.tracing import parameter
from mclib.expressions.verify import verify
from tests.tools.golden_programs import GOLDEN_PROGRAMS

X = parameter("x").node
TRUE = constant(True, Type.BOOLEAN)
WHOLE = constant(3, Type.INT32)
WIDE = constant(3, Type.INT64)
SINGLE = constant(1.5, Type.FLOAT32)
DOUBLE = constant(1.5, Type.FLOAT64)


def _loop(start: Node, following: Node) -> Node:
    return make_loop(new_loop_identity(), 2, [start], [following])


def _call_with(handed: Node) -> Node:
    routine = subroutine("doubled", [Type.FLOAT32], lambda x: x + x)
    return node("call", handed, type_=Type.FLOAT32, payload=routine)


FAULTS: dict[str, tuple[Callable[[], Node], bool, str]] = {
    "types that do not fit": (
        lambda: node("add", SINGLE, DOUBLE, type_=Type.FLOAT64),
        True,
        "`add` must have arguments of one fitting type; got float32, float64",
    ),
    "an argument too many": (
        lambda: node("negative", X, X, type_=Type.REAL),
        False,
        "'negative' must have 1 arguments; got 2",
    ),
    "a result of another type": (
        lambda: node("add", X, X, type_=Type.FLOAT64),
        False,
        "type float64 instead of real",
    ),
    "a truth where a number belongs": (
        lambda: node("multiply", TRUE, TRUE, type_=Type.BOOLEAN),
        False,
        "`multiply` must have arguments of one fitting type; got boolean, boolean",
    ),
    "sides of a choice that differ": (
        lambda: node("where", TRUE, WHOLE, WIDE, type_=Type.INT32),
        True,
        "`where` must have arguments of one fitting type; got boolean, int32, int64",
    ),
    "an op that no engine renders": (
        lambda: node("exp", X, type_=Type.REAL),
        True,
        "an op that engines do not render",
    ),
    "a type that no engine has": (
        lambda: node("add", X, X, type_=Type.REAL),
        True,
        "an op that engines do not render",
    ),
    "a real number after lowering": (
        lambda: constant(1.0, Type.REAL),
        True,
        "a type that is not a machine's",
    ),
    "a state that changes its type": (
        lambda: _loop(SINGLE, DOUBLE),
        True,
        "a state that turns from float32 into float64",
    ),
    "a loop that lacks a next state": (
        lambda: node(
            "loop", SINGLE, type_=Type.FLOAT32, payload=_loop(SINGLE, SINGLE).payload
        ),
        True,
        "1 arguments for 1 states",
    ),
    "an early end without a state for it": (
        lambda: make_loop(new_loop_identity(), 2, [SINGLE], [SINGLE], ends_early=True),
        True,
        "an end that no last state tells",
    ),
    "a call with another type": (
        lambda: _call_with(DOUBLE),
        True,
        "float64 handed over for float32",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    made, machine, expected = FAULTS[fault]

    with pytest.raises(InternalError) as caught:
        verify([made()], machine=machine, after="planting")

    message = str(caught.value)
    assert message.startswith("mclib produced an illegal graph after `planting`: ")
    assert expected in message
    assert message.endswith(
        "this is a bug in mclib.\nhint: send the model that led here with an issue."
    )


def test_a_fault_far_below_is_found() -> None:
    deep = node("add", X, X, type_=Type.FLOAT64)
    for _ in range(50):
        deep = node("negative", deep, type_=Type.FLOAT64)

    with pytest.raises(InternalError, match="type float64 instead of real in add"):
        verify([deep], machine=False, after="planting")


@pytest.mark.parametrize("name", GOLDEN_PROGRAMS)
def test_sound_graphs_pass(name: str) -> None:
    plan = GOLDEN_PROGRAMS[name].plan("values", Type.FLOAT64)

    verify(plan.roots, machine=True, after="nothing")


def test_building_an_illegal_node_is_the_callers_type_error() -> None:
    with pytest.raises(TraceError, match="`add` must have arguments of one fitting type"):
        apply("add", Expression(X), lift(2, Type.INT32))
