"""A mail server in a thread, which speaks SMTP and can be told to fail."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from hub.choices import Mails


@dataclass
class Kept:
    """What the server took, and what it says to whom it refuses."""

    mails: list[EmailMessage] = field(default_factory=list)
    sender_says: str = ""
    recipient_says: str = ""
    end_says: str = ""
    # Breaks the connection when the last line has come: before or after it keeps the mail.
    breaks: str = ""
    asked: int = 0
    port: int = 0

    @property
    def settings(self) -> Mails:
        return Mails(
            sender="mchub@example.org", server=f"127.0.0.1:{self.port}", encrypted=False
        )

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, *told: Any
    ) -> str:
        envelope.mail_from = told[0]
        return self.sender_says or "250 fine"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, *told: Any
    ) -> str:
        if not self.recipient_says:
            envelope.rcpt_tos.append(told[0])
        return self.recipient_says or "250 fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked += 1
        if self.end_says:
            return self.end_says
        read = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        assert envelope.rcpt_tos == [read["To"]]
        self.mails.append(read)
        if self.breaks:
            server.transport.abort()
        return "250 kept"


@contextmanager
def mail_server(**options: Any) -> Iterator[Kept]:
    """A server on a port of its own."""
    kept = Kept()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        kept.port = taken.getsockname()[1]
    # The library can't begin on a port that the system chooses.
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port, **options)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()
