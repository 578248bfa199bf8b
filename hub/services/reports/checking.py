"""Checks asked for and read: by people, by programs, and by the servers that do them."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from hub.services.reports import checks
from hub.services.reports.api import require_room
from hub.services.reports.checks import Check, Found, NothingToRepeat
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number, number_in
from hub.services.reports.framed import FRAME
from hub.services.reports.library import Version
from hub.services.reports.reading import (
    asked,
    changed,
    own_report,
    readable_report,
    version_asked,
)
from hub.services.reports.sending import stored_file
from hub.services.reports.server_api import own_job, step
from hub.services.web.counter import Person
from hub.services.web.protection import form_of

__all__ = ["pages", "programs", "servers"]

pages = APIRouter(include_in_schema=False)
programs = APIRouter(prefix="/api")
servers = APIRouter(prefix="/api/jobs/{number}/{attempt}", include_in_schema=False)


class CheckModel(BaseModel):
    """A version that was run anew, and whether the same numbers came out."""

    job: int
    version: int
    asked_by: str
    asked: datetime
    outcome: checks.Outcome
    why: str
    told: datetime | None
    found: Found | None


@programs.post(
    "/reports/{number}/versions/{version}/checks", status_code=202, tags=["reports"]
)
async def check_version(
    request: Request, person: Reader, number: Number, version: Number
) -> CheckModel:
    """Run a version of one's own report anew, to see whether its numbers come again."""
    desk = desk_of(request)
    job = await _submit(desk, person, number, version)
    found = await asked(desk, checks.check_of, job)
    assert found is not None
    return _model(found)


@programs.get("/reports/{number}/versions/{version}/checks", tags=["reports"])
async def checks_of_version(
    request: Request, person: Reader, number: Number, version: Number
) -> list[CheckModel]:
    """Checks of a version, the newest first."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    at = await version_asked(desk, report, version)
    return [_model(one) for one in await asked(desk, checks.checks_of, number, at.number)]


def _model(check: Check) -> CheckModel:
    return CheckModel.model_validate(asdict(check) | {"outcome": check.outcome})


@pages.post("/r/{number}/check")
async def check(request: Request, person: Reader, number: Number) -> Response:
    """The same, by the button of a report's page."""
    desk, form = desk_of(request), await form_of(request)
    if not (version := number_in(str(form.get("version", "")))):
        raise HTTPException(422, "Say which version is to be checked.")
    await _submit(desk, person, number, version)
    return RedirectResponse(f"{desk.prefix}/r/{number}/v/{version}", 303)


async def _submit(desk: ReportsDesk, person: Person, number: int, version: int) -> int:
    report = await own_report(desk, person, number)
    at = await version_asked(desk, report, version)

    def add(connection: Connection, now: datetime) -> int:
        require_room(connection, report.owner)
        return checks.submit(connection, at, person.name, now)

    try:
        job = await changed(desk, add)
        desk.jobs_changed.set()
    except NothingToRepeat as error:
        law = f"Only a version that was run can be checked; version {version} was published"
        raise HTTPException(409, f"{law} as it is.") from error
    detail = {"version": version, "job": job}
    await desk.note(person, "report.check", f"report/{number}", "ok", detail)
    return job


async def _checked(desk: ReportsDesk, job: int) -> Version:
    """The version that a job checks."""
    version = await asked(desk, checks.version_checked, job)
    if version is None:
        raise HTTPException(409, f"job {job} must be a check; it is a run.")
    return version


@servers.get("/checked/{name:path}")
async def file_to_check(
    request: Request, person: Reader, number: Number, attempt: Number, name: str
) -> Response:
    """A file of the version that is checked."""
    desk = desk_of(request)
    await own_job(request, person, number, attempt)
    version = await _checked(desk, number)
    if name not in checks.files_needed(version):
        names = ", ".join(checks.files_needed(version))
        raise HTTPException(404, f"A check compares {names}.")
    digest, kind = version.files[name], "application/octet-stream"
    return await stored_file(request, desk.store, digest, media_type=kind, headers=FRAME)


@servers.post("/checked", status_code=204)
async def told(
    request: Request, person: Reader, number: Number, attempt: Number, found: Found
) -> None:
    """The version was run anew, and this is what differs."""
    desk = desk_of(request)
    job = await own_job(request, person, number, attempt)
    version = await _checked(desk, number)
    await step(desk, checks.tell, number, attempt, found)
    desk.jobs_changed.set()
    detail: dict[str, Any] = {"version": version.number, "same_bits": found.same_bits}
    await desk.note(person, "report.checked", f"report/{job.report}", "ok", detail)
