"""What a user's container reaches, tried from inside of it, with and without the firewall.

Needs root besides Docker: for iptables, and for a network namespace that is the internet.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deploy.firewall.host import apply, differences, remove
from deploy.firewall.rules import UsersNetwork
from tests.tools.tiny_image import docker, tiny_image

pytestmark = [pytest.mark.alone, pytest.mark.docker, pytest.mark.compiler]

IMAGE = "mctest-firewall:1"
USERS, PLATFORM = "mctest-fw-users", "mctest-fw-platform"
INTERNET, METADATA = "203.0.113.2", "169.254.169.254"
GATEWAY, PROXY, HUB = "10.203.77.1", "10.203.77.4", "10.203.77.2"
ADA, BOB, DATABASE = "10.203.77.11", "10.203.77.12", "10.203.78.5"
CLOSED = UsersNetwork(
    environment="mctest", bridge="mctest-fw0", proxy=PROXY, trusted=(HUB,), egress="none"
)
OPEN = replace(CLOSED, egress="internet")


@dataclass(frozen=True)
class Town:
    """Where everybody lives: the port on which the host itself answers."""

    host_port: int

    def reach(self, container: str, address: str, port: int) -> str:
        """What a container finds at an address: `open`, `refused` or `silent`."""
        return docker(
            "exec", f"mctest-fw-{container}", "/tiny", "reach", address, str(port)
        )


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


@contextmanager
def _internet(binary: Path) -> Iterator[None]:
    """A host beyond this one, at a public address: a network namespace of its own."""
    _ip("netns", "add", "mctest-fw")
    try:
        _ip(
            "link",
            "add",
            "mctest-fw1",
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            "mctest-fw",
        )
        _ip("address", "add", "203.0.113.1/24", "dev", "mctest-fw1")
        _ip("link", "set", "mctest-fw1", "up")
        inside = ("-n", "mctest-fw")
        _ip(*inside, "address", "add", f"{INTERNET}/24", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        _ip(*inside, "route", "add", "default", "via", "203.0.113.1")
        command = ["ip", "netns", "exec", "mctest-fw", str(binary), "serve", "443"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as serving:
            assert serving.stdout is not None
            serving.stdout.readline()
            try:
                yield
            finally:
                serving.terminate()
    finally:
        _ip("netns", "delete", "mctest-fw")


@contextmanager
def _metadata() -> Iterator[None]:
    """The address at which clouds answer with their secrets, here on the host itself."""
    _ip("address", "add", f"{METADATA}/32", "dev", "lo")
    try:
        yield
    finally:
        _ip("address", "delete", f"{METADATA}/32", "dev", "lo")


@contextmanager
def _containers() -> Iterator[None]:
    options = {
        "com.docker.network.bridge.name": CLOSED.bridge,
        "com.docker.network.bridge.enable_icc": "false",
    }
    words = [f"--opt={key}={value}" for key, value in options.items()]
    people = {
        "ada": (USERS, ADA, ("8888",)),
        "bob": (USERS, BOB, ("8888",)),
        "proxy": (USERS, PROXY, ("8000", "8001")),
        "hub": (USERS, HUB, ("8081",)),
        "database": (PLATFORM, DATABASE, ("5432",)),
    }
    try:
        docker("network", "create", "--subnet=10.203.77.0/24", *words, USERS)
        docker("network", "create", "--subnet=10.203.78.0/24", PLATFORM)
        for name, (network, address, ports) in people.items():
            where = (f"--network={network}", f"--ip={address}")
            serve = (IMAGE, "/tiny", "serve", *ports)
            docker("run", "--detach", f"--name=mctest-fw-{name}", *where, *serve)
        yield
    finally:
        for name in people:
            docker("rm", "--force", f"mctest-fw-{name}", check=False)
        docker("network", "rm", USERS, PLATFORM, check=False)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2: it sets iptables and a network namespace")
    folder = tmp_path_factory.mktemp("firewall")
    with (
        tiny_image(IMAGE, folder),
        _containers(),
        _metadata(),
        _internet(folder / "tiny"),
        socket.create_server(("0.0.0.0", 0)) as host,
    ):
        yield Town(host.getsockname()[1])


@pytest.fixture
def firewall(town: Town) -> Iterator[Town]:
    apply(CLOSED)
    yield town
    remove(CLOSED)


def test_without_it_users_reach_the_host_metadata_and_the_internet(town: Town) -> None:
    # And the proxy doesn't reach users: Docker's own switch knows only all or nothing.
    assert "open" == town.reach("ada", GATEWAY, town.host_port)
    assert "open" == town.reach("ada", METADATA, town.host_port)
    assert "open" == town.reach("ada", INTERNET, 443)
    assert "silent" == town.reach("ada", PROXY, 8000)
    assert "silent" == town.reach("proxy", ADA, 8888)


def test_users_reach_the_proxys_port_alone(firewall: Town) -> None:
    port = firewall.host_port
    found = {
        "proxy": firewall.reach("ada", PROXY, 8000),
        "proxy's own interface": firewall.reach("ada", PROXY, 8001),
        "hub": firewall.reach("ada", HUB, 8081),
        "another user": firewall.reach("ada", BOB, 8888),
        "host": firewall.reach("ada", GATEWAY, port),
        "host by another address": firewall.reach("ada", "203.0.113.1", port),
        "metadata": firewall.reach("ada", METADATA, port),
        "database": firewall.reach("ada", DATABASE, 5432),
        "internet": firewall.reach("ada", INTERNET, 443),
    }

    assert {"proxy"} == {name for name, said in found.items() if said == "open"}
    # Refused, not silent: a program that asks is told so at once.
    assert {"refused"} == {said for name, said in found.items() if name != "proxy"}


def test_the_platform_reaches_users(firewall: Town) -> None:
    assert "open" == firewall.reach("proxy", ADA, 8888)
    assert "open" == firewall.reach("hub", BOB, 8888)
    assert "open" == firewall.reach("hub", PROXY, 8001)


def test_an_environment_may_have_the_internet_and_nothing_private(firewall: Town) -> None:
    apply(OPEN)

    assert "open" == firewall.reach("ada", INTERNET, 443)
    for address, port in (
        (METADATA, firewall.host_port),
        (GATEWAY, firewall.host_port),
        ("203.0.113.1", firewall.host_port),
        (DATABASE, 5432),
        (BOB, 8888),
        (PROXY, 8001),
    ):
        assert "refused" == firewall.reach("ada", address, port)


def _standing() -> list[str]:
    return [
        line
        for tool in ("iptables-save", "ip6tables-save")
        for line in subprocess.run(
            [tool], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        if "MCHUB-MCTEST" in line
    ]


def test_applied_twice_it_stands_once(firewall: Town) -> None:
    def rules() -> list[str]:
        return [line for line in _standing() if line.startswith("-A")]

    once = rules()
    apply(CLOSED)

    assert once == rules()
    assert [] == differences(CLOSED)


def test_a_rule_that_is_gone_or_slipped_in_is_noticed(firewall: Town) -> None:
    slipped_in = ["DOCKER-USER", "-i", CLOSED.bridge, "-j", "ACCEPT"]
    subprocess.run(["iptables", "-w", "10", "-I", *slipped_in], check=True)
    try:
        found = differences(CLOSED)
    finally:
        subprocess.run(["iptables", "-w", "10", "-D", *slipped_in], check=True)
    subprocess.run(["iptables", "-w", "10", "-F", "MCHUB-MCTEST-INPUT"], check=True)

    strange = "'-A DOCKER-USER -i mctest-fw0 -j ACCEPT'"
    assert [f"iptables: {strange} comes before MCHUB-MCTEST-FORWARD"] == found
    assert ["iptables: MCHUB-MCTEST-INPUT is other"] == differences(CLOSED)
    apply(CLOSED)
    assert [] == differences(CLOSED)


def test_removal_leaves_nothing_behind(firewall: Town) -> None:
    remove(CLOSED)
    remove(CLOSED)

    assert [] == _standing()
    assert 8 == len(differences(CLOSED))
    assert "open" == firewall.reach("ada", GATEWAY, firewall.host_port)
