"""What is refused how: in words on a page, and to a program in JSON."""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from hub.services.web.counter import counter_of
from hub.services.web.hub_api import HubAway, HubRefusal
from hub.services.web.protection import Forbidden, NotSignedIn, bearer_token

__all__ = ["Shown", "add_refusals", "refuse"]

Shown = Callable[[Request, int, str], Response]
"""The page that shows a refusal: of a request, with HTTP's status, in words."""


def add_refusals(made: FastAPI, shown: Shown) -> None:
    """Have an application answer what it refuses."""
    made.state.shown = shown
    made.add_exception_handler(NotSignedIn, _not_signed_in)
    made.add_exception_handler(Forbidden, _forbidden)
    made.add_exception_handler(HubRefusal, _hub_refused)
    made.add_exception_handler(HubAway, _away)
    made.add_exception_handler(SQLAlchemyError, _database_away)
    made.add_exception_handler(HTTPException, _http_error)
    made.add_exception_handler(RequestValidationError, _not_understood)


def _is_for_program(request: Request) -> bool:
    prefix = f"{counter_of(request).prefix}/api/"
    return bool(bearer_token(request)) or request.url.path.startswith(prefix)


def refuse(request: Request, status_code: int, message: str) -> Response:
    """A refusal in words: on a page, or in JSON to a program."""
    if _is_for_program(request):
        return JSONResponse({"message": message}, status_code)
    shown: Shown = request.app.state.shown
    return shown(request, status_code, message)


async def _not_signed_in(request: Request, _error: Exception) -> Response:
    if _is_for_program(request):
        message = "A token must come in the header `Authorization`."
        return JSONResponse({"message": message}, 401)
    desk = counter_of(request)
    # After a form the page it stood on is the one to come back to.
    asked = request.url.path if request.method == "GET" else f"{desk.prefix}/"
    if request.method == "GET" and request.url.query:
        asked += f"?{request.url.query}"
    return RedirectResponse(f"{desk.prefix}/login?next={quote(asked, safe='')}", 302)


async def _forbidden(request: Request, error: Exception) -> Response:
    return refuse(request, 403, str(error))


async def _hub_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubRefusal)
    code = error.status if 400 <= error.status < 500 else 502
    return refuse(request, code, f"The hub refused: {error.message}")


async def _away(request: Request, error: Exception) -> Response:
    return refuse(request, 503, f"Try again in a moment: {error}.")


async def _database_away(request: Request, _error: Exception) -> Response:
    counter_of(request).log.exception("the database refused")
    return refuse(request, 503, "Try again in a moment: the database doesn't answer.")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if error.status_code == status.HTTP_404_NOT_FOUND and message == "Not Found":
        message = f"There is nothing at {request.url.path}."
    return refuse(request, error.status_code, message)


async def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(one["loc"][0] == "path" for one in error.errors()):
        return refuse(request, 404, f"There is nothing at {request.url.path}.")
    said = "; ".join(
        f"`{'.'.join(str(part) for part in one['loc'][1:])}`: "
        + one["msg"].removeprefix("Value error, ")
        for one in error.errors()
    )
    return refuse(request, 422, f"{said}.")
