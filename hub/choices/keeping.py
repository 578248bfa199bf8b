"""What is kept, where, and for how long."""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import require, require_duration, require_name, require_text

__all__ = [
    "Audit",
    "Backup",
    "GeneratedSecrets",
    "Postgres",
    "SecretFiles",
    "Sqlite",
]


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

    def check(self, path: str) -> None:
        """Refuse names that would need escaping in an address."""
        require_name(f"{path}.host", self.host)
        require_name(f"{path}.password", self.password)
        require(self.replicas >= 0, f"{path}.replicas", "be 0 or more", self.replicas)


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

    def check(self, path: str) -> None:
        """Refuse a folder that depends on where the hub was started."""
        fits = self.folder.startswith("/")
        require(fits, f"{path}.folder", "be an absolute folder", self.folder)
        require_text(f"{path}.source", self.source)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Copies of database and homes: how often, and how long each is kept."""

    every: timedelta
    keep: timedelta
    point_in_time: bool = False
    off_site: bool = False

    def check(self, path: str) -> None:
        """Refuse copies thrown away before the next is made."""
        require_duration(f"{path}.every", self.every)
        require(
            self.keep >= self.every, f"{path}.keep", "be at least `every`", str(self.keep)
        )


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Who did what is recorded and kept for the time `keep`."""

    keep: timedelta

    def check(self, path: str) -> None:
        """Refuse records that nobody can read."""
        require_duration(f"{path}.keep", self.keep)
