"""Every distribution keeps every law of the contract."""

from collections.abc import Callable

import pytest

import mclib as mc
from mclib import distributions
from mclib.errors import TraceError
from mclib.expressions.dtypes import Type
from mclib.expressions.loops import drawn
from tests.contracts.distribution_contract import LAWS
from tests.contracts.distribution_engines import ENGINE_LAWS, JUDGE, LLVM, values_of
from tests.contracts.distribution_peers import PEERS, Peer
from tests.helpers import assert_same_bits


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
@pytest.mark.parametrize("law", [*LAWS, *ENGINE_LAWS], ids=lambda law: law.__name__)
def test_every_distribution_keeps_the_law(law: Callable[[Peer], None], peer: Peer) -> None:
    law(peer)


def test_every_public_family_is_a_peer() -> None:
    families = {name for name in distributions.__all__ if name != "Distribution"}

    assert families == {type(peer.distribution).__name__ for peer in PEERS.values()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "gamma by shape",
        "beta",
        "inverse gaussian",
        "uncertain chances",
    ],
)
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_iterations_give_the_same_bits_on_every_engine(name: str, precision: Type) -> None:
    expected = values_of(JUDGE, PEERS[name], precision)

    assert_same_bits(expected, values_of(LLVM, PEERS[name], precision))


FIXED = {"SmoothedData": {"bandwidth"}}
"""By family: the parameters that decide a table or a list, and can't be random."""


def test_all_parameters_may_be_random_but_those_that_say_why_not() -> None:
    refused: dict[str, set[str]] = {}
    words = set()
    for peer in PEERS.values():
        made = peer.distribution
        for name, value in made.parameters.items():
            ends = sorted((0.99 * value, value)) if value else (0.0, 0.01)
            hyper = {name: drawn("parameter", mc.Uniform(*ends))}
            try:
                drawn("x", made.with_parameters(**hyper))
            except TraceError as error:
                words.add("must be the same in every trial" in str(error))
                refused.setdefault(type(made).__name__, set()).add(name)

    assert refused == FIXED
    assert words == {True}
