"""The application: pages, the API that does the same, and what is refused how."""

import logging
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from hub.release import release
from hub.services.admin import api, signing_in
from hub.services.admin.desk import Desk
from hub.services.admin.hub_api import HubAway, HubRefusal
from hub.services.admin.pages import (
    announcements,
    exports,
    groups,
    offboarding,
    roster,
    usage,
    users,
)
from hub.services.admin.protection import (
    Forbidden,
    NotSignedIn,
    add_security_headers,
    bearer_token,
)
from hub.services.admin.rendering import page, path_of
from hub.services.telling import told_in

__all__ = ["ROUTERS", "admin_service"]

_LOG: Final = logging.getLogger("hub.services.admin")
_STATIC: Final = Path(__file__).parent / "static"
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
    made.mount(f"{desk.prefix}/static", StaticFiles(directory=_STATIC))
    made.middleware("http")(add_security_headers)
    made.middleware("http")(told_in(_LOG))
    made.add_exception_handler(NotSignedIn, _not_signed_in)
    made.add_exception_handler(Forbidden, _forbidden)
    made.add_exception_handler(HubRefusal, _refused)
    made.add_exception_handler(HubAway, _away)
    made.add_exception_handler(SQLAlchemyError, _database_away)
    made.add_exception_handler(HTTPException, _http_error)
    made.add_exception_handler(RequestValidationError, _not_understood)
    return made


def _is_for_program(request: Request) -> bool:
    prefix = f"{request.app.state.desk.prefix}/api/"
    return bool(bearer_token(request)) or request.url.path.startswith(prefix)


def _answer(request: Request, status_code: int, message: str) -> Response:
    if _is_for_program(request):
        return JSONResponse({"message": message}, status_code)
    return page(request, "refused", status=status_code, message=message)


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if _is_for_program(request):
        message = "A token of an admin must come in the header `Authorization`."
        return JSONResponse({"message": message}, 401)
    desk: Desk = request.app.state.desk
    # After a form the page it stood on is the one to come back to.
    asked = request.url.path if request.method == "GET" else f"{desk.prefix}/"
    if request.method == "GET" and request.url.query:
        asked += f"?{request.url.query}"
    return RedirectResponse(f"{desk.prefix}/login?next={path_of(asked)}", 302)


async def _forbidden(request: Request, error: Exception) -> Response:
    return _answer(request, 403, str(error))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubRefusal)
    code = error.status if 400 <= error.status < 500 else 502
    return _answer(request, code, f"The hub refused: {error.message}")


async def _away(request: Request, error: Exception) -> Response:
    return _answer(request, 503, f"Try again in a moment: {error}.")


async def _database_away(request: Request, _error: Exception) -> Response:
    _LOG.exception("the database refused")
    return _answer(request, 503, "Try again in a moment: the database doesn't answer.")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if error.status_code == status.HTTP_404_NOT_FOUND and message == "Not Found":
        message = f"There is nothing at {request.url.path}."
    return _answer(request, error.status_code, message)


async def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(one["loc"][0] == "path" for one in error.errors()):
        return _answer(request, 404, f"There is nothing at {request.url.path}.")
    said = "; ".join(
        f"`{'.'.join(str(part) for part in one['loc'][1:])}`: {one['msg']}"
        for one in error.errors()
    )
    return _answer(request, 422, f"{said}.")
