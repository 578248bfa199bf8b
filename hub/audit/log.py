"""The audit log in the database: appended by one process at a time, and only appended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, text

from hub.audit.chain import GENESIS, RETENTION, Event, Record, first_broken, link
from hub.audit.tables import AUDIT

__all__ = ["head", "read", "record", "remove_older", "verify"]

# Any number will do, as long as every process takes the same.
_LOCK: Final = 0x6D63_6175
_ROWS_AT_ONCE: Final = 1_000


def record(engine: Engine, event: Event) -> Record:
    """Append `event`.

    Parameters
    ----------
    engine : Engine
        The database. Processes that come at the same time take turns.
    event : Event
        What happened.

    Returns
    -------
    Record
        The event in its place.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        If the database doesn't take it; nothing is recorded then.
    """
    with engine.begin() as connection:
        _take_turn(connection)
        return _append(connection, event)


def _take_turn(connection: Connection) -> None:
    # SQLite locks from the beginning of every transaction (`hub.database.connection`).
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:number)")
        connection.execute(lock, {"number": _LOCK})


def _append(connection: Connection, event: Event) -> Record:
    last = connection.execute(
        select(AUDIT.c.id, AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)
    ).first()
    linked = link(event, *(last or (0, GENESIS)))
    connection.execute(insert(AUDIT), vars(linked))
    return linked


def read(
    engine: Engine,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actor: str | None = None,
    action: str | None = None,
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[Record]:
    """Records in their order, those that fit what is asked.

    Parameters
    ----------
    engine : Engine
        The database.
    since, until : datetime, optional
        From the one, up to but without the other.
    actor, action : str, optional
        Only those of this actor; only actions that begin so.
    newest_first : bool, default False
        The other way round.
    limit : int, optional
        No more than so many.

    Yields
    ------
    Record
    """
    found = select(AUDIT).order_by(AUDIT.c.id.desc() if newest_first else AUDIT.c.id)
    if since is not None:
        found = found.where(AUDIT.c.at >= since)
    if until is not None:
        found = found.where(AUDIT.c.at < until)
    if actor is not None:
        found = found.where(AUDIT.c.actor == actor)
    if action is not None:
        found = found.where(AUDIT.c.action.startswith(action, autoescape=True))
    if limit is not None:
        found = found.limit(limit)
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(found)
        for row in rows:
            yield Record(**row._mapping)


def head(engine: Engine) -> tuple[int, str]:
    """Id and hash of the last record: noted elsewhere, they betray a chain made anew."""
    with engine.connect() as connection:
        row = connection.execute(
            select(AUDIT.c.id, AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)
        ).first()
    return (row.id, row.hash) if row is not None else (0, GENESIS)


def verify(engine: Engine, noted: tuple[int, str] | None = None) -> Record | None:
    """The first record that was tampered with, or ``None``.

    Parameters
    ----------
    engine : Engine
        The database.
    noted : tuple of int and str, optional
        A `head` noted earlier. A chain in which that record has another hash was made
        anew, and one that ends before it has lost its end; the last record is returned.

    Raises
    ------
    LookupError
        If `noted` is given and there is no record at all.
    """
    broken = first_broken(read(engine))
    if broken is not None or noted is None:
        return broken
    with engine.connect() as connection:
        rows = connection.execute(
            select(AUDIT).where(AUDIT.c.id <= noted[0]).order_by(AUDIT.c.id.desc()).limit(1)
        ).all()
        first: int | None = connection.scalar(select(func.min(AUDIT.c.id)))
    if first is None:
        message = f"the log must hold record {noted[0]}; it is empty."
        raise LookupError(message)
    # Removed since by retention, which the chain itself signs for.
    if noted[0] < first:
        return None
    last = Record(**rows[0]._mapping)
    return None if (last.id, last.hash) == noted else last


def remove_older(engine: Engine, keep: timedelta, now: datetime | None = None) -> int:
    """Remove the oldest records, up to the first that is younger than `keep`.

    A record of its own signs for the last removed, so that the rest still verifies. The
    order is that of the chain: a record whose clock was wrong never makes a hole.

    Returns
    -------
    int
        How many were removed.
    """
    limit = (now or datetime.now(UTC)) - keep
    with engine.begin() as connection:
        _take_turn(connection)
        young = select(func.min(AUDIT.c.id)).where(AUDIT.c.at >= limit).scalar_subquery()
        last = connection.execute(
            select(AUDIT.c.id, AUDIT.c.hash)
            .where(AUDIT.c.id < func.coalesce(young, _beyond()))
            .order_by(AUDIT.c.id.desc())
            .limit(1)
        ).first()
        if last is None:
            return 0
        removed: int = (
            connection.scalar(select(func.count()).where(AUDIT.c.id <= last.id)) or 0
        )
        detail: dict[str, Any] = {"through": last.id, "hash": last.hash, "removed": removed}
        _append(connection, Event(actor="steward", action=RETENTION, detail=detail))
        connection.execute(delete(AUDIT).where(AUDIT.c.id <= last.id))
    return removed


def _beyond() -> Any:
    return select(func.max(AUDIT.c.id) + 1).scalar_subquery()
