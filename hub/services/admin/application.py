"""The application: pages, the API that does the same, and what is refused how."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

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

__all__ = ["admin_service"]

_STATIC: Final = Path(__file__).parent / "static"
_ROUTERS: Final = tuple(
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
    )
    made.state.desk = desk
    for router in _ROUTERS:
        made.include_router(router, prefix=desk.prefix)
    made.mount(f"{desk.prefix}/static", StaticFiles(directory=_STATIC))
    made.middleware("http")(add_security_headers)
    made.add_exception_handler(NotSignedIn, _not_signed_in)
    made.add_exception_handler(Forbidden, _forbidden)
    made.add_exception_handler(HubRefusal, _refused)
    made.add_exception_handler(HubAway, _away)
    return made


def _is_for_program(request: Request) -> bool:
    prefix = f"{request.app.state.desk.prefix}/api/"
    return bool(bearer_token(request)) or request.url.path.startswith(prefix)


def _answer(request: Request, status: int, message: str) -> Response:
    if _is_for_program(request):
        return JSONResponse({"message": message}, status)
    return page(request, "refused", status=status, message=message)


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
    status = error.status if 400 <= error.status < 500 else 502
    return _answer(request, status, f"The hub refused: {error.message}")


async def _away(request: Request, error: Exception) -> Response:
    return _answer(request, 503, f"Try again in a moment: {error}.")
