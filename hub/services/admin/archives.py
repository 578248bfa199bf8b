"""What is kept of the files of users who leave.

An archive is a compressed tar file with its checksum. It is read again, whole, before it
counts, because what it was made from may be deleted next.
"""

import hashlib
import os
import shutil
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from hub.storage import folder_name

__all__ = ["Archive", "Archived", "HomeFolders", "NotReached"]


@dataclass(frozen=True, kw_only=True)
class Archived:
    """Where an archive lies and what it holds."""

    where: str
    sha256: str
    n_files: int
    n_bytes: int


class Archive(Protocol):
    """Keeps users' files, and deletes them.

    Every method may take long, and is called in a thread of its own.
    """

    @property
    def missing(self) -> str:
        """Why nothing can be archived here; empty if it can."""
        ...

    def has_data(self, user: str) -> bool:
        """Whether there are files of `user`."""
        ...

    def keep(self, user: str) -> Archived:
        """Archive the files of `user`; an archive that exists is whole.

        Raises
        ------
        OSError
            If it can't be written, or doesn't hold what it should.
        """
        ...

    def delete(self, user: str) -> None:
        """Delete the files of `user`, for good."""
        ...


@dataclass(frozen=True)
class NotReached:
    """Files are where this service doesn't reach; it says so and touches nothing."""

    reason: str

    @property
    def missing(self) -> str:
        """Why nothing can be archived here."""
        return self.reason

    def has_data(self, user: str) -> bool:
        """Unknown from here, so taken to be so."""
        return bool(user)

    def keep(self, user: str) -> Archived:
        """Refuse."""
        message = f"files of {user} can't be archived: {self.reason}"
        raise OSError(message)

    def delete(self, user: str) -> None:
        """Refuse."""
        message = f"files of {user} can't be deleted: {self.reason}"
        raise OSError(message)


@dataclass(frozen=True)
class HomeFolders:
    """Homes are folders of this machine, and archives lie in a folder beside them."""

    homes: Path
    archives: Path

    @property
    def missing(self) -> str:
        """Nothing is missing."""
        return ""

    def has_data(self, user: str) -> bool:
        """Whether the user has a home."""
        return self._home(user).is_dir()

    def keep(self, user: str) -> Archived:
        """Pack the home, and read the pack again."""
        home = self._home(user)
        self.archives.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = self._free_name(f"{home.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        draft, whole = self.archives / f".{name}.draft", self.archives / name
        try:
            with tarfile.open(draft, "w:gz", compresslevel=6) as tar:
                tar.add(home, arcname=home.name)
                written = {member.name: member.size for member in tar.getmembers()}
            draft.chmod(0o600)
            _require_whole(draft, written)
            digest = _sha256(draft)
            # On the disk itself before anything that it saves is deleted.
            _flush(draft)
            draft.rename(whole)
            _flush(self.archives)
        except (OSError, tarfile.TarError) as error:
            draft.unlink(missing_ok=True)
            raise OSError(str(error)) from error
        checksum = whole.with_name(f"{name}.sha256")
        checksum.write_text(f"{digest}  {name}\n", encoding="utf-8")
        checksum.chmod(0o600)
        return Archived(
            where=str(whole),
            sha256=digest,
            n_files=len(written),
            n_bytes=whole.stat().st_size,
        )

    def _free_name(self, stem: str) -> str:
        """Name of an archive that doesn't take the place of another of the same second."""
        stems = (stem, *(f"{stem}-{number}" for number in range(2, 100)))
        free = (f"{one}.tar.gz" for one in stems)
        return next(name for name in free if not (self.archives / name).exists())

    def delete(self, user: str) -> None:
        """Delete the home."""
        shutil.rmtree(self._home(user))

    def _home(self, user: str) -> Path:
        return self.homes / folder_name(user)


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_whole(archive: Path, written: dict[str, int]) -> None:
    if _contents(archive) != written:
        message = f"{archive} can't be read back as it was written"
        raise OSError(message)


def _contents(archive: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            found[member.name] = member.size
            if member.isreg():
                held = tar.extractfile(member)
                assert held is not None
                while held.read(1 << 20):
                    pass
    return found


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
