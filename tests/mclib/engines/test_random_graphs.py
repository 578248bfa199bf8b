"""Engines agree on graphs that nobody thought of writing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mclib.distributions import Normal
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_moments, build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.functions import minimum
from mclib.expressions.loops import drawn
from mclib.expressions.simplify import simplify
from tests.helpers import PARAMETERS, assert_same_bits, model_expressions, ran

ENGINES = ReferenceEngine(), LlvmEngine()


def _check(outputs: list[Expression], precision: Type) -> None:
    nodes = simplify(each.node for each in outputs)
    for build in (build_values, build_moments):
        judged, compiled = (
            ran(engine, build, nodes, precision, n_blocks=1, parameters=PARAMETERS)
            for engine in ENGINES
        )

        assert_same_bits(judged, compiled)


GRAPHS = st.lists(model_expressions(), min_size=1, max_size=3)
NAN = minimum(drawn("x", Normal()), math.nan)
PRECISIONS = st.sampled_from([Type.FLOAT64, Type.FLOAT32])


@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_engines_agree_on_what_turns_out_to_be_a_constant(precision: Type) -> None:
    # No draw is left of it once the plan is made, and every trial is stored all the same.
    _check([NAN], precision)
    _check([NAN, drawn("x", Normal())], precision)


@settings(max_examples=5, deadline=None)
@given(GRAPHS, PRECISIONS)
def test_engines_agree_on_a_random_graph(
    outputs: list[Expression], precision: Type
) -> None:
    _check(outputs, precision)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=100, deadline=None)
@given(GRAPHS, PRECISIONS)
def test_engines_agree_on_many_random_graphs(
    outputs: list[Expression], precision: Type
) -> None:
    _check(outputs, precision)
