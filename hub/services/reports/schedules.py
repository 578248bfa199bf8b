"""Schedules: a report is run again by itself, at the times of a timetable.

Every time that came is a row, whatever became of it: that is the history. A time is taken
by one step that moves its schedule on to the next: whoever looks, and however many do, it
comes once. What its job came to is read from the jobs; a job that failed is tried again.

These are the parts of a transaction; the one who calls begins and ends it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hub.services.reports import jobs, library
from hub.services.reports.jobs import Job, Wanted
from hub.services.reports.outbox import tell_of_failure
from hub.services.reports.schedule_tables import SCHEDULES, TIMES
from hub.services.reports.tables import JOBS, REPORTS
from hub.services.reports.timetable import Timetable

__all__ = [
    "MOST_TRIES",
    "OLDEST",
    "Schedule",
    "Time",
    "add",
    "begin_again",
    "come_due",
    "due_schedules",
    "due_times",
    "ended_times",
    "forget_old_times",
    "pause",
    "remove",
    "resume",
    "schedule_of",
    "schedules_of",
    "settle",
    "stop",
    "times_of",
]

OLDEST: Final = timedelta(days=1)
"""A time that nobody looked at for longer is skipped."""

WAITS: Final = (timedelta(seconds=20), timedelta(seconds=80), timedelta(minutes=5))
"""Between a try that failed and the next."""

MOST_TRIES: Final = len(WAITS) + 1
_TRIES_OF_ITS_OWN_CODE: Final = 2
_OPEN: Final = ("running", "waiting")
_KEPT: Final = 200


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A report is run at the times of `cron`, with these parameters."""

    id: int
    report: int
    owner: str
    cron: str
    zone: str
    parameters: Mapping[str, Any]
    state: str
    why: str
    next: datetime | None
    created: datetime

    @property
    def timetable(self) -> Timetable:
        """Its times."""
        return Timetable(self.cron, self.zone)


@dataclass(frozen=True, kw_only=True)
class Time:
    """A time that came, and what became of it."""

    id: int
    schedule: int
    due: datetime
    state: str
    attempt: int
    job: int | None
    again: datetime | None
    why: str
    changed: datetime


def add(
    connection: Connection,
    report: int,
    timetable: Timetable,
    parameters: Mapping[str, Any],
    now: datetime,
) -> int:
    """A schedule that begins now; its number."""
    added = connection.execute(
        insert(SCHEDULES).values(
            report=report,
            cron=timetable.cron,
            zone=timetable.zone,
            parameters=json.dumps(dict(parameters)),
            state="active",
            why="",
            next=timetable.after(now),
            created=now,
        )
    )
    (number,) = added.inserted_primary_key or (0,)
    return int(number)


def schedule_of(connection: Connection, report: int, number: int) -> Schedule | None:
    """One schedule of a report, if it has such a one."""
    found = _schedules().where(SCHEDULES.c.report == report, SCHEDULES.c.id == number)
    row = connection.execute(found).first()
    return None if row is None else _schedule(row)


def schedules_of(connection: Connection, report: int) -> list[Schedule]:
    """The schedules of a report, the oldest first."""
    found = _schedules().where(SCHEDULES.c.report == report).order_by(SCHEDULES.c.id)
    return [_schedule(row) for row in connection.execute(found)]


def times_of(connection: Connection, schedule: int, at_most: int = 20) -> list[Time]:
    """The times of a schedule that came, the newest first."""
    found = select(TIMES).where(TIMES.c.schedule == schedule).order_by(TIMES.c.id.desc())
    return [Time(**row._mapping) for row in connection.execute(found.limit(at_most))]


def pause(connection: Connection, number: int, now: datetime) -> bool:
    """No time of it comes until it is resumed; whether it was active."""
    return _rest(connection, number, "paused", "", now)


def stop(connection: Connection, number: int, why: str, now: datetime) -> bool:
    """The same for its owner's sake, who is told why; whether it was active."""
    return _rest(connection, number, "stopped", why, now)


