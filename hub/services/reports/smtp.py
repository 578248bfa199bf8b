"""One mail to one server, so that it is known at every moment whether it was accepted.

A server accepts a mail when it answers to the line that ends it. So all but that line is
sent first, and whoever sends may still say no; only a connection that breaks between that
line and its answer leaves a doubt.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from hub.choices import Mails

__all__ = ["Doubtful", "NotAccepted", "connect", "deliver"]

_PATIENCE: Final = 20.0
_OVER_TLS: Final = 465
_GO_ON: Final = 354
_DONE: Final = 250
_FOR_GOOD: Final = 500
_LONGEST: Final = 200


class NotAccepted(Exception):
    """The server has not accepted the mail: for good, or for now."""

    def __init__(self, why: str, *, is_final: bool) -> None:
        super().__init__(why)
        self.is_final = is_final


class Doubtful(Exception):
    """The connection broke before the server's answer to the last line."""


def connect(mails: Mails, password: str) -> smtplib.SMTP:
    """A connection to the server of `mails`, signed in.

    Raises
    ------
    NotAccepted
        If it can't be reached, shows no certificate that holds, or knows no such user.
    """
    host, _, port = mails.server.partition(":")
    number = int(port)
    name = mails.sender.partition("@")[2]
    try:
        context = ssl.create_default_context()
        if mails.encrypted and number == _OVER_TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, number, name, timeout=_PATIENCE, context=context
            )
        else:
            server = smtplib.SMTP(host, number, name, timeout=_PATIENCE)
    except (OSError, smtplib.SMTPException) as error:
        raise _not_now(error) from error
    try:
        if mails.encrypted and number != _OVER_TLS:
            server.starttls(context=context)
        if mails.user:
            server.login(mails.user, password)
        server.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        raise _not_now(error) from error
    return server


def deliver(
    server: smtplib.SMTP, message: EmailMessage, may_end: Callable[[], bool]
) -> bool:
    """Give a mail to the server; whether `may_end` let it.

    Parameters
    ----------
    server : SMTP
        Connected.
    message : EmailMessage
        With one recipient in ``To``.
    may_end : callable
        Asked before the last line; if it says no, nothing was accepted. The connection is
        of no use then, nor after any exception.

    Raises
    ------
    NotAccepted
        If the server says no, or the connection breaks before the last line.
    Doubtful
        If it breaks after it.
    """
    content = message.as_bytes(policy=SMTP)
    # A line that begins with a dot begins with two on its way.
    body = re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n") + b"\r\n")
    try:
        # A sender that is refused is a setting that may be mended.
        _require(*server.mail(str(message["From"])), done=(_DONE,), may_be_final=False)
        _require(*server.rcpt(str(message["To"])), done=(_DONE, 251))
        _require(*server.docmd("DATA"), done=(_GO_ON,))
        server.send(body)
    except (OSError, smtplib.SMTPException) as error:
        raise _not_now(error) from error
    if not may_end():
        server.close()
        return False
    try:
        server.send(b".\r\n")
        answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        message_of = "The connection broke before the mail server's answer."
        raise Doubtful(message_of) from error
    _require(*answer, done=(_DONE,))
    return True


def _require(
    code: int, told: bytes, *, done: tuple[int, ...], may_be_final: bool = True
) -> None:
    if code not in done:
        is_final = may_be_final and code >= _FOR_GOOD
        text = told.decode("utf-8", "replace")[:_LONGEST]
        raise NotAccepted(f"The mail server said: {code} {text}", is_final=is_final)


def _not_now(error: Exception) -> NotAccepted:
    told = str(error)[:_LONGEST] or type(error).__name__
    return NotAccepted(f"The mail server can't be used: {told}", is_final=False)
