"""Signing in: the hub says who it is, and gives a token with which to act for them.

The flow is OAuth's with a code and PKCE. What the token allows is in `hub.roles`; whoever
isn't an admin is turned away by the hub itself, before this service hears of them.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Set as AbstractSet
from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

import httpx
from fastapi import APIRouter, Depends, Request, status
from fastapi.responses import RedirectResponse, Response

from hub.addresses import client_address
from hub.roles import ADMIN_IN_PERSON
from hub.services.admin.desk import Desk, Person
from hub.services.admin.hub_api import HubApi, HubAway, HubRefusal
from hub.services.admin.protection import (
    SAFE,
    Forbidden,
    NotSignedIn,
    bearer_token,
    check_cookie_request,
)

__all__ = ["SignedIn", "desk_of", "router", "session_cookie"]

_NEEDED: Final = frozenset({"list:users", *ADMIN_IN_PERSON})

router = APIRouter(include_in_schema=False)

# Twelve hours, as the session; the state of a sign-in lasts minutes.
_SIGN_IN_LASTS: Final = 600


def desk_of(request: Request) -> Desk:
    """The desk of the application that answers."""
    desk: Desk = request.app.state.desk
    return desk


def session_cookie(desk: Desk) -> str:
    """Name of the cookie of a session."""
    return f"mchub-{desk.service}"


def _state_cookie(desk: Desk) -> str:
    return f"mchub-{desk.service}-state"


async def _signed_in(request: Request) -> Person:
    """Who asks: a program with a token, or a browser with a session."""
    desk, token = desk_of(request), bearer_token(request)
    if token:
        person, scopes = await _person(request, token)
    else:
        cookie = request.cookies.get(session_cookie(desk), "")
        session = desk.sessions.find(cookie)
        if session is None:
            raise NotSignedIn
        try:
            person, scopes = await _person(request, session.token, session.xsrf, cookie)
        except NotSignedIn:
            # Signed out of the hub, or the token was deleted there.
            desk.sessions.close(cookie)
            raise
    try:
        # What passes by the hub's API, it can't decide: who changes something here must be
        # allowed all that these pages do.
        needed = {"list:users"} if request.method in SAFE else _NEEDED
        _require_admin(desk, person.name, scopes, needed)
        if not token:
            await check_cookie_request(request, person.xsrf)
    except Forbidden as refusal:
        if request.method not in SAFE:
            path = request.url.path.removeprefix(desk.prefix)
            detail = {"method": request.method, "said": refusal.message}
            await desk.note(person, "admin.request", path, "refused", detail)
        raise
    return person


async def _person(
    request: Request, token: str, xsrf: str = "", cookie: str = ""
) -> tuple[Person, frozenset[str]]:
    hub = HubApi(desk_of(request).client, token)
    try:
        identity = await hub.whoami()
    except HubRefusal as refusal:
        raise NotSignedIn from refusal
    source = client_address(
        request.client.host if request.client else "",
        request.headers.get("x-forwarded-for", ""),
        desk_of(request).fronts,
    )
    person = Person(name=identity.name, hub=hub, source=source, xsrf=xsrf, cookie=cookie)
    return person, identity.scopes


def _require_admin(
    desk: Desk, name: str, scopes: frozenset[str], needed: AbstractSet[str]
) -> None:
    may_enter = {
        "access:services",
        f"access:services!service={desk.service}",
    } & scopes
    missing = sorted(needed - scopes) or ([] if may_enter else ["access:services"])
    if missing:
        message = (
            f"These pages are for admins; you are signed in as {name}, who is none, or "
            f"whose token does not include `{missing[0]}`."
        )
        raise Forbidden(message)


SignedIn = Annotated[Person, Depends(_signed_in)]


@router.get("/login")
async def sign_in(request: Request, next: str = "") -> Response:  # noqa: A002
    """Send the browser to the hub, which knows who it is."""
    desk = desk_of(request)
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
    desk = desk_of(request)
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


async def _token_for(desk: Desk, code: str, verifier: str) -> str:
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


def _own_page(desk: Desk, target: str) -> str:
    """`target` if it is a page of this service, else the first one."""
    parts = urlsplit(target)
    is_own = not (parts.scheme or parts.netloc) and parts.path.startswith(f"{desk.prefix}/")
    return target if is_own and "\\" not in target else f"{desk.prefix}/"


def _set_cookie(
    request: Request, answer: Response, name: str, value: str, lasts: int | None
) -> None:
    desk = desk_of(request)
    answer.set_cookie(
        name,
        value,
        max_age=lasts,
        path=desk.prefix,
        secure=desk.public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
