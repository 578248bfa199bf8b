"""The application: pages, the API for programs, and what the servers of jobs ask."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from hub.release import release
from hub.services.reports import (
    api,
    checking,
    comments,
    framed,
    keeping,
    pages,
    schedule_api,
    schedule_pages,
    server_api,
    side_by_side,
    tags,
)
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.rendering import page
from hub.services.reports.store import FileGone, StoreTrouble
from hub.services.telling import told_in
from hub.services.web import STATIC, signing_in
from hub.services.web.protection import add_security_headers
from hub.services.web.refusals import add_refusals, refuse

__all__ = ["Worker", "reports_service"]

_LOG: Final = logging.getLogger("hub.services.reports")


class Worker(Protocol):
    """What works beside the answers, as long as the application runs."""

    async def run(self) -> None:
        """Work without an end."""


def reports_service(desk: ReportsDesk, *workers: Worker) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    desk : ReportsDesk
        The hub, the database, the files.
    *workers : Worker
        What begins jobs, and what sends mails, as long as the application runs.

    Returns
    -------
    FastAPI
        It answers below the desk's prefix alone.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(worker.run()) for worker in workers]
        yield
        for task in running:
            task.cancel()

    made = FastAPIOffline(
        docs_url=f"{desk.prefix}/api/docs",
        redoc_url=None,
        openapi_url=f"{desk.prefix}/api/openapi.json",
        static_url=f"{desk.prefix}/api/static",
        title="mchub reports API",
        version=release(),
        redirect_slashes=False,
        lifespan=lifespan,
    )
    made.state.desk = desk
    for router in (signing_in.router, pages.router, schedule_pages.router, framed.router):
        made.include_router(router, prefix=desk.prefix)
    programs = (api.router, schedule_api.router, comments.router)
    for router in (server_api.router, checking.servers, *programs):
        made.include_router(router, prefix=desk.prefix)
    for reading in (side_by_side, checking, tags, keeping):
        made.include_router(reading.pages, prefix=desk.prefix)
        made.include_router(reading.programs, prefix=desk.prefix)
    made.mount(f"{desk.prefix}/static", StaticFiles(directory=STATIC))
    made.middleware("http")(add_security_headers)
    made.middleware("http")(told_in(_LOG))
    add_refusals(made, _refused)
    made.add_exception_handler(StoreTrouble, _trouble)
    return made


async def _trouble(request: Request, error: Exception) -> Response:
    # Where the files are is nobody's business but the operator's.
    _LOG.error("the store of files: %s", error)
    if isinstance(error, FileGone):
        law = "A version's files must be in the store as they were kept; one of them isn't."
        return refuse(request, 503, f"{law} Tell those who run this hub: copies have it.")
    law = "The store of reports' files must answer; now it does not, or refuses."
    return refuse(request, 503, f"{law} Nothing was changed: try again in a moment.")


def _refused(request: Request, status: int, message: str) -> Response:
    return page(request, "refused", status=status, message=message)
