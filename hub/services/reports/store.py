"""The files of reports, each under the digest of what it holds, and never changed.

A digest is all that leads to a file: no name that somebody sent is ever part of a path.
Where the files lie, a folder or a bucket, is the business of two other modules; what is
read is held against its digest on the way, wherever it comes from.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

__all__ = [
    "PART",
    "FileGone",
    "Kept",
    "Read",
    "Store",
    "StoreAway",
    "StoreTrouble",
    "place_of",
    "verified",
]

PART: Final = 2**20
"""Bytes of the parts in which files are read."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class StoreTrouble(Exception):
    """A file can't be kept or read."""


class StoreAway(StoreTrouble):
    """The store doesn't answer, or refuses us."""


class FileGone(StoreTrouble):
    """A file is not there, or not what it was."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that is in the store."""

    digest: str
    n_bytes: int


@dataclass(frozen=True, kw_only=True)
class Read:
    """A file on its way out of the store, or a part of it.

    Attributes
    ----------
    n_bytes : int
        Bytes of the whole file.
    parts : async iterator of bytes
        What was asked for. Of a whole file the last part comes when all of it has proved to
        be what was kept.
    """

    n_bytes: int
    parts: AsyncIterator[bytes]


class Store(Protocol):
    """Files by their SHA-256; several processes may have the same one.

    What is there already may be kept again at any time, and by several at once: it is the
    same file. Every method raises `StoreAway` if the store doesn't answer; then nothing is
    there by half.
    """

    async def keep(self, parts: AsyncIterator[bytes]) -> Kept:
        """Keep what comes, never holding all of it; what `parts` raises is raised."""

    def put(self, content: bytes) -> str:
        """Keep `content`; its digest."""

    def get(self, digest: str) -> bytes:
        """What has this digest, all at once.

        Raises
        ------
        FileGone
            If there is nothing of it, or what is there is something else.
        """

    async def size(self, digest: str) -> int:
        """Bytes of a file.

        Raises
        ------
        FileGone
            If there is none.
        """

    async def read(self, digest: str, span: tuple[int, int] | None = None) -> Read:
        """A file in parts, or its bytes from the first up to the second of `span`.

        Raises
        ------
        FileGone
            If there is none.
        """

    def sweep(self, kept: Set[str], before: datetime) -> int:
        """Remove files that nothing names any more; how many.

        Parameters
        ----------
        kept : set of str
            The digests that something names.
        before : datetime
            Only files that were last kept before; of others somebody may be just about to
            take the digest.
        """


def place_of(digest: str) -> tuple[str, str]:
    """Folder and name of a file below its store.

    Raises
    ------
    ValueError
        If it is no digest.

    Examples
    --------
    >>> place_of("ab" * 32)[0]
    'ab'
    """
    if _DIGEST.fullmatch(digest) is None:
        message = f"a digest must be 64 hexadecimal digits; got {digest!r}."
        raise ValueError(message)
    return digest[:2], digest


async def verified(digest: str, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The parts of a file; the last only when all of them have proved to be what was kept.

    Raises
    ------
    FileGone
        In the place of the last part, if they haven't.
    """
    read, last = hashlib.sha256(), b""
    async for part in parts:
        if last:
            yield last
        read.update(part)
        last = part
    if read.hexdigest() != digest:
        raise FileGone(f"{digest} is damaged: it has {read.hexdigest()} now")
    yield last
