"""An object store of a test's own: moto's server, a process on this machine."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hub.choices import ObjectStore
from hub.ports import free_ports

BUCKET = "mchub-reports"
KEY_ID, KEY = "anybody", "anything"
# That there is a signature is enough for moto, unless it is told to check keys.
SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20260101/us-east-1/s3/"
    "aws4_request, SignedHeaders=host, Signature=0"
}


@dataclass
class Bucket:
    """A server of buckets that keeps them in its memory, with an empty one in it."""

    port: int
    folder: Path
    certificate: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def place(self) -> ObjectStore:
        return ObjectStore(
            endpoint=self.url, bucket=BUCKET, region="us-east-1", prefix="of/reports"
        )

    def start(self) -> None:
        """A server that answers, with nothing but an empty bucket."""
        at, said = ("-H", "127.0.0.1", "-p", str(self.port)), self.folder / "moto.log"
        if self.certificate is not None:
            key = self.certificate.with_suffix(".key")
            at = (*at, "-s", "-c", str(self.certificate), "-k", str(key))
        with said.open("ab") as log:
            command = [sys.executable, "-m", "moto.server", *at]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < until, said.read_text()
            assert self.process.poll() is None, said.read_text()
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return self.ask("PUT", "").is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it without a word; what it kept is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def ask(self, method: str, path: str, **content: bytes) -> httpx.Response:
        """Ask for what is in the bucket, past all keys."""
        with httpx.Client(
            trust_env=False, timeout=30, headers=SIGNED, verify=False
        ) as client:
            return client.request(method, f"{self.url}/{BUCKET}{path}", **content)  # type: ignore[arg-type]

    def names(self) -> list[str]:
        """All that lies in the bucket; nothing of it may be half there."""
        assert "<Upload>" not in self.ask("GET", "?uploads").text
        return re.findall("<Key>([^<]+)</Key>", self.ask("GET", "?list-type=2").text)

    def empty(self) -> None:
        """Delete all that lies in the bucket."""
        for key in self.names():
            assert self.ask("DELETE", f"/{key}").is_success

    @contextmanager
    def checking_keys(self) -> Iterator[None]:
        """Let nobody in whose keys aren't known; nobody's are."""
        self._check_keys_after("0")
        try:
            yield
        finally:
            self._check_keys_after("inf")

    def _check_keys_after(self, n_requests: str) -> None:
        at = f"{self.url}/moto-api/reset-auth"
        with httpx.Client(trust_env=False) as client:
            assert client.post(at, content=n_requests).is_success


@contextmanager
def running_bucket(folder: Path, certificate: Path | None = None) -> Iterator[Bucket]:
    """A server with an empty bucket, until the block ends; it may have a certificate."""
    bucket = Bucket(free_ports("127.0.0.1", 1)[0], folder, certificate)
    bucket.start()
    try:
        yield bucket
    finally:
        bucket.kill()
