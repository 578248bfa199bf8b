"""Checks of a host: each says nothing on a good one, and the way out on a bad one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.deployer.findings import Finding, refuse, table
from deploy.deployer.host_checks import every_check
from deploy.deployer.host_facts import HostFacts, network_facts
from deploy.deployer.outcomes import Failed
from hub import load

GIB = 1024**3
NOW = datetime(2026, 1, 31, tzinfo=UTC)
PRODUCTION = load("production", {})
TOLD = {
    "MC_USER_NETWORK": "mchub-users",
    "MC_USER_SUBNET": "10.205.0.0/20",
    "MC_CONTROL_SUBNET": "10.205.255.0/24",
    "MC_OTHER_SUBNET": "",
}
GOOD = HostFacts(
    memory_bytes=64 * GIB,
    available_bytes=32 * GIB,
    disk_bytes=500 * GIB,
    free_bytes=400 * GIB,
    cpus=16,
    now=NOW.timestamp(),
    is_clock_kept=True,
    docker={
        "ServerVersion": "28.1.1",
        "LiveRestoreEnabled": True,
        "CgroupVersion": "2",
    },
    compose="v2.35.1-desktop.1",
    bridge_filtered=True,
    userland_proxy=False,
    ports={22: "0.0.0.0"},
    subnets={"172.17.0.0/16": "bridge", "10.205.0.0/20": "mchub-users"},
)


def _found(**changed: Any) -> list[Finding]:
    return every_check(replace(GOOD, **changed), PRODUCTION, TOLD, NOW)


def test_nothing_is_wrong_on_a_good_host() -> None:
    assert _found() == []
    assert table(_found()) == "nothing is wrong on this host"
    assert refuse(_found()) == ""


@pytest.mark.parametrize(
    ("changed", "about", "stops"),
    [
        ({"docker": GOOD.docker | {"ServerVersion": "19.3.1"}}, "Docker", True),
        ({"compose": "1.29.2"}, "compose", True),
        ({"compose": ""}, "compose", True),
        (
            {"docker": GOOD.docker | {"LiveRestoreEnabled": False}},
            "Docker's live-restore",
            False,
        ),
        ({"docker": GOOD.docker | {"CgroupVersion": "1"}}, "cgroups", False),
        ({"userland_proxy": True}, "Docker's userland-proxy", False),
        ({"bridge_filtered": False}, "net.bridge.bridge-nf-call-iptables", True),
        ({"memory_bytes": 7 * GIB}, "memory", True),
        ({"available_bytes": GIB}, "free memory", True),
        ({"free_bytes": 4 * GIB}, "Docker's disk", True),
        ({"free_bytes": 40 * GIB}, "Docker's disk", False),
        ({"now": NOW.timestamp() - 3_600}, "the clock", True),
        ({"is_clock_kept": False}, "the clock", False),
        ({"ports": {443: "0.0.0.0"}}, "port 443", True),
        ({"ports": {80: "127.0.0.1"}}, "port 80", True),
        ({"subnets": {"10.205.8.0/24": "other"}}, "network 10.205.0.0/20", True),
        ({"subnets": {"10.0.0.0/8": "eth0"}}, "network 10.205.0.0/20", True),
    ],
)
def test_what_is_wrong_is_found(
    changed: dict[str, Any], about: str, *, stops: bool
) -> None:
    found = _found(**changed)

    assert about in {finding.about for finding in found}
    assert {finding.stops for finding in found} == {stops}


def test_a_profile_that_no_processor_is_left_for_is_named() -> None:
    assert {finding.about for finding in _found(cpus=2)} == {
        "profile cpu-large",
        "profile gpu-large",
    }


def test_a_refusal_says_law_value_and_way_out() -> None:
    with pytest.raises(Failed) as failed:
        refuse(_found(free_bytes=GIB))

    assert str(failed.value).splitlines() == [
        "Docker's disk: must have 5 GB free; found 1 GB.",
        "  hint: `docker image prune`, or a larger disk under Docker's folder.",
    ]


def test_a_warning_stops_nothing() -> None:
    assert (
        refuse(_found(is_clock_kept=False)) == "warning: the clock, nothing that keeps it"
    )


def test_the_network_of_this_machine_can_be_read() -> None:
    found = network_facts()

    assert set(found) == {"bridge_filtered", "userland_proxy", "ports", "routes"}
    assert all(isinstance(port, int) for port in found["ports"])
