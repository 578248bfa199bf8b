"""Two versions side by side: the page and the API of `comparing`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from hub.services.reports import library
from hub.services.reports.comparing import Comparison, compared
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import MOST_NUMBER, Number
from hub.services.reports.library import Report
from hub.services.reports.made import made_of
from hub.services.reports.reading import asked, readable_report, version_asked
from hub.services.reports.rendering import page
from hub.services.web.counter import Person

__all__ = ["pages", "programs"]

pages = APIRouter(include_in_schema=False)
programs = APIRouter(prefix="/api")
Wanted = Annotated[int | None, Query(ge=1, le=MOST_NUMBER)]


@programs.get("/reports/{number}/compare", tags=["reports"])
async def compare(
    request: Request, person: Reader, number: Number, a: Wanted = None, b: Wanted = None
) -> Comparison:
    """What differs between two versions; without numbers the newest and the one before."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    return await _compared(desk, person, report, a, b)


@pages.get("/r/{number}/compare")
async def compare_page(
    request: Request, person: Reader, number: Number, a: Wanted = None, b: Wanted = None
) -> Response:
    """The same for people."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    found = await _compared(desk, person, report, a, b)
    versions = await asked(desk, library.versions_of, number)
    return page(request, "compare", person, report=report, found=found, versions=versions)


async def _compared(
    desk: ReportsDesk, person: Person, report: Report, a: int | None, b: int | None
) -> Comparison:
    second = await version_asked(desk, report, b)
    if a is None:
        older = [
            one.number
            for one in await asked(desk, library.versions_of, report.id)
            if one.number < second.number
        ]
        a = older[0] if older else second.number
    first = await version_asked(desk, report, a)
    for version in (first, second):
        target = f"report/{report.id}/{version.number}"
        detail = {"owner": report.owner, "compared": True}
        await desk.note(person, "report.read", target, "ok", detail)
    made = [(one.number, await made_of(desk, one)) for one in (first, second)]
    return compared(report.id, *made)
