"""Every distribution keeps every law of the contract."""

from collections.abc import Callable

import pytest

from mclib import distributions
from tests.contracts.distribution_contract import LAWS
from tests.contracts.distribution_engines import ENGINE_LAWS
from tests.contracts.distribution_peers import PEERS, Peer


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
@pytest.mark.parametrize("law", [*LAWS, *ENGINE_LAWS], ids=lambda law: law.__name__)
def test_every_distribution_keeps_the_law(law: Callable[[Peer], None], peer: Peer) -> None:
    law(peer)


def test_every_public_family_is_a_peer() -> None:
    families = {name for name in distributions.__all__ if name != "Distribution"}

    assert families == {type(peer.distribution).__name__ for peer in PEERS.values()}