def resume(connection: Connection, number: int, now: datetime) -> bool:
    """Its times come from now on; those in between don't. Whether it was not active."""
    row = connection.execute(_schedules().where(SCHEDULES.c.id == number)).first()
    if row is None or row.state == "active":
        return False
    values = {"state": "active", "why": "", "next": _schedule(row).timetable.after(now)}
    step = update(SCHEDULES).where(SCHEDULES.c.id == number)
    step = step.where(SCHEDULES.c.state != "active").values(values)
    return connection.execute(step).rowcount == 1


def remove(connection: Connection, number: int) -> bool:
    """Delete a schedule with its history; whether there was one.

    A run that goes on comes to its own end.
    """
    # A clock that takes a time of it just now comes before or after, as a whole.
    paused = update(SCHEDULES).where(SCHEDULES.c.id == number).values(next=None)
    connection.execute(paused)
    connection.execute(delete(TIMES).where(TIMES.c.schedule == number))
    deleted = delete(SCHEDULES).where(SCHEDULES.c.id == number)
    return bool(connection.execute(deleted).rowcount)


def due_schedules(connection: Connection, now: datetime) -> list[Schedule]:
    """Schedules with a time that has come, the longest waiting first."""
    found = _schedules().where(SCHEDULES.c.state == "active", SCHEDULES.c.next <= now)
    return [_schedule(row) for row in connection.execute(found.order_by(SCHEDULES.c.next))]


def due_times(connection: Connection, now: datetime) -> list[tuple[Time, Schedule]]:
    """Times whose next try is to begin, with their schedules."""
    again = TIMES.c.state == "waiting", TIMES.c.again <= now
    found = connection.execute(select(TIMES).where(*again).order_by(TIMES.c.again))
    times = [Time(**row._mapping) for row in found]
    numbers = {time.schedule for time in times}
    rows = connection.execute(_schedules().where(SCHEDULES.c.id.in_(numbers)))
    theirs = {row.id: _schedule(row) for row in rows}
    return [(time, theirs[time.schedule]) for time in times if time.schedule in theirs]


def ended_times(connection: Connection) -> list[tuple[Time, Job]]:
    """Times whose try has ended, with its job."""
    found = (
        select(TIMES)
        .join(JOBS, JOBS.c.id == TIMES.c.job)
        .where(TIMES.c.state == "running", JOBS.c.state.in_(("done", "failed", "canceled")))
    )
    times = [Time(**row._mapping) for row in connection.execute(found)]
    ended = [(time, jobs.job_of(connection, time.job or 0)) for time in times]
    return [(time, job) for time, job in ended if job is not None]


def come_due(connection: Connection, schedule: Schedule, now: datetime) -> int | None:
    """Take the time that has come: run the report, or skip it; the job's number.

    Of several that nobody looked at only the newest comes, and none that is too old. What
    somebody else took meanwhile is left to them.
    """
    assert schedule.next is not None
    timetable = schedule.timetable
    due = timetable.newest(schedule.next, now, OLDEST)
    moved = update(SCHEDULES).where(
        SCHEDULES.c.id == schedule.id,
        SCHEDULES.c.state == "active",
        SCHEDULES.c.next == schedule.next,
    )
    if connection.execute(moved.values(next=timetable.after(now))).rowcount != 1:
        return None
    busy = select(TIMES.c.id).where(
        TIMES.c.schedule == schedule.id, TIMES.c.state.in_(_OPEN)
    )
    if now - due > OLDEST:
        _note(connection, schedule.id, due, now, why="It was missed by more than a day.")
        return None
    if connection.execute(busy.limit(1)).first() is not None:
        why = "The run of the time before had not come to its end."
        _note(connection, schedule.id, due, now, why=why)
        return None
    why = "It stands for the times before it that were missed, too."
    job = _submit(connection, schedule, now)
    was_late = due != schedule.next
    values: dict[str, Any] = {"state": "running", "attempt": 1, "job": job}
    _note(connection, schedule.id, due, now, why=why if was_late else "", **values)
    return job


