"""Versions that have been kept for long enough: which go, and when.

What never goes: the newest version of a report, which is also the one that every link
opens; a version that its owner named as kept; and one that a job checks or prints just now.
The files of what goes are swept with all that nothing names any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, select, update

from hub.services.reports.library import Report, Version
from hub.services.reports.tables import CHECKS, JOBS, REPORTS, VERSIONS

__all__ = ["Gone", "keep", "leaves_at", "remove_old"]

_AT_A_TIME: Final = 500


@dataclass(frozen=True, kw_only=True)
class Gone:
    """A version that was removed."""

    report: int
    owner: str
    number: int
    at: datetime
    bytes: int


def leaves_at(
    report: Report, version: Version, kept_for: timedelta | None
) -> datetime | None:
    """When a version goes; never, where nothing goes or it stays."""
    stays = version.is_kept or version.number == report.n_versions
    return None if kept_for is None or stays else version.at + kept_for


def keep(connection: Connection, report: int, number: int, *, is_kept: bool) -> None:
    """Name a version as kept, or take that back."""
    is_it = (VERSIONS.c.report == report, VERSIONS.c.number == number)
    connection.execute(update(VERSIONS).where(*is_it).values(is_kept=int(is_kept)))


def remove_old(connection: Connection, kept_for: timedelta, now: datetime) -> list[Gone]:
    """Remove versions older than `kept_for`, no more than 500 at a time; which they were.

    Their jobs stay in the list of a report's runs.
    """
    old = (
        select(
            VERSIONS.c.report,
            REPORTS.c.owner,
            VERSIONS.c.number,
            VERSIONS.c.at,
            VERSIONS.c.bytes,
        )
        .join(REPORTS, REPORTS.c.id == VERSIONS.c.report)
        .where(VERSIONS.c.at < now - kept_for, _may_go())
        .order_by(VERSIONS.c.at)
        .limit(_AT_A_TIME)
    )
    gone = [Gone(**row._mapping) for row in connection.execute(old)]
    return [one for one in gone if _remove(connection, one)]


def _remove(connection: Connection, one: Gone) -> bool:
    is_it = (VERSIONS.c.report == one.report, VERSIONS.c.number == one.number)
    # Its owner may have named it as kept in this very moment.
    removed = connection.execute(delete(VERSIONS).where(*is_it, VERSIONS.c.is_kept == 0))
    if removed.rowcount != 1:
        return False
    is_its = (CHECKS.c.report == one.report, CHECKS.c.version == one.number)
    connection.execute(delete(CHECKS).where(*is_its))
    return True


def _may_go() -> ColumnElement[bool]:
    is_checked = (
        exists()
        .where(CHECKS.c.report == VERSIONS.c.report)
        .where(CHECKS.c.version == VERSIONS.c.number)
        .where(JOBS.c.id == CHECKS.c.job, JOBS.c.is_cleared == 0)
    )
    is_printed = exists().where(JOBS.c.id == VERSIONS.c.job).where(JOBS.c.is_cleared == 0)
    # `n_versions` counts what was ever made: it is the newest one's number.
    is_newest = VERSIONS.c.number == REPORTS.c.n_versions
    return and_(~is_newest, VERSIONS.c.is_kept == 0, ~is_checked, ~is_printed)
