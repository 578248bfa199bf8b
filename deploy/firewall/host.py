"""Puts chains on the host, looks whether they stand, and takes them away."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.firewall.rules import Chain, FirewallError, UsersNetwork, chains, restore_text

__all__ = ["apply", "differences", "preflight", "remove"]

BRIDGED: Final = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
# Another program may hold the tables for a moment.
_WAIT: Final = ("-w", "10")


def preflight(bridged: Path = BRIDGED) -> None:
    """Refuse a host on which the rules would stand and not act.

    Raises
    ------
    FirewallError
        With the one thing to do.
    """
    # Without it packets between two containers of one bridge pass no rule at all.
    found = bridged.read_text().strip() if bridged.exists() else "no such setting"
    if found != "1":
        hint = "on the host `modprobe br_netfilter && sysctl -w {}=1`."
        setting = "net.bridge.bridge-nf-call-iptables"
        raise FirewallError(setting, "be 1", found, hint.format(setting))
    for tool in ("iptables", "ip6tables"):
        if shutil.which(tool) is None:
            raise FirewallError(tool, "be on PATH", None, "install the package iptables.")
    if _run("iptables", "-S", "DOCKER-USER").returncode:
        law = "be there, with the right to change it"
        hint = (
            "(a) start Docker first; (b) run as root with NET_ADMIN on the host's network; "
            "(c) use the iptables (nft or legacy) that the host uses."
        )
        raise FirewallError("DOCKER-USER", law, "no such chain", hint)


def apply(network: UsersNetwork) -> None:
    """Put the chains there, as often as you like; then look whether they stand."""
    preflight()
    for chain in chains(network):
        restore = [f"{chain.tool}-restore", "--noflush", *_WAIT]
        _demand(_execute(restore, restore_text(chain)))
        if not _has_jump(chain):
            _demand(_run(chain.tool, "-I", chain.parent, "1", *chain.jump.split()))
    if found := differences(network):
        raise FirewallError(
            f"firewall.{network.environment}", "stand as it was written", found
        )


def differences(network: UsersNetwork) -> list[str]:
    """In what the host differs from what should stand there; empty when nothing does."""
    return [said for chain in chains(network) for said in _differences_of(chain)]


def _differences_of(chain: Chain) -> Iterator[str]:
    lines = _lines(chain.tool, chain.name)
    if lines != chain.lines():
        yield f"{chain.tool}: {chain.name} is {'other' if lines else 'missing'}"
    parent, jump = _lines(chain.tool, chain.parent), f"-A {chain.parent} {chain.jump}"
    if jump not in parent:
        yield f"{chain.tool}: nothing leads from {chain.parent} to {chain.name}"
        return
    for line in parent[: parent.index(jump)]:
        # Chains of other environments are about other bridges.
        if line.startswith("-A") and "-j MCHUB-" not in line:
            yield f"{chain.tool}: {line!r} comes before {chain.name}"


def remove(network: UsersNetwork) -> None:
    """Take the chains away, as often as you like, and leave everything else."""
    for chain in chains(network):
        while _has_jump(chain):
            _demand(_run(chain.tool, "-D", chain.parent, *chain.jump.split()))
        if _lines(chain.tool, chain.name):
            _demand(_run(chain.tool, "-F", chain.name))
            _demand(_run(chain.tool, "-X", chain.name))


def _has_jump(chain: Chain) -> bool:
    return f"-A {chain.parent} {chain.jump}" in _lines(chain.tool, chain.parent)


def _lines(tool: str, chain: str) -> list[str]:
    """The rules of a chain; none where there is no such chain."""
    outcome = _run(tool, "-S", chain)
    return outcome.stdout.splitlines() if outcome.returncode == 0 else []


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _execute([tool, *_WAIT, *arguments])


def _execute(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, timeout=60
    )


def _demand(outcome: subprocess.CompletedProcess[str]) -> None:
    if outcome.returncode:
        raise FirewallError(" ".join(outcome.args), "succeed", outcome.stderr.strip()[:300])
