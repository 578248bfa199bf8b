"""Whether this host can carry an environment: each check a plain function of its facts.

None of them asks anything; what they look at was read before, so that each can be tried
with any host that one can think of.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from deploy.deployer.findings import Finding
from deploy.deployer.host_facts import HostFacts
from hub.laws import n_bytes, size_text
from hub.settings import Settings

__all__ = ["every_check"]

GIB: Final = 1024**3
OLDEST_DOCKER: Final = (20, 10)
OLDEST_COMPOSE: Final = (2, 20)
LEAST_FREE_DISK: Final = 5 * GIB
LEAST_FREE_PART: Final = 0.1
DAEMON_FILE: Final = "/etc/docker/daemon.json"
# What all parts together take besides users' servers, measured with room to spare.
PARTS_MEMORY: Final = 2 * GIB

Told = Mapping[str, str]


def every_check(
    facts: HostFacts, settings: Settings, told: Told, latest: datetime | None
) -> list[Finding]:
    """Everything that is wrong with a host, for an environment.

    Parameters
    ----------
    facts : HostFacts
        The host.
    settings : Settings
        The environment.
    told : mapping of str to str
        What compose is told: ports and addresses.
    latest : datetime or None
        When something was last written that must lie in the past.
    """
    return [
        *check_docker(facts),
        *check_daemon_settings(facts),
        *check_bridge(facts),
        *check_memory(facts, settings),
        *check_cpus(facts, settings),
        *check_disk(facts),
        *check_clock(facts, latest),
        *check_ports(facts, settings),
        *check_subnets(facts, settings, told),
    ]


def check_docker(facts: HostFacts) -> Iterator[Finding]:
    """Docker and compose, new enough."""
    for about, found, oldest in (
        ("Docker", str(facts.docker.get("ServerVersion", "")), OLDEST_DOCKER),
        ("compose", facts.compose, OLDEST_COMPOSE),
    ):
        if _version(found) < oldest:
            wanted = ".".join(map(str, oldest))
            yield Finding(
                about=about,
                law=f"be {wanted} or newer",
                found=found or "none",
                way_out=f"install a newer {about} on this host.",
            )


def check_daemon_settings(facts: HostFacts) -> Iterator[Finding]:
    """What lets users work on while the daemon restarts."""
    if not facts.docker.get("LiveRestoreEnabled"):
        yield Finding(
            about="Docker's live-restore",
            law="be on, so that users' servers outlive a restart of the daemon",
            found="off",
            way_out=f'write `"live-restore": true` into {DAEMON_FILE}; reload the daemon.',
            stops=False,
        )
    if facts.userland_proxy:
        yield Finding(
            about="Docker's userland-proxy",
            law="be off, so that connections outlive a restart of the daemon",
            found="on",
            way_out=f'write `"userland-proxy": false` into {DAEMON_FILE}; restart it.',
            stops=False,
        )
    if facts.docker.get("CgroupVersion") == "1":
        yield Finding(
            about="cgroups",
            law="be of version 2, on which limits of GPU memory hold",
            found="version 1",
            way_out="boot with `systemd.unified_cgroup_hierarchy=1`.",
            stops=False,
        )


def check_bridge(facts: HostFacts) -> Iterator[Finding]:
    """Whether the firewall sees what passes between containers."""
    if not facts.bridge_filtered:
        yield Finding(
            about="net.bridge.bridge-nf-call-iptables",
            law="be 1, or the firewall doesn't see packets between containers",
            found="0, or the module `br_netfilter` is not loaded",
            way_out="`modprobe br_netfilter; sysctl net.bridge.bridge-nf-call-iptables=1`.",
        )


def check_memory(facts: HostFacts, settings: Settings) -> Iterator[Finding]:
    """Room for the parts, and for one server of the largest kind."""
    largest = max(
        (n_bytes(profile.memory) for profile in settings.profiles if not profile.gpu),
        default=0,
    )
    if facts.memory_bytes < PARTS_MEMORY + largest:
        yield Finding(
            about="memory",
            law=f"be at least {size_text(PARTS_MEMORY + largest)}: the parts' and the "
            "largest server's",
            found=size_text(facts.memory_bytes),
            way_out="give the host more, or profiles less.",
        )
    elif facts.available_bytes < PARTS_MEMORY:
        yield Finding(
            about="free memory",
            law=f"be at least {size_text(PARTS_MEMORY)}",
            found=size_text(facts.available_bytes),
            way_out="end what else runs here; `docker stats` shows containers.",
        )


def check_cpus(facts: HostFacts, settings: Settings) -> Iterator[Finding]:
    """No kind of server that asks for more processors than there are: Docker refuses it."""
    for profile in settings.profiles:
        if profile.cpus > facts.cpus:
            yield Finding(
                about=f"profile {profile.name}",
                law=f"ask for at most the {facts.cpus} processors of this host",
                found=f"{profile.cpus:g}",
                way_out="lower its `cpus` in the site's file.",
            )


def check_disk(facts: HostFacts) -> Iterator[Finding]:
    """Room for images, homes and logs."""
    if facts.free_bytes < LEAST_FREE_DISK:
        yield Finding(
            about="Docker's disk",
            law=f"have {size_text(LEAST_FREE_DISK)} free",
            found=size_text(facts.free_bytes),
            way_out="`docker image prune`, or a larger disk under Docker's folder.",
        )
    elif facts.free_bytes < LEAST_FREE_PART * facts.disk_bytes:
        yield Finding(
            about="Docker's disk",
            law="have a tenth free",
            found=f"{facts.free_bytes / facts.disk_bytes:.0%}",
            way_out="plan for a larger disk; `docker image prune` gains time.",
            stops=False,
        )


def check_clock(facts: HostFacts, latest: datetime | None) -> Iterator[Finding]:
    """A clock that is right: certificates, tokens and points in time depend on it."""
    if latest is not None and facts.now < latest.timestamp() - 60:
        yield Finding(
            about="the clock",
            law=f"be later than the last run here, {latest.isoformat()}",
            found=datetime.fromtimestamp(facts.now, latest.tzinfo).isoformat(),
            way_out="set the clock; look at chrony or systemd-timesyncd.",
        )
    elif not facts.is_clock_kept:
        yield Finding(
            about="the clock",
            law="be kept by a time service",
            found="nothing that keeps it",
            way_out="install chrony or switch on systemd-timesyncd.",
            stops=False,
        )


def check_ports(facts: HostFacts, settings: Settings) -> Iterator[Finding]:
    """Ports that people reach must be free, before this environment runs."""
    redirect = settings.front.redirect_port
    wanted = {settings.port, *([redirect] if redirect else [])}
    for port in sorted(wanted & set(facts.ports)):
        yield Finding(
            about=f"port {port}",
            law="be free",
            found=f"something that listens on {facts.ports[port]}",
            way_out=f"`ss -ltnp sport = :{port}` says what; stop it, or change `url`.",
        )


def check_subnets(facts: HostFacts, settings: Settings, told: Told) -> Iterator[Finding]:
    """Addresses of this environment's networks must be nobody else's."""
    own = (f"mchub-{settings.name}_", told.get("MC_USER_NETWORK") or "-")
    for variable in sorted(told):
        if not (variable.endswith("_SUBNET") and told[variable]):
            continue
        wanted = ipaddress.ip_network(told[variable])
        for taken, by in facts.subnets.items():
            is_own = by.startswith(own)
            if not is_own and wanted.overlaps(ipaddress.ip_network(taken)):
                yield Finding(
                    about=f"network {wanted}",
                    law="overlap no other network of this host",
                    found=f"{taken} of {by}",
                    way_out=f"remove `{by}`, or move `server.runs_as.subnet`.",
                )


def _version(text: str) -> tuple[int, ...]:
    numbers = text.lstrip("v").split("-")[0].split("+")[0].split(".")
    return tuple(int(part) for part in numbers[:2] if part.isdigit())
