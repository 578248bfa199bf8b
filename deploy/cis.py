"""Containers held against section 5 of the CIS Docker Benchmark (numbers of version 1.3.1).

``docker inspect $(docker ps --quiet) | python -m deploy.cis`` says what a host's containers
break; the tests ask the same of every container that the platform starts.
Constraint: only the standard library, because it runs where Docker is and nothing else.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["EXCEPTIONS", "NOT_READ", "RULES", "Rule", "Violation", "main", "violations"]

Inspected = Mapping[str, Any]
# What is wrong with a container, in words; nothing when the rule holds.
Look = Callable[[Inspected], str | None]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One recommendation of the benchmark."""

    number: str
    title: str
    look: Look


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that a container breaks."""

    container: str
    number: str
    title: str
    found: str

    def __str__(self) -> str:
        return f"{self.container}: {self.number} {self.title}: {self.found}"


# Which rules a container of ours may break, by the name of its service, and why.
EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "docker-policy": {
        "5.31": "it is what stands before Docker's socket, and mounts nothing else",
    },
}
# What `docker inspect` does not tell, and what tells it instead.
NOT_READ: Final[Mapping[str, str]] = {
    "5.2": "SELinux is the host's; none of the hosts we name has it",
    "5.6": "whether sshd runs is seen in the image, whose tests look for it",
    "5.18": "overriding limits is refused by the policy proxy (`HostConfig.Ulimits`)",
    "5.22": "`docker exec` is refused by the policy proxy",
    "5.23": "`docker exec` is refused by the policy proxy",
    "5.27": "images are named by version or digest, never fetched at a start",
}
_SENSITIVE: Final = ("/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr")
_SOCKETS: Final = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock")
_EVERYWHERE: Final = ("", "0.0.0.0", "::")


def _host(key: str, *wrong: object) -> Look:
    """A look that finds one of the wrong values in ``HostConfig``."""

    def look(container: Inspected) -> str | None:
        value = container["HostConfig"].get(key)
        return f"{key} is {value!r}" if value in wrong else None

    return look


def _limited(*keys: str) -> Look:
    """A look that finds none of the limits set."""

    def look(container: Inspected) -> str | None:
        host = container["HostConfig"]
        set_to = [host.get(key) for key in keys]
        limited = any(isinstance(value, int) and value > 0 for value in set_to)
        return None if limited else f"no {' or '.join(keys)}"

    return look


def _apparmor(container: Inspected) -> str | None:
    profile = container.get("AppArmorProfile", "")
    options = container["HostConfig"].get("SecurityOpt") or []
    # Empty where the host has no AppArmor, which is nothing that a container chose.
    off = profile == "unconfined" or "apparmor=unconfined" in options
    return "its profile is off" if off else None


def _capabilities(container: Inspected) -> str | None:
    host = container["HostConfig"]
    if "ALL" not in (host.get("CapDrop") or []):
        return f"CapDrop is {host.get('CapDrop')}"
    return f"CapAdd is {host['CapAdd']}" if host.get("CapAdd") else None


def _bound(container: Inspected) -> list[tuple[str, str, str]]:
    """Published ports: the container's, the host's address, the host's."""
    ports = container["HostConfig"].get("PortBindings") or {}
    return [
        (port, binding.get("HostIp", ""), binding.get("HostPort", ""))
        for port, bindings in ports.items()
        for binding in bindings or []
    ]


def _low_ports(container: Inspected) -> str | None:
    low = [
        host for _, _, host in _bound(container) if host.isdecimal() and int(host) < 1024
    ]
    return f"ports {', '.join(low)} of the host" if low else None


def _published(container: Inspected) -> str | None:
    if container["HostConfig"].get("PublishAllPorts"):
        return "all ports are published"
    bound = [port for port, _, _ in _bound(container)]
    return f"{', '.join(bound)} published" if bound else None


def _every_interface(container: Inspected) -> str | None:
    wide = [port for port, address, _ in _bound(container) if address in _EVERYWHERE]
    return f"{', '.join(wide)} on every interface" if wide else None


def _mounts(container: Inspected) -> Iterator[str]:
    for mount in container.get("Mounts") or []:
        if mount.get("Type") == "bind":
            yield mount.get("Source", "")


def _sensitive_mounts(container: Inspected) -> str | None:
    found = [
        source
        for source in _mounts(container)
        if source == "/"
        or f"{source}/".startswith(tuple(f"{top}/" for top in _SENSITIVE))
        or source.startswith("/var/lib/docker")
    ]
    return f"mounts {', '.join(found)}" if found else None


def _socket_mounts(container: Inspected) -> str | None:
    found = [source for source in _mounts(container) if source.endswith(_SOCKETS)]
    # A folder that holds the socket is as good as the socket.
    found += [source for source in _mounts(container) if source in ("/run", "/var/run")]
    return f"mounts {', '.join(found)}" if found else None


def _propagation(container: Inspected) -> str | None:
    shared = [
        mount["Destination"]
        for mount in container.get("Mounts") or []
        if mount.get("Propagation") in ("shared", "rshared")
    ]
    return f"{', '.join(shared)} is shared" if shared else None


