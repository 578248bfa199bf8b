"""Announcements: written, looked at, shown from one time to another, withdrawn."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub import announcements as board
from hub.services.admin.desk import Desk, Person
from hub.services.admin.rendering import page
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.protection import form_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/announcements")
async def announcements(request: Request, person: SignedIn) -> HTMLResponse:
    """All announcements, and a form for another."""
    return await _shown(request, person)


async def _shown(
    request: Request, person: Person, problem: str = "", form: Any = None
) -> HTMLResponse:
    found = await run_in_threadpool(board.all_announcements, desk_of(request).engine)
    return page(
        request,
        "announcements",
        person,
        status=400 if problem else 200,
        found=found,
        problem=problem,
        form=form or {},
        words=board.WORDS,
        longest=board.LONGEST,
    )


@router.post("/announcements")
async def announce(request: Request, person: SignedIn) -> Response:
    """Announce something."""
    desk, form = desk_of(request), await form_of(request)
    try:
        made = await _announce(desk, person, form)
    except ValueError as error:
        return await _shown(request, person, str(error), form)
    detail = {"text": made.text, "level": made.level}
    await desk.note(person, "announcement.publish", str(made.id), detail=detail)
    return RedirectResponse(f"{desk.prefix}/announcements", 303)


async def _announce(desk: Desk, person: Person, form: Any) -> board.Announcement:
    starts = _moment(form, "starts") or datetime.now(UTC)
    ends = _moment(form, "ends")
    text, level = str(form.get("text", "")), form.get("level", "info")
    return await run_in_threadpool(
        lambda: board.announce(
            desk.engine, text=text, level=level, starts=starts, ends=ends, by=person.name
        )
    )


def _moment(form: Any, field: str) -> datetime | None:
    """The time in a form, which is UTC."""
    text = str(form.get(field, "")).strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        message = f"`{field}` must be a date and a time; got {text!r}."
        raise ValueError(message) from error


@router.post("/announcements/withdraw")
async def withdraw(request: Request, person: SignedIn) -> Response:
    """Take an announcement down."""
    desk, form = desk_of(request), await form_of(request)
    number = str(form.get("id", ""))
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    if not is_number or not await run_in_threadpool(
        board.withdraw, desk.engine, int(number)
    ):
        problem = f"There is no announcement {number!r} (any more), so none was withdrawn."
        return await _shown(request, person, problem)
    await desk.note(person, "announcement.withdraw", number)
    return RedirectResponse(f"{desk.prefix}/announcements", 303)
