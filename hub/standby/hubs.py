"""Which hub is active and which stand by, as the database sees their connections."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, text

from hub.standby.lock import KEY, NAME

__all__ = ["Hub", "Hubs", "hubs"]

# An advisory lock of one number is shown as its two halves.
_FOUND: Final = text(
    "SELECT a.application_name, a.backend_start, coalesce(l.granted, false)"
    " FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid"
    " AND l.locktype = 'advisory' AND l.objsubid = 1 AND l.database = a.datid"
    " AND l.classid = :high AND l.objid = :low"
    " WHERE a.datname = current_database() AND a.application_name LIKE :name"
    " ORDER BY a.backend_start"
)


@dataclass(frozen=True, kw_only=True)
class Hub:
    """One hub: its color, its release, and since when it is connected."""

    color: str
    release: str
    since: datetime

    def in_json(self) -> dict[str, Any]:
        """For `python -m hub hubs`."""
        return {"color": self.color, "release": self.release, "since": str(self.since)}


@dataclass(frozen=True, kw_only=True)
class Hubs:
    """The hubs of an environment; none is active for the moments between two."""

    active: Hub | None
    standing_by: tuple[Hub, ...]

    def in_json(self) -> dict[str, Any]:
        """For `python -m hub hubs`."""
        return {
            "active": self.active.in_json() if self.active else None,
            "standing_by": [each.in_json() for each in self.standing_by],
        }


def hubs(engine: Engine) -> Hubs:
    """Ask the database, which knows of a hub's end as soon as its connection ends."""
    asked = {"high": KEY >> 32, "low": KEY & 0xFFFF_FFFF, "name": f"{NAME} %"}
    with engine.connect() as connection:
        rows = connection.execute(_FOUND, asked).all()
    active, standing_by = None, []
    for name, since, is_active in rows:
        color, _, release = name.removeprefix(f"{NAME} ").partition(" ")
        hub = Hub(color=color.strip("-"), release=release, since=since)
        if is_active:
            active = hub
        else:
            standing_by.append(hub)
    return Hubs(active=active, standing_by=tuple(standing_by))