def begin_again(
    connection: Connection, time: Time, schedule: Schedule, now: datetime
) -> int | None:
    """Begin the next try of a time; the job's number, unless somebody else has begun it."""
    values = {"state": "running", "attempt": time.attempt + 1, "again": None}
    if not _step(connection, time, now, **values):
        return None
    job = _submit(connection, schedule, now)
    connection.execute(update(TIMES).where(TIMES.c.id == time.id).values(job=job))
    return job


def settle(connection: Connection, time: Time, job: Job, now: datetime) -> bool:
    """Take over what the job of a time came to; whether nobody had.

    A run that failed waits for another try, unless it had all of them: then its owner is
    told, in this very transaction. The notebook's own failure is believed the second time.
    """
    if job.state != "failed":
        return _step(connection, time, now, state=job.state, why=job.why)
    is_its_own = job.failure is not None
    most = _TRIES_OF_ITS_OWN_CODE if is_its_own else MOST_TRIES
    if time.attempt < most:
        again = now + WAITS[time.attempt - 1]
        return _step(connection, time, now, state="waiting", again=again, why=job.why)
    why = f"{job.why} This was try {time.attempt} of {most}."
    is_news = _step(connection, time, now, state="failed", why=why)
    if is_news:
        tell_of_failure(connection, job.report, time.id, job.owner, now)
    return is_news


def forget_old_times(connection: Connection) -> int:
    """Remove what is far down in the histories; how many times."""
    newer = TIMES.alias()
    newest: Any = (
        select(func.count())
        .where(newer.c.schedule == TIMES.c.schedule, newer.c.id > TIMES.c.id)
        .scalar_subquery()
    )
    old = delete(TIMES).where(TIMES.c.state.not_in(_OPEN), newest >= _KEPT)
    return connection.execute(old).rowcount


def _rest(connection: Connection, number: int, state: str, why: str, now: datetime) -> bool:
    values = {"state": state, "why": why, "next": None}
    step = update(SCHEDULES).where(SCHEDULES.c.id == number, SCHEDULES.c.state == "active")
    if connection.execute(step.values(values)).rowcount != 1:
        return False
    given_up = update(TIMES).where(TIMES.c.schedule == number, TIMES.c.state == "waiting")
    ended = f"Its schedule was {state} before another try."
    connection.execute(
        given_up.values(state="canceled", why=ended, again=None, changed=now)
    )
    return True


def _submit(connection: Connection, schedule: Schedule, now: datetime) -> int:
    """A job for the newest version's notebook, with the schedule's own parameters."""
    newest = select(REPORTS.c.n_versions).where(REPORTS.c.id == schedule.report)
    number = int(connection.scalar(newest) or 0)
    version = library.version_of(connection, schedule.report, number)
    before = None if version is None else jobs.job_of(connection, version.job)
    assert before is not None
    wanted = Wanted(
        report=schedule.report,
        owner=schedule.owner,
        asked_by=schedule.owner,
        notebook=before.notebook,
        parameters=schedule.parameters,
        profile=before.profile,
        folder=before.folder,
    )
    return jobs.submit(connection, wanted, now)


def _note(
    connection: Connection, schedule: int, due: datetime, now: datetime, **told: Any
) -> None:
    values = {"state": "skipped", "attempt": 0, "job": None, "again": None, **told}
    row = {"schedule": schedule, "due": due, "changed": now, **values}
    connection.execute(insert(TIMES).values(**row))


def _step(connection: Connection, time: Time, now: datetime, **values: Any) -> bool:
    """Change a time, if it is as it was when it was read."""
    as_read: Sequence[Any] = (
        TIMES.c.id == time.id,
        TIMES.c.state == time.state,
        TIMES.c.attempt == time.attempt,
    )
    step = update(TIMES).where(*as_read).values(changed=now, **values)
    return connection.execute(step).rowcount == 1


def _schedules() -> Any:
    joined = select(SCHEDULES, REPORTS.c.owner)
    return joined.join(REPORTS, REPORTS.c.id == SCHEDULES.c.report)


def _schedule(row: Row[Any]) -> Schedule:
    found = dict(row._mapping)
    return Schedule(**(found | {"parameters": json.loads(found["parameters"])}))
