"""Section 5 of the CIS Docker Benchmark, asked of good and of bad containers."""

import copy
import io
import json
from typing import Any

import pytest

from deploy.cis.__main__ import main
from deploy.cis.rules import EXCEPTIONS, NOT_READ, RULES, violations

GOOD: dict[str, Any] = {
    "Name": "/mctest-user-ada",
    "AppArmorProfile": "docker-default",
    "Config": {
        "Labels": {},
        "Healthcheck": {"Test": ["CMD", "/healthcheck"]},
    },
    "Mounts": [
        {
            "Type": "volume",
            "Source": "/var/lib/docker/volumes/mctest-user-home-ada/_data",
            "Destination": "/home/jovyan",
            "Propagation": "",
        }
    ],
    "HostConfig": {
        "CapDrop": ["ALL"],
        "CpuQuota": 100_000,
        "DeviceRequests": [{"Driver": "nvidia", "DeviceIDs": ["GPU-1"], "Count": 0}],
        "IpcMode": "private",
        "Memory": 2**30,
        "NetworkMode": "mctest-users",
        "PidsLimit": 256,
        "Privileged": False,
        "ReadonlyRootfs": True,
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "SecurityOpt": ["no-new-privileges"],
    },
    "NetworkSettings": {"Networks": {"mctest-users": {}}},
}


def bind(source: str, propagation: str = "rprivate") -> list[dict[str, str]]:
    return [
        {
            "Type": "bind",
            "Source": source,
            "Destination": "/mnt",
            "Propagation": propagation,
        }
    ]


def published(address: str, port: str) -> dict[str, Any]:
    return {"8888/tcp": [{"HostIp": address, "HostPort": port}]}


BAD: list[tuple[set[str], str, object]] = [
    ({"5.1"}, "AppArmorProfile", "unconfined"),
    ({"5.3"}, "HostConfig/CapDrop", None),
    ({"5.3"}, "HostConfig/CapDrop", ["NET_RAW"]),
    ({"5.3"}, "HostConfig/CapAdd", ["SYS_ADMIN"]),
    ({"5.4", "5.21"}, "HostConfig/Privileged", True),
    ({"5.5"}, "Mounts", bind("/")),
    ({"5.5"}, "Mounts", bind("/etc/ssh")),
    ({"5.5"}, "Mounts", bind("/var/lib/docker/volumes")),
    ({"5.7", "5.8"}, "HostConfig/PortBindings", published("127.0.0.1", "80")),
    ({"5.8"}, "HostConfig/PortBindings", published("127.0.0.1", "8888")),
    ({"5.8"}, "HostConfig/PublishAllPorts", True),
    ({"5.8", "5.13"}, "HostConfig/PortBindings", published("", "8888")),
    ({"5.9"}, "HostConfig/NetworkMode", "host"),
    ({"5.9"}, "HostConfig/NetworkMode", "container:postgres"),
    ({"5.10"}, "HostConfig/Memory", 0),
    ({"5.11"}, "HostConfig/CpuQuota", 0),
    ({"5.12"}, "HostConfig/ReadonlyRootfs", False),
    ({"5.14"}, "HostConfig/RestartPolicy", {"Name": "always", "MaximumRetryCount": 0}),
    ({"5.14"}, "HostConfig/RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 6}),
    ({"5.15"}, "HostConfig/PidMode", "host"),
    ({"5.16"}, "HostConfig/IpcMode", "host"),
    ({"5.17"}, "HostConfig/Devices", [{"PathOnHost": "/dev/sda"}]),
    ({"5.17"}, "HostConfig/DeviceCgroupRules", ["a *:* rwm"]),
    ({"5.17"}, "HostConfig/DeviceRequests", [{"Driver": "nvidia", "Count": -1}]),
    ({"5.19"}, "Mounts", bind("/srv/data", "rshared")),
    ({"5.20"}, "HostConfig/UTSMode", "host"),
    (
        {"5.21"},
        "HostConfig/SecurityOpt",
        ["no-new-privileges", "seccomp=unconfined"],
    ),
    ({"5.24"}, "HostConfig/CgroupParent", "/"),
    ({"5.25"}, "HostConfig/SecurityOpt", None),
    ({"5.26"}, "Config/Healthcheck", None),
    ({"5.26"}, "Config/Healthcheck", {"Test": ["NONE"]}),
    ({"5.28"}, "HostConfig/PidsLimit", None),
    ({"5.28"}, "HostConfig/PidsLimit", -1),
    ({"5.29"}, "HostConfig/NetworkMode", "default"),
    ({"5.29"}, "NetworkSettings/Networks", {"bridge": {}}),
    ({"5.30"}, "HostConfig/UsernsMode", "host"),
    ({"5.31"}, "Mounts", bind("/var/run/docker.sock")),
    ({"5.31"}, "Mounts", bind("/run")),
]


def changed(path: str, value: object) -> dict[str, Any]:
    container = copy.deepcopy(GOOD)
    *steps, last = path.split("/")
    holder = container
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return container


def test_a_hardened_container_breaks_nothing() -> None:
    assert [] == violations(GOOD)


@pytest.mark.parametrize(("numbers", "path", "value"), BAD)
def test_a_container_is_told_which_rules_it_breaks(
    numbers: set[str], path: str, value: object
) -> None:
    found = violations(changed(path, value))

    assert numbers == {violation.number for violation in found}
    assert all(violation.found for violation in found)


def test_every_rule_is_broken_by_some_container_of_this_table() -> None:
    assert {rule.number for rule in RULES} == set().union(*(row[0] for row in BAD))


def test_every_number_of_the_section_is_read_or_explained() -> None:
    numbers = [rule.number for rule in RULES] + list(NOT_READ)

    assert sorted(f"5.{index}" for index in range(1, 32)) == sorted(numbers)


def test_an_excuse_has_a_reason_and_counts_for_its_number_alone() -> None:
    container = changed("Mounts", bind("/var/run/docker.sock"))
    container["HostConfig"]["Privileged"] = True

    found = violations(container, EXCEPTIONS["docker-policy"])

    assert ["5.4", "5.21"] == [violation.number for violation in found]
    assert all(reason for table in EXCEPTIONS.values() for reason in table.values())


def test_a_hosts_containers_are_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = changed("HostConfig/Memory", 0)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps([GOOD, broken])))

    assert 1 == main([])
    assert "mctest-user-ada: 5.10 memory is limited: no Memory\n" == capsys.readouterr().out
