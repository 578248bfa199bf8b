"""Where copies lie, and how restic is told: by no secret in a word or a variable."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ELSEWHERE", "HERE", "Place", "Repository"]

HERE: Final = 1
"""Number of the repository on this host."""
ELSEWHERE: Final = 2
"""Number of the repository off-site."""

_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folders and variables of the container in which copies are made.

    Attributes
    ----------
    variables : mapping of str to str
        Of the container: ``MC_ENVIRONMENT``, ``MC_BACKUP_EVERY`` (seconds),
        ``MC_BACKUP_KEEP_DAYS`` and ``MC_OFF_SITE_...``.
    volumes : Path
        Docker's own folder of volumes.
    state : Path
        The environment's.
    local : Path
        Holds the repository on this host.
    secrets : Path
        Holds a file for each secret.
    authorities : Path
        Holds certificates of authorities that the site has of its own.
    scratch : Path
        In memory; what restic has to find as a file is written there.
    """

    variables: Mapping[str, str]
    volumes: Path = Path("/volumes")
    state: Path = Path("/state")
    local: Path = Path("/srv/files")
    secrets: Path = Path("/run/secrets")
    authorities: Path = Path("/etc/mchub/authorities")
    scratch: Path = Path("/tmp")

    @classmethod
    def of(cls) -> "Place":
        """That of this process."""
        return cls(variables=os.environ)

    @property
    def environment(self) -> str:
        """Name of the environment."""
        return self.variables["MC_ENVIRONMENT"]

    @property
    def repositories(self) -> tuple["Repository", ...]:
        """Where copies are to be made, this host first."""
        here = Repository(number=HERE, url=str(self.local), passphrase="files_passphrase")
        endpoint = self.variables.get("MC_OFF_SITE_ENDPOINT", "")
        if not endpoint:
            return (here,)
        bucket = self.variables["MC_OFF_SITE_BUCKET"]
        url = f"s3:{endpoint}/{bucket}/{self.environment}/files"
        return here, Repository(number=ELSEWHERE, url=url, passphrase="off_site_passphrase")

    def repository(self, number: int) -> "Repository":
        """The repository of a number.

        Raises
        ------
        RuntimeError
            If there is none.
        """
        for each in self.repositories:
            if each.number == number:
                return each
        message = f"there must be a repository {number}; `backup.off_site` names none."
        raise RuntimeError(message)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One repository of restic's.

    Attributes
    ----------
    number : int
        `HERE` or `ELSEWHERE`.
    url : str
        As restic writes it.
    passphrase : str
        Name of the secret that encrypts it.
    """

    number: int
    url: str
    passphrase: str

    def words(self, place: Place) -> tuple[str, ...]:
        """Options of restic that say where it is and how it is opened."""
        options = (
            *("--repo", self.url, "--password-file", str(place.secrets / self.passphrase)),
            *("--no-cache", "--retry-lock=5m"),
        )
        if self.number == HERE:
            return options
        region = place.variables.get("MC_OFF_SITE_REGION", "")
        authorities = place.scratch / "authorities.crt"
        authorities.write_bytes(
            b"\n".join(
                file.read_bytes() for file in [_AUTHORITIES, *_files(place.authorities)]
            )
        )
        return (
            *(*options, "--cacert", str(authorities)),
            *("--option", "s3.bucket-lookup=path", "--option", f"s3.region={region}"),
        )

    def told(self, place: Place) -> dict[str, str]:
        """Variables of restic: names of files, and no secret."""
        told = {"PATH": os.environ.get("PATH", ""), "HOME": str(place.scratch)}
        if self.number == HERE:
            return told
        key_id, key = (
            (place.secrets / name).read_text(encoding="utf-8").strip()
            for name in ("off_site_key_id", "off_site_key")
        )
        file = place.scratch / "off-site-key"
        file.touch(mode=0o600)
        file.write_text(
            f"[default]\naws_access_key_id={key_id}\naws_secret_access_key={key}\n",
            encoding="utf-8",
        )
        return told | {"AWS_SHARED_CREDENTIALS_FILE": str(file)}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.is_dir() else []
