"""What readers say of a report: short, by name, and under the version that they read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, delete, func, insert, select

from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import MOST_NUMBER, Number, number_in
from hub.services.reports.library import Report
from hub.services.reports.reading import asked, changed, readable_report, version_asked
from hub.services.reports.tables import COMMENTS
from hub.services.web.counter import Person
from hub.services.web.protection import form_of

__all__ = ["AT_MOST", "Comment", "comments_of", "may_remove", "router"]

AT_MOST: Final = 2_000
"""Characters of one comment."""

_MOST_OF_A_REPORT: Final = 1_000

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What somebody said of a version."""

    id: int
    report: int
    version: int
    by: str
    at: datetime
    text: str


class Said(BaseModel):
    """A comment to be made."""

    version: int = Field(ge=1, le=MOST_NUMBER, description="the version that it is about")
    text: str = Field(min_length=1, max_length=AT_MOST)


class CommentModel(BaseModel):
    """A comment."""

    id: int
    version: int
    by: str
    at: datetime
    text: str


def comments_of(connection: Connection, report: int) -> list[Comment]:
    """What was said of a report, in the order of time."""
    found = select(COMMENTS).where(COMMENTS.c.report == report).order_by(COMMENTS.c.id)
    return [Comment(**row._mapping) for row in connection.execute(found)]


@router.get("/api/reports/{number}/comments", tags=["reports"])
async def comments(request: Request, person: Reader, number: Number) -> list[CommentModel]:
    """What readers said of a report that one may read, in the order of time."""
    desk = desk_of(request)
    await readable_report(desk, person, number)
    return [_model(one) for one in await asked(desk, comments_of, number)]


@router.post("/api/reports/{number}/comments", status_code=201, tags=["reports"])
async def comment(
    request: Request, person: Reader, number: Number, said: Said
) -> CommentModel:
    """Say something of a report that one may read; its readers see it."""
    return _model(await _add(desk_of(request), person, number, said.version, said.text))


@router.delete(
    "/api/reports/{number}/comments/{comment}", status_code=204, tags=["reports"]
)
async def take_back(
    request: Request, person: Reader, number: Number, comment: Number
) -> None:
    """Delete a comment of one's own, or any of one's own report."""
    await _remove(desk_of(request), person, number, comment)


@router.post("/r/{number}/comments", include_in_schema=False)
async def by_form(request: Request, person: Reader, number: Number) -> Response:
    """Say something, or delete what was said, as the page's form asks."""
    desk, form = desk_of(request), await form_of(request)
    if ended := number_in(str(form.get("end", ""))):
        await _remove(desk, person, number, ended)
    else:
        if not (version := number_in(str(form.get("version", "")))):
            raise HTTPException(422, "Say which version the comment is about.")
        await _add(desk, person, number, version, str(form.get("text", "")))
    return RedirectResponse(f"{desk.prefix}/r/{number}#comments", 303)


async def _add(
    desk: ReportsDesk, person: Person, number: int, version: int, text: str
) -> Comment:
    report = await readable_report(desk, person, number)
    await version_asked(desk, report, version)
    # A form sends CR LF at the end of each line.
    text = text.replace("\r\n", "\n").strip()
    if "\0" in text:
        raise HTTPException(422, "A comment must hold no NUL character.")
    if not 0 < len(text) <= AT_MOST:
        law = f"A comment must have 1 to {AT_MOST:,} characters; this has {len(text):,}."
        raise HTTPException(422, law)

    def add(connection: Connection, now: datetime) -> Comment:
        counted = select(func.count()).where(COMMENTS.c.report == number)
        if (connection.scalar(counted) or 0) >= _MOST_OF_A_REPORT:
            law = f"A report must have at most {_MOST_OF_A_REPORT:,} comments."
            raise HTTPException(409, f"{law} Its owner may delete some.")
        values = {"version": version, "by": person.name, "at": now, "text": text}
        added = connection.execute(insert(COMMENTS).values(report=number, **values))
        (made,) = added.inserted_primary_key or (0,)
        return Comment(
            id=made, report=number, version=version, by=person.name, at=now, text=text
        )

    made = await changed(desk, add)
    detail = {"owner": report.owner, "comment": made.id}
    await desk.note(person, "report.comment", f"report/{number}/{version}", "ok", detail)
    return made


async def _remove(desk: ReportsDesk, person: Person, number: int, comment: int) -> None:
    report = await readable_report(desk, person, number)
    found = {one.id: one for one in await asked(desk, comments_of, number)}.get(comment)
    if found is None:
        raise HTTPException(404, f"There is no comment {comment} of report {number}.")
    if not may_remove(found, report, person.name):
        message = f"{found.by} made this comment; they or {report.owner} may delete it."
        raise HTTPException(403, message)
    is_it = (COMMENTS.c.id == comment, COMMENTS.c.report == number)
    gone = delete(COMMENTS).where(*is_it)
    await changed(desk, lambda connection, _now: connection.execute(gone))
    detail = {"by": found.by, "comment": comment}
    await desk.note(person, "report.comment.delete", f"report/{number}", "ok", detail)


def may_remove(comment: Comment, report: Report, name: str) -> bool:
    """Whether somebody may delete a comment: who made it, and whose report it is."""
    return name in (comment.by, report.owner)


def _model(one: Comment) -> CommentModel:
    return CommentModel(id=one.id, version=one.version, by=one.by, at=one.at, text=one.text)
