"""What tests of engines and expressions share: random graphs, and equality of bits."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mclib.distributions import Normal, Uniform
from mclib.engines.base import Engine
from mclib.engines.plans import Plan, argument_values
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, as_number, lift
from mclib.expressions.functions import where
from mclib.expressions.loops import drawn, scan
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import Node
from mclib.expressions.ops import MODEL_OPS
from mclib.expressions.tables import lookup
from mclib.expressions.tracing import parameter
from mclib.streams import key_of

Array = np.ndarray[Any, np.dtype[Any]]

PARAMETERS = {"p": 1.5, "q": -0.25}

SPECIAL_NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1e-300, -1e-300, 5e-324, 1e300, -1e300),
    *(np.inf, -np.inf, np.nan, 0.1, 3.0, 2.0**53, 2.0**-60),
)

REAL_OF_ONE = (
    *("negative", "absolute", "floor", "square_root"),
    *(
        name
        for name, op in MODEL_OPS.items()
        if op.signature == "R -> R" and name != "lookup"
    ),
)
REAL_OF_TWO = (
    *("add", "subtract", "multiply", "divide"),
    *(name for name, op in MODEL_OPS.items() if op.signature == "R R -> R"),
)
COMPARISONS = ("less", "less_equal", "equal")
LOGIC = ("logical_and", "logical_or", "logical_xor")


def _combined(reals: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    conditions = st.one_of(
        st.builds(apply, st.sampled_from(COMPARISONS), reals, reals),
        st.builds(lambda a: apply("logical_not", a), st.builds(_positive, reals)),
        st.builds(
            lambda name, a, b: apply(name, _positive(a), _positive(b)),
            st.sampled_from(LOGIC),
            reals,
            reals,
        ),
    )
    return st.one_of(
        st.builds(apply, st.sampled_from(REAL_OF_ONE), reals),
        st.builds(apply, st.sampled_from(REAL_OF_TWO), reals, reals),
        st.builds(
            lambda a, b, c: apply("fused_multiply_add", a, b, c), reals, reals, reals
        ),
        st.builds(where, conditions, reals, reals),
        st.builds(as_number, conditions),
        st.builds(lambda i: lookup([3.0, -0.0, np.inf, 7.5, -2.0], i), reals),
        st.builds(_scanned, reals, reals, st.integers(1, 6)),
    )


def _positive(x: Expression) -> Expression:
    return x > 0.0


def _scanned(start: Expression, push: Expression, n_steps: int) -> Expression:
    return scan(lambda x, step: x * 0.5 + push - step, start, n_steps)


def expressions(leaves: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """Random real expressions over `leaves`, made of every op that a model can use."""
    constants = st.sampled_from(SPECIAL_NUMBERS).map(lambda x: lift(x, Type.REAL))
    return st.recursive(st.one_of(leaves, constants), _combined, max_leaves=12)


def parameter_expressions() -> st.SearchStrategy[Expression]:
    """Random expressions of the parameters `x`, `y` and `z`, which do not draw."""
    return expressions(st.sampled_from([parameter(name) for name in "xyz"]))


def model_expressions() -> st.SearchStrategy[Expression]:
    """Random expressions of two inputs, a noise and the parameters of `PARAMETERS`."""

    def leaves() -> list[Expression]:
        walk = scan(lambda x, z: x * 0.9 + z, 0.0, n_steps=5, noise=Normal())
        inputs = [drawn("normal", Normal()), drawn("uniform", Uniform(-2.0, 3.0))]
        return [*inputs, walk, *map(parameter, PARAMETERS)]

    return st.builds(leaves).flatmap(lambda made: expressions(st.sampled_from(made)))


def evaluated(expression: Expression, **values: Any) -> Array:
    """The value of an expression of parameters, in float64."""
    bindings = {parameter(name).node: value for name, value in values.items()}
    return np.asarray(evaluate_model_expression(expression, bindings=bindings))


def ran(
    engine: Engine,
    build: Callable[[list[Node], Type], Plan],
    outputs: list[Node],
    precision: Type,
    *,
    seed: int = 7,
    first_block: int = 0,
    n_blocks: int = 2,
    parameters: Mapping[str, float] | None = None,
) -> Array:
    """What an engine gives for the outputs of a graph."""
    plan = build(outputs, precision)
    low, high = key_of(seed)
    named = {**(parameters or {}), "seed low": low, "seed high": high}
    return engine.compile(plan).run(first_block, n_blocks, argument_values(plan, named))


def assert_same_bits(expected: Any, found: Any) -> None:
    """Fail unless all bits are equal; which NaN it is, is nobody's promise."""
    left, right = np.asarray(expected), np.asarray(found)
    assert left.dtype == right.dtype
    assert left.shape == right.shape
    if left.dtype.kind == "f":
        unsigned = np.dtype(f"u{left.dtype.itemsize}")
        left, right = (
            np.where(np.isnan(each), unsigned.type(1), each.view(unsigned))
            for each in map(np.ascontiguousarray, (left, right))
        )
    places = np.flatnonzero(left != right)
    shown = [
        (int(k), np.asarray(expected).flat[k], np.asarray(found).flat[k])
        for k in places[:3]
    ]
    assert not places.size, f"{places.size} of {left.size} differ: {shown}"
