"""The users' firewall as a value: what its chains say, before any host is touched."""

from pathlib import Path
from typing import Any

import pytest

from deploy.firewall.__main__ import main
from deploy.firewall.host import preflight
from deploy.firewall.rules import FirewallError, UsersNetwork, chains, restore_text

STAGING: dict[str, Any] = {
    "environment": "staging",
    "bridge": "mchub-users",
    "proxy": "10.203.48.4",
    "trusted": ("10.203.48.2",),
}


def test_users_reach_the_proxys_port_and_replies_and_nothing_else() -> None:
    forward, *_ = chains(UsersNetwork(**STAGING))

    accepted = [rule for rule in forward.rules if rule.endswith("-j ACCEPT")]
    assert [
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-s 10.203.48.4/32 -o mchub-users -j ACCEPT",
        "-s 10.203.48.2/32 -o mchub-users -j ACCEPT",
        "-d 10.203.48.4/32 -o mchub-users -p tcp -m tcp --dport 8000 -j ACCEPT",
    ] == accepted
    assert "-j REJECT --reject-with icmp-port-unreachable" == forward.rules[-1]


def test_the_internet_is_what_is_left_after_everything_private() -> None:
    forward, *_ = chains(UsersNetwork(**STAGING, egress="internet"))

    closed = [rule.split()[1] for rule in forward.rules if "-j REJECT" in rule]
    assert {"169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} < set(closed)
    assert "-j RETURN" == forward.rules[-1]


def test_no_container_of_a_user_asks_the_host() -> None:
    _, host, *_ = chains(UsersNetwork(**STAGING))

    assert ("INPUT", "-i mchub-users -j MCHUB-STAGING-INPUT") == (host.parent, host.jump)
    assert (
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-j REJECT --reject-with icmp-port-unreachable",
    ) == host.rules


def test_ipv6_is_no_way_around() -> None:
    found = {chain.parent: chain.rules for chain in chains(UsersNetwork(**STAGING))[2:]}

    closed = ("-j REJECT --reject-with icmp6-port-unreachable",)
    assert {"FORWARD": closed, "INPUT": closed} == found


def test_environments_share_no_chain() -> None:
    other = UsersNetwork(environment="production", bridge="mchub-prod", proxy="10.0.0.4")

    names = {chain.name for chain in chains(UsersNetwork(**STAGING))}
    assert names.isdisjoint(chain.name for chain in chains(other))
    # iptables takes 28 characters.
    assert max(len(chain.name) for chain in chains(other)) <= 28


def test_a_chain_is_replaced_at_one_stroke() -> None:
    host = chains(UsersNetwork(**STAGING))[1]

    assert restore_text(host) == (
        "*filter\n"
        ":MCHUB-STAGING-INPUT - [0:0]\n"
        "-A MCHUB-STAGING-INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        "-A MCHUB-STAGING-INPUT -j REJECT --reject-with icmp-port-unreachable\n"
        "COMMIT\n"
    )


@pytest.mark.parametrize(
    ("field", "value", "law"),
    [
        ("environment", "Staging", "be 1 to 12 lower-case letters and digits"),
        ("environment", "a-very-long-name", "be 1 to 12 lower-case letters and digits"),
        ("bridge", "sixteen-letters-", "be the name of a bridge"),
        ("bridge", "x -j ACCEPT", "be the name of a bridge"),
        ("proxy", "proxy.example.org", "be an IPv4 address"),
        ("proxy", "0.0.0.0/0", "be an IPv4 address"),
        ("trusted", ("10.0.0.1", "::1"), "be an IPv4 address"),
        ("port", 0, "be between 1 and 65535"),
        ("egress", "some", "be none or internet"),
    ],
)
def test_a_network_that_breaks_a_law_is_refused(
    field: str, value: object, law: str
) -> None:
    with pytest.raises(FirewallError, match=rf"^firewall\.{field}: must {law}.*; got "):
        UsersNetwork(**{**STAGING, field: value})


@pytest.mark.parametrize("content", ["0\n", None])
def test_a_host_that_lets_bridged_packets_by_is_refused(
    content: str | None, tmp_path: Path
) -> None:
    setting = tmp_path / "bridge-nf-call-iptables"
    if content is not None:
        setting.write_text(content)

    with pytest.raises(FirewallError, match="hint: on the host `modprobe br_netfilter"):
        preflight(setting)


def test_the_rules_can_be_read_before_they_are_put_anywhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "show --environment staging --bridge mchub-users --proxy 10.203.48.4:8000"

    assert 0 == main(words.split())
    said = capsys.readouterr().out
    assert "iptables -A DOCKER-USER -i mchub-users -j MCHUB-STAGING-FORWARD" in said


def test_an_address_without_a_port_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "show --environment staging --bridge mchub-users --proxy 10.203.48.4"

    assert 1 == main(words.split())
    assert (
        "--proxy: must be `<address>:<port>`; got '10.203.48.4'." in capsys.readouterr().err
    )
