"""One steward acts at a time, whichever machine it is on."""

import fcntl
import os
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["Turn"]

# Any number will do, as long as every process takes the same.
_LOCK: Final = 0x6D63_7377


class Turn:
    """The right to act: a lock of PostgreSQL, or of a file where the database is one.

    It is held as long as the process and its connection live: nobody has to give it back.
    """

    def __init__(self, engine: Engine, file: Path) -> None:
        self._engine = engine
        self._path = file
        self._connection: Connection | None = None
        self._file: IO[str] | None = None

    def is_mine(self) -> bool:
        """Whether it is this process's turn: still, or from now on."""
        if self._engine.dialect.name == "postgresql":
            return self._holds_connection() or self._takes_connection()
        return self._file is not None or self._takes_file()

    def give_back(self) -> None:
        """Let another act."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _holds_connection(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            # The lock went with the connection.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
            return False
        return True

    def _takes_connection(self) -> bool:
        asked = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        lock = text("SELECT pg_try_advisory_lock(:number)")
        if asked.scalar(lock, {"number": _LOCK}):
            self._connection = asked
            return True
        asked.close()
        return False

    def _takes_file(self) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        opened = os.fdopen(descriptor, "r+", encoding="utf-8")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.close()
            return False
        self._file = opened
        return True
