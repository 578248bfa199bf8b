"""What is wrong on this host, and what to do: checks that change nothing."""

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from deploy.deployer.findings import Finding, refuse, table
from deploy.deployer.gpu_registry import GpuRegistry, host_folder, over_committed
from deploy.deployer.host_checks import check_ports, every_check
from deploy.deployer.host_facts import read_facts
from deploy.deployer.journal import Journal
from deploy.deployer.programs import Programs

__all__ = ["examine", "findings", "refuse_unfit_host"]


def examine(programs: Programs) -> str:
    """Every finding, as text."""
    return table(findings(programs))


def refuse_unfit_host(programs: Programs) -> str:
    """Raise `Failed` if anything stops a deployment here; else what only warns."""
    return refuse(findings(programs))


def findings(programs: Programs) -> list[Finding]:
    """Everything that is wrong on this host for an environment."""
    told = programs.told()
    facts = read_facts(programs.docker, programs.module)
    settings = programs.settings
    lines = Journal(programs.state).lines()
    latest = datetime.fromisoformat(lines[-1]["at"]) if lines else None
    found = every_check(facts, settings, told, latest)
    project = f"label=com.docker.compose.project=mchub-{settings.name}"
    if programs.docker("ps", "--quiet", "--filter", project).split():
        # The environment itself listens there.
        own = list(check_ports(facts, settings))
        found = [each for each in found if each not in own]
    return [
        *found,
        *check_state(programs.state),
        *check_leftovers(programs),
        *over_committed(GpuRegistry(host_folder()).shares()),
    ]


def check_state(state: Path) -> Iterator[Finding]:
    """Secrets and locks that other accounts of this host can't read."""
    private = [state / "secrets", *state.glob("secrets/*"), *state.glob("releases/*")]
    for path in private:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            yield Finding(
                about=str(path),
                law="be closed to other accounts",
                found=f"mode {mode:04o}",
                way_out=f"chmod go= {path}",
            )


def check_leftovers(programs: Programs) -> Iterator[Finding]:
    """Parts that ended and were not started again."""
    project = f"label=com.docker.compose.project=mchub-{programs.settings.name}"
    for state in ("exited", "dead", "restarting"):
        wanted = ("--filter", project, "--filter", f"status={state}")
        for name in programs.docker("ps", "--all", *wanted, "--format={{.Names}}").split():
            yield Finding(
                about=name,
                law="run, or not be there",
                found=state,
                way_out=f"`docker logs {name}` says why; deploying again starts it anew.",
                stops=False,
            )
