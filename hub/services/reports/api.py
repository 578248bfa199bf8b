"""The reports for programs: JSON, with a token in the header `Authorization`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from hub.services.reports import finding, jobs, library
from hub.services.reports.checks import Check, check_of
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Line, Number, Text
from hub.services.reports.finding import Sought
from hub.services.reports.jobs import Job, TooLate, Wanted
from hub.services.reports.library import Grant
from hub.services.reports.made import Declared, made_of
from hub.services.reports.parameter_form import require_parameters, require_small
from hub.services.reports.reading import (
    asked,
    changed,
    own_report,
    readable_report,
    version_asked,
)
from hub.services.web.counter import Person

__all__ = [
    "REFUSALS",
    "ReportModel",
    "again",
    "delete_own",
    "publish",
    "report_model",
    "require_room",
    "router",
]

REFUSALS: Final[Mapping[int | str, dict[str, Any]]] = {
    401: {"description": "No token, or one that the hub doesn't know"},
    404: {"description": "There is none, or it was not shared with who asks"},
    503: {"description": "The hub doesn't answer"},
}
"""What every question may be answered with besides."""

_MOST_NOTEBOOK: Final = 64 * 2**20
_SERVER: Final = "access:servers!server="

router = APIRouter(prefix="/api", responses=dict(REFUSALS))
Name = Annotated[Line, Field(min_length=1, max_length=255)]

MOST_WAITING: Final = 50
"""Jobs of one owner that may wait or be at work; those of schedules come besides."""


class Published(BaseModel):
    """A notebook to be published: it is run afresh, unless it is to stay as it is."""

    title: Line = Field(min_length=1, max_length=500)
    notebook: dict[str, Any]
    parameters: dict[str, Any] = {}
    groups: list[Name] = Field([], max_length=100)
    users: list[Name] = Field([], max_length=100)
    report: int | None = Field(None, description="a report of one's own: a new version")
    as_it_is: bool = False
    folder: Text = Field("", max_length=1_000, description="below the home; it runs there")


class JobModel(BaseModel):
    """How a job is."""

    job: int
    report: int
    state: str
    attempt: int
    cell: int
    of: int
    why: str
    failure: dict[str, Any] | None
    version: int | None = Field(description="there as soon as `state` is `done`")
    is_printing: bool = Field(description="the version is there, its PDF is being made")
    checks: int | None = Field(None, description="the version whose numbers it checks")
    page: str


class ReportModel(BaseModel):
    """A report as the list shows it."""

    id: int
    title: str
    owner: str
    created: datetime
    changed: datetime
    versions: int
    description: str
    tags: list[str]
    page: str


class ReportsModel(BaseModel):
    """A page of the reports that one may read."""

    total: int
    reports: list[ReportModel]


class Again(BaseModel):
    """With which parameters a report is run again; those not named stay what they were."""

    parameters: dict[str, Any] = {}


@router.post("/reports", status_code=202, tags=["reports"])
async def publish_one(request: Request, person: Reader, told: Published) -> JobModel:
    """Publish a notebook; the answer says how the job is known that runs it."""
    desk = desk_of(request)
    if told.report is not None:
        await own_report(desk, person, told.report)
    number = await publish(desk, person, told)
    return await _job_model(desk, number)


async def publish(desk: ReportsDesk, person: Person, told: Published) -> int:
    """Put the job of publishing a notebook into the queue; its number."""
    notebook = json.dumps(told.notebook).encode()
    if len(notebook) > _MOST_NOTEBOOK:
        raise HTTPException(413, "A notebook must have at most 64 MB; clear its outputs.")
    if told.notebook.get("nbformat") != 4 or "cells" not in told.notebook:
        message = "`notebook` must be a notebook in nbformat 4, as JupyterLab saves it."
        raise HTTPException(422, message)
    require_small(told.parameters)
    digest = await run_in_threadpool(desk.store.put, notebook)
    profile = await _profile(person)

    def add(connection: Connection, now: datetime) -> int:
        require_room(connection, person.name)
        report = told.report or library.create(connection, person.name, told.title, now)
        wanted = Wanted(
            report=report,
            owner=person.name,
            asked_by=person.name,
            notebook=digest,
            parameters=told.parameters,
            profile=profile,
            folder=told.folder,
            is_as_it_is=told.as_it_is,
        )
        for kind, names in (("user", told.users), ("group", told.groups)):
            for name in names:
                library.grant(connection, report, Grant(kind=kind, name=name), now)
        return jobs.submit(connection, wanted, now)

    number = await changed(desk, add)
    desk.jobs_changed.set()
    detail = {"title": told.title, "groups": told.groups, "users": told.users}
    await desk.note(person, "report.submit", f"job/{number}", "ok", detail)
    return number


def require_room(connection: Connection, owner: str) -> None:
    """Refuse a job of somebody who has as many of them as may wait.

    Raises
    ------
    HTTPException
        If there is no room.
    """
    if library.n_open_jobs(connection, owner) >= MOST_WAITING:
        law = f"{owner} may have {MOST_WAITING} runs that wait or go on"
        raise HTTPException(429, f"{law}, and has them. End some, or wait for their ends.")


async def _profile(person: Person) -> str:
    """The profile of the server that publishes: the job is to have the same."""
    names = [scope.partition("/")[2] for scope in person.scopes if _SERVER in scope]
    user = await person.hub.user(person.name) if names else None
    servers = user.servers if user is not None else ()
    return next((one.profile for one in servers if one.name in names), "")


@router.get("/reports", tags=["reports"])
async def reports(
    request: Request,
    person: Reader,
    search: Annotated[Text, Query(max_length=500)] = "",
    tag: Annotated[tuple[Text, ...], Query(max_length=finding.MOST_TAGS)] = (),
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> ReportsModel:
    """Reports that one may read, the newest first, fifty on a page.

    All words of `search` are in title, description or owner; every `tag` is on the report.
    """
    desk = desk_of(request)
    groups = person.groups
    sought = Sought(user=person.name, groups=groups, words=search, tags=tag)

    def find(connection: Connection) -> ReportsModel:
        found = finding.readable(connection, sought, offset=50 * (page - 1), limit=50)
        tags = finding.tags_of(connection, [one.id for one in found])
        shown = [report_model(desk, one, tags[one.id]) for one in found]
        return ReportsModel(total=finding.n_readable(connection, sought), reports=shown)

    return await asked(desk, find)


@router.get("/reports/{number}", tags=["reports"])
async def report(request: Request, person: Reader, number: Number) -> ReportModel:
    """One report."""
    desk = desk_of(request)
    found = await readable_report(desk, person, number)
    tags = await asked(desk, finding.tags_of, [number])
    return report_model(desk, found, tags[number])


@router.delete("/reports/{number}", status_code=204, tags=["reports"])
async def delete_report(request: Request, person: Reader, number: Number) -> None:
    """Delete a report of one's own, with all its versions; it can't be undone."""
    await delete_own(desk_of(request), person, number)


async def delete_own(desk: ReportsDesk, person: Person, number: int) -> None:
    """Delete a report of the one who asks, unless a run of it goes on."""
    report = await own_report(desk, person, number)

    def remove(connection: Connection, _now: datetime) -> bool:
        return library.remove(connection, number)

    if not await changed(desk, remove):
        message = "A run of this report goes on; end it first, or wait for its end."
        raise HTTPException(409, message)
    detail = {"title": report.title, "versions": report.n_versions}
    await desk.note(person, "report.delete", f"report/{number}", "ok", detail)


@router.get("/reports/{number}/versions/{version}/parameters", tags=["reports"])
async def parameters(
    request: Request, person: Reader, number: Number, version: Number
) -> list[Declared] | None:
    """Parameters of a version: each with its law and value; null if it doesn't tell."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    made = await made_of(desk, await version_asked(desk, report, version))
    return None if made.parameters is None else list(made.parameters)


