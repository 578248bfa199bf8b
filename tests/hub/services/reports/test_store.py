"""The one contract of a store, held by a folder and by a bucket that really speaks S3."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hub.services.reports.bucket_store import BucketStore
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.folder_store import FolderStore
from hub.services.reports.sending import span_of
from hub.services.reports.store import FileGone, Kept, Store, StoreAway
from tests.hub.services.reports.asking import ask, begin, hand_in, names_in, publish
from tests.object_store import KEY, KEY_ID, Bucket, running_bucket

MB = 2**20
FAR = datetime(2200, 1, 1, tzinfo=UTC)


class Broken(Exception):
    """Whoever sends a file has gone."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with running_bucket(tmp_path_factory.mktemp("bucket")) as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket) -> Bucket:
    """The server with nothing in its bucket, however a test before left it."""
    if server.process is None:
        server.start()
    server.empty()
    return server


def opened(server: Bucket, **changes: str) -> BucketStore:
    return BucketStore(replace(server.place, **changes), KEY_ID, KEY)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "files")
    return opened(request.getfixturevalue("bucket"))


def there(request: pytest.FixtureRequest, tmp_path: Path) -> set[str]:
    """Names of all that a store holds, of drafts too."""
    if "folder" in request.node.callspec.id:
        return names_in(tmp_path / "files")
    server: Bucket = request.getfixturevalue("bucket")
    return {key.rpartition("/")[2] for key in server.names()}


async def parts_of(content: bytes, size: int = MB) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def kept(store: Store, content: bytes) -> Kept:
    return asyncio.run(store.keep(parts_of(content)))


def read(store: Store, digest: str, span: tuple[int, int] | None = None) -> list[bytes]:
    async def go() -> list[bytes]:
        found = await store.read(digest, span)
        return [part async for part in found.parts]

    return asyncio.run(go())


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("n_bytes", [0, 1, 8 * MB, 8 * MB + 1, 50 * MB])
def test_what_is_kept_is_read_in_parts_as_it_was(store: Store, n_bytes: int) -> None:
    content = os.urandom(n_bytes)

    found = kept(store, content)
    parts = read(store, found.digest)

    assert found == Kept(digest=digest_of(content), n_bytes=n_bytes)
    assert b"".join(parts) == content == store.get(found.digest)
    assert max(map(len, parts)) <= 16 * MB
    assert asyncio.run(store.size(found.digest)) == n_bytes


def test_any_bytes_of_a_file_are_read_by_themselves(store: Store) -> None:
    content = os.urandom(3 * MB)
    digest = store.put(content)

    for first, end in ((0, 1), (MB - 1, 2 * MB + 1), (3 * MB - 5, 3 * MB)):
        assert b"".join(read(store, digest, (first, end))) == content[first:end]


