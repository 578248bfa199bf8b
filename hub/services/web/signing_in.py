"""Signing in: the hub says who it is, and gives a token with which to act for them.

The flow is OAuth's with a code and PKCE. What the token allows is in `hub.roles`; whoever
may not enter is turned away by the hub itself, before a service hears of them.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import APIRouter, Request, status
from fastapi.responses import RedirectResponse, Response

from hub.addresses import client_address
from hub.services.web.counter import Counter, Person, counter_of
from hub.services.web.hub_api import HubApi, HubAway, HubRefusal, Identity
from hub.services.web.protection import Forbidden, NotSignedIn, bearer_token

__all__ = ["person_of", "router", "session_cookie", "source_of"]

router = APIRouter(include_in_schema=False)

# Twelve hours, as the session; the state of a sign-in lasts minutes.
_SIGN_IN_LASTS: Final = 600


def session_cookie(desk: Counter) -> str:
    """Name of the cookie of a session."""
    return f"mchub-{desk.service}"


def _state_cookie(desk: Counter) -> str:
    return f"mchub-{desk.service}-state"


async def person_of(
    request: Request, ask: Callable[[HubApi, str], Awaitable[Identity]] | None = None
) -> Person:
    """Who asks: a program with a token, or a browser with a session.

    Parameters
    ----------
    request : Request
        What is to be answered.
    ask : callable, optional
        Asks the hub whose a token is, if not anew each time.

    Raises
    ------
    NotSignedIn
        If it is nobody that the hub knows.
    """
    desk, token = counter_of(request), bearer_token(request)
    ask = ask or _whoami
    if token:
        return await _person(request, ask, token)
    cookie = request.cookies.get(session_cookie(desk), "")
    session = desk.sessions.find(cookie)
    if session is None:
        raise NotSignedIn
    try:
        return await _person(request, ask, session.token, session.xsrf, cookie)
    except NotSignedIn:
        # Signed out of the hub, or the token was deleted there.
        desk.sessions.close(cookie)
        raise


async def _whoami(hub: HubApi, _token: str) -> Identity:
    return await hub.whoami()


async def _person(
    request: Request,
    ask: Callable[[HubApi, str], Awaitable[Identity]],
    token: str,
    xsrf: str = "",
    cookie: str = "",
) -> Person:
    hub = HubApi(counter_of(request).client, token)
    try:
        identity = await ask(hub, token)
    except HubRefusal as refusal:
        raise NotSignedIn from refusal
    return Person(
        name=identity.name,
        hub=hub,
        source=source_of(request),
        xsrf=xsrf,
        cookie=cookie,
        groups=identity.groups,
        scopes=identity.scopes,
    )


def source_of(request: Request) -> str:
    """Address a request came from."""
    return client_address(
        request.client.host if request.client else "",
        request.headers.get("x-forwarded-for", ""),
        counter_of(request).fronts,
    )


@router.get("/login")
async def sign_in(request: Request, next: str = "") -> Response:  # noqa: A002
    """Send the browser to the hub, which knows who it is."""
    desk = counter_of(request)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": f"service-{desk.service}",
        "redirect_uri": f"{desk.prefix}/oauth_callback",
        "response_type": "code",
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    answer = RedirectResponse(f"/hub/api/oauth2/authorize?{urlencode(asked)}", 302)
    value = ".".join((state, verifier, _own_page(desk, next).encode().hex()))
    _set_cookie(request, answer, _state_cookie(desk), value, _SIGN_IN_LASTS)
    return answer


@router.get("/oauth_callback")
async def oauth_callback(request: Request, code: str = "", state: str = "") -> Response:
    """Take the code that the hub gave the browser, and get the token for it."""
    desk = counter_of(request)
    known, _, rest = request.cookies.get(_state_cookie(desk), "").partition(".")
    verifier, _, page = rest.partition(".")
    if not (code and known and hmac.compare_digest(known.encode(), state.encode())):
        message = "This sign-in was not begun here, or took longer than ten minutes."
        raise Forbidden(message)
    token = await _token_for(desk, code, verifier)
    target = _own_page(desk, bytes.fromhex(page).decode())
    answer = RedirectResponse(target, status.HTTP_302_FOUND)
    answer.delete_cookie(_state_cookie(desk), path=desk.prefix)
    _set_cookie(request, answer, session_cookie(desk), desk.sessions.open(token), None)
    return answer


async def _token_for(desk: Counter, code: str, verifier: str) -> str:
    form = {
        "client_id": f"service-{desk.service}",
        "client_secret": desk.token,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{desk.prefix}/oauth_callback",
        "code_verifier": verifier,
    }
    try:
        answer = await desk.client.post("/oauth2/token", data=form)
    except httpx.HTTPError as error:
        message = f"the hub did not answer: {str(error) or type(error).__name__}"
        raise HubAway(message) from error
    if not answer.is_success:
        message = "The hub gave no token for this sign-in; it may have been used already."
        raise Forbidden(message)
    token: str = answer.json()["access_token"]
    return token


def _own_page(desk: Counter, target: str) -> str:
    """`target` if it is a page of this service, else the first one."""
    parts = urlsplit(target)
    is_own = not (parts.scheme or parts.netloc) and parts.path.startswith(f"{desk.prefix}/")
    return target if is_own and "\\" not in target else f"{desk.prefix}/"


def _set_cookie(
    request: Request, answer: Response, name: str, value: str, lasts: int | None
) -> None:
    desk = counter_of(request)
    answer.set_cookie(
        name,
        value,
        max_age=lasts,
        path=desk.prefix,
        secure=desk.public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