@router.post("/reports/{number}/versions/{version}/runs", status_code=202, tags=["reports"])
async def run_again(
    request: Request, person: Reader, number: Number, version: Number, told: Again
) -> JobModel:
    """Run a version of one's own report again; that makes a new version."""
    desk = desk_of(request)
    await own_report(desk, person, number)
    return await _job_model(desk, await again(desk, person, number, version, told))


async def again(
    desk: ReportsDesk, person: Person, number: int, version: int, told: Again
) -> int:
    """Put another run of a version's notebook into the queue; the job's number."""
    report = await own_report(desk, person, number)
    found = await version_asked(desk, report, version)
    require_parameters(await made_of(desk, found), told.parameters)

    def add(connection: Connection, now: datetime) -> int:
        require_room(connection, report.owner)
        before = jobs.job_of(connection, found.job)
        assert before is not None
        wanted = Wanted(
            report=number,
            owner=report.owner,
            asked_by=person.name,
            notebook=before.notebook,
            parameters={**before.parameters, **told.parameters},
            profile=before.profile,
            folder=before.folder,
        )
        return jobs.submit(connection, wanted, now)

    job = await changed(desk, add)
    desk.jobs_changed.set()
    detail = {"version": version, "parameters": told.parameters}
    await desk.note(person, "report.rerun", f"report/{number}", "ok", detail)
    return job