def test_the_same_file_is_kept_once_however_often_and_by_whom(
    store: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    content = os.urandom(20 * MB)

    async def both() -> list[Kept]:
        some = [store.keep(parts_of(content)) for _ in range(2)]
        return list(await asyncio.gather(*some))

    first, second = asyncio.run(both())
    assert first == second == kept(store, content)
    assert store.put(content) == first.digest
    assert there(request, tmp_path) == {first.digest}


@pytest.mark.parametrize("n_bytes", [MB, 30 * MB])
def test_a_file_whose_sender_has_gone_is_not_there_by_half(
    store: Store, n_bytes: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async def cut_short() -> AsyncIterator[bytes]:
        async for part in parts_of(os.urandom(n_bytes)):
            yield part
        raise Broken

    with pytest.raises(Broken):
        asyncio.run(store.keep(cut_short()))

    assert there(request, tmp_path) == set()


def test_a_file_that_is_not_there_is_said_to_be_gone(store: Store) -> None:
    digest = digest_of(b"nothing")

    for tried in (
        lambda: store.get(digest),
        lambda: read(store, digest),
        lambda: asyncio.run(store.size(digest)),
    ):
        with pytest.raises(FileGone, match="not there"):
            tried()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_only_a_digest_leads_to_a_file(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        store.get(name)


def test_a_sweep_takes_what_is_old_and_named_by_nothing(
    store: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    some = [store.put(b"%d" % number) for number in range(5)]
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)

    assert store.sweep(set(), an_hour_ago) == 0
    assert store.sweep(set(some[:2]), FAR) == 3
    assert there(request, tmp_path) == set(some[:2])


def test_a_damaged_file_never_comes_whole(
    store: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    content = os.urandom(3 * MB)
    digest = store.put(content)
    damaged = content[:-1] + bytes([content[-1] ^ 1])
    if isinstance(store, FolderStore):
        store.path(digest).write_bytes(damaged)
    else:
        server: Bucket = request.getfixturevalue("bucket")
        server.ask("PUT", f"/of/reports/{digest[:2]}/{digest}", content=damaged)

    with pytest.raises(FileGone, match="damaged"):
        store.get(digest)
    came: list[bytes] = []

    async def go() -> None:
        came.extend([part async for part in (await store.read(digest)).parts])

    with pytest.raises(FileGone, match="damaged"):
        asyncio.run(go())
    assert sum(map(len, came)) < len(content)


def test_a_sweep_leaves_alone_what_is_not_ours(bucket: Bucket) -> None:
    store = opened(bucket)
    digest = store.put(b"x")
    for name in ("of/reports/README", f"of/other/{digest[:2]}/{digest}", "of/reports/x/y"):
        assert bucket.ask("PUT", f"/{name}", content=b"x").is_success
    bucket.ask("PUT", f"/of/reports/drafts/{'0' * 32}", content=b"x")

    assert store.sweep({digest}, FAR) == 1
    assert len(bucket.names()) == 4


@pytest.mark.parametrize("n_bytes", [1, 30 * MB])
def test_a_bucket_that_ends_in_the_middle_loses_nothing(
    bucket: Bucket, n_bytes: int
) -> None:
    store, content = opened(bucket), os.urandom(n_bytes)

    async def ended() -> AsyncIterator[bytes]:
        async for part in parts_of(content):
            yield part
            if bucket.process is not None and n_bytes in (1, 30 * MB):
                bucket.kill()

    with pytest.raises(StoreAway, match="does not answer"):
        asyncio.run(store.keep(ended()))
    bucket.start()

    assert bucket.names() == []
    assert kept(store, content).digest == digest_of(content)
    assert len(bucket.names()) == 1


def test_a_missing_bucket_and_wrong_keys_are_called_what_they_are(bucket: Bucket) -> None:
    elsewhere = opened(bucket, bucket="no-such-bucket")
    refused = opened(bucket)

    def tried(store: Store) -> Iterator[object]:
        yield lambda: store.put(b"x")
        yield lambda: kept(store, b"x" * 9 * MB)
        yield lambda: store.get("0" * 64)
        yield lambda: read(store, "0" * 64)
        yield lambda: store.sweep(set(), FAR)

    for each in tried(elsewhere):
        with pytest.raises(StoreAway, match="no such bucket"):
            each()  # type: ignore[operator]
    with bucket.checking_keys():
        for each in tried(refused):
            with pytest.raises(StoreAway, match="refuses the keys"):
                each()  # type: ignore[operator]
    refused.put(b"x")


@pytest.fixture
def away(desk: ReportsDesk, bucket: Bucket) -> ReportsDesk:
    """A desk whose files lie in a bucket."""
    return replace(desk, store=opened(bucket))


def test_a_report_lives_in_a_bucket_and_waits_for_one_that_is_away(
    away: ReportsDesk, bucket: Bucket
) -> None:
    job = publish(away, "ada")["job"]
    begin(away)
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1"
    assert ask(away, token, "GET", f"{at}/work").is_success
    file = f"{at}/files/page.html"
    bucket.kill()

    refused = ask(away, token, "PUT", file, content=b"<p>42</p>")
    assert refused.status_code == 503
    assert refused.json()["message"] == (
        "The store of reports' files must answer; now it does not, or refuses. "
        "Nothing was changed: try again in a moment."
    )
    title = {"title": "x", "notebook": {"nbformat": 4, "cells": []}}
    assert ask(away, "ada", "POST", "/api/reports", json=title).status_code == 503
    assert ask(away, "ada", "GET", f"/api/jobs/{job}").json()["state"] == "running"
    assert ask(away, "ada", "GET", "/api/reports").json()["total"] == 1

    bucket.start()
    away.store.put(b'{"nbformat": 4}')
    assert ask(away, token, "PUT", file, content=b"<p>42</p>").is_success


def test_files_of_a_bucket_are_sent_as_those_of_a_folder(
    away: ReportsDesk, bucket: Bucket
) -> None:
    job = publish(away, "ada")
    begin(away)
    assert hand_in(away, job["job"]).is_success
    at = f"/r/{job['report']}/v/1"

    page = ask(away, "ada", "GET", f"{at}/page")
    assert page.text == "<!doctype html><title>Risk</title><p>42</p>"
    assert "sandbox" in page.headers["content-security-policy"]
    digest = page.headers["etag"].strip('"')
    bucket.ask("DELETE", f"/of/reports/{digest[:2]}/{digest}")
    gone = ask(away, "ada", "GET", f"{at}/page")
    assert gone.status_code == 503
    assert "copies have it" in gone.text


def part(desk: ReportsDesk, report: int, **headers: str) -> httpx.Response:
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    at = f"/r/{report}/v/1/files/report.json"
    return ask(desk, "ada", "GET", at, headers=told)


def test_a_download_goes_on_where_it_ended(desk: ReportsDesk, report: int) -> None:
    whole = part(desk, report)
    rest = part(desk, report, Range="bytes=5-", If_Range=whole.headers["etag"])
    other = part(desk, report, Range="bytes=5-", If_Range='"of another version"')
    beyond = part(desk, report, Range="bytes=999-")

    n_bytes = len(whole.content)
    assert (whole.status_code, rest.status_code, other.status_code) == (200, 206, 200)
    assert rest.content == whole.content[5:]
    assert rest.headers["content-range"] == f"bytes 5-{n_bytes - 1}/{n_bytes}"
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{n_bytes}"
    saved_as = 'attachment; filename="report-1-1-report.json"'
    assert whole.headers["content-disposition"] == saved_as


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5"])
def test_what_is_no_single_range_is_the_whole_file(asked: str) -> None:
    assert span_of(asked, 100) is None
