"""Versions named as kept, by people and by programs: they don't go with age."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from hub.services.reports import retention
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number, number_in
from hub.services.reports.reading import changed, own_report, version_asked
from hub.services.web.counter import Person
from hub.services.web.protection import form_of

__all__ = ["pages", "programs"]

pages = APIRouter(include_in_schema=False)
programs = APIRouter(prefix="/api")


@programs.put(
    "/reports/{number}/versions/{version}/kept", status_code=204, tags=["reports"]
)
async def keep(request: Request, person: Reader, number: Number, version: Number) -> None:
    """Name a version of one's own report as kept: it stays, however old it gets."""
    await _keep(desk_of(request), person, number, version, is_kept=True)


@programs.delete(
    "/reports/{number}/versions/{version}/kept", status_code=204, tags=["reports"]
)
async def let_go(request: Request, person: Reader, number: Number, version: Number) -> None:
    """Take that back."""
    await _keep(desk_of(request), person, number, version, is_kept=False)


@pages.post("/r/{number}/keep")
async def kept(request: Request, person: Reader, number: Number) -> Response:
    """The same, by the button of a report's page."""
    desk, form = desk_of(request), await form_of(request)
    if not (version := number_in(str(form.get("version", "")))):
        raise HTTPException(422, "Say which version is to be kept.")
    is_kept = not form.get("end")
    await _keep(desk, person, number, version, is_kept=is_kept)
    return RedirectResponse(f"{desk.prefix}/r/{number}/v/{version}", 303)


async def _keep(
    desk: ReportsDesk, person: Person, number: int, version: int, *, is_kept: bool
) -> None:
    report = await own_report(desk, person, number)
    await version_asked(desk, report, version)
    await changed(
        desk,
        lambda connection, _now: retention.keep(
            connection, number, version, is_kept=is_kept
        ),
    )
    detail = {"version": version, "kept": is_kept}
    await desk.note(person, "report.keep", f"report/{number}", "ok", detail)
