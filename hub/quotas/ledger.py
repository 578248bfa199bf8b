"""The ledger: how long which server ran, in whole minutes, each charged once.

The meter charges every server that runs for all minutes from its start to now that were
not charged yet. So it may come late, or twice, or in two processes: nothing is lost, and no
minute is charged twice. Minutes that the wall clock left out when it was set are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, text, update

from hub.quotas.clock import Reading, jump
from hub.quotas.minutes import Interval, last_minute, minute_of, moment, without
from hub.quotas.tables import JUMPS, METER, USAGE

__all__ = [
    "RunningServer",
    "Stretch",
    "forget_before",
    "last_run",
    "meter",
    "minutes_of",
    "skipped",
    "used",
]

_LOCK: Final = 0x6D63_7573


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A server as the hub knows it, and the rate at which it is charged."""

    user: str
    name: str
    started: datetime
    profile: str
    gpu: float
    cpus: float

    @property
    def run(self) -> tuple[str, str, datetime]:
        """User, name and start: what tells one run of a server from the next."""
        return self.user, self.name, self.started


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Minutes that one server ran: from `begin`, up to and without `end`."""

    user: str
    server: str
    started: datetime
    profile: str
    gpu: float
    cpus: float
    begin: datetime
    end: datetime

    def hours(self, since: datetime, until: datetime) -> float:
        """Hours of it that lie between two moments."""
        inside = min(self.end, until) - max(self.begin, since)
        return max(inside / timedelta(hours=1), 0.0)


def meter(engine: Engine, servers: Sequence[RunningServer], now: Reading) -> timedelta:
    """Charge servers up to now.

    Parameters
    ----------
    engine : Engine
        The database.
    servers : sequence of RunningServer
        Those that run; or one that has just stopped.
    now : Reading
        Both clocks.

    Returns
    -------
    timedelta
        How far the wall clock jumped since the last call; zero nearly always.
    """
    with engine.begin() as connection:
        _take_turn(connection)
        before = _turn_clock(connection, now)
        jumped = jump(before, now)
        if jumped:
            _note_jump(connection, jumped, now.at)
        holes = [
            (row.begin_minute, row.end_minute) for row in connection.execute(select(JUMPS))
        ]
        for server in servers:
            _charge(connection, server, now.at, holes)
    return jumped


def _take_turn(connection: Connection) -> None:
    # SQLite locks from the beginning of every transaction (`hub.database.connection`).
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:number)")
        connection.execute(lock, {"number": _LOCK})


def _turn_clock(connection: Connection, now: Reading) -> Reading | None:
    """Put the meter's clock to `now`; what it was before."""
    row = connection.execute(select(METER)).first()
    values = {"at": now.at, "boot": now.boot, "monotonic": now.monotonic}
    if row is None:
        connection.execute(insert(METER).values(id=1, **values))
        return None
    connection.execute(update(METER).values(**values))
    return Reading(at=row.at, boot=row.boot, monotonic=row.monotonic)


def _note_jump(connection: Connection, jumped: timedelta, at: datetime) -> None:
    """Write down which minutes were left out, or come after all."""
    if jumped > timedelta(0):
        begin, end = last_minute(at - jumped), minute_of(at)
        taken = select(JUMPS.c.end_minute).where(JUMPS.c.begin_minute == begin)
        if begin < end and connection.scalar(taken) is None:
            connection.execute(insert(JUMPS).values(begin_minute=begin, end_minute=end))
        return
    now = minute_of(at)
    connection.execute(update(JUMPS).where(JUMPS.c.end_minute > now).values(end_minute=now))
    connection.execute(delete(JUMPS).where(JUMPS.c.end_minute <= JUMPS.c.begin_minute))


