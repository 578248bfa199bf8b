"""Who may come to the admin pages: admins, with tokens that allow all that is done here.

What a token allows is in `hub.roles`; whoever isn't an admin is turned away by the hub
itself, before this service hears of them.
"""

from collections.abc import Set as AbstractSet
from typing import Annotated, Final

from fastapi import Depends, Request

from hub.roles import ADMIN_IN_PERSON
from hub.services.admin.desk import Desk, Person
from hub.services.web.protection import SAFE, Forbidden, bearer_token, check_cookie_request
from hub.services.web.signing_in import person_of, router, session_cookie

__all__ = ["SignedIn", "desk_of", "router", "session_cookie"]

_NEEDED: Final = frozenset({"list:users", *ADMIN_IN_PERSON})


def desk_of(request: Request) -> Desk:
    """The desk of the application that answers."""
    desk: Desk = request.app.state.desk
    return desk


async def _signed_in(request: Request) -> Person:
    """Who asks: a program with a token, or a browser with a session."""
    desk, person = desk_of(request), await person_of(request)
    try:
        # What passes by the hub's API, it can't decide: who changes something here must be
        # allowed all that these pages do.
        needed = {"list:users"} if request.method in SAFE else _NEEDED
        _require_admin(desk, person.name, person.scopes, needed)
        if not bearer_token(request):
            await check_cookie_request(request, person.xsrf)
    except Forbidden as refusal:
        if request.method not in SAFE:
            path = request.url.path.removeprefix(desk.prefix)
            detail = {"method": request.method, "said": refusal.message}
            await desk.note(person, "admin.request", path, "refused", detail)
        raise
    return person


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
