"""What this host is and has, read once, as plain values that checks are made on.

``python -m deploy.deployer.host_facts`` prints what only the host's own network shows; the
deployer starts itself a second time there, for a moment, with nothing else.
"""

import contextlib
import ctypes
import json
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

__all__ = ["HostFacts", "network_facts", "read_facts"]

_BRIDGE: Final = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
_UNSYNCHRONIZED: Final = 0x40
_TIMEX_BYTES: Final = 512
_LISTENING: Final = "0A"


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """A host as it is now.

    Attributes
    ----------
    memory_bytes, available_bytes, disk_bytes, free_bytes : int
        Memory, and the disk that Docker writes to.
    cpus : int
        Processors.
    now : float
        The clock, in seconds since 1970.
    is_clock_kept : bool
        Whether something keeps the clock right.
    docker : mapping
        What `docker info` says.
    compose : str
        Version of compose.
    bridge_filtered : bool
        Whether the firewall sees packets between containers.
    userland_proxy : bool
        Whether Docker hands connections over by a program of its own.
    ports : mapping of int to str
        TCP ports on which something listens, with the address.
    subnets : mapping of str to str
        Addresses that are taken, with the name of who took them.
    """

    memory_bytes: int
    available_bytes: int
    disk_bytes: int
    free_bytes: int
    cpus: int
    now: float
    is_clock_kept: bool
    docker: Mapping[str, Any]
    compose: str
    bridge_filtered: bool
    userland_proxy: bool
    ports: Mapping[int, str] = field(default_factory=dict)
    subnets: Mapping[str, str] = field(default_factory=dict)


def read_facts(docker: Callable[..., str], module: Callable[..., str]) -> HostFacts:
    """Read the facts of this host, from within the deployer's container or without.

    Parameters
    ----------
    docker : callable
        Runs `docker` with words.
    module : callable
        Runs a module in a container with options of `docker run`.
    """
    memory = _memory()
    # The root of a container lies on the disk that Docker writes to.
    disk = shutil.disk_usage("/")
    options = ("--network=host", "--pid=host", "--user=65534:65534")
    beside = json.loads(module("deploy.deployer.host_facts", options=options))
    info = json.loads(docker("info", "--format", "{{json .}}"))
    return HostFacts(
        memory_bytes=memory["MemTotal"],
        available_bytes=memory["MemAvailable"],
        disk_bytes=disk.total,
        free_bytes=disk.free,
        cpus=int(info["NCPU"]),
        now=time.time(),
        is_clock_kept=_is_clock_kept(),
        docker=info,
        compose=docker("compose", "version", "--short").strip(),
        bridge_filtered=beside["bridge_filtered"],
        userland_proxy=beside["userland_proxy"],
        ports={int(port): address for port, address in beside["ports"].items()},
        subnets=beside["routes"] | _subnets(docker),
    )


def network_facts() -> dict[str, Any]:
    """What the network of this process shows: filters, ports, routes."""
    return {
        "bridge_filtered": _BRIDGE.exists() and _BRIDGE.read_text().strip() == "1",
        "userland_proxy": _runs("docker-proxy"),
        "ports": _listening(),
        "routes": _routes(),
    }


def _memory() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    pairs = (line.split(":") for line in lines)
    return {name: int(rest.split()[0]) * 1024 for name, rest in pairs}


def _is_clock_kept() -> bool:
    # The first number of the answer is `modes`, zero for looking; the flags are the fifth
    # of the longs that follow.
    answer = (ctypes.c_long * (_TIMEX_BYTES // ctypes.sizeof(ctypes.c_long)))()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(answer)) < 0:
        return False
    return not ctypes.c_int(answer[5] & 0xFFFFFFFF).value & _UNSYNCHRONIZED


def _runs(program: str) -> bool:
    names = []
    for file in Path("/proc").glob("[0-9]*/comm"):
        # A process may end while the list is read.
        with contextlib.suppress(OSError):
            names.append(file.read_text().strip())
    return program in names


def _listening() -> dict[int, str]:
    found = {}
    for name in ("tcp", "tcp6"):
        table = Path("/proc/net") / name
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            address, _, port = local.partition(":")
            if state == _LISTENING:
                found[int(port, 16)] = _address(address)
    return found


def _address(digits: str) -> str:
    if len(digits) != 8:
        return "::" if int(digits, 16) == 0 else "an IPv6 address"
    return socket.inet_ntoa(bytes.fromhex(digits)[::-1])


def _routes() -> dict[str, str]:
    """Networks that this host reaches directly, by CIDR, with the interface's name."""
    found = {}
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        interface, destination, _, _, _, _, _, mask, *_ = line.split()
        length = int(mask, 16).bit_count()
        if length:
            found[f"{_address(destination)}/{length}"] = interface
    return found


def _subnets(docker: Callable[..., str]) -> dict[str, str]:
    ids = docker("network", "ls", "--quiet").split()
    networks = json.loads(docker("network", "inspect", *ids)) if ids else []
    return {
        config["Subnet"]: network["Name"]
        for network in networks
        for config in network["IPAM"]["Config"] or ()
        if "Subnet" in config
    }


if __name__ == "__main__":
    json.dump(network_facts(), sys.stdout)
