"""A report's own page: active content of somebody else, which may do nothing as its reader.

It is shown in a frame and nowhere else: by itself it could lead its tab away, to the hub's
way out, say. What keeps it in is said with every answer, and not by the frame alone.
"""

import asyncio
import time
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from hub.services.reports import jobs, library
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number
from hub.services.reports.library import Version
from hub.services.reports.reading import asked, readable_report, version_asked
from hub.services.reports.sending import stored_file
from hub.services.reports.uploads import PDF

__all__ = ["FRAME", "PRINTED_WITHIN", "framed_page", "is_alone", "router"]

router = APIRouter(include_in_schema=False)

FRAME: Final = {
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' blob:; "
        "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data:; "
        "worker-src blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    # A page without an origin is from elsewhere to every other.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""Headers of every answer that holds what a notebook made."""

_TYPES: Final = {
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "pdf": "application/pdf",
}
PRINTED_WITHIN: Final = 20.0
"""Seconds for which whoever asks for a PDF waits until it is made."""

_ASKED_EVERY: Final = 0.5
_OTHER: Final = "application/octet-stream"


@router.get("/r/{number}/v/{version}/page")
async def own_page(
    request: Request, person: Reader, number: Number, version: Number
) -> Response:
    """The page of a version."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    found = await version_asked(desk, report, version)
    if is_alone(request):
        return RedirectResponse(f"{desk.prefix}/r/{number}/v/{version}", 303)
    target = f"report/{number}/{version}"
    await desk.note(person, "report.read", target, "ok", {"owner": report.owner})
    return await framed_page(request, desk, found)


@router.get("/r/{number}/v/{version}/files/{name:path}")
async def file(
    request: Request, person: Reader, number: Number, version: Number, name: str
) -> Response:
    """A file of a version, to keep."""
    desk = desk_of(request)
    report = await readable_report(desk, person, number)
    found = await version_asked(desk, report, version)
    if name == PDF:
        found = await _printed(desk, found)
    if name not in found.files:
        raise HTTPException(404, f"This version has {', '.join(found.files)}.")
    detail = {"owner": report.owner, "file": name}
    await desk.note(person, "report.read", f"report/{number}/{version}", "ok", detail)
    saved_as = f"report-{number}-{version}-{name.rpartition('/')[2]}"
    return await stored_file(
        request,
        desk.store,
        found.files[name],
        media_type=_TYPES.get(name.rpartition(".")[2], _OTHER),
        headers=FRAME,
        saved_as=saved_as,
    )


async def _printed(desk: ReportsDesk, version: Version) -> Version:
    """A version with its PDF, for which a moment is waited, or which has none.

    Raises
    ------
    HTTPException
        If it is still being made then.
    """
    until = time.monotonic() + PRINTED_WITHIN
    while PDF not in version.files:
        job = await asked(desk, jobs.job_of, version.job)
        found = await asked(desk, library.version_of, version.report, version.number)
        if found is None or job is None or not job.is_open:
            return found or version
        if time.monotonic() > until:
            law = f"The PDF of version {version.number} is still being made"
            raise HTTPException(503, f"{law}; the page is there. Try again in a minute.")
        version = found
        await asyncio.sleep(_ASKED_EVERY)
    return version


def is_alone(request: Request) -> bool:
    """Whether a browser is to show this in a tab of its own."""
    return request.headers.get("sec-fetch-dest") == "document"


async def framed_page(request: Request, desk: ReportsDesk, version: Version) -> Response:
    """The page itself, which never goes out without what keeps it in."""
    return await stored_file(
        request,
        desk.store,
        version.files["page.html"],
        media_type="text/html; charset=utf-8",
        headers=FRAME,
    )
