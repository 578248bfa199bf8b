"""What is kept, where, and for how long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.laws import require, require_duration, require_endpoint, require_name

__all__ = [
    "ENV_FILE",
    "FILES",
    "GENERATED",
    "VAULT",
    "Audit",
    "Backup",
    "GeneratedSecrets",
    "OffSite",
    "Postgres",
    "SecretFiles",
    "Sqlite",
]


GENERATED: Final = "generated"
"""Source of secrets: each is made here, those of the other side included."""
FILES: Final = "files"
"""Source of secrets: files of the operator's; what can be made is made."""
VAULT: Final = "vault agent"
"""Source of secrets: OpenBao or Vault, over HTTP."""
ENV_FILE: Final = ".env"
"""Ending of a source of secrets that is one file of `NAME=value` lines."""


@dataclass(frozen=True, kw_only=True)
class Sqlite:
    """The hub's state in one file of the state folder."""

    file: str

    def check(self, path: str) -> None:
        """Refuse a file that would lie elsewhere."""
        require_name(f"{path}.file", self.file)


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The hub's state in PostgreSQL, with `replicas` standing by."""

    host: str
    replicas: int
    password: str = "database_password"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every node, whichever of them is the primary now.

        Examples
        --------
        >>> Postgres(host="postgres", replicas=1).hosts
        ('postgres-1', 'postgres-2')
        """
        if self.replicas == 0:
            return (self.host,)
        return tuple(f"{self.host}-{1 + number}" for number in range(1 + self.replicas))

    def check(self, path: str) -> None:
        """Refuse names that would need escaping in an address."""
        require_name(f"{path}.host", self.host)
        require_name(f"{path}.password", self.password)
        law = "be 0, or 1 for a pair that stands in for each other"
        require(self.replicas in (0, 1), f"{path}.replicas", law, self.replicas)


@dataclass(frozen=True, kw_only=True)
class GeneratedSecrets:
    """Secrets made once and kept in the state folder."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class SecretFiles:
    """Secrets in files of `folder`, put there by the deployment out of `source`."""

    folder: str
    source: str

    @property
    def in_memory(self) -> bool:
        """Whether the host keeps what it gives to the parts in memory, and on no disk."""
        return self.source == VAULT

    def check(self, path: str) -> None:
        """Refuse a folder that depends on where the hub was started."""
        fits = self.folder.startswith("/")
        require(fits, f"{path}.folder", "be an absolute folder", self.folder)
        is_file = self.source.endswith(ENV_FILE) and "/" not in self.source
        fits = is_file or self.source in (GENERATED, FILES, VAULT)
        law = f"be `{GENERATED}`, `{FILES}`, `{VAULT}` or a file's name, `....env`"
        require(fits, f"{path}.source", law, self.source)


@dataclass(frozen=True, kw_only=True)
class OffSite:
    """A bucket elsewhere, S3 or what speaks like it; all that goes there is encrypted."""

    endpoint: str
    bucket: str
    region: str

    def check(self, path: str) -> None:
        """Refuse an address that would be read on the way, and what is no bucket."""
        require_endpoint(f"{path}.endpoint", self.endpoint)
        require_name(f"{path}.bucket", self.bucket)
        require_name(f"{path}.region", self.region)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Copies of database and homes: how often, and how long each is kept."""

    every: timedelta
    keep: timedelta
    point_in_time: bool = False
    off_site: OffSite | None = None

    def check(self, path: str) -> None:
        """Refuse copies thrown away before the next is made."""
        require_duration(f"{path}.every", self.every)
        require(
            self.keep >= self.every, f"{path}.keep", "be at least `every`", str(self.keep)
        )
        if self.off_site is not None:
            self.off_site.check(f"{path}.off_site")


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Who did what is recorded and kept for the time `keep`."""

    keep: timedelta

    def check(self, path: str) -> None:
        """Refuse records that nobody can read."""
        require_duration(f"{path}.keep", self.keep)
