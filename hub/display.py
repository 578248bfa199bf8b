"""Settings side by side, as text: what each environment is, and where two differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any, get_args, get_type_hints

from hub.addresses import platform_addresses
from hub.choices import Backup
from hub.settings import Settings

__all__ = ["compose_variables", "leaves", "table"]


def leaves(holder: Any, path: str = "") -> dict[str, str]:
    """Every decision in `holder`, by its path, in the order of the fields.

    A choice between types is a decision of its own and shown by the type's name; what the
    chosen type holds follows it.

    Examples
    --------
    >>> from hub.choices import Limits
    >>> leaves(Limits(memory="4G", cpus=2, storage="5G"))
    {'memory': '4G', 'cpus': '2', 'storage': '5G'}
    """
    found: dict[str, str] = {}
    declared = get_type_hints(type(holder))
    for field in fields(holder):
        value, name = getattr(holder, field.name), f"{path}{field.name}"
        options = [
            option for option in get_args(declared[field.name]) if is_dataclass(option)
        ]
        if not is_dataclass(value):
            found[name] = _in_words(value)
            continue
        if options:
            found[name] = type(value).__name__
        found |= leaves(value, f"{name}.")
    return found


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None | ():
            return "none"
        case tuple():
            return ", ".join(str(getattr(item, "name", item)) for item in value)
        case timedelta():
            return _duration(value)
        case _:
            return str(value)


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    units = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    unit = next(name for name, length in units.items() if seconds % length == 0)
    return f"{seconds // units[unit]} {unit}"


def table(environments: Sequence[Settings], *, only_differences: bool = False) -> str:
    """Settings of `environments` in columns; ``≠`` marks the rows that differ.

    Parameters
    ----------
    environments : sequence of Settings
        One column each.
    only_differences : bool, default False
        Leave out the rows in which all agree.

    Returns
    -------
    str
        Lines without a line end at the last.
    """
    columns = [leaves(settings) for settings in environments]
    head = ["", "", *(settings.name for settings in environments)]
    rows = [head]
    for path in _all_paths(columns):
        cells = [column.get(path, "-") for column in columns]
        differs = len(set(cells)) > 1
        if path != "name" and (differs or not only_differences):
            rows.append(["≠" if differs else " ", path, *cells])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    widths[0] = 1
    lines = (" ".join(_padded(row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    marker, path, *cells = (
        cell.ljust(width) for cell, width in zip(row, widths, strict=True)
    )
    return [marker, path, *(f" {cell}" for cell in cells)]


def _all_paths(columns: Sequence[Mapping[str, str]]) -> list[str]:
    """Every path once, each choice's own fields right behind the choice."""
    paths: list[str] = []
    for column in columns:
        behind = 0
        for path in column:
            if path in paths:
                behind = paths.index(path) + 1
            else:
                paths.insert(behind, path)
                behind += 1
    return paths


def compose_variables(settings: Settings) -> str:
    """What compose must know of `settings`, one ``NAME=value`` a line."""
    runs_as = leaves(settings.server)
    subnet = runs_as.get("runs_as.subnet")
    values: dict[str, object] = {
        "MC_ENVIRONMENT": settings.name,
        "MC_URL": settings.url,
        "MC_HOST": settings.address.hostname,
        "MC_ADDRESS": settings.network.address,
        "MC_PORT": settings.port,
        "MC_API_PORT": settings.network.api_port,
        "MC_HUB_PORT": settings.network.hub_port,
        "MC_PROXY_API_PORT": settings.network.proxy_api_port,
        "MC_TLS": type(settings.tls).__name__,
        "MC_REDIRECT_PORT": settings.front.redirect_port,
        "MC_ACME_CONTACT": leaves(settings.tls).get("contact"),
        "MC_ACME_DIRECTORY": leaves(settings.tls).get("directory"),
        "MC_USER_NETWORK": runs_as.get("runs_as.network"),
        "MC_EGRESS": runs_as.get("runs_as.egress"),
        **(platform_addresses(subnet) if subnet else {}),
        "MC_DATABASE_REPLICAS": leaves(settings.database).get("replicas"),
        **_backup(settings.backup),
        **_watching(settings),
        "MC_SECRETS_FOLDER": leaves(settings.secrets).get("folder"),
        "MC_SECRETS_SOURCE": leaves(settings.secrets).get("source"),
    }
    return "\n".join(
        f"{name}={'' if value is None else value}" for name, value in values.items()
    )


def _backup(backup: Backup | None) -> dict[str, object]:
    off_site = backup.off_site if backup else None
    every, keep = (backup.every, backup.keep) if backup else (None, None)
    return {
        "MC_BACKUP_EVERY": every and int(every.total_seconds()),
        "MC_BACKUP_KEEP_DAYS": keep and math.ceil(keep / timedelta(days=1)),
        "MC_POINT_IN_TIME": _in_words(backup is not None and backup.point_in_time),
        "MC_OFF_SITE_ENDPOINT": off_site.endpoint if off_site else None,
        "MC_OFF_SITE_BUCKET": off_site.bucket if off_site else None,
        "MC_OFF_SITE_REGION": off_site.region if off_site else None,
        # Without a place elsewhere nothing leads there.
        "MC_OFF_SITE_CLOSED": "false" if off_site else "true",
    }


def _watching(settings: Settings) -> dict[str, object]:
    """How long metrics are kept, and where the databases are that are asked for theirs."""
    keep = leaves(settings.monitoring).get("keep_metrics", "").replace(" ", "")
    kept_logs: timedelta | None = getattr(settings.monitoring, "keep_logs", None)
    hosts: tuple[str, ...] = getattr(settings.database, "hosts", ())
    return {
        "MC_KEEP_METRICS": keep,
        "MC_KEEP_LOGS_DAYS": kept_logs and math.ceil(kept_logs / timedelta(days=1)),
        **{f"MC_DATABASE_{n}": f"{host}:5432" for n, host in enumerate(hosts, start=1)},
    }
