"""The postman: sends what is in the outbox, each mail once.

Before it sends, it asks anew whether the person is still a user who may read the report.
No other module speaks to a mail server.
"""

import asyncio
import logging
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final, TypeVar

import httpx
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.choices import Mails
from hub.services.reports import library, outbox, subscriptions
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.letters import Draft, draft_of, message_of
from hub.services.reports.outbox import Letter
from hub.services.reports.smtp import Doubtful, NotAccepted, connect, deliver
from hub.services.web.hub_api import HubApi, HubAway, HubRefusal
from hub.sign_on.identities import address_of
from hub.suspension import is_suspended

__all__ = ["Postman"]

EVERY: Final = 5.0
"""Seconds between two rounds."""

_AT_ONCE: Final = 100
_LOG: Final = logging.getLogger("hub.services.reports.postman")
_TROUBLE: Final = (HubAway, HubRefusal, SQLAlchemyError, httpx.HTTPError)

Found = TypeVar("Found")


class Postman:
    """Goes the rounds.

    Parameters
    ----------
    desk : ReportsDesk
        The outbox, and the hub with the service's own token.
    mails : Mails
        The mail server.
    password : str
        Of the user that `mails` names.
    """

    def __init__(self, desk: ReportsDesk, mails: Mails, password: str = "") -> None:
        self._desk = desk
        self._mails = mails
        self._password = password
        self._hub = HubApi(desk.client, desk.token)
        self._server: smtplib.SMTP | None = None

    async def run(self) -> None:
        """Rounds without an end; what can't be reached is waited for."""
        while True:
            try:
                await self.go_round(datetime.now(UTC))
            except _TROUBLE as error:
                _LOG.warning("no mail now, some soon: %r", error)
            except Exception:
                _LOG.exception("a round failed")
            await asyncio.sleep(EVERY)

    async def go_round(self, now: datetime) -> None:
        """Send what is due, over one connection."""
        if await self._do(outbox.find_unsure, now):
            _LOG.warning("mails that may have been accepted are not sent again")
        try:
            for _ in range(_AT_ONCE):
                letter = await self._do(outbox.take, now)
                if letter is None:
                    break
                if not await self._look_after(letter, now):
                    break
        finally:
            self._hang_up()

    async def _look_after(self, letter: Letter, now: datetime) -> bool:
        """Send a mail, or not; whether it is worth while to go on with others."""
        try:
            draft, address, why = await self._judge(letter)
        except (HubAway, HubRefusal, httpx.HTTPError) as error:
            # Not the mail's fault.
            why = f"The hub could not be asked: {error}"
            await self._do(outbox.put_back, letter, why, now, was_try=False)
            return False
        if draft is None:
            _LOG.info("mail %d to %s is dropped: %s", letter.id, letter.user_name, why)
            await self._do(outbox.drop, letter, why)
            return True
        message = message_of(
            draft,
            letter,
            sender=self._mails.sender,
            to=address,
            address=f"{self._desk.public_url}{self._desk.prefix}",
            now=now,
        )
        return await run_in_threadpool(self._send, letter, message)

    async def _judge(self, letter: Letter) -> tuple[Draft | None, str, str]:
        """The words and the address of a mail, or why it may not be sent."""
        name = letter.user_name
        user = await self._hub.user(name)

        def find(connection: Connection) -> tuple[Draft | None, bool]:
            if user is None:
                subscriptions.forget(connection, name)
                return None, False
            draft = draft_of(connection, letter)
            if draft is None:
                return None, True
            may = library.may_read(connection, draft.report, name, user.groups)
            return (draft, True) if may else (None, False)

        draft, may_read = await self._do(find)
        engine = self._desk.engine
        if not may_read or await run_in_threadpool(is_suspended, engine, name):
            return None, "", f"{name} may not read the report now."
        address = await run_in_threadpool(address_of, engine, name)
        if draft is None:
            return None, "", "What it is about was deleted."
        if not address:
            return None, "", f"The provider of sign-in told no verified address of {name}."
        return draft, address, ""

    def _send(self, letter: Letter, message: EmailMessage) -> bool:
        """Send a mail; whether the server could be used."""

        def step(task: Callable[..., Any], *given: Any) -> Any:
            with self._desk.engine.begin() as connection:
                return task(connection, letter, *given)

        def may_end() -> bool:
            return bool(step(outbox.hand_over, datetime.now(UTC)))

        is_usable = False
        try:
            if self._server is None:
                self._server = connect(self._mails, self._password)
            is_usable = True
            is_sent = deliver(self._server, message, may_end)
        except NotAccepted as error:
            self._hang_up()
            _LOG.warning("mail %d to %s: %s", letter.id, letter.user_name, error)
            if error.is_final:
                step(outbox.drop, str(error))
            else:
                step(outbox.put_back, str(error), datetime.now(UTC))
        except Doubtful as error:
            self._hang_up()
            _LOG.warning("mail %d to %s: %s", letter.id, letter.user_name, error)
            step(outbox.mark_unsure, str(error))
        else:
            if is_sent:
                step(outbox.mark_sent)
                _LOG.info("mail %d to %s is sent", letter.id, letter.user_name)
            else:
                # Somebody else has it by now.
                self._hang_up()
        return is_usable

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    async def _do(self, step: Callable[..., Found], *given: Any, **named: Any) -> Found:
        def go() -> Found:
            with self._desk.engine.begin() as connection:
                return step(connection, *given, **named)

        return await run_in_threadpool(go)