def _charge(
    connection: Connection, server: RunningServer, at: datetime, holes: Sequence[Interval]
) -> None:
    """Charge the minutes up to `at` that were not charged and lie in no hole."""
    whole = (minute_of(server.started), last_minute(at))
    rows = connection.execute(
        select(USAGE.c.started, USAGE.c.begin_minute, USAGE.c.end_minute).where(
            USAGE.c.user_name == server.user,
            USAGE.c.server_name == server.name,
            USAGE.c.end_minute >= whole[0],
        )
    ).all()
    charged = [(row.begin_minute, row.end_minute) for row in rows]
    for begin, end in without(whole, [*holes, *charged]):
        behind = [
            row.begin_minute
            for row in rows
            if row.end_minute == begin and row.started == server.started
        ]
        if behind:
            connection.execute(_extended(server, behind[0], end))
        else:
            connection.execute(_begun(server, begin, end))


def _extended(server: RunningServer, begin: int, end: int) -> Any:
    return (
        update(USAGE)
        .where(
            USAGE.c.user_name == server.user,
            USAGE.c.server_name == server.name,
            USAGE.c.started == server.started,
            USAGE.c.begin_minute == begin,
        )
        .values(end_minute=end)
    )


def _begun(server: RunningServer, begin: int, end: int) -> Any:
    return insert(USAGE).values(
        user_name=server.user,
        server_name=server.name,
        started=server.started,
        begin_minute=begin,
        end_minute=end,
        profile=server.profile,
        gpu=server.gpu,
        cpus=server.cpus,
    )


def used(
    engine: Engine, since: datetime, until: datetime, user: str | None = None
) -> list[Stretch]:
    """Stretches that lie between two moments at least in part, by user and time.

    Parameters
    ----------
    engine : Engine
        The database.
    since, until : datetime
        The window; a stretch is given whole, `Stretch.hours` cuts it.
    user : str, optional
        One user's alone.
    """
    found = (
        select(USAGE)
        .where(
            USAGE.c.end_minute > minute_of(since), USAGE.c.begin_minute < last_minute(until)
        )
        .order_by(USAGE.c.user_name, USAGE.c.begin_minute)
    )
    if user is not None:
        found = found.where(USAGE.c.user_name == user)
    with engine.connect() as connection:
        return [_stretch(row) for row in connection.execute(found)]


def _stretch(row: Any) -> Stretch:
    return Stretch(
        user=row.user_name,
        server=row.server_name,
        started=row.started,
        profile=row.profile,
        gpu=row.gpu,
        cpus=row.cpus,
        begin=moment(row.begin_minute),
        end=moment(row.end_minute),
    )


def last_run(engine: Engine, user: str, name: str) -> RunningServer | None:
    """The server of this name that was charged last."""
    found = (
        select(USAGE)
        .where(USAGE.c.user_name == user, USAGE.c.server_name == name)
        .order_by(USAGE.c.started.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(found).first()
    if row is None:
        return None
    return RunningServer(
        user=user,
        name=name,
        started=row.started,
        profile=row.profile,
        gpu=row.gpu,
        cpus=row.cpus,
    )


def skipped(engine: Engine) -> timedelta:
    """All the time that the wall clock ever left out."""
    with engine.connect() as connection:
        minutes = connection.scalar(
            select(func.sum(JUMPS.c.end_minute - JUMPS.c.begin_minute))
        )
    return timedelta(minutes=int(minutes or 0))


def minutes_of(engine: Engine, server: RunningServer) -> int:
    """Minutes that a server was charged for since its start, whatever the clocks did."""
    minutes = func.sum(USAGE.c.end_minute - USAGE.c.begin_minute)
    found = select(minutes).where(
        USAGE.c.user_name == server.user,
        USAGE.c.server_name == server.name,
        USAGE.c.started == server.started,
    )
    with engine.connect() as connection:
        return int(connection.scalar(found) or 0)


def forget_before(engine: Engine, limit: datetime) -> int:
    """Remove stretches that ended before `limit`; how many."""
    with engine.begin() as connection:
        removed = connection.execute(
            delete(USAGE).where(USAGE.c.end_minute < minute_of(limit))
        )
    return removed.rowcount
