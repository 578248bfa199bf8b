"""Requests about a report, judged anew each time: who may read, and who may change it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from hub.services.reports import library
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.library import Report, Version
from hub.services.web.counter import Person

__all__ = ["asked", "changed", "own_report", "readable_report", "version_asked"]

Found = TypeVar("Found")


async def asked(desk: ReportsDesk, task: Callable[..., Found], *given: Any) -> Found:
    """Do `task` with a connection that is only read from."""

    def go() -> Found:
        with desk.engine.connect() as connection:
            return task(connection, *given)

    return await run_in_threadpool(go)


async def changed(desk: ReportsDesk, task: Callable[..., Found], *given: Any) -> Found:
    """Do `task` with the present in one transaction."""

    def go() -> Found:
        with desk.engine.begin() as connection:
            return task(connection, *given, datetime.now(UTC))

    return await run_in_threadpool(go)


async def readable_report(desk: ReportsDesk, person: Person, number: int) -> Report:
    """A report that the one who asks may read.

    Whoever may not is told that there is none: not even that it exists.
    """

    def find(connection: Connection) -> tuple[Report | None, bool]:
        report = library.report_of(connection, number)
        if report is None:
            return None, False
        may = library.may_read(connection, report, person.name, person.groups)
        return report, may

    report, may = await asked(desk, find)
    if report is not None and may:
        return report
    if report is not None:
        await desk.note(person, "report.read", f"report/{number}", "refused")
    message = f"There is no report {number}, or it was not shared with {person.name}."
    raise HTTPException(404, message)


async def own_report(desk: ReportsDesk, person: Person, number: int) -> Report:
    """A report of the one who asks; others may not change it."""
    report = await readable_report(desk, person, number)
    if report.owner != person.name:
        await desk.note(person, "report.change", f"report/{number}", "refused")
        message = f"Only {report.owner}, whose report this is, may do that."
        raise HTTPException(403, message)
    return report


async def version_asked(desk: ReportsDesk, report: Report, number: int | None) -> Version:
    """A version of a report, the newest if none is named."""
    wanted = report.n_versions if number is None else number
    version = await asked(desk, library.version_of, report.id, wanted)
    if version is None:
        newest = report.n_versions
        message = f"`{report.title}` has no version {wanted}; its newest is {newest}."
        raise HTTPException(404, message)
    return version
