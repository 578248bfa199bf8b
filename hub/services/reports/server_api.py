"""What a job's own server asks and tells, with its own token.

The hub says which server a token is of. So a server can speak for its own try of its own
job and for nothing else, whatever it runs.
"""

import json
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from hub.services.reports import checks, jobs, library
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number
from hub.services.reports.framed import FRAME
from hub.services.reports.jobs import Job, TooLate
from hub.services.reports.library import Version, version_of
from hub.services.reports.reading import asked, changed
from hub.services.reports.sending import stored_file
from hub.services.reports.uploads import (
    Handed,
    body_of,
    checked,
    checked_pdf,
    most_bytes,
    receipt_of,
)
from hub.services.web.counter import Person

__all__ = ["own_job", "router", "step"]

router = APIRouter(prefix="/api/jobs/{number}/{attempt}", include_in_schema=False)

_LONGEST: Final = 200_000


class Work(BaseModel):
    """What is to be run, and what the platform alone knows for the page."""

    notebook: Any
    parameters: dict[str, Any]
    is_as_it_is: bool
    folder: str
    facts: dict[str, Any]
    # Of a check: files of the version to compare with. A server of an older release knows
    # nothing of them, and is told so when it hands in a version.
    compared: list[str] = []
    # The version is there: a try before made it, and what is left is its PDF.
    only_prints: bool = False


class Progress(BaseModel):
    """How far it has come."""

    cell: int = Field(ge=0, le=100_000)
    of: int = Field(ge=0, le=100_000)


class Done(BaseModel):
    """What came out."""

    title: str = Field("", max_length=500)
    files: list[Handed] = Field(max_length=64)
    # Whether the page is printed next, and the job goes on until then.
    prints: bool = False


class Printed(BaseModel):
    """The page on paper, or nothing where that can't be made."""

    file: Handed | None = None


class Failed(BaseModel):
    """Why nothing came out."""

    why: str = Field(max_length=2_000)
    failure: dict[str, Any] | None = None


async def own_job(request: Request, person: Person, number: int, attempt: int) -> Job:
    """The job, if it is its own server that asks."""
    job = await asked(desk_of(request), jobs.job_of, number)
    if job is not None:
        server = f"{job.owner}/{job.server_of(attempt)}"
        own = f"access:servers!server={server}"
        if job.owner == person.name and own in person.scopes:
            return job
    message = f"only the server that runs job {number} may speak for it."
    raise HTTPException(403, message)


@router.get("/work")
async def work(request: Request, person: Reader, number: Number, attempt: Number) -> Work:
    """Take the work; the job runs from now on."""
    desk = desk_of(request)
    await own_job(request, person, number, attempt)
    job = await step(desk, jobs.begin, number, attempt)
    notebook = await run_in_threadpool(desk.store.get, job.notebook)
    version = await asked(desk, checks.version_checked, number)
    made = await asked(desk, library.version_by, number)
    facts = {"author": job.asked_by, "profile": job.profile or "local", "run": job.server}
    return Work.model_validate(
        {
            "notebook": json.loads(notebook),
            "parameters": dict(job.parameters),
            "is_as_it_is": job.is_as_it_is,
            "folder": job.folder,
            "facts": facts,
            "compared": [] if version is None else checks.files_needed(version),
            "only_prints": made is not None,
        }
    )


@router.post("/progress", status_code=204)
async def progress(
    request: Request, person: Reader, number: Number, attempt: Number, told: Progress
) -> None:
    """Note how far it has come."""
    await own_job(request, person, number, attempt)
    await step(desk_of(request), jobs.progress, number, attempt, told.cell, told.of)


@router.put("/files/{name:path}")
async def file(
    request: Request, person: Reader, number: Number, attempt: Number, name: str
) -> Handed:
    """Hand in one file; what it is called decides how large it may be."""
    desk = desk_of(request)
    job = await own_job(request, person, number, attempt)
    at_most = most_bytes(name)
    await _check_quota(desk, job)
    kept = await desk.store.keep(body_of(request, at_most))
    server = f"{job.owner}/{job.server_of(attempt)}"
    receipt = receipt_of(desk.token, server, name, kept.digest, kept.n_bytes)
    return Handed(name=name, digest=kept.digest, bytes=kept.n_bytes, receipt=receipt)


