"""The rules of section 5 (numbers of version 1.3.1), and who may break which, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy.cis import looks
from deploy.cis.looks import Inspected, Look

__all__ = ["EXCEPTIONS", "NOT_READ", "RULES", "Rule", "Violation", "violations"]


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


# The platform's parts come back however often they end: health checks and alerts say so,
# and a part that stays away after five times would need somebody at night.
_COMES_BACK: Final = {"5.14": "the platform's parts are there as long as Docker is"}
# Which rules a part of the platform may break, by the name of its service, and why. Users'
# containers may break none.
EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "docker-policy": {
        **_COMES_BACK,
        "5.31": "it is what stands before Docker's socket",
    },
    "backup": {
        **_COMES_BACK,
        "5.3": "it reads files that are closed to all but their owner, and writes none",
    },
    "proxy": {**_COMES_BACK, "5.8": "it is the way in"},
    "node-exporter": {
        **_COMES_BACK,
        "5.5": "it reads how full the host's disks are, as nobody and without a capability",
    },
    "prometheus": {**_COMES_BACK, "5.8": "an operator on the host looks at it there"},
    "login": {**_COMES_BACK, "5.8": "people's browsers sign in there"},
    **dict.fromkeys(
        (
            "admin",
            "alertmanager",
            "etcd",
            "exporter",
            "front-exporter",
            "hub-blue",
            "hub-green",
            "idle-culler",
            "logs",
            "platform-api",
            "postgres",
            "postgres-1",
            "postgres-2",
            "postgres-exporter",
            "postgres-exporter-2",
            "probe",
            "reconciler",
            "reports",
            "route-keeper",
            "steward",
            "synthetic",
        ),
        _COMES_BACK,
    ),
}
# What `docker inspect` does not tell, and what tells it instead.
NOT_READ: Final[Mapping[str, str]] = {
    "5.2": "SELinux is the host's, where it has it",
    "5.6": "no image of ours installs sshd",
    "5.18": "overriding limits is refused by the policy proxy (`HostConfig.Ulimits`)",
    "5.22": "`docker exec` is refused by the policy proxy",
    "5.23": "`docker exec` is refused by the policy proxy",
    "5.27": "images are named by version or digest, never fetched at a start",
}

RULES: Final = tuple(
    Rule(number=number, title=title, look=look)
    for number, title, look in (
        ("5.1", "AppArmor", looks.apparmor),
        ("5.3", "capabilities are restricted", looks.capabilities),
        ("5.4", "not privileged", looks.host_config("Privileged", True)),
        ("5.5", "no sensitive folder of the host", looks.sensitive_mounts),
        ("5.7", "no privileged port of the host", looks.low_ports),
        ("5.8", "only needed ports", looks.published),
        ("5.9", "network of its own", looks.namespace("NetworkMode")),
        ("5.10", "memory is limited", looks.limited("Memory")),
        ("5.11", "CPU is limited", looks.limited("NanoCpus", "CpuQuota", "CpuShares")),
        (
            "5.12",
            "read-only root filesystem",
            looks.host_config("ReadonlyRootfs", False, None),
        ),
        ("5.13", "ports on a chosen interface", looks.every_interface),
        ("5.14", "restarted at most five times", looks.restart),
        ("5.15", "processes of its own", looks.namespace("PidMode")),
        ("5.16", "IPC of its own", looks.namespace("IpcMode")),
        ("5.17", "no device of the host", looks.devices),
        ("5.19", "no shared mount", looks.propagation),
        ("5.20", "UTS of its own", looks.namespace("UTSMode")),
        ("5.21", "seccomp", looks.seccomp),
        ("5.24", "the default cgroup", looks.cgroup),
        ("5.25", "no new privileges", looks.new_privileges),
        ("5.26", "health is checked", looks.health),
        ("5.28", "processes are counted", looks.limited("PidsLimit")),
        ("5.29", "not on docker0", looks.default_bridge),
        ("5.30", "user namespace of its own", looks.namespace("UsernsMode")),
        ("5.31", "no socket of Docker", looks.socket_mounts),
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
