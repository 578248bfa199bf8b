"""Certificates: shown from the first moment, issued, renewed, and never a request lost."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.front.self_signed import FILE, made
from tests.integration.front.world import World, told

pytestmark = [pytest.mark.alone, pytest.mark.docker]


def shown(world: World) -> x509.Certificate:
    """The certificate that browsers are shown."""
    with world.connection() as connection:
        certificate = connection.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate)


def is_self_signed(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def wait_for_another(world: World, *known: x509.Certificate) -> x509.Certificate:
    """The first certificate that isn't among those known.

    After a new one, a worker that is about to end may show the one before once more.
    """
    until = time.monotonic() + 60
    while (found := shown(world)) in known:
        assert time.monotonic() < until, world.compose("logs", "certificates")
        time.sleep(0.3)
    return found


class Visitor:
    """Asks again and again, each time on a new connection, and counts the answers."""

    def __init__(self, world: World) -> None:
        self.world, self.n = world, 0
        self.failed: list[str] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _ask(self) -> None:
        headers = {"Connection": "close"}
        while not self._ends.wait(0.05):
            try:
                status = self.world.ask("/user/ada/x", headers=headers).status_code
                self.failed += [] if status == 200 else [str(status)]
            except Exception as error:
                self.failed.append(repr(error))
            self.n += 1


def test_a_certificate_is_issued_and_renewed_and_no_request_is_lost(
    production: World, tmp_path: Path
) -> None:
    first = shown(production)
    with Visitor(production) as visitor:
        production.compose("up", "--detach", "pebble")
        issued = wait_for_another(production, first)
        renewed = wait_for_another(production, first, issued)

    assert is_self_signed(first)
    for certificate in (issued, renewed):
        assert not is_self_signed(certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        assert names.value.get_values_for_type(x509.DNSName) == ["mc.test"]
    assert renewed.not_valid_before_utc >= issued.not_valid_before_utc
    assert visitor.n > 20
    assert visitor.failed == []
    _verify(production, tmp_path)


def _verify(world: World, folder: Path) -> None:
    """Somebody who trusts the authority, and nobody else, believes the front."""
    with world.client() as client:
        root = client.curl("https://pebble:15000/roots/0")
    (folder / "root.pem").write_text(root)
    context = ssl.create_default_context(cafile=str(folder / "root.pem"))
    with (
        socket.create_connection(("127.0.0.1", world.settings.port), 30) as plain,
        context.wrap_socket(plain, server_hostname="mc.test") as secure,
    ):
        assert secure.getpeercert() is not None


def test_keys_are_read_by_the_fronts_account_alone(world: World) -> None:
    listed = told(
        [
            *("docker", "exec", world.part("certificates")),
            *("sh", "-c", "stat -c '%n %u %a' /certificates/*.pem"),
        ]
    )

    for line in listed.splitlines():
        assert line.endswith(" 101 600"), line
    account = told(["docker", "exec", world.part("front"), "ls", "/certificates"])
    assert "self-signed.pem" in account
    assert "acme" not in account


def test_a_self_signed_certificate_is_for_its_host_and_made_anew_in_time(
    staging: World,
) -> None:
    found = shown(staging)
    left = found.not_valid_after_utc - datetime.now(UTC)

    assert is_self_signed(found)
    assert timedelta(days=89) < left < timedelta(days=90)
    # An end that is near, as the service finds it at its daily look.
    old = made("localhost", datetime.now(UTC) - timedelta(days=75))
    (staging.state / "certificates" / "shown" / FILE).write_bytes(old)
    near = wait_for_another(staging, found)
    told(["docker", "restart", "--time", "1", staging.part("certificates")])
    anew = wait_for_another(staging, found, near)

    assert near.not_valid_after_utc < found.not_valid_after_utc
    assert anew.not_valid_after_utc >= found.not_valid_after_utc
