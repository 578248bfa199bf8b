"""Files of reports in a folder of this machine, or in a volume."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Set
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fastapi.concurrency import run_in_threadpool

from hub.services.reports.store import (
    PART,
    FileGone,
    Kept,
    Read,
    StoreAway,
    place_of,
    verified,
)

__all__ = ["FolderStore"]


class FolderStore:
    """A store in a folder.

    Parameters
    ----------
    folder : Path
        Where the files lie; made if missing. It may be shared by several processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def keep(self, parts: AsyncIterator[bytes]) -> Kept:
        """Keep what comes: in a draft, which gets its name when it is whole."""
        read, n_bytes = hashlib.sha256(), 0
        with self._draft() as (file, opened):
            async for part in parts:
                read.update(part)
                n_bytes += len(part)
                with _trouble():
                    await run_in_threadpool(opened.write, part)
            with _trouble():
                await run_in_threadpool(self._settle, file, opened, read.hexdigest())
        return Kept(digest=read.hexdigest(), n_bytes=n_bytes)

    def put(self, content: bytes) -> str:
        """Keep `content`; its digest. What is there already is not written again."""
        digest = hashlib.sha256(content).hexdigest()
        with _trouble():
            if not self._is_there(digest):
                with self._draft() as (file, opened):
                    opened.write(content)
                    self._settle(file, opened, digest)
        return digest

    def get(self, digest: str) -> bytes:
        """What has this digest."""
        with _trouble(digest):
            content = self.path(digest).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise FileGone(f"{digest} is damaged")
        return content

    async def size(self, digest: str) -> int:
        """Bytes of a file."""
        with _trouble(digest):
            return (await run_in_threadpool(self.path(digest).stat)).st_size

    async def read(self, digest: str, span: tuple[int, int] | None = None) -> Read:
        """A file in parts; each is read in a thread."""
        with _trouble(digest):
            opened = await run_in_threadpool(self.path(digest).open, "rb")
        n_bytes = os.fstat(opened.fileno()).st_size
        first, end = (0, n_bytes) if span is None else span
        parts = _parts_of(opened, first, end)
        return Read(
            n_bytes=n_bytes, parts=verified(digest, parts) if span is None else parts
        )

    def path(self, digest: str) -> Path:
        """Where the file of a digest is, or would be."""
        return self._folder.joinpath(*place_of(digest))

    def sweep(self, kept: Set[str], before: datetime) -> int:
        """Remove files that nothing names any more, and drafts that nobody finished."""
        n_removed = 0
        for file in self._folder.glob("*/*"):
            is_old = file.stat().st_mtime < before.timestamp()
            if file.name not in kept and is_old:
                file.unlink(missing_ok=True)
                n_removed += 1
        return n_removed

    def _is_there(self, digest: str) -> bool:
        file = self.path(digest)
        try:
            # So that no sweep takes it before it is named again.
            os.utime(file)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _draft(self) -> Iterator[tuple[Path, BinaryIO]]:
        folder = self._folder / "drafts"
        file = folder / secrets.token_hex(16)
        with _trouble():
            folder.mkdir(mode=0o700, exist_ok=True)
            opened = file.open("xb")
        try:
            with opened:
                yield file, opened
        finally:
            file.unlink(missing_ok=True)

    def _settle(self, draft: Path, opened: BinaryIO, digest: str) -> None:
        if self._is_there(digest):
            return
        opened.flush()
        os.fsync(opened.fileno())
        file = self.path(digest)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        draft.replace(file)


async def _parts_of(opened: BinaryIO, first: int, end: int) -> AsyncIterator[bytes]:
    try:
        await run_in_threadpool(opened.seek, first)
        while part := await run_in_threadpool(opened.read, min(PART, end - first)):
            first += len(part)
            yield part
    finally:
        await asyncio.shield(run_in_threadpool(opened.close))


@contextmanager
def _trouble(digest: str = "") -> Iterator[None]:
    """A folder that can't be used, in the words of a store."""
    try:
        yield
    except FileNotFoundError as error:
        if digest:
            raise FileGone(f"{digest} is not there") from error
        raise StoreAway(f"the folder of files is gone: {error}") from error
    except OSError as error:
        raise StoreAway(f"the folder of files can't be used: {error}") from error
