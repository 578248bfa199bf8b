"""One node of the database: its name, what its settings are, and where its files lie."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

__all__ = [
    "AUTHORITIES",
    "DATA",
    "FOLDER",
    "LOCAL_COPIES",
    "ORDERED",
    "RUN",
    "SECRETS",
    "STANZA",
    "STATUS",
    "Copies",
    "Node",
    "OffSite",
    "secret",
]

STANZA: Final = "mchub"
"""What pgBackRest calls this database, and Patroni the pair."""

FOLDER: Final = Path("/srv/database")
"""The node's volume."""

DATA: Final = FOLDER / "data"
ORDERED: Final = FOLDER / "restore.json"
"""Order to fill an empty data folder from a copy instead of making a new database."""

LOCAL_COPIES: Final = Path("/var/lib/pgbackrest")
STATUS: Final = Path("/srv/status/database.json")
RUN: Final = Path("/run/mchub")
SECRETS: Final = Path("/run/secrets")
AUTHORITIES: Final = Path("/etc/mchub/authorities")


@dataclass(frozen=True, kw_only=True)
class OffSite:
    """The bucket to which encrypted copies go."""

    endpoint: str
    bucket: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Copies:
    """How often copies are made, how long they are kept, and where besides here."""

    every: timedelta
    keep_days: int
    point_in_time: bool
    queue: str
    off_site: OffSite | None

    @property
    def repositories(self) -> tuple[int, ...]:
        """Numbers of pgBackRest's repositories: 1 lies here, 2 elsewhere."""
        return (1, 2) if self.off_site else (1,)


@dataclass(frozen=True, kw_only=True)
class Node:
    """What compose says about this container."""

    name: str
    subnet: str
    environment: str
    copies: Copies | None

    @classmethod
    def of(cls, variables: Mapping[str, str] = os.environ) -> "Node":
        """The node that the environment variables describe."""
        return cls(
            name=variables["MC_DATABASE_NODE"],
            subnet=variables["MC_DATABASE_SUBNET"],
            environment=variables["MC_ENVIRONMENT"],
            copies=_copies(variables),
        )


def _copies(variables: Mapping[str, str]) -> Copies | None:
    every = variables.get("MC_BACKUP_EVERY")
    if not every:
        return None
    off_site = None
    if variables.get("MC_OFF_SITE_ENDPOINT"):
        off_site = OffSite(
            endpoint=variables["MC_OFF_SITE_ENDPOINT"],
            bucket=variables["MC_OFF_SITE_BUCKET"],
            region=variables["MC_OFF_SITE_REGION"],
        )
    return Copies(
        every=timedelta(seconds=int(every)),
        keep_days=int(variables["MC_BACKUP_KEEP_DAYS"]),
        point_in_time=variables.get("MC_POINT_IN_TIME") == "yes",
        # What may wait to be copied before it is thrown away, so that a repository that is
        # gone never fills the disk and stops the database.
        queue=variables.get("MC_ARCHIVE_QUEUE") or "4GiB",
        off_site=off_site,
    )


def secret(name: str) -> str:
    """Value of a secret, without the line end."""
    return (SECRETS / name).read_text(encoding="utf-8").strip()
