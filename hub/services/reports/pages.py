"""The pages: the list, a report with its versions, its sharing, its runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from hub.services.reports import finding, jobs, library, schedules, subscriptions
from hub.services.reports.api import Again, again, delete_own
from hub.services.reports.asked_parameters import Asked, asked_in, shown_form
from hub.services.reports.checks import checked_by, checks_of
from hub.services.reports.comments import AT_MOST, comments_of, may_remove
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number, Text, is_line, number_in
from hub.services.reports.finding import Sought
from hub.services.reports.framed import framed_page, is_alone
from hub.services.reports.library import Grant, Link, Report, Version
from hub.services.reports.reading import (
    asked,
    changed,
    own_report,
    readable_report,
    version_asked,
)
from hub.services.reports.rendering import page
from hub.services.reports.retention import leaves_at
from hub.services.web.counter import Person
from hub.services.web.hub_api import HubApi
from hub.services.web.protection import form_of
from hub.services.web.signing_in import source_of

__all__ = ["report_page", "router"]

router = APIRouter(include_in_schema=False)

PER_PAGE: Final = 50


@router.get("/")
async def first(
    request: Request,
    person: Reader,
    search: Annotated[Text, Query(max_length=500)] = "",
    tag: Annotated[Text, Query(max_length=100)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    """The reports that one may read, the newest first."""
    everything = Sought(user=person.name, groups=person.groups)
    sought = replace(everything, words=search, tags=(tag,) if tag else ())

    def find(connection: Connection) -> dict[str, Any]:
        offset = PER_PAGE * (number - 1)
        found = finding.readable(connection, sought, offset=offset, limit=PER_PAGE)
        return {
            "reports": found,
            "tags_of": finding.tags_of(connection, [one.id for one in found]),
            "total": finding.n_readable(connection, sought),
            "tags": finding.readable_tags(connection, everything),
        }

    shown = await asked(desk_of(request), find)
    shown |= {"search": search, "tag": tag, "number": number}
    n_pages = max(1, -(-shown["total"] // PER_PAGE))
    return page(request, "list", person, n_pages=n_pages, **shown)


@router.get("/r/{number}")
async def newest(request: Request, person: Reader, number: Number) -> Response:
    """A report: its newest version, or how its first run goes."""
    return await report_page(request, person, number, None)


@router.get("/r/{number}/v/{version}")
async def one_version(
    request: Request, person: Reader, number: Number, version: Number
) -> Response:
    """A report at one of its versions."""
    return await report_page(request, person, number, version)


async def report_page(
    request: Request,
    person: Person,
    number: int,
    version: int | None,
    *,
    status: int = 200,
    asked_for: Asked | None = None,
) -> Response:
    """The page of a report at a version.

    Parameters
    ----------
    request : Request
        What is answered.
    person : Person
        Who reads.
    number, version : int
        Which report; its newest version where none is named.
    status : int, default 200
        HTTP's status.
    asked_for : Asked, optional
        What was typed into the form of parameters, if that may not be.
    """
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    is_mine = report.owner == person.name

    at = None
    if report.n_versions or version is not None:
        at = await version_asked(desk, report, version)

    def find(connection: Connection) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "versions": library.versions_of(connection, number),
            "tags": finding.tags_of(connection, [number])[number],
            "grants": library.grants_of(connection, number) if is_mine else [],
            "links": library.links_of(connection, number, now) if is_mine else [],
            "jobs": jobs.jobs_of(connection, number) if is_mine else [],
            "job_of_it": jobs.job_of(connection, at.job) if at is not None else None,
            "checked": checked_by(connection, number) if is_mine else {},
            "checks": checks_of(connection, number, at.number) if at is not None else [],
            "comments": comments_of(connection, number),
            "schedules": schedules.schedules_of(connection, number) if is_mine else [],
            "is_subscribed": subscriptions.is_subscribed(connection, number, person.name),
        }

    shown = await asked(desk, find)
    made_by = shown.pop("job_of_it")
    shown["is_printing"] = made_by is not None and made_by.is_open
    shown["is_as_it_is"] = made_by is not None and made_by.is_as_it_is
    about: dict[str, Any] = {"report": report, "is_mine": is_mine, "at": at}
    allows_links = desk.reports.links_at_most is not None
    about |= {"allows_links": allows_links, "longest_comment": AT_MOST}
    about["removable"] = {
        one.id for one in shown["comments"] if may_remove(one, report, person.name)
    }
    about["sends_mails"] = desk.reports.mails is not None
    kept_for = desk.reports.versions_kept_for
    about["has_age"] = kept_for is not None
    about["leaves_at"] = leaves_at(report, at, kept_for) if at is not None else None
    about |= await shown_form(desk, at if is_mine else None, asked_for)
    return page(request, "report", person, status=status, **about, **shown)


@router.post("/r/{number}/share")
async def share(request: Request, person: Reader, number: Number) -> Response:
    """Let a user or a group read, or take that back."""
    desk, form = desk_of(request), await form_of(request)
    await own_report(desk, person, number)
    kind, name = str(form.get("kind", "")), str(form.get("name", "")).strip()
    # What was shared with before it had to be a line can be taken back.
    is_name = is_line(name) or bool(name and form.get("end"))
    if kind not in ("user", "group") or len(name) > 255 or not is_name:
        raise HTTPException(422, "Name a user or a group with whom to share.")
    to = Grant(kind=kind, name=name)
    detail = {"kind": kind, "name": name}
    if form.get("end"):
        await changed(desk, lambda connection, _now: library.revoke(connection, number, to))
        await desk.note(person, "report.revoke", f"report/{number}", "ok", detail)
    else:
        await changed(desk, library.grant, number, to)
        await desk.note(person, "report.grant", f"report/{number}", "ok", detail)
    return _back(desk, number)


@router.post("/r/{number}/delete")
async def remove(request: Request, person: Reader, number: Number) -> Response:
    """Delete a report, if its title was typed: it can't be undone."""
    desk, form = desk_of(request), await form_of(request)
    report = await own_report(desk, person, number)
    if str(form.get("title", "")).strip() != report.title.strip():
        raise HTTPException(422, "Type the title of the report to delete it.")
    await delete_own(desk, person, number)
    return RedirectResponse(f"{desk.prefix}/", 303)


