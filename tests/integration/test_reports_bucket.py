"""Files of reports in a bucket, from the container that the reports service runs in."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.deployer.commands import Command, run
from hub.release import release
from tests.architecture.checkout import ROOT
from tests.tools.authority import certify

pytestmark = [pytest.mark.docker, pytest.mark.slow]

NAME, BUCKET = "mchub-test-reports-bucket", "reports"
KEEPS = """\
import asyncio, hashlib
from hub.authorities import OWN_AUTHORITIES, trust
from hub.choices import ObjectStore
from hub.services.reports.bucket_store import BucketStore

trust(OWN_AUTHORITIES)
place = ObjectStore(endpoint="https://{name}:9443", bucket="{bucket}", region="us-east-1")
store = BucketStore(place, "anybody", "anything")

async def parts():
    for _ in range(20):
        yield bytes(2**20)

async def all_of(digest):
    read = await store.read(digest)
    return b"".join([part async for part in read.parts])

kept = asyncio.run(store.keep(parts()))
assert 20 * 2**20 == kept.n_bytes
assert bytes(20 * 2**20) == asyncio.run(all_of(kept.digest))
print(kept.digest)
"""


def _docker(*words: str) -> str:
    return run(Command(words=("docker", *words), within=180), ROOT)


def _end() -> None:
    _docker("rm", "--force", "--volumes", NAME)
    if NAME in _docker("network", "ls", "--format", "{{.Name}}"):
        _docker("network", "rm", NAME)


@pytest.fixture
def authorities(tmp_path: Path) -> Iterator[Path]:
    """Of a site's own, by which a bucket of its own is known; the bucket runs."""
    certify(tmp_path, NAME)
    certificates, authorities = tmp_path / "certificates", tmp_path / "authorities"
    for folder in (certificates, authorities):
        folder.mkdir(mode=0o755)
    for ending, source in (("crt", "pem"), ("key", "key")):
        shutil.copy(tmp_path / f"{NAME}.{source}", certificates / f"object-store.{ending}")
    shutil.copy(tmp_path / "ca.pem", authorities / "site.crt")
    _end()
    try:
        _docker("network", "create", "--internal", NAME)
        _docker(
            *("run", "--detach", "--name", NAME, "--network", NAME),
            *("--volume", f"{certificates}:/certificates:ro", "--env", f"BUCKET={BUCKET}"),
            *("--read-only", "--tmpfs", "/tmp:mode=1777"),
            f"mchub/object-store:{release()}",
        )
        until = time.monotonic() + 120
        while (
            "healthy" != _docker("inspect", "-f", "{{.State.Health.Status}}", NAME).strip()
        ):
            assert time.monotonic() < until, _docker("logs", NAME)
            time.sleep(0.5)
        yield authorities
    finally:
        _end()


def test_a_bucket_with_a_certificate_of_the_sites_own_keeps_files(
    authorities: Path,
) -> None:
    told = (
        *("run", "--rm", "--network", NAME, "--read-only", "--tmpfs", "/tmp"),
        *("--volume", f"{authorities}:/etc/mchub/authorities:ro"),
        *(f"mchub/hub:{release()}", "python", "-c", KEEPS.format(name=NAME, bucket=BUCKET)),
    )
    assert 64 == len(_docker(*told).strip())
