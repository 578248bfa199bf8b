"""What keeps others from acting through an admin's browser.

Users' servers may share the origin with these pages. So a cookie counts only for a page
that the browser itself goes to, or for a request that brings the session's own secret.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import FormData

__all__ = [
    "SAFE",
    "Forbidden",
    "NotSignedIn",
    "add_security_headers",
    "bearer_token",
    "check_cookie_request",
    "form_of",
]

SAFE: Final = frozenset({"GET", "HEAD"})
_HEADER: Final = "x-xsrftoken"
_FIELD: Final = "_xsrf"
_MOST_BYTES: Final = 4_000_000
_MOST_FIELDS: Final = 100_000
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The page that explains the API brings its own script inside the page.
_DOCUMENTED: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
)


class NotSignedIn(Exception):
    """Nobody is signed in, or the hub no longer knows the token."""


class Forbidden(Exception):
    """Somebody is, and may not."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def bearer_token(request: Request) -> str:
    """The token that a program brings, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("token", "bearer") else ""


async def check_cookie_request(request: Request, xsrf: str) -> None:
    """Refuse a request on which a session's cookie must not count.

    Parameters
    ----------
    request : Request
        It brought the cookie of a session.
    xsrf : str
        That session's secret.
    """
    if request.method in SAFE:
        if not _is_navigation(request):
            _require_secret(xsrf, request.headers.get(_HEADER, ""))
        return
    _require_own_origin(request)
    given = request.headers.get(_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(_FORMS):
        given = str((await form_of(request)).get(_FIELD, ""))
    _require_secret(xsrf, given)


async def form_of(request: Request) -> FormData:
    """What a form sends: read once, with room for a list and for very many names."""
    return await request.form(max_fields=_MOST_FIELDS, max_part_size=_MOST_BYTES)


def _is_navigation(request: Request) -> bool:
    # Browsers say how a request came about, and scripts can't say otherwise.
    mode = request.headers.get("sec-fetch-mode", "navigate")
    destination = request.headers.get("sec-fetch-dest", "document")
    return mode == "navigate" and destination == "document"


def _require_secret(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        message = (
            "This request did not come from a page of this service, so nothing was done. "
            "Open the page again and repeat what you did."
        )
        raise Forbidden(message)


def _require_own_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers["host"]
    if is_foreign or site not in ("same-origin", "none"):
        message = "This request came from another site, so nothing was done."
        raise Forbidden(message)


async def add_security_headers(
    request: Request, answer_to: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Answer, with headers that forbid browsers what these pages never do."""
    answer = await answer_to(request)
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    if request.url.path.endswith("/api/docs"):
        answer.headers["Content-Security-Policy"] = _DOCUMENTED
    is_kept = "/static/" in request.url.path
    answer.headers.setdefault("Cache-Control", "max-age=3600" if is_kept else "no-store")
    return answer
