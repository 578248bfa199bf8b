"""The way to a mail server: encrypted, with a certificate that holds, signed in."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from deploy.front.self_signed import made
from hub.choices import Mails
from hub.services.reports.smtp import NotAccepted, connect, deliver
from tests.hub.services.reports.mail_server import Kept, mail_server

USER, PASSWORD = "mc", "swordfish"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine, with its key."""
    file = tmp_path / "certificate.pem"
    file.write_bytes(made("127.0.0.1", datetime.now(UTC)))
    return file


def knows(_server: Any, _session: Any, _envelope: Any, _how: str, told: Any) -> AuthResult:
    given = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=told == given, handled=False)


@pytest.fixture
def server(certificate: Path) -> Iterator[Kept]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    demands: dict[str, Any] = {"auth_required": True, "auth_require_tls": True}
    with mail_server(tls_context=context, authenticator=knows, **demands) as kept:
        yield kept


def settings(server: Kept) -> Mails:
    return replace(server.settings, user=USER, encrypted=True)


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "Risk"
    made.set_content("first\n.\n..second\n.third")
    return made


def test_a_mail_goes_over_tls_by_a_user_who_has_signed_in(
    server: Kept, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    connection = connect(settings(server), PASSWORD)
    assert deliver(connection, message(), lambda: True)
    connection.quit()

    [kept] = server.mails
    assert kept.get_content().splitlines() == ["first", ".", "..second", ".third"]


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_password(
    server: Kept,
) -> None:
    with pytest.raises(NotAccepted, match="CERTIFICATE_VERIFY_FAILED"):
        connect(settings(server), PASSWORD)


def test_a_server_without_tls_gets_no_password() -> None:
    with mail_server() as plain, pytest.raises(NotAccepted, match="STARTTLS"):
        connect(settings(plain), PASSWORD)


def test_a_wrong_password_is_said_and_not_for_good(
    server: Kept, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with pytest.raises(NotAccepted, match="535") as refused:
        connect(settings(server), "guess")

    assert not refused.value.is_final
    assert PASSWORD not in str(refused.value)


def test_whoever_may_not_end_a_mail_has_sent_none() -> None:
    with mail_server() as server:
        connection = connect(server.settings, "")
        assert not deliver(connection, message(), lambda: False)

        assert server.mails == []
        with pytest.raises(smtplib.SMTPServerDisconnected):
            connection.noop()
