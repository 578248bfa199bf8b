"""The queue: rows that outlive the hub, in the order of their ranks.

These are the parts of a transaction; `hub.gpus.leases` puts them together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from hub.gpus.shares import Asked, Waiting
from hub.gpus.tables import QUEUE

__all__ = [
    "ASK_EVERY",
    "PATIENCE",
    "arrival",
    "join",
    "leave",
    "still_asking",
    "waiting",
]

ASK_EVERY: Final = timedelta(seconds=5)
"""How often a start that waits asks whether its turn has come."""

PATIENCE: Final = timedelta(minutes=2)
"""A row whose start is silent for so long keeps its place; nobody waits behind it."""


def waiting(connection: Connection) -> tuple[Waiting, ...]:
    """The queue, its head first."""
    rows = connection.execute(select(QUEUE).order_by(QUEUE.c.rank, QUEUE.c.id))
    return tuple(
        Waiting(
            id=row.id,
            user=row.user_name,
            server=row.server_name,
            profile=row.profile,
            parts=row.parts,
            lasts=timedelta(seconds=row.lasts_seconds),
            since=row.since,
            rank=row.rank,
            seen=row.seen,
        )
        for row in rows
    )


def still_asking(queue: Sequence[Waiting], now: datetime) -> list[Waiting]:
    """Those in the queue whose starts are alive."""
    return [one for one in queue if now - one.seen <= PATIENCE]


def arrival(queue: Sequence[Waiting], now: datetime) -> datetime:
    """When who comes now has come: after all others, even if the clock was set back."""
    return max([now, *(one.since for one in queue)])


def join(connection: Connection, asked: Asked, now: datetime) -> None:
    """Take a place at the end, or keep the place that is there.

    A server that asks for something else than before begins anew.
    """
    kept = connection.execute(
        update(QUEUE)
        .where(
            _is_of(asked.user, asked.server),
            QUEUE.c.profile == asked.profile,
            QUEUE.c.parts == asked.parts,
        )
        .values(seen=now)
    )
    if kept.rowcount:
        return
    leave(connection, asked.user, asked.server)
    since = arrival(waiting(connection), now)
    connection.execute(
        insert(QUEUE).values(
            user_name=asked.user,
            server_name=asked.server,
            profile=asked.profile,
            parts=asked.parts,
            lasts_seconds=int(asked.lasts.total_seconds()),
            since=since,
            rank=since - asked.ahead_by,
            seen=now,
        )
    )


def leave(connection: Connection, user: str, server: str) -> bool:
    """Give the place up; whether there was one."""
    return bool(connection.execute(delete(QUEUE).where(_is_of(user, server))).rowcount)


def _is_of(user: str, server: str) -> ColumnElement[bool]:
    return and_(QUEUE.c.user_name == user, QUEUE.c.server_name == server)
