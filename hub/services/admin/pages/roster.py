"""Inviting one user, or a list of them from CSV with a look at it first."""

from collections.abc import Collection
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from hub.services.admin.desk import Desk, Person
from hub.services.admin.inviting import invitation, invite
from hub.services.admin.outcomes import Report
from hub.services.admin.rendering import page
from hub.services.admin.roster import Line, Problem, Roster, name_problem, read_roster
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.protection import form_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_MOST_BYTES: Final = 1_000_000


@router.get("/invite")
async def invite_page(request: Request, person: SignedIn) -> HTMLResponse:
    """A form for one user."""
    return await _invite_page(request, person)


async def _invite_page(
    request: Request,
    person: Person,
    problem: str = "",
    name: str = "",
    chosen: Collection[str] = (),
) -> HTMLResponse:
    groups = [group.name for group in await person.hub.groups()]
    return page(
        request,
        "invite",
        person,
        status=400 if problem else 200,
        groups=groups,
        problem=problem,
        name=name,
        chosen=chosen,
    )


@router.post("/invite")
async def invite_one(request: Request, person: SignedIn) -> Response:
    """Make the user, and show the address to send."""
    desk, form = desk_of(request), await form_of(request)
    name = str(form.get("name", "")).strip().lower()
    groups = tuple(str(group) for group in form.getlist("group"))
    law = name_problem(name)
    if law:
        said = f"{law}; got {name!r}."
        return await _invite_page(request, person, said, name, groups)
    chosen = groups if desk.manages_groups else ()
    report = await invite(desk, person, [Line(number=1, name=name, groups=chosen)])
    return _shown(request, desk, person, report)


def _shown(request: Request, desk: Desk, person: Person, report: Report) -> Response:
    links = {
        outcome.name: invitation(desk, outcome.name)
        for outcome in report.outcomes
        if outcome.state != "refused"
    }
    session = desk.sessions.find(person.cookie)
    if session is None:
        return page(request, "invited", person, report=report, links=links)
    key = session.keep((report, links))
    return RedirectResponse(f"{desk.prefix}/invited/{key}", 303)


@router.get("/invited/{key}")
async def invited(request: Request, person: SignedIn, key: str) -> HTMLResponse:
    """Who was invited, and the addresses to send them."""
    session = desk_of(request).sessions.find(person.cookie)
    kept: Any = session.reports.get(key) if session else None
    if kept is None:
        message = "This report is no longer kept; the users are in the list."
        return page(request, "refused", person, status=404, message=message)
    report, links = kept
    return page(request, "invited", person, report=report, links=links)


@router.get("/import")
async def import_page(request: Request, person: SignedIn) -> HTMLResponse:
    """A form for a list."""
    return page(request, "import", person, text="", roster=None, known=frozenset())


@router.post("/import")
async def import_list(request: Request, person: SignedIn) -> Response:
    """Show what a list would do; do it once it was seen and keeps every law."""
    desk, form = desk_of(request), await form_of(request)
    text = await _text(form)
    await form.close()
    roster = await _roster(desk, person, text)
    is_good = bool(roster.lines) and not roster.problems
    # What was seen is what is taken: a text that was changed since is shown again.
    if is_good and form.get("sure") == "yes" and _plain(form.get("seen")) == text:
        report = await invite(desk, person, roster.lines)
        return _shown(request, desk, person, report)
    known = {user.name async for user in person.hub.every_user()} if is_good else set()
    return page(
        request,
        "import",
        person,
        status=400 if roster.problems else 200,
        text=text,
        roster=roster,
        known=known,
    )


async def _text(form: Any) -> str:
    file = form.get("file")
    if isinstance(file, UploadFile) and file.size:
        return (await file.read(_MOST_BYTES + 1)).decode("utf-8-sig", "replace")
    return _plain(form.get("text"))


def _plain(text: Any) -> str:
    # Forms send other line ends than they were given.
    return str(text or "").replace("\r\n", "\n")


async def _roster(desk: Desk, person: Person, text: str) -> Roster:
    if not text.strip():
        law = "the list must have a header and a user"
        return Roster(problems=(Problem(number=1, law=law, value=""),))
    if len(text) > _MOST_BYTES:
        law = f"a list must have at most {_MOST_BYTES:,} characters"
        return Roster(problems=(Problem(number=1, law=law, value=len(text)),))
    groups = {group.name for group in await person.hub.groups()}
    return read_roster(text, groups, sets_groups=desk.manages_groups)
