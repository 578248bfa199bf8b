"""Jobs: a table whose every step is one transaction: nothing is lost, nothing done twice.

A job is *queued*, *starting* (its server was asked for), *running* (the server has taken
its work) and at last *done*, *failed* or *canceled*. Each try has a number; who tells the
end of another try than the current one is told that it came too late. The version that a
job makes is written in one transaction with the step to its end, or to what is left of it:
an open job that has made its version is printing the page, and ends as *done*, whatever
becomes of the PDF. A try that begins then prints, and runs nothing.

These are the parts of a transaction; the one who calls begins and ends it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Update, func, insert, select, update

from hub.services.reports.library import version_by
from hub.services.reports.outbox import tell_of_version
from hub.services.reports.tables import JOBS, REPORTS, VERSIONS

__all__ = [
    "MOST_TRIES",
    "Job",
    "TooLate",
    "Wanted",
    "begin",
    "cancel",
    "cleared",
    "end",
    "fail",
    "finish",
    "give_up_try",
    "job_of",
    "jobs_of",
    "open_jobs",
    "printed",
    "progress",
    "put_back",
    "submit",
    "take_next",
]

MOST_TRIES: Final = 3
"""Tries of a job whose server is lost; a notebook that fails is not run again."""

_OPEN: Final = ("queued", "starting", "running")
_NO_PDF: Final = "Its version has no PDF."
_AGAIN_AFTER: Final = timedelta(seconds=20)


class TooLate(Exception):
    """The job has ended, or another try of it has begun."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A job to be done."""

    report: int
    owner: str
    asked_by: str
    notebook: str
    parameters: Mapping[str, Any]
    profile: str = ""
    folder: str = ""
    is_as_it_is: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as the table has it."""

    id: int
    report: int
    owner: str
    asked_by: str
    notebook: str
    parameters: Mapping[str, Any]
    profile: str
    folder: str
    is_as_it_is: bool
    state: str
    attempt: int
    cell: int
    of_cells: int
    why: str
    failure: Mapping[str, Any] | None
    asked: datetime
    due: datetime
    began: datetime | None
    changed: datetime
    is_cleared: bool

    @property
    def server(self) -> str:
        """Name of the server that is the current try of this job."""
        return self.server_of(self.attempt)

    def server_of(self, attempt: int) -> str:
        """Name of the server that is, or was, a try of this job."""
        return f"report-{self.id}-{attempt}"

    @property
    def is_open(self) -> bool:
        """Whether it has not come to its end."""
        return self.state in _OPEN


def submit(connection: Connection, wanted: Wanted, now: datetime) -> int:
    """Put a job into the queue; its number."""
    added = connection.execute(
        insert(JOBS).values(
            report=wanted.report,
            owner=wanted.owner,
            asked_by=wanted.asked_by,
            notebook=wanted.notebook,
            parameters=json.dumps(dict(wanted.parameters)),
            profile=wanted.profile,
            folder=wanted.folder,
            is_as_it_is=int(wanted.is_as_it_is),
            state="queued",
            attempt=0,
            cell=0,
            of_cells=0,
            why="",
            failure="",
            asked=now,
            due=now,
            began=None,
            changed=now,
            is_cleared=0,
        )
    )
    (number,) = added.inserted_primary_key or (0,)
    return int(number)


def job_of(connection: Connection, number: int) -> Job | None:
    """One job, if there is such a one."""
    row = connection.execute(select(JOBS).where(JOBS.c.id == number)).first()
    return None if row is None else _job(row)


def open_jobs(connection: Connection) -> list[Job]:
    """Jobs that have not ended, or whose servers may still be there; the oldest first."""
    found = select(JOBS).where(JOBS.c.is_cleared == 0).order_by(JOBS.c.id)
    return [_job(row) for row in connection.execute(found)]


def jobs_of(connection: Connection, report: int, at_most: int = 20) -> list[Job]:
    """The jobs of a report, the newest first."""
    found = select(JOBS).where(JOBS.c.report == report).order_by(JOBS.c.id.desc())
    return [_job(row) for row in connection.execute(found.limit(at_most))]


def take_next(
    connection: Connection, now: datetime, *, of_one: int, of_all: int
) -> Job | None:
    """Begin the next try: of the oldest job that is due and whose owner has room.

    Parameters
    ----------
    connection : Connection
        In a transaction that no other process shares.
    now : datetime
        The present.
    of_one, of_all : int
        How many jobs of one owner, and of all, may be at work.
    """
    at_work = JOBS.c.state.in_(("starting", "running"))
    counted = select(JOBS.c.owner, func.count()).where(at_work).group_by(JOBS.c.owner)
    busy = {row[0]: row[1] for row in connection.execute(counted)}
    if sum(busy.values()) >= of_all:
        return None
    due = (
        select(JOBS)
        .where(JOBS.c.state == "queued", JOBS.c.due <= now)
        .order_by(JOBS.c.due, JOBS.c.id)
    )
    for row in connection.execute(due):
        if busy.get(row.owner, 0) < of_one:
            _step(connection, row.id, ("queued",), now, state="starting", add=1, began=now)
            return job_of(connection, row.id)
    return None


def begin(connection: Connection, number: int, attempt: int, now: datetime) -> Job:
    """The server of a try takes its work; a server that starts anew takes it again.

    Raises
    ------
    TooLate
        If the job waits, or has ended, or another try of it has begun.
    """
    values: dict[str, Any] = {"state": "running", "cell": 0}
    _step(connection, number, ("starting", "running"), now, of_try=attempt, **values)
    job = job_of(connection, number)
    assert job is not None
    return job


def progress(
    connection: Connection, number: int, attempt: int, cell: int, of: int, now: datetime
) -> None:
    """Note how far a job has come."""
    values: dict[str, Any] = {"cell": cell, "of_cells": of}
    _step(connection, number, ("running",), now, of_try=attempt, **values)


def finish(
    connection: Connection,
    number: int,
    attempt: int,
    *,
    title: str,
    files: Mapping[str, str],
    n_bytes: int,
    now: datetime,
    prints: bool = False,
) -> int:
    """The version that a job made is there, and the job is done; the version's number.

    One that `prints` goes on until `printed`. Told again, it is the same version. Mails to
    subscribers are in the outbox with it.

    Raises
    ------
    TooLate
        If the job has ended otherwise, or another try of it has begun.
    """
    if (known := version_by(connection, number)) is not None:
        return known
    state = "running" if prints else "done"
    _step(connection, number, ("running",), now, state=state, of_try=attempt)
    job = job_of(connection, number)
    assert job is not None
    counted = update(REPORTS).where(REPORTS.c.id == job.report)
    counted = counted.values(n_versions=REPORTS.c.n_versions + 1, changed=now)
    connection.execute(counted)
    count = select(REPORTS.c.n_versions).where(REPORTS.c.id == job.report)
    version = int(connection.scalar(count) or 0)
    connection.execute(
        insert(VERSIONS).values(
            report=job.report,
            number=version,
            job=number,
            title=title,
            by=job.asked_by,
            at=now,
            parameters=json.dumps(dict(job.parameters)),
            files=json.dumps(dict(files)),
            bytes=n_bytes,
        )
    )
    tell_of_version(connection, job.report, version, now)
    return version


def printed(
    connection: Connection,
    number: int,
    attempt: int,
    pdf: tuple[str, str, int] | None,
    now: datetime,
) -> None:
    """A job that has made its version is done: the page is printed, or can't be.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    number, attempt : int
        The job, and its try.
    pdf : tuple of str, str and int, optional
        Name, digest and size of the file; none where no PDF could be made.
    now : datetime
        The present.

    Raises
    ------
    TooLate
        If the job has ended, or another try of it has begun, or made no version.
    """
    is_it = VERSIONS.c.job == number
    found = connection.execute(select(VERSIONS.c.files, VERSIONS.c.bytes).where(is_it))
    row = found.first()
    if row is None:
        message = f"job {number} has made no version"
        raise TooLate(message)
    _step(connection, number, ("running",), now, state="done", of_try=attempt)
    if pdf is not None:
        name, digest, n_bytes = pdf
        files = json.dumps(json.loads(row.files) | {name: digest})
        added = update(VERSIONS).where(is_it)
        connection.execute(added.values(files=files, bytes=row.bytes + n_bytes))


def end(connection: Connection, number: int, attempt: int, now: datetime) -> None:
    """A job is done that makes no version.

    Raises
    ------
    TooLate
        If it has ended, or another try of it has begun.
    """
    _step(connection, number, ("running",), now, state="done", of_try=attempt)


def fail(
    connection: Connection,
    number: int,
    attempt: int,
    why: str,
    now: datetime,
    failure: Mapping[str, Any] | None = None,
) -> None:
    """A job has failed: its notebook did, or it had all its tries.

    One that has made its version is done, without a PDF.
    """
    told = "" if failure is None else json.dumps(dict(failure))
    states = ("starting", "running")
    values: dict[str, Any] = {"state": "failed", "why": why, "failure": told}
    if version_by(connection, number) is not None:
        values = {"state": "done", "why": f"{_NO_PDF} {why}"}
    _step(connection, number, states, now, of_try=attempt, **values)


def give_up_try(connection: Connection, job: Job, why: str, now: datetime) -> None:
    """A try has ended without a word: the job waits for another, or has failed."""
    if job.attempt >= MOST_TRIES:
        text = f"{why} This was try {job.attempt} of {MOST_TRIES}."
        fail(connection, job.id, job.attempt, text, now)
        return
    values: dict[str, Any] = {"state": "queued", "why": why, "due": now + _AGAIN_AFTER}
    _step(connection, job.id, ("starting", "running"), now, of_try=job.attempt, **values)


def put_back(connection: Connection, job: Job, why: str, now: datetime) -> None:
    """A try could not begin, for want of room: the job waits, and it was no try."""
    values: dict[str, Any] = {"state": "queued", "due": now + _AGAIN_AFTER}
    values |= {"why": why, "attempt": job.attempt - 1}
    _step(connection, job.id, ("starting",), now, of_try=job.attempt, **values)


def cancel(connection: Connection, number: int, why: str, now: datetime) -> None:
    """End a job that somebody no longer wants.

    A version that it has made stays, without a PDF.

    Raises
    ------
    TooLate
        If it has ended.
    """
    values: dict[str, Any] = {"state": "canceled", "why": why}
    if version_by(connection, number) is not None:
        values = {"state": "done", "why": f"{_NO_PDF} {why}"}
    _step(connection, number, _OPEN, now, **values)


def cleared(connection: Connection, number: int) -> None:
    """The server of a job that has ended is gone for certain."""
    gone = update(JOBS).where(JOBS.c.id == number, JOBS.c.state.not_in(_OPEN))
    connection.execute(gone.values(is_cleared=1))


def _step(
    connection: Connection,
    number: int,
    states: Sequence[str],
    now: datetime,
    *,
    of_try: int | None = None,
    add: int = 0,
    **values: Any,
) -> None:
    """One step from one of `states`, of the try `of_try`, or none at all."""
    step: Update = update(JOBS).where(JOBS.c.id == number, JOBS.c.state.in_(states))
    if of_try is not None:
        step = step.where(JOBS.c.attempt == of_try)
    if add:
        values["attempt"] = JOBS.c.attempt + add
    if connection.execute(step.values(changed=now, **values)).rowcount != 1:
        message = f"job {number} has ended, or another try of it has begun"
        raise TooLate(message)


def _job(row: Row[Any]) -> Job:
    found = dict(row._mapping)
    found["parameters"] = json.loads(found["parameters"])
    found["failure"] = json.loads(found["failure"]) if found["failure"] else None
    for field in ("is_as_it_is", "is_cleared"):
        found[field] = bool(found[field])
    return Job(**found)
