"""What a report is about, as its owner says it: a description, and tags."""

import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from hub.services.reports import finding
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number, Text
from hub.services.reports.finding import (
    LONGEST_DESCRIPTION,
    LONGEST_TAG,
    MOST_TAGS,
    Sought,
)
from hub.services.reports.library import words_of
from hub.services.reports.reading import asked, changed, own_report
from hub.services.web.counter import Person
from hub.services.web.protection import form_of

__all__ = ["pages", "programs", "tags_in"]

pages = APIRouter(include_in_schema=False)
programs = APIRouter(prefix="/api")

_TAG: Final = re.compile(r"\w[\w .&+-]*")


class About(BaseModel):
    """What a report is about; what isn't said stays as it is."""

    description: Text | None = Field(None, max_length=LONGEST_DESCRIPTION)
    tags: list[str] | None = Field(None, max_length=1_000)


class TagModel(BaseModel):
    """A tag, and how many of the reports that one may read have it."""

    tag: str
    reports: int


@programs.patch("/reports/{number}", status_code=204, tags=["reports"])
async def describe(request: Request, person: Reader, number: Number, told: About) -> None:
    """Say what a report of one's own is about: by a description, and by tags."""
    await _describe(desk_of(request), person, number, told)


@programs.get("/tags", tags=["reports"])
async def tags(request: Request, person: Reader) -> list[TagModel]:
    """Tags of the reports that one may read: the hundred of most reports, by name."""
    sought = Sought(user=person.name, groups=person.groups)
    found = await asked(desk_of(request), finding.readable_tags, sought)
    return [TagModel(tag=one.tag, reports=one.n_reports) for one in found]


@pages.post("/r/{number}/about")
async def about(request: Request, person: Reader, number: Number) -> Response:
    """The same, by the form of a report's page."""
    desk, form = desk_of(request), await form_of(request)
    description = str(form.get("description", "")).replace("\r\n", "\n").strip()
    if len(description) > LONGEST_DESCRIPTION:
        law = f"A description must have at most {LONGEST_DESCRIPTION:,} characters"
        raise HTTPException(422, f"{law}; this has {len(description):,}.")
    if "\0" in description:
        raise HTTPException(422, "A description must hold no NUL character.")
    told = About(description=description, tags=str(form.get("tags", "")).split(",")[:1_000])
    await _describe(desk, person, number, told)
    return RedirectResponse(f"{desk.prefix}/r/{number}", 303)


async def _describe(desk: ReportsDesk, person: Person, number: int, told: About) -> None:
    report = await own_report(desk, person, number)
    named = None if told.tags is None else tags_in(told.tags)

    def write(connection: Connection, _now: Any) -> None:
        finding.describe(connection, report, description=told.description, tags=named)

    await changed(desk, write)
    detail = {"tags": named, "described": told.description is not None}
    await desk.note(person, "report.describe", f"report/{number}", "ok", detail)


def tags_in(told: Sequence[str]) -> list[str]:
    """Tags as they are kept: folded, each once, by name.

    Raises
    ------
    HTTPException
        If there are too many, or one is none.

    Examples
    --------
    >>> tags_in(["Q3 ", "risk", "", "Risk"])
    ['q3', 'risk']
    """
    found = sorted({" ".join(words_of(one).split()) for one in told} - {""})
    if len(found) > MOST_TAGS:
        law = f"A report must have at most {MOST_TAGS} tags"
        raise HTTPException(422, f"{law}; got {len(found)}.")
    for tag in found:
        if len(tag) > LONGEST_TAG or _TAG.fullmatch(tag) is None:
            law = f"be letters, digits, spaces and .&+-_, at most {LONGEST_TAG} of them"
            shown = tag if len(tag) <= LONGEST_TAG else f"{tag[:LONGEST_TAG]}…"
            raise HTTPException(422, f"A tag must {law}; got {shown!r}.")
    return found