@router.put("/reports/{number}/grants/{kind}/{name}", status_code=204, tags=["access"])
async def grant(
    request: Request,
    person: Reader,
    number: Number,
    kind: Literal["user", "group"],
    name: Annotated[Line, Path(max_length=255)],
) -> None:
    """Let a user or a group read a report of one's own."""
    desk, to = desk_of(request), Grant(kind=kind, name=name)
    await own_report(desk, person, number)
    await changed(desk, library.grant, number, to)
    await desk.note(person, "report.grant", f"report/{number}", "ok", asdict(to))


@router.delete("/reports/{number}/grants/{kind}/{name}", status_code=204, tags=["access"])
async def revoke(
    request: Request,
    person: Reader,
    number: Number,
    kind: Literal["user", "group"],
    name: Annotated[Line, Path(max_length=255)],
) -> None:
    """Take that back: the next read is refused."""
    desk, to = desk_of(request), Grant(kind=kind, name=name)
    await own_report(desk, person, number)
    await changed(desk, lambda connection, _now: library.revoke(connection, number, to))
    await desk.note(person, "report.revoke", f"report/{number}", "ok", asdict(to))


@router.get("/jobs/{number}", tags=["jobs"])
async def job(request: Request, person: Reader, number: Number) -> JobModel:
    """How a job of one's own is."""
    await _own_job(request, person, number)
    return await _job_model(desk_of(request), number)


@router.delete("/jobs/{number}", status_code=204, tags=["jobs"])
async def cancel(request: Request, person: Reader, number: Number) -> None:
    """End a job of one's own; its server is stopped."""
    desk = desk_of(request)
    await _own_job(request, person, number)

    def end(connection: Connection, now: datetime) -> None:
        jobs.cancel(connection, number, f"{person.name} ended it.", now)

    try:
        await changed(desk, end)
        desk.jobs_changed.set()
    except TooLate as error:
        raise HTTPException(409, f"too late: {error}.") from error
    await desk.note(person, "report.cancel", f"job/{number}")


async def _own_job(request: Request, person: Person, number: int) -> Job:
    found = await asked(desk_of(request), jobs.job_of, number)
    if found is None or person.name not in (found.owner, found.asked_by):
        raise HTTPException(404, f"There is no job {number} of {person.name}.")
    return found


async def _job_model(desk: ReportsDesk, number: int) -> JobModel:
    def find(connection: Connection) -> tuple[Job | None, int | None, Check | None]:
        found = jobs.job_of(connection, number)
        made = library.version_by(connection, number)
        return found, made, check_of(connection, number)

    found, version, check = await asked(desk, find)
    assert found is not None
    return JobModel(
        job=found.id,
        report=found.report,
        state=found.state if version is None else "done",
        attempt=found.attempt,
        cell=found.cell,
        of=found.of_cells,
        why=found.why,
        failure=dict(found.failure) if found.failure is not None else None,
        version=version,
        is_printing=version is not None and found.is_open,
        checks=None if check is None else check.version,
        page=f"{desk.prefix}/r/{found.report}",
    )


def report_model(desk: ReportsDesk, one: library.Report, tags: list[str]) -> ReportModel:
    """A report as the list shows it."""
    return ReportModel(
        id=one.id,
        title=one.title,
        owner=one.owner,
        created=one.created,
        changed=one.changed,
        versions=one.n_versions,
        description=one.description,
        tags=tags,
        page=f"{desk.prefix}/r/{one.id}",
    )
