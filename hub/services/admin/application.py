"""The application: pages, the API that does the same, and what is refused how."""

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from hub.release import release
from hub.services.admin import api, signing_in
from hub.services.admin.desk import Desk
from hub.services.admin.pages import (
    announcements,
    exports,
    groups,
    offboarding,
    roster,
    usage,
    users,
)
from hub.services.admin.rendering import page
from hub.services.telling import told_in
from hub.services.web import STATIC
from hub.services.web.protection import (
    add_security_headers,
)
from hub.services.web.refusals import add_refusals

__all__ = ["ROUTERS", "admin_service"]

_LOG: Final = logging.getLogger("hub.services.admin")
ROUTERS: Final = tuple(
    module.router
    for module in (
        signing_in,
        users,
        roster,
        groups,
        usage,
        announcements,
        offboarding,
        exports,
        api,
    )
)


def admin_service(desk: Desk) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    desk : Desk
        The hub, the database, and what the platform can do.

    Returns
    -------
    FastAPI
        It answers below the desk's prefix alone.
    """
    made = FastAPIOffline(
        docs_url=f"{desk.prefix}/api/docs",
        redoc_url=None,
        openapi_url=f"{desk.prefix}/api/openapi.json",
        static_url=f"{desk.prefix}/api/static",
        title="mchub admin API",
        version=release(),
        redirect_slashes=False,
        swagger_ui_oauth2_redirect_url=f"{desk.prefix}/api/docs/oauth2",
    )
    made.state.desk = desk
    for router in ROUTERS:
        made.include_router(router, prefix=desk.prefix)
    made.mount(f"{desk.prefix}/static", StaticFiles(directory=STATIC))
    made.middleware("http")(add_security_headers)
    made.middleware("http")(told_in(_LOG))
    add_refusals(made, _refused)
    return made


def _refused(request: Request, status: int, message: str) -> Response:
    return page(request, "refused", status=status, message=message)
