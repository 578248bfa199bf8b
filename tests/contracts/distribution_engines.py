"""What a distribution owes on engines: the same bits on each, and parameters at random.

Each parameter that is no whole number becomes an input of its own, a little below what the
peer says. What an engine draws is put back into the cdf of the parameters of its trial.
"""

from functools import cache
from typing import Any

import numpy as np

from mclib.distributions import Distribution, Uniform
from mclib.engines.base import Engine
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.loops import drawn
from mclib.statistics.blocks import to_trial_order
from mclib.streams import input_words, uniforms
from tests.contracts.distribution_peers import Peer
from tests.helpers import assert_same_bits, ran

JUDGE, LLVM = ReferenceEngine(), LlvmEngine(1)
N_LOOKED_AT = 40
NORMAL_ERROR = 1e-10
"""The normal of draws differs in the twelfth digit, which a tail feels more."""

SLACK = 32
"""Roundings of a draw, and of its parameters, that its u-error is not charged with."""


def random_parameters(distribution: Distribution) -> dict[str, Expression]:
    """Return inputs in the place of those parameters that are no whole numbers."""
    return {
        name: drawn(f"parameter {name}", Uniform(*sorted((0.99 * value, value))))
        for name, value in distribution.parameters.items()
        if isinstance(value, float) and value != 0.0
    }


def outputs_of(peer: Peer) -> list[Expression]:
    """Return a draw, a draw with random parameters, and those parameters."""
    made = peer.distribution
    hyper = random_parameters(made) if peer.may_be_random else {}
    return [drawn("x", made), drawn("x", made.with_parameters(**hyper)), *hyper.values()]


@cache
def values_of(engine: Engine, peer: Peer, precision: Type) -> Any:
    """Return what an engine gives for `outputs_of`, a row for each."""
    nodes = [each.node for each in outputs_of(peer)]
    return ran(engine, build_values, nodes, precision, n_blocks=1)


def every_engine_gives_the_same_bits(peer: Peer) -> None:
    # The judge takes half a minute for iterations; those of a test marked slow are enough.
    n_outputs = 1 if peer.is_iterated else len(outputs_of(peer))
    for precision in (Type.FLOAT64, Type.FLOAT32):
        nodes = [each.node for each in outputs_of(peer)[:n_outputs]]
        expected = ran(JUDGE, build_values, nodes, precision, n_blocks=1)

        assert_same_bits(expected, values_of(LLVM, peer, precision)[:n_outputs])


def draws_follow_their_random_parameters(peer: Peer) -> None:
    made = peer.distribution
    names = list(random_parameters(made)) if peer.may_be_random else []
    rows = [to_trial_order(row) for row in values_of(LLVM, peer, Type.FLOAT64)]
    u = uniforms(input_words(7, "x", np.arange(N_LOOKED_AT)))

    for trial in range(N_LOOKED_AT):
        own = {name: float(row[trial]) for name, row in zip(names, rows[2:], strict=True)}
        _encloses(made, rows[0][trial], u[trial], peer.u_error)
        _encloses(made.with_parameters(**own), rows[1][trial], u[trial], peer.u_error)


def _encloses(distribution: Distribution, x: float, u: float, u_error: float) -> None:
    """Assert that the probability passes `u` within some roundings of `x`."""
    error = max(u_error, NORMAL_ERROR)
    sizes = [abs(x), *map(abs, distribution.parameters.values())]
    rounding = SLACK * np.spacing(max(sizes))
    for outside, p in ((distribution.cdf, u), (distribution.probability_above, 1.0 - u)):
        ends = outside([x - rounding, x + rounding])
        assert ends.min() <= p * (1.0 + error)
        assert p * (1.0 - error) <= ends.max()


ENGINE_LAWS = (every_engine_gives_the_same_bits, draws_follow_their_random_parameters)
