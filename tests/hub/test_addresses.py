"""Addresses: networks of one environment don't overlap, and clients can't forge theirs."""

import ipaddress
from itertools import combinations

import pytest

from hub import load
from hub.addresses import client_address, front_address, platform_addresses
from hub.network import fronts

FRONT = "10.204.254.3"


def test_networks_of_an_environment_do_not_overlap() -> None:
    found = platform_addresses("10.204.0.0/20")

    networks = [
        ipaddress.ip_network(str(found[f"MC_{name}_SUBNET"]))
        for name in ("CONTROL", "EDGE", "USER")
    ]

    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_a_fixed_address_lies_in_its_network_and_not_among_those_given_out() -> None:
    addresses = platform_addresses("10.204.0.0/20")
    found = {name: str(value) for name, value in addresses.items()}

    for address, network in (
        ("MC_FRONT_ADDRESS", "EDGE"),
        ("MC_HUB_BLUE_ADDRESS", "CONTROL"),
        ("MC_HUB_GREEN_ADDRESS", "CONTROL"),
        ("MC_PROXY_ADDRESS", "CONTROL"),
    ):
        fixed = ipaddress.ip_address(found[address])
        assert fixed in ipaddress.ip_network(found[f"MC_{network}_SUBNET"])
        assert fixed not in ipaddress.ip_network(found[f"MC_{network}_RANGE"])


def test_only_an_environment_with_tls_has_a_front() -> None:
    found = {
        name: tuple(fronts(load(name, {})))
        for name in ("development", "rehearsal", "staging")
    }

    assert found == {
        "development": (),
        "rehearsal": (),
        "staging": (front_address("10.204.0.0/20"),),
    }


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.9.0.3", "198.51.100.4, 10.9.0.1", "10.9.0.1"),
        ("10.9.0.3", "1.2.3.4, 2001:db8::7", "2001:db8::7"),
        ("10.9.0.3", "<script>", "10.9.0.3"),
        ("9.9.9.9", "198.51.100.4", "9.9.9.9"),
        ("", "198.51.100.4", ""),
        # Through the front, which says who asked it, and only that.
        ("10.9.0.3", f"198.51.100.4,{FRONT}", "198.51.100.4"),
        ("10.9.0.3", f"198.51.100.4, {FRONT}", "198.51.100.4"),
        # A user's server asks the proxy itself, and claims to come through the front.
        ("10.9.0.3", f"198.51.100.4, {FRONT}, 10.204.8.2", "10.204.8.2"),
        ("10.9.0.3", FRONT, FRONT),
    ],
)
def test_where_a_request_comes_from_is_what_the_last_proxy_says(
    peer: str, forwarded: str, source: str
) -> None:
    assert client_address(peer, forwarded, {FRONT}) == source