async def _check_quota(desk: ReportsDesk, job: Job) -> None:
    stored = await asked(desk, library.stored_bytes, job.owner)
    most = desk.reports.n_bytes
    if stored >= most:
        law = f"the reports of {job.owner} may take {most / 2**30:.1f} GB"
        message = f"{law}; they take {stored / 2**30:.1f}. Delete some of them."
        raise HTTPException(413, message)


@router.post("/done")
async def done(
    request: Request, person: Reader, number: Number, attempt: Number, told: Done
) -> dict[str, int]:
    """The job is done: there is a version of these files."""
    desk = desk_of(request)
    job = await own_job(request, person, number, attempt)
    server = f"{job.owner}/{job.server_of(attempt)}"
    await _require_run(desk, job, attempt)
    files = checked(desk.token, server, told.files)
    n_bytes = sum(one.bytes for one in told.files)

    def finish(connection: Connection, now: datetime) -> int:
        report = library.report_of(connection, job.report)
        title = report.title if report is not None else told.title
        return jobs.finish(
            connection,
            number,
            attempt,
            title=title,
            files=files,
            n_bytes=n_bytes,
            now=now,
            prints=told.prints,
        )

    version = await step(desk, finish)
    desk.jobs_changed.set()
    await desk.note(person, "report.publish", f"report/{job.report}", "ok", {"job": number})
    return {"version": version}


@router.get("/page")
async def page_to_print(
    request: Request, person: Reader, number: Number, attempt: Number
) -> Response:
    """The page that the job made, for a try that prints it."""
    desk = desk_of(request)
    job = await own_job(request, person, number, attempt)
    version = await _made_by(desk, job)
    digest, kind = version.files["page.html"], "application/octet-stream"
    return await stored_file(request, desk.store, digest, media_type=kind, headers=FRAME)


@router.post("/printed", status_code=204)
async def printed(
    request: Request, person: Reader, number: Number, attempt: Number, told: Printed
) -> None:
    """The job is done: this is the PDF of its version, or there is none."""
    desk = desk_of(request)
    job = await own_job(request, person, number, attempt)
    await _made_by(desk, job)
    pdf = None
    if told.file is not None:
        server = f"{job.owner}/{job.server_of(attempt)}"
        pdf = checked_pdf(desk.token, server, told.file)
    await step(desk, jobs.printed, number, attempt, pdf)
    desk.jobs_changed.set()


async def _made_by(desk: ReportsDesk, job: Job) -> Version:
    def find(connection: Connection) -> Version | None:
        number = library.version_by(connection, job.id)
        return None if number is None else version_of(connection, job.report, number)

    found = await asked(desk, find)
    if found is None:
        raise HTTPException(409, f"job {job.id} must have made a version; it has none.")
    return found


async def _require_run(desk: ReportsDesk, job: Job, attempt: int) -> None:
    """Refuse a version of a job that is a check, and end it."""
    if await asked(desk, checks.check_of, job.id) is None:
        return
    why = "Its server's image is of an older release, which can't check."

    def fail(connection: Connection, now: datetime) -> None:
        jobs.fail(connection, job.id, attempt, why, now)

    await step(desk, fail)
    raise HTTPException(409, f"job {job.id} is a check, and makes no version.")


@router.post("/failed", status_code=204)
async def failed(
    request: Request, person: Reader, number: Number, attempt: Number, told: Failed
) -> None:
    """The job has failed, and nothing is published."""
    job = await own_job(request, person, number, attempt)
    is_short = told.failure is None or len(str(told.failure)) <= _LONGEST
    failure = told.failure if is_short else {"text": "It said too much to be kept."}

    # What a program printed last may hold anything, and PostgreSQL's texts no NUL.
    why = told.why.replace("\0", "\ufffd")

    def fail(connection: Connection, now: datetime) -> None:
        jobs.fail(connection, number, attempt, why, now, failure)

    await step(desk_of(request), fail)
    desk_of(request).jobs_changed.set()
    detail = {"job": number, "why": why[:200]}
    target = f"report/{job.report}"
    await desk_of(request).note(person, "report.publish", target, "failed", detail)


async def step(desk: ReportsDesk, task: Any, *given: Any) -> Any:
    """One step of a job, or the refusal of one that comes too late."""
    try:
        return await changed(desk, task, *given)
    except TooLate as error:
        raise HTTPException(409, f"too late: {error}.") from error
