"""Leases: who holds how much of which device, given out one transaction at a time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, insert, select

from hub.gpus import queue
from hub.gpus.shares import (
    Asked,
    Capacity,
    Lease,
    Place,
    Waiting,
    best_fit,
    expected_times,
    free_parts,
)
from hub.gpus.tables import LEASES
from hub.gpus.transactions import alone

__all__ = ["Leases"]


class Leases:
    """Leases and queue of one environment.

    What is leased of a device never exceeds the environment's share, however many
    processes ask at once; a server holds one lease at most; turns come in the order of the
    queue, and a small request never passes a large one that waits before it.

    Parameters
    ----------
    engine : Engine
        Database with the platform's tables.
    capacity : Capacity
        What there is to give out.
    """

    def __init__(self, engine: Engine, capacity: Capacity) -> None:
        self._engine = engine
        self.capacity = capacity

    def ask(self, asked: Asked, now: datetime) -> Lease | Place:
        """The lease of a server if its turn has come, else its place in the queue.

        Asking again is how a server waits: it keeps its place, and nobody waits behind it
        once it has stopped. A server that holds a lease gets the same one again.

        Parameters
        ----------
        asked : Asked
            Which server, and what it needs; at most `capacity.largest`.
        now : datetime
            The present, the same clock for all who ask.

        Returns
        -------
        Lease or Place
        """
        with alone(self._engine) as connection:
            if held := _of(connection, asked.user, asked.server):
                queue.leave(connection, asked.user, asked.server)
                return held
            queue.join(connection, asked, now)
            line = queue.still_asking(queue.waiting(connection), now)
            leases = _all(connection)
            own = (asked.user, asked.server)
            number = [(one.user, one.server) for one in line].index(own) + 1
            device = best_fit(free_parts(self.capacity, leases), asked.parts)
            if number > 1 or device is None:
                expected = expected_times(self.capacity, leases, line[:number], now)
                return Place(number=number, expected=expected[-1])
            queue.leave(connection, asked.user, asked.server)
            return _insert(connection, asked, device, now)

    def leave(self, user: str, server: str) -> bool:
        """Give up the place in the queue; whether there was one."""
        with alone(self._engine) as connection:
            return queue.leave(connection, user, server)

    def release(self, user: str, server: str) -> bool:
        """End the lease of a server whose container is gone; whether there was one."""
        with alone(self._engine) as connection:
            ended = delete(LEASES).where(_is_of(user, server))
            return bool(connection.execute(ended).rowcount)

    def end(self, lease: Lease) -> bool:
        """End this very lease, and no later one of the same server."""
        with alone(self._engine) as connection:
            ended = delete(LEASES).where(LEASES.c.id == lease.id)
            return bool(connection.execute(ended).rowcount)

    def restore(self, asked: Asked, device: str, since: datetime) -> Lease:
        """Record what a running container holds, whether or not it was given by us.

        The container has its part of the device already: to leave it out would be to give
        the same part to another.
        """
        with alone(self._engine) as connection:
            held = _of(connection, asked.user, asked.server)
            return held or _insert(connection, asked, device, since)

    def held(self) -> tuple[Lease, ...]:
        """All leases, the oldest first."""
        with self._engine.connect() as connection:
            return _all(connection)

    def of(self, user: str, server: str) -> Lease | None:
        """The lease of a server, if it has one."""
        with self._engine.connect() as connection:
            return _of(connection, user, server)

    def waiting(self) -> tuple[Waiting, ...]:
        """The queue, its head first."""
        with self._engine.connect() as connection:
            return queue.waiting(connection)

    def outlook(self, asked: Asked, now: datetime) -> Place:
        """The place that a request would get, without joining the queue.

        The number is 0 if it would get a lease at once.
        """
        with self._engine.connect() as connection:
            everybody = queue.waiting(connection)
            leases = _all(connection)
        line = queue.still_asking(everybody, now)
        rank = queue.arrival(everybody, now) - asked.ahead_by
        before = [one for one in line if one.rank <= rank]
        free = free_parts(self.capacity, leases)
        if not before and best_fit(free, asked.parts) is not None:
            return Place(number=0, expected=now)
        own = Waiting(
            id=0,
            user=asked.user,
            server=asked.server,
            profile=asked.profile,
            parts=asked.parts,
            lasts=asked.lasts,
            since=now,
            rank=rank,
            seen=now,
        )
        expected = expected_times(self.capacity, leases, [*before, own], now)
        return Place(number=len(before) + 1, expected=expected[-1])


def _all(connection: Connection) -> tuple[Lease, ...]:
    rows = connection.execute(select(LEASES).order_by(LEASES.c.id))
    return tuple(_leases(rows))


def _of(connection: Connection, user: str, server: str) -> Lease | None:
    rows = connection.execute(select(LEASES).where(_is_of(user, server)))
    return next(iter(_leases(rows)), None)


def _is_of(user: str, server: str) -> ColumnElement[bool]:
    return and_(LEASES.c.user_name == user, LEASES.c.server_name == server)


def _leases(rows: Iterable[Row[Any]]) -> list[Lease]:
    return [
        Lease(
            id=row.id,
            user=row.user_name,
            server=row.server_name,
            profile=row.profile,
            device=row.device,
            parts=row.parts,
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]


def _insert(connection: Connection, asked: Asked, device: str, since: datetime) -> Lease:
    values: dict[str, Any] = {
        "profile": asked.profile,
        "device": device,
        "parts": asked.parts,
        "since": since,
        "until": since + asked.lasts,
    }
    added = connection.execute(
        insert(LEASES).values(user_name=asked.user, server_name=asked.server, **values)
    )
    (number,) = added.inserted_primary_key or (0,)
    return Lease(id=number, user=asked.user, server=asked.server, **values)
