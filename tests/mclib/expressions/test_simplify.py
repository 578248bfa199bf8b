"""Simplifying changes what is computed with, never what comes out."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.functions import exp, maximum, where
from mclib.expressions.loops import scan
from mclib.expressions.nodes import Node, constant, node, topological
from mclib.expressions.simplify import RULES, simplify
from mclib.expressions.tables import lookup
from mclib.expressions.tracing import parameter
from tests.helpers import (
    SPECIAL_NUMBERS,
    assert_same_bits,
    evaluated,
    parameter_expressions,
)

X, Y, Z = (parameter(name) for name in "xyz")
TRUTH = X > Y

NUMBERS = np.array(SPECIAL_NUMBERS)
VALUES = dict(
    zip("xyz", map(np.ravel, np.meshgrid(NUMBERS, NUMBERS, NUMBERS)), strict=True)
)
FEW_VALUES = {name: values[::97] for name, values in VALUES.items()}


def _constant(value: float) -> Expression:
    return Expression(constant(value, Type.REAL))


def _divided(x: Expression, by: float) -> Expression:
    return apply("divide", x, _constant(by))


CASES: dict[str, tuple[Callable[[], Expression], Callable[[], Expression]]] = {
    "op(constants) -> constant": (
        lambda: exp(_constant(0.0)) + 1.0,
        lambda: _constant(2.0),
    ),
    "x + -0 -> x": (lambda: -0.0 + (X + -0.0), lambda: X),
    "x - 0 -> x": (lambda: X - 0.0, lambda: X),
    "x * 1 -> x": (lambda: 1.0 * (X * 1), lambda: X),
    "x * -1 -> -x": (lambda: X * -1.0, lambda: -X),
    "x / 1 -> x": (lambda: _divided(X, 1.0), lambda: X),
    "x / 2**k -> x * 2**-k": (lambda: _divided(X, -8.0), lambda: X * -0.125),
    "--x -> x, not not b -> b": (
        lambda: where(~~TRUTH, apply("negative", -X), Y),
        lambda: where(TRUTH, X, Y),
    ),
    "f(f(x)) -> f(x)": (lambda: abs(abs(X)), lambda: abs(X)),
    "|-x| -> |x|": (lambda: abs(-X), lambda: abs(X)),
    "x + -y -> x - y": (lambda: (-X + Y) + -Z, lambda: (Y - X) - Z),
    "x - -y -> x + y": (lambda: X - -Y, lambda: X + Y),
    "f(x, x) -> x": (lambda: maximum(X, X), lambda: X),
    "where(known, x, y), where(b, x, x) -> x": (
        lambda: where(TRUTH, where(True, X + 0.5, Y), X + 0.5),
        lambda: X + 0.5,
    ),
    "where(not b, x, y) -> where(b, y, x)": (
        lambda: where(~TRUTH, X, Y),
        lambda: where(TRUTH, Y, X),
    ),
}

UNTOUCHED = {
    "x + 0 is +0 where x is -0": lambda: X + 0.0,
    "0 + x is +0 where x is -0": lambda: 0.0 + X,
    "x - -0 is +0 where x is -0": lambda: X - -0.0,
    "x * 0 is NaN where x is infinite": lambda: X * 0.0,
    "x - x is NaN where x is infinite": lambda: X - X,
    "x / x is NaN where x is 0": lambda: X / X,
    "1 / 3 is not a float": lambda: _divided(X, 3.0),
    "the reciprocal of 2**200 is not a float32": lambda: _divided(X, 2.0**200),
    "where(b, x, y) may be either": lambda: where(TRUTH, X, Y),
    "addition is not associative": lambda: (X + 1.0) + 1.0,
}


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == {rule.meaning for rule in RULES}


@pytest.mark.parametrize("meaning", CASES)
def test_a_rule_rewrites_its_left_side_into_its_right_side(meaning: str) -> None:
    left, right = (side() for side in CASES[meaning])

    assert simplify([left.node]) == [right.node]


@pytest.mark.parametrize("meaning", CASES)
def test_a_rule_keeps_every_value(meaning: str) -> None:
    left = CASES[meaning][0]()
    (simple,) = simplify([left.node])
    shape = VALUES["x"].shape

    before, after = (
        np.broadcast_to(evaluated(each, **VALUES), shape)
        for each in (left, Expression(simple))
    )

    assert_same_bits(before, after)


@pytest.mark.parametrize("reason", UNTOUCHED)
def test_what_only_looks_simpler_stays(reason: str) -> None:
    expression = UNTOUCHED[reason]()

    assert simplify([expression.node]) == [expression.node]


def _turns_out_known(each: Node) -> bool:
    """Whether it has a formula of its own for an argument that turns out to be known."""
    if each.op.name not in ("power", "minimum", "maximum"):
        return False
    return any(
        not argument.is_constant and simplify([argument])[0].is_constant
        for argument in each.args
    )


@settings(max_examples=150, deadline=None)
@given(parameter_expressions())
def test_simplifying_changes_no_value(expression: Expression) -> None:
    # Squares and roots are an ulp from what the formula of any power gives, and which of
    # two zeros is the smaller is left open.
    assume(not any(map(_turns_out_known, topological([expression.node]))))
    (simple,) = simplify([expression.node])
    shape = FEW_VALUES["x"].shape

    before, after = (
        np.broadcast_to(evaluated(each, **FEW_VALUES), shape)
        for each in (expression, Expression(simple))
    )

    assert_same_bits(before, after)


@settings(max_examples=50, deadline=None)
@given(parameter_expressions())
def test_simplifying_twice_is_simplifying_once(expression: Expression) -> None:
    once = simplify([expression.node])

    assert once == simplify(once)


@settings(max_examples=50, deadline=None)
@given(parameter_expressions())
def test_simplifying_never_adds_a_node(expression: Expression) -> None:
    (simple,) = simplify([expression.node])

    def size(root: Node) -> int:
        return sum(1 for each in topological([root]) if not each.is_constant)

    assert size(simple) <= size(expression.node)


def test_constants_inside_a_step_are_folded() -> None:
    looped = scan(lambda x: x * exp(_constant(0.0)), X, n_steps=3)
    (simple,) = simplify([looped.node])

    assert "exp" not in {each.op.name for each in topological([simple])}


def test_a_lookup_at_a_known_place_is_the_number() -> None:
    found = Expression(
        node("lookup", lift(1.0, Type.REAL).node, type_=Type.REAL, payload=_table())
    )

    assert simplify([found.node]) == [constant(7.0, Type.REAL)]


def _table() -> object:
    return lookup([5.0, 7.0], X).node.payload