def _restart(container: Inspected) -> str | None:
    policy = container["HostConfig"].get("RestartPolicy") or {}
    name, count = policy.get("Name", ""), policy.get("MaximumRetryCount", 0)
    if name in ("", "no") or (name == "on-failure" and 1 <= count <= 5):
        return None
    return f"{name}, {count} times"


def _devices(container: Inspected) -> str | None:
    host = container["HostConfig"]
    if host.get("DeviceCgroupRules"):
        return f"DeviceCgroupRules is {host['DeviceCgroupRules']}"
    paths = [device["PathOnHost"] for device in host.get("Devices") or []]
    # A GPU that was asked for by its id is a lease, not a device of the host's choosing.
    many = [request for request in host.get("DeviceRequests") or [] if request.get("Count")]
    return f"{', '.join(paths)}{many or ''}" if paths or many else None


def _cgroup(container: Inspected) -> str | None:
    return container["HostConfig"].get("CgroupParent") or None


def _new_privileges(container: Inspected) -> str | None:
    options = container["HostConfig"].get("SecurityOpt") or []
    lawful = {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}
    return None if lawful & set(options) else f"SecurityOpt is {options}"


def _seccomp(container: Inspected) -> str | None:
    options = container["HostConfig"].get("SecurityOpt") or []
    off = [text for text in options if text.replace(":", "=") == "seccomp=unconfined"]
    return "it is off" if off or container["HostConfig"].get("Privileged") else None


def _health(container: Inspected) -> str | None:
    test = (container["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    return "there is no check" if test[0] == "NONE" else None


def _default_bridge(container: Inspected) -> str | None:
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    mode = container["HostConfig"].get("NetworkMode")
    on_it = mode in ("default", "bridge") or "bridge" in networks
    return "it is on docker0" if on_it else None


def _namespace(key: str) -> Look:
    """A look that finds the host's namespace, or that of another container."""

    def look(container: Inspected) -> str | None:
        value = container["HostConfig"].get(key) or ""
        taken = value == "host" or value.startswith("container:")
        return f"{key} is {value!r}" if taken else None

    return look


RULES: Final = tuple(
    Rule(number=number, title=title, look=look)
    for number, title, look in (
        ("5.1", "AppArmor", _apparmor),
        ("5.3", "capabilities are restricted", _capabilities),
        ("5.4", "not privileged", _host("Privileged", True)),
        ("5.5", "no sensitive folder of the host", _sensitive_mounts),
        ("5.7", "no privileged port of the host", _low_ports),
        ("5.8", "only needed ports", _published),
        ("5.9", "network of its own", _namespace("NetworkMode")),
        ("5.10", "memory is limited", _limited("Memory")),
        ("5.11", "CPU is limited", _limited("NanoCpus", "CpuQuota", "CpuShares")),
        ("5.12", "root filesystem is read-only", _host("ReadonlyRootfs", False, None)),
        ("5.13", "ports on a chosen interface", _every_interface),
        ("5.14", "restarted at most five times", _restart),
        ("5.15", "processes of its own", _namespace("PidMode")),
        ("5.16", "IPC of its own", _namespace("IpcMode")),
        ("5.17", "no device of the host", _devices),
        ("5.19", "no shared mount", _propagation),
        ("5.20", "UTS of its own", _namespace("UTSMode")),
        ("5.21", "seccomp", _seccomp),
        (
            "5.24",
            "the default cgroup",
            lambda c: c["HostConfig"].get("CgroupParent") or None,
        ),
        ("5.25", "no new privileges", _new_privileges),
        ("5.26", "health is checked", _health),
        ("5.28", "processes are counted", _limited("PidsLimit")),
        ("5.29", "not on docker0", _default_bridge),
        ("5.30", "user namespace of its own", _namespace("UsernsMode")),
        ("5.31", "no socket of Docker", _socket_mounts),
    )
)


def violations(
    container: Inspected, excused: Mapping[str, str] | None = None
) -> list[Violation]:
    """The rules that a container breaks.

    Parameters
    ----------
    container : mapping
        One entry of what ``docker inspect`` prints.
    excused : mapping, optional
        Numbers of rules that it may break, each with the reason.

    Returns
    -------
    list of Violation
        In the benchmark's order; empty when all is well.
    """
    name = container["Name"].removeprefix("/")
    return [
        Violation(container=name, number=rule.number, title=rule.title, found=found)
        for rule in RULES
        if rule.number not in (excused or {})
        if (found := rule.look(container))
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read ``docker inspect`` from standard input; 1 if a rule is broken."""
    parser = argparse.ArgumentParser(prog="python -m deploy.cis", description=__doc__)
    parser.parse_args(arguments)
    broken = []
    for container in json.load(sys.stdin):
        service = (container["Config"].get("Labels") or {}).get("mchub.service", "")
        broken += violations(container, EXCEPTIONS.get(service))
    print("\n".join(map(str, broken)) or "every rule of section 5 that can be read holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
