"""Who is suspended: may not sign in, while servers, files and groups wait.

A row is all there is. The hub looks here at every sign-in and every time it asks anew about
a user; who suspends a user also stops the servers and deletes the tokens.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Engine,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from hub.database import METADATA, Instant

__all__ = [
    "SUSPENDED",
    "Suspension",
    "all_suspensions",
    "is_suspended",
    "resume",
    "suspend",
    "suspensions",
]

SUSPENDED: Final = Table(
    "mchub_suspended",
    METADATA,
    Column("user_name", String(255), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
)

_LONGEST: Final = 500


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """Since when a user is suspended, by whom, and why."""

    user: str
    since: datetime
    by: str
    reason: str


def is_suspended(engine: Engine, user: str) -> bool:
    """Whether `user` may not sign in now."""
    return user in suspensions(engine, [user])


def suspend(engine: Engine, user: str, by: str, reason: str = "") -> bool:
    """Suspend `user`; whether that is new."""
    row = {
        "user_name": user,
        "since": datetime.now(UTC),
        "by": by,
        "reason": reason[:_LONGEST],
    }
    with engine.begin() as connection:
        known = select(SUSPENDED.c.user_name).where(SUSPENDED.c.user_name == user)
        if connection.execute(known).first() is not None:
            return False
        connection.execute(insert(SUSPENDED), row)
        return True


def resume(engine: Engine, user: str) -> bool:
    """Let `user` sign in again; whether that is new."""
    ended = delete(SUSPENDED).where(SUSPENDED.c.user_name == user)
    with engine.begin() as connection:
        return bool(connection.execute(ended).rowcount)


def all_suspensions(engine: Engine) -> list[Suspension]:
    """Every suspension, by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(SUSPENDED).order_by(SUSPENDED.c.user_name))
        return [_suspension(row) for row in rows]


def suspensions(engine: Engine, users: Collection[str]) -> Mapping[str, Suspension]:
    """The suspensions among `users`, by name."""
    asked = select(SUSPENDED).where(SUSPENDED.c.user_name.in_(list(users)))
    with engine.connect() as connection:
        return {row.user_name: _suspension(row) for row in connection.execute(asked)}


def _suspension(row: Row[Any]) -> Suspension:
    return Suspension(user=row.user_name, since=row.since, by=row.by, reason=row.reason)
