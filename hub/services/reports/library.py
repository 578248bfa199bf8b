"""Reports: whose they are, who may read them, and their versions.

Whoever reads is asked for by name and groups at every single read; there is nothing that
would remember an answer.
"""

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from hub.services.reports.schedule_tables import MAILS, SCHEDULES, SUBSCRIPTIONS, TIMES
from hub.services.reports.tables import (
    CHECKS,
    COMMENTS,
    ENDS,
    GRANTS,
    JOBS,
    LINKS,
    REPORTS,
    TAGS,
    VERSIONS,
)

__all__ = [
    "REPORT",
    "Grant",
    "Link",
    "Report",
    "Version",
    "add_link",
    "create",
    "digests_in_use",
    "end_link",
    "grant",
    "grants_of",
    "is_to",
    "linked",
    "links_of",
    "may_read",
    "n_open_jobs",
    "remove",
    "report_of",
    "revoke",
    "stored_bytes",
    "version_by",
    "version_of",
    "versions_of",
    "words_of",
]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report, and how many versions it has had."""

    id: int
    owner: str
    title: str
    created: datetime
    changed: datetime
    n_versions: int
    description: str = ""


REPORT: Final = tuple(REPORTS.c[name] for name in Report.__dataclass_fields__)
"""Columns of a report, without those that are there to be searched."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a report; it never changes, but that its PDF may come later."""

    report: int
    number: int
    job: int
    title: str
    by: str
    at: datetime
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    bytes: int
    is_kept: bool


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A user, or a group with whoever is in it, who may read."""

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """An address with which one person from outside reads a report for a time."""

    id: int
    report: int
    reader: str
    since: datetime
    ends: datetime


def create(connection: Connection, owner: str, title: str, now: datetime) -> int:
    """Make a report without a version; its number."""
    values = {"owner": owner, "title": title, "created": now, "changed": now}
    words = words_of(title, "", owner)
    added = connection.execute(insert(REPORTS).values(n_versions=0, words=words, **values))
    (number,) = added.inserted_primary_key or (0,)
    return int(number)


def words_of(*texts: str) -> str:
    r"""Texts as they are searched.

    Examples
    --------
    >>> words_of("Übersicht Q3", "ada")
    'übersicht q3\nada'
    """
    return unicodedata.normalize("NFKC", "\n".join(texts)).casefold()


def report_of(connection: Connection, number: int) -> Report | None:
    """One report, whoever asks."""
    row = connection.execute(select(*REPORT).where(REPORTS.c.id == number)).first()
    return None if row is None else Report(**row._mapping)


def may_read(
    connection: Connection, report: Report, user: str, groups: Collection[str]
) -> bool:
    """Whether somebody may read a report: its owner, and whom it was granted to."""
    if report.owner == user:
        return True
    found = select(GRANTS.c.report).where(GRANTS.c.report == report.id, is_to(user, groups))
    return connection.execute(found.limit(1)).first() is not None


def is_to(user: str, groups: Collection[str]) -> ColumnElement[bool]:
    """Whether a grant is to a user, or to a group of theirs."""
    to_user = and_(GRANTS.c.kind == "user", GRANTS.c.name == user)
    return or_(to_user, and_(GRANTS.c.kind == "group", GRANTS.c.name.in_(groups)))


def grant(connection: Connection, report: int, to: Grant, now: datetime) -> None:
    """Let a user or a group read; again changes nothing."""
    revoke(connection, report, to)
    values = {"report": report, "kind": to.kind, "name": to.name, "since": now}
    connection.execute(insert(GRANTS).values(**values))


def revoke(connection: Connection, report: int, to: Grant) -> bool:
    """Take that back; whether there was anything to take back."""
    is_it = (GRANTS.c.report == report, GRANTS.c.kind == to.kind, GRANTS.c.name == to.name)
    return bool(connection.execute(delete(GRANTS).where(*is_it)).rowcount)


def grants_of(connection: Connection, report: int) -> list[Grant]:
    """Who may read besides the owner, by name."""
    found = select(GRANTS.c.kind, GRANTS.c.name).where(GRANTS.c.report == report)
    rows = connection.execute(found.order_by(GRANTS.c.kind, GRANTS.c.name))
    return [Grant(kind=row.kind, name=row.name) for row in rows]


def versions_of(connection: Connection, report: int) -> list[Version]:
    """The versions of a report, the newest first."""
    found = select(VERSIONS).where(VERSIONS.c.report == report)
    rows = connection.execute(found.order_by(VERSIONS.c.number.desc()))
    return [_version(row._mapping) for row in rows]


def version_of(connection: Connection, report: int, number: int) -> Version | None:
    """One version."""
    is_it = (VERSIONS.c.report == report, VERSIONS.c.number == number)
    row = connection.execute(select(VERSIONS).where(*is_it)).first()
    return None if row is None else _version(row._mapping)


def version_by(connection: Connection, job: int) -> int | None:
    """Number of the version that a job made, if it did."""
    return connection.scalar(select(VERSIONS.c.number).where(VERSIONS.c.job == job))


def _version(found: RowMapping) -> Version:
    read = {field: json.loads(found[field]) for field in ("parameters", "files")}
    kept: dict[str, Any] = {str(name): value for name, value in found.items()}
    return Version(**(kept | read | {"is_kept": bool(found["is_kept"])}))


def remove(connection: Connection, report: int) -> bool:
    """Delete a report with its versions and all else of it; whether it could be.

    It can't while a run of it goes on. Its files stay in the store until it is swept.
    """
    going = select(JOBS.c.id).where(JOBS.c.report == report, JOBS.c.is_cleared == 0)
    if connection.execute(going.limit(1)).first() is not None:
        return False
    theirs = select(SCHEDULES.c.id).where(SCHEDULES.c.report == report)
    connection.execute(delete(TIMES).where(TIMES.c.schedule.in_(theirs)))
    others = (SCHEDULES, SUBSCRIPTIONS, MAILS, COMMENTS, CHECKS)
    for table in (*others, VERSIONS, JOBS, LINKS, GRANTS, TAGS):
        connection.execute(delete(table).where(table.c.report == report))
    connection.execute(delete(REPORTS).where(REPORTS.c.id == report))
    return True


def add_link(
    connection: Connection, report: int, reader: str, ends: datetime, now: datetime
) -> str:
    """A link for somebody from outside; its secret, which is kept nowhere."""
    secret = secrets.token_urlsafe(32)
    values = {"report": report, "reader": reader, "since": now, "ends": ends}
    connection.execute(insert(LINKS).values(digest=_digest(secret), **values))
    return secret


def linked(connection: Connection, secret: str, now: datetime) -> Link | None:
    """The link of a secret, while it lasts."""
    is_it = (LINKS.c.digest == _digest(secret), LINKS.c.ends > now)
    row = connection.execute(select(LINKS).where(*is_it)).first()
    return None if row is None else _link(row._mapping)


def links_of(connection: Connection, report: int, now: datetime) -> list[Link]:
    """Links of a report that last."""
    found = select(LINKS).where(LINKS.c.report == report, LINKS.c.ends > now)
    return [_link(row._mapping) for row in connection.execute(found.order_by(LINKS.c.id))]


def end_link(connection: Connection, report: int, number: int) -> bool:
    """End a link of a report; whether there was one."""
    is_it = (LINKS.c.report == report, LINKS.c.id == number)
    return bool(connection.execute(delete(LINKS).where(*is_it)).rowcount)


def _link(found: RowMapping) -> Link:
    kept = {str(name): value for name, value in found.items() if name != "digest"}
    return Link(**kept)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def stored_bytes(connection: Connection, owner: str) -> int:
    """What all versions of an owner's reports take, however much of it they share."""
    counted = select(func.sum(VERSIONS.c.bytes)).join(
        REPORTS, REPORTS.c.id == VERSIONS.c.report
    )
    return int(connection.scalar(counted.where(REPORTS.c.owner == owner)) or 0)


def n_open_jobs(connection: Connection, owner: str) -> int:
    """How many jobs of somebody have not come to their ends."""
    theirs = JOBS.c.owner == owner, JOBS.c.state.not_in(ENDS)
    return int(connection.scalar(select(func.count()).where(*theirs)) or 0)


def digests_in_use(connection: Connection) -> set[str]:
    """The digests of all files that a version names, or a job that hasn't come to its end.

    A version is run again with the notebook of the job that made it; a job that made none,
    or one that is gone, has no more need of its notebook when its servers are cleared.
    """
    has_made = exists().where(VERSIONS.c.job == JOBS.c.id)
    needed = select(JOBS.c.notebook).where(or_(JOBS.c.is_cleared == 0, has_made))
    named = set(connection.scalars(needed))
    for files in connection.scalars(select(VERSIONS.c.files)):
        named |= set(json.loads(files).values())
    return named