@router.post("/r/{number}/run")
async def run(request: Request, person: Reader, number: Number) -> Response:
    """Run a version again, with the parameters of the form."""
    desk, form = desk_of(request), await form_of(request)
    report = await own_report(desk, person, number)
    if not (wanted := number_in(str(form.get("version", "")))):
        raise HTTPException(422, "Say which version is to be run again.")
    version = await version_asked(desk, report, wanted)
    asked_for = await asked_in(desk, version, form)
    if asked_for.wrong:
        shown: dict[str, Any] = {"asked_for": asked_for, "status": 422}
        return await report_page(request, person, number, version.number, **shown)
    told = Again(parameters=dict(asked_for.values))
    await again(desk, person, number, version.number, told)
    return _back(desk, number)


@router.post("/r/{number}/links")
async def links(request: Request, person: Reader, number: Number) -> Response:
    """Make a link for somebody from outside, which is shown once; or end one."""
    desk, form = desk_of(request), await form_of(request)
    report = await own_report(desk, person, number)
    if ended := number_in(str(form.get("end", ""))):
        await changed(
            desk, lambda connection, _now: library.end_link(connection, number, ended)
        )
        await desk.note(
            person, "report.link.end", f"report/{number}", "ok", {"link": ended}
        )
        return _back(desk, number)
    reader, days = str(form.get("reader", "")).strip(), str(form.get("days", ""))
    at_most = desk.reports.links_at_most
    if at_most is None:
        raise HTTPException(403, "This environment allows no links for outsiders.")
    if not is_line(reader) or not 0 < number_in(days) <= at_most.days:
        law = f"Say for whom it is, and for how many days: 1 to {at_most.days}."
        raise HTTPException(422, law)

    def add(connection: Connection, now: datetime) -> str:
        ends = now + timedelta(days=int(days))
        return library.add_link(connection, number, reader[:255], ends, now)

    secret = await changed(desk, add)
    told = {"reader": reader[:255], "days": int(days)}
    await desk.note(person, "report.link", f"report/{number}", "ok", told)
    address = f"{desk.public_url}{desk.prefix}/l/{secret}"
    return page(request, "link", person, report=report, address=address, reader=reader)


@router.get("/l/{secret}")
async def by_link(request: Request, secret: str) -> Response:
    """The newest version, for who has a link."""
    desk = desk_of(request)
    _, report, version = await _linked(request, secret)
    frame = f"{desk.prefix}/l/{secret}/page"
    job = await asked(desk, jobs.job_of, version.job)
    is_as_it_is = job is not None and job.is_as_it_is
    shown: dict[str, Any] = {"report": report, "at": version}
    shown["is_as_it_is"] = is_as_it_is
    return page(request, "linked", frame=frame, **shown)


@router.get("/l/{secret}/page")
async def page_by_link(request: Request, secret: str) -> Response:
    """Its page."""
    desk = desk_of(request)
    link, report, version = await _linked(request, secret)
    if is_alone(request):
        return RedirectResponse(f"{desk.prefix}/l/{secret}", 303)
    # Nobody is signed in: the link says whom it was made for.
    who = Person(
        name=f"link:{link.reader}", hub=HubApi(desk.client, ""), source=source_of(request)
    )
    detail = {"owner": report.owner, "link": link.id}
    target = f"report/{report.id}/{version.number}"
    await desk.note(who, "report.read", target, "ok", detail)
    return await framed_page(request, desk, version)


async def _linked(request: Request, secret: str) -> tuple[Link, Report, Version]:
    desk = desk_of(request)

    def find(connection: Connection) -> tuple[Link, Report] | None:
        link = library.linked(connection, secret, datetime.now(UTC))
        report = library.report_of(connection, link.report) if link is not None else None
        return (link, report) if link is not None and report is not None else None

    found = await asked(desk, find)
    if found is None or desk.reports.links_at_most is None:
        raise HTTPException(404, "This link has ended. Ask whoever sent it for another.")
    return *found, await version_asked(desk, found[1], None)


def _back(desk: ReportsDesk, number: int) -> Response:
    # So that reloading the page doesn't do it again.
    return RedirectResponse(f"{desk.prefix}/r/{number}", 303)
