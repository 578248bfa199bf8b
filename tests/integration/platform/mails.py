"""A mail server beside the platform: it keeps what it is sent, and a test reads it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hub.release import release
from tests.architecture.checkout import ROOT
from tests.integration.platform.live import PROJECT, docker

MAILS = "mails.example.org"
_NAME = "mchub-test-mails"
_READ = (
    "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8099/received')"
    ".read().decode())"
)


class MailServer:
    """The mails that have come."""

    def to(self, address: str) -> list[dict[str, Any]]:
        """Those to an address, in the order in which they came."""
        received = json.loads(docker("exec", _NAME, "python", "-c", _READ))
        told = [each["told"] for each in received if each["by"] == "mail"]
        return [mail for mail in told if address in mail["to"]]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that the reports service reaches as `MAILS`, until the block ends."""
    folder = ROOT / "tests" / "integration" / "monitoring"
    docker("rm", "--force", _NAME, check=False)
    docker(
        *("run", "--detach", "--name", _NAME, "--read-only"),
        *("--network", f"{PROJECT}_outside", "--network-alias", MAILS),
        *("--volume", f"{folder}:/sink:ro", f"mchub/hub:{release()}"),
        *("python", "/sink/sink.py"),
    )
    try:
        yield MailServer()
    finally:
        docker("rm", "--force", _NAME)
