"""One change of leases and queue at a time, whichever process makes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, text

__all__ = ["alone"]

# Any number will do, as long as every process takes the same, and no other lock does.
_LOCK: Final = 0x6D63_6770


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction during which no other process changes leases or queue.

    PostgreSQL gives each statement a view of its own, so that what is read after the lock
    holds what the process before wrote. SQLite's transactions are alone from the beginning.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            connection.execute(lock, {"number": _LOCK})
        yield connection
