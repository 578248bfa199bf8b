"""The lock that the active hub holds: an advisory lock of PostgreSQL, tied to a connection.

It ends with the connection, however that ends; so no hub can hold it by mistake, and none
has to be told that another has died.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

__all__ = ["KEY", "LOST", "NAME", "HubLock", "NotThePrimaryError", "describe"]

KEY: Final = 0x6D63_6875_6200
"""Any number will do, as long as every hub takes the same and nobody else does."""

NAME: Final = "mchub hub"
"""How the connections of hubs begin that hold the lock or wait for it."""

LOST: Final = 75
"""Status of a hub that ended because it had lost the lock: `EX_TEMPFAIL`."""

_ASK_EVERY: Final = 0.1
_CONNECT_EVERY: Final = 0.5
_SAY_EVERY: Final = 15.0
_LOOK_EVERY: Final = 2.0

# A server that follows another gives out locks of its own, which would be worth nothing.
_TRY: Final = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_try_advisory_lock(:key) END"
)
_TAKE: Final = text("SELECT pg_advisory_lock(:key)")
_GIVE_BACK: Final = text("SELECT pg_advisory_unlock(:key)")
_LOOK: Final = text("SELECT pg_is_in_recovery()")

Say = Callable[[str], None]


class NotThePrimaryError(SQLAlchemyError):
    """The server follows another one, and can't be written to."""


def describe(color: str, release: str) -> str:
    """What PostgreSQL shows of a hub's connection; `hub.standby.hubs` reads it."""
    return f"{NAME} {color or '-'} {release}"


class HubLock:
    """The right to be the hub.

    Parameters
    ----------
    url : URL
        The database's address.
    name : str
        What others see of this hub, as `describe` says it.
    """

    def __init__(self, url: URL, name: str) -> None:
        told = {"application_name": name}
        self._engine = create_engine(url, poolclass=NullPool, connect_args=told)
        self._connection: Connection | None = None
        self._one_at_a_time = threading.Lock()
        self._is_held = False

    @property
    def is_held(self) -> bool:
        """Whether this process is the hub."""
        return self._is_held

    def wait(self, say: Say, waits: Callable[[], object] = lambda: None) -> None:
        """Wait until the lock is free, and take it.

        Parameters
        ----------
        say : callable
            Told when the database doesn't answer.
        waits : callable, optional
            Called again and again while the lock is another's.
        """
        said_at = -_SAY_EVERY
        while not self._is_held:
            try:
                self._is_held = self._try()
            except SQLAlchemyError as error:
                self._close()
                if time.monotonic() - said_at >= _SAY_EVERY:
                    say(f"standby: the database doesn't answer: {_first_line(error)}")
                    said_at = time.monotonic()
                time.sleep(_CONNECT_EVERY)
            else:
                if not self._is_held:
                    waits()
                    time.sleep(_ASK_EVERY)

    def take_first(self, say: Say) -> None:
        """Wait for the lock before all those who `wait`, and take it when it is free.

        They ask again and again; PostgreSQL gives it to who is in its own queue. So what
        must happen between two hubs can.

        Parameters
        ----------
        say : callable
            Told once it is waited for.

        Raises
        ------
        SQLAlchemyError
            If the connection breaks meanwhile.
        """
        self._is_held = self._try()
        if not self._is_held:
            say("standby: waits for the lock before every hub")
            assert self._connection is not None
            self._connection.execute(_TAKE, {"key": KEY})
            self._is_held = True

    def watch(self, lost: Callable[[str], object] | None = None) -> threading.Thread:
        """End this process at once when the lock is lost.

        Nothing is cleaned up: whoever has the lock now is the hub, and what this process
        would still write could undo what that one does.

        Parameters
        ----------
        lost : callable, optional
            Called instead of the end of the process.
        """
        act = lost or (lambda _why: os._exit(LOST))
        thread = threading.Thread(
            target=self._watch, args=(act,), name="hub-lock", daemon=True
        )
        thread.start()
        return thread

    def release(self) -> None:
        """Give the lock back; the next hub has it within a tenth of a second."""
        with self._one_at_a_time:
            if self._is_held and self._connection is not None:
                self._is_held = False
                with suppress(SQLAlchemyError):
                    self._connection.execute(_GIVE_BACK, {"key": KEY})
            self._close()

    def _try(self) -> bool:
        if self._connection is None:
            connection = self._engine.connect()
            self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        found = self._connection.execute(_TRY, {"key": KEY}).scalar_one()
        if found is None:
            message = "it only follows another server"
            raise NotThePrimaryError(message)
        return bool(found)

    def _watch(self, lost: Callable[[str], object]) -> None:
        while self._is_held:
            # Readable at once when the server ends the connection, and else never.
            with suppress(OSError, ValueError):
                select.select([self._file()], [], [], _LOOK_EVERY)
            why = self._what_is_wrong()
            if why:
                self._is_held = False
                lost(why)
                return

    def _file(self) -> int:
        connection = self._connection
        if connection is None:
            return -1
        return int(connection.connection.driver_connection.fileno())  # type: ignore[union-attr]

    def _what_is_wrong(self) -> str:
        with self._one_at_a_time:
            if not self._is_held or self._connection is None:
                return ""
            try:
                follows = self._connection.execute(_LOOK).scalar_one()
            except SQLAlchemyError as error:
                return _first_line(error)
        return "the server follows another one now" if follows else ""

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # It may be broken, and that is as good.
            with suppress(SQLAlchemyError):
                connection.close()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
