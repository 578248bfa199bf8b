"""How an environment is, at a glance: parts, release, leases, copies, speed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from deploy.deployer.data_digests import sql
from deploy.deployer.database import database_backups
from deploy.deployer.gpu_registry import GpuRegistry, host_folder
from deploy.deployer.hub_switch import found
from deploy.deployer.journal import Journal
from deploy.deployer.outcomes import Failed
from deploy.deployer.platform_health import ask_speed, shown_certificate, states
from deploy.deployer.programs import Programs
from deploy.deployer.releases import Releases
from hub.gpus.shares import fraction_text

__all__ = ["status"]

_Rows = list[tuple[str, Callable[[], str]]]

_LEASES = "SELECT count(*), count(DISTINCT user_name) FROM mchub_leases"


def status(programs: Programs) -> str:
    """Everything at a glance; what can't be read now says why in its line."""
    rows: _Rows = [
        ("parts", lambda: _parts(programs)),
        ("release", lambda: _release(programs)),
        ("hub", lambda: _hub(programs)),
        ("leases", lambda: _leases(programs)),
        ("GPUs", lambda: _gpus(programs)),
        ("backup", lambda: _backup(programs)),
        ("certificate", lambda: shown_certificate(programs)),
        ("API", lambda: ask_speed(programs)),
        ("last run", lambda: _last_run(programs)),
    ]
    lines = [programs.settings.name]
    for name, look in rows:
        try:
            told = look()
        except Failed as error:
            told = f"not known: {str(error).splitlines()[0]}"
        lines.append(f"  {name:<12} {told}")
    return "\n".join(lines)


def age(at: datetime, now: datetime) -> str:
    """How long ago something was.

    Examples
    --------
    >>> now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    >>> age(now - timedelta(minutes=5), now), age(now - timedelta(hours=50), now)
    ('5 min ago', '50 h ago')
    """
    minutes = int((now - at) / timedelta(minutes=1))
    return f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"


def _parts(programs: Programs) -> str:
    how = states(programs)
    if not how:
        return "none runs"
    well = [part for part, state in how.items() if state in ("healthy", "running")]
    broken = [f"{part} {state}" for part, state in how.items() if part not in well]
    return f"{len(well)} of {len(how)} well" + (f"; {', '.join(broken)}" if broken else "")


def _release(programs: Programs) -> str:
    releases = Releases(programs.state)
    ran = releases.history()
    if not ran:
        return "none was deployed"
    kept = ", ".join(releases.kept()[1:]) or "none"
    return f"{ran[-1]['version']} since {ran[-1]['at']} ({ran[-1]['how']}); back to: {kept}"


def _hub(programs: Programs) -> str:
    hubs = found(programs)
    active = f"{hubs.active.color} is active" if hubs.active else "none is active"
    waiting = ", ".join(f"{hub.color} ({hub.release})" for hub in hubs.standing_by)
    return f"{active}; standing by: {waiting or 'none'}"


def _leases(programs: Programs) -> str:
    n, people = sql(programs, _LEASES).strip().split("|")
    return f"{n}, of {people} people"


def _gpus(programs: Programs) -> str:
    shares = GpuRegistry(host_folder()).shares().get(programs.settings.name, {})
    if not shares:
        return "none: everything runs on the processor"
    kind = "MIG instances" if any(name.startswith("MIG-") for name in shares) else "cards"
    part = fraction_text(max(shares.values()))
    return f"{part} of {len(shares)} {kind}, shared by MPS limits where it runs"


def _backup(programs: Programs) -> str:
    settings = programs.settings
    if settings.backup is None:
        return "none, by its settings"
    copies = database_backups(programs.docker, settings)
    if not copies:
        return "none yet"
    last = max(copies, key=lambda copy: copy.ended)
    every = settings.backup.every
    late = ", LATE" if datetime.now(UTC) - last.ended > every * 1.2 else ""
    return f"{last.label}, {age(last.ended, datetime.now(UTC))}{late}, {len(copies)} copies"


def _last_run(programs: Programs) -> str:
    lines = Journal(programs.state).lines()
    if not lines:
        return "none"
    last = lines[-1]
    return json.dumps({name: last.get(name) for name in ("at", "by", "verb", "outcome")})
