"""What the reports service works with, and who asks it."""

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request

from hub.choices import Reports
from hub.services.reports.store import Store
from hub.services.web.counter import Counter, Person
from hub.services.web.hub_api import HubApi, Identity
from hub.services.web.protection import Forbidden, bearer_token, check_cookie_request
from hub.services.web.signing_in import person_of

__all__ = ["Reader", "ReportsDesk", "desk_of"]

REMEMBER_FOR: Final = 5.0
"""Seconds for which the hub's word on a token is believed."""

_REMEMBER_AT_MOST: Final = 10_000


class _Known:
    """Whose a token is, as the hub said a moment ago."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, Identity]] = {}

    async def ask(self, hub: HubApi, token: str) -> Identity:
        """Ask the hub, or remember what it said."""
        key, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < REMEMBER_FOR:
            return known[1]
        identity = await hub.whoami()
        if len(self._known) >= _REMEMBER_AT_MOST:
            self._known.clear()
        self._known[key] = (now, identity)
        return identity


@dataclass(frozen=True, kw_only=True)
class ReportsDesk(Counter):
    """Everything that is the same for all readers, besides what a `Counter` has.

    Parameters
    ----------
    store : Store
        The files.
    reports : Reports
        What the environment allows.
    """

    store: Store
    reports: Reports
    known: _Known = field(default_factory=_Known)
    # Set where a job has changed: the runner looks at once, and not at its next round.
    jobs_changed: asyncio.Event = field(default_factory=asyncio.Event)


def desk_of(request: Request) -> ReportsDesk:
    """The desk of the application that answers."""
    desk: ReportsDesk = request.app.state.desk
    return desk


async def _reader(request: Request) -> Person:
    """Who asks: a program or a server with a token, or a browser with a session."""
    person = await person_of(request, desk_of(request).known.ask)
    service = desk_of(request).service
    may_enter = {"access:services", f"access:services!service={service}"} & person.scopes
    of_server = f"access:servers!server={person.name}/"
    # A server may publish what its user has it publish.
    is_server = any(scope.startswith(of_server) for scope in person.scopes)
    if not (may_enter or (is_server and bearer_token(request))):
        message = f"{person.name} may not come in, or the token has no `access:services`."
        raise Forbidden(message)
    if not bearer_token(request) and not _is_frame_of_ours(request):
        await check_cookie_request(request, person.xsrf)
    return person


def _is_frame_of_ours(request: Request) -> bool:
    """Whether a page of this service shows this in a frame: what a browser alone says."""
    said = {name: request.headers.get(f"sec-fetch-{name}") for name in ("dest", "site")}
    is_framed = said == {"dest": "iframe", "site": "same-origin"}
    return request.method == "GET" and is_framed and request.url.path.endswith("/page")


Reader = Annotated[Person, Depends(_reader)]
