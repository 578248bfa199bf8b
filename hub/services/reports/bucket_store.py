"""Files of reports in a bucket that speaks S3.

They have the same places there as in a folder, so that any program that copies buckets
moves them. What is larger than one request goes into a draft in parts, and gets its place
by a copy within the bucket, because its digest is known at its end. The server checks the
SHA-256 of every request.
"""

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import AsyncIterator, Iterator, Set
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from hub.choices import ObjectStore
from hub.services.reports.store import (
    PART,
    FileGone,
    Kept,
    Read,
    StoreAway,
    place_of,
    verified,
)

__all__ = ["BucketStore"]

_LOG: Final = logging.getLogger("hub.services.reports.store")

_ONE_REQUEST: Final = 8 * 2**20
"""Bytes that are sent at once; a file with more goes in parts of this size."""

_AT_ONCE: Final = 2
_YOUNG: Final = timedelta(hours=12)
"""A file that young is not sent again: no sweep takes it for another half day."""

_REFUSED: Final = (PermissionDeniedError, UnauthenticatedError)
_REFUSALS: Final = ("403 Forbidden", "401 Unauthorized")
_OURS: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}|drafts/[0-9a-f]{32}")
_RETRIES: Final[Any] = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=15),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}


class BucketStore:
    """A store in a bucket.

    Parameters
    ----------
    place : ObjectStore
        Which bucket, and where.
    key_id, key : str
        What opens it.
    """

    def __init__(self, place: ObjectStore, key_id: str, key: str) -> None:
        self._named = f"{place.endpoint}/{place.bucket}"
        self._bucket = S3Store(
            place.bucket,
            prefix=place.prefix or None,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=key_id,
            secret_access_key=key,
            checksum_algorithm="sha256",
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config=_RETRIES,
        )

    async def keep(self, parts: AsyncIterator[bytes]) -> Kept:
        """Keep what comes: in one request if it is small, else by way of a draft."""
        first = bytearray()
        async for part in parts:
            first += part
            if len(first) > _ONE_REQUEST:
                return await self._keep_in_parts(bytes(first), parts)
        digest = await asyncio.to_thread(self.put, bytes(first))
        return Kept(digest=digest, n_bytes=len(first))

    async def _keep_in_parts(self, first: bytes, others: AsyncIterator[bytes]) -> Kept:
        read, n_bytes = hashlib.sha256(), 0
        broke: list[BaseException] = []

        async def both() -> AsyncIterator[bytes]:
            nonlocal n_bytes
            try:
                async for part in _after(first, others):
                    read.update(part)
                    n_bytes += len(part)
                    yield part
            except BaseException as error:
                broke.append(error)
                raise

        draft = f"drafts/{secrets.token_hex(16)}"
        try:
            with self._trouble():
                await obstore.put_async(
                    self._bucket,
                    draft,
                    both(),
                    chunk_size=_ONE_REQUEST,
                    max_concurrency=_AT_ONCE,
                )
        except StoreAway:
            # What could not be read any further is no fault of the store's.
            if broke:
                raise broke[0] from None
            raise
        kept = Kept(digest=read.hexdigest(), n_bytes=n_bytes)
        try:
            await asyncio.to_thread(self._settle, draft, kept)
        finally:
            await self._forget(draft)
        return kept

    def put(self, content: bytes) -> str:
        """Keep `content`; its digest. What is there, and young, is not sent again."""
        digest = hashlib.sha256(content).hexdigest()
        kept = Kept(digest=digest, n_bytes=len(content))
        with self._trouble():
            if not self._is_there(kept):
                at = "/".join(place_of(digest))
                obstore.put(self._bucket, at, content, use_multipart=False)
        return digest

    def get(self, digest: str) -> bytes:
        """What has this digest."""
        with self._trouble(digest):
            content = bytes(obstore.get(self._bucket, "/".join(place_of(digest))).bytes())
        if hashlib.sha256(content).hexdigest() != digest:
            raise FileGone(f"{digest} is damaged")
        return content

    async def size(self, digest: str) -> int:
        """Bytes of a file."""
        with self._trouble(digest):
            found = await obstore.head_async(self._bucket, "/".join(place_of(digest)))
        return found["size"]

    async def read(self, digest: str, span: tuple[int, int] | None = None) -> Read:
        """A file in parts, as they come over the network."""
        with self._trouble(digest):
            answer = await obstore.get_async(
                self._bucket,
                "/".join(place_of(digest)),
                options=None if span is None else {"range": span},
            )
        parts = self._parts_of(digest, answer)
        return Read(
            n_bytes=answer.meta["size"],
            parts=verified(digest, parts) if span is None else parts,
        )

    async def _parts_of(self, digest: str, answer: Any) -> AsyncIterator[bytes]:
        with self._trouble(digest):
            async for part in answer.stream(min_chunk_size=PART):
                yield bytes(part)

    def sweep(self, kept: Set[str], before: datetime) -> int:
        """Remove files that nothing names any more, and drafts that nobody finished.

        What else lies in the bucket is left alone.
        """
        n_removed = 0
        with self._trouble():
            for some in obstore.list(self._bucket):
                for found in some:
                    n_removed += self._let_go(found, kept, before)
        return n_removed

    def _let_go(self, found: Any, kept: Set[str], before: datetime) -> bool:
        at = found["path"]
        name = at.rpartition("/")[2]
        if _OURS.fullmatch(at) is None or name in kept or found["last_modified"] >= before:
            return False
        try:
            # Somebody may have kept the same file since the list was read.
            if obstore.head(self._bucket, at)["last_modified"] >= before:
                return False
        except FileNotFoundError:
            return False
        obstore.delete(self._bucket, at)
        return True

    def _is_there(self, kept: Kept) -> bool:
        try:
            found = obstore.head(self._bucket, "/".join(place_of(kept.digest)))
        except FileNotFoundError:
            return False
        # An old one is written again: there is no other way to make it young for the sweep.
        is_young = datetime.now(UTC) - found["last_modified"] < _YOUNG
        return is_young and found["size"] == kept.n_bytes

    def _settle(self, draft: str, kept: Kept) -> None:
        with self._trouble():
            if not self._is_there(kept):
                obstore.copy(self._bucket, draft, "/".join(place_of(kept.digest)))

    async def _forget(self, draft: str) -> None:
        try:
            await obstore.delete_async(self._bucket, draft)
        except (BaseError, FileNotFoundError) as error:
            _LOG.info("%s stays until a sweep takes it: %s", draft, _first_line(error))

    @contextmanager
    def _trouble(self, digest: str = "") -> Iterator[None]:
        """What the bucket refuses, in the words of a store."""
        try:
            yield
        except (BaseError, OSError) as error:
            if _is_missing(error) and digest:
                raise FileGone(f"{digest} is not there") from error
            why = _why(error)
            raise StoreAway(f"{self._named} {why}: {_first_line(error)}") from error


async def _after(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in others:
        yield part


def _is_missing(error: Exception) -> bool:
    """Whether a file isn't there, and not the bucket itself."""
    return isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error)


def _why(error: Exception) -> str:
    if "NoSuchBucket" in str(error):
        return "has no such bucket"
    # The library has no word of its own for a list that was refused.
    if isinstance(error, _REFUSED) or any(said in str(error) for said in _REFUSALS):
        return "refuses the keys"
    return "does not answer"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:500]
