"""A plan takes out what is the same in every trial, and nothing else."""

import numpy as np
import pytest

from mclib.distributions import Normal
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import argument_values, build_moments, build_values
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp
from mclib.expressions.loops import drawn, scan
from mclib.expressions.nodes import node, topological
from mclib.expressions.probability import Probability
from mclib.expressions.tracing import parameter
from tests.tools.golden_programs import ops_used

SEED = {"seed low": 1, "seed high": 2}
P, Q = parameter("p"), parameter("q")


def test_what_depends_on_parameters_alone_is_computed_before_the_run() -> None:
    x = drawn("x", Normal())
    plan = build_values([(x * exp(P * Q)).node], Type.FLOAT64)

    values = argument_values(plan, {"p": 2.0, "q": 0.0, **SEED})

    assert 1.0 in [float(each) for each in values]
    inside = [each for each in topological(plan.roots) if each.op.name == "argument"]
    assert all(isinstance(each.payload, int) for each in inside)


def test_a_loop_over_parameters_is_computed_before_the_run() -> None:
    grown = scan(lambda level: level * P + 1.0, Q, n_steps=3)
    plan = build_values([(drawn("x", Normal()) + grown).node], Type.FLOAT64)

    values = argument_values(plan, {"p": 2.0, "q": 1.0, **SEED})

    assert 15.0 in [float(each) for each in values]


def test_a_loop_inside_a_loop_over_parameters_is_computed_before_the_run() -> None:
    def outer(level: object) -> object:
        return scan(lambda part: part * P + Q, level, n_steps=2)

    grown = scan(outer, 1.0, n_steps=2)
    plan = build_values([(drawn("x", Normal()) + grown).node], Type.FLOAT64)

    values = argument_values(plan, {"p": 2.0, "q": 1.0, **SEED})

    assert 31.0 in [float(each) for each in values]


def test_the_seeds_schedule_is_computed_before_the_run() -> None:
    plan = build_values([drawn("x", Normal()).node], Type.FLOAT64)

    one, two = (argument_values(plan, {"seed low": low, "seed high": 0}) for low in (1, 2))

    assert len(one) == len(two) == len(plan.arguments)
    assert one != two


def test_plans_are_made_of_machine_ops_alone() -> None:
    outputs = [exp(drawn("x", Normal())).node, (P * Q).node]

    for build in (build_values, build_moments):
        for precision in (Type.FLOAT32, Type.FLOAT64):
            plan = build(outputs, precision)

            assert {"exp", "tail", "side", "parameter"}.isdisjoint(ops_used(plan.roots))
            assert plan.n_outputs == 2
            assert plan.precision is precision
            assert len(plan.records) in {0, 14}


@pytest.mark.parametrize("precision", [Type.FLOAT32, Type.FLOAT64])
def test_the_normal_draw_of_the_other_side_is_its_negative(precision: Type) -> None:
    draw = Probability(
        Expression(node("tail", type_=Type.REAL, payload="z")),
        Expression(node("side", type_=Type.BOOLEAN, payload="z")),
    )
    outputs = [draw.standard_normal().node, draw.reversed().standard_normal().node]
    plan = build_values(outputs, precision)

    z, other = LlvmEngine(1).compile(plan).run(0, 2, argument_values(plan, SEED))

    assert np.array_equal(z, -other)
