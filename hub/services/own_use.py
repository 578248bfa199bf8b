"""What users may know of themselves: their use, their budget, their notices.

The token in ``Authorization`` says who asks; nobody is told of anybody else.
"""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from hub import audit
from hub.choices import Budget, Budgets
from hub.notices import current
from hub.quotas import Account, StorageUse, account_of, storage_limit, storage_of
from hub.roles import DOCKER_POLICY
from hub.services.identities import Asking, Identify, Identity, who_asks
from hub.settings import Settings
from hub.storage import audit_folder

__all__ = ["own_use"]

ASK_AGAIN_AFTER: Final = 15
TICKET_HOLDS_FOR: Final = 12 * 3600.0


class Share(BaseModel):
    """One resource, in hours."""

    resource: str = Field(description="gpu_hours or cpu_hours")
    used: float
    limit: float | None = Field(description="null is without limit")
    left: float | None
    frees_at: datetime | None = Field(description="when a used up budget begins to free")


class Ran(BaseModel):
    """One stretch of time that a server ran."""

    server: str
    profile: str
    begin: datetime
    end: datetime
    gpu_hours: float
    cpu_hours: float


class Usage(BaseModel):
    """What one user used in the period up to now."""

    user: str
    budget: str = Field(description="whose budget holds: a group's, one's own, everybody's")
    since: datetime
    until: datetime
    shares: list[Share]
    storage_bytes: int | None = Field(description="as last measured; null before that")
    storage_limit_bytes: int
    storage_measured_at: datetime | None
    servers: list[Ran] = Field(description="the newest first, at most a hundred")


class Told(BaseModel):
    """One notice."""

    id: int
    kind: str
    level: str
    text: str
    at: datetime


class Notices(BaseModel):
    """Notices that hold now."""

    notices: list[Told]


class TicketAsked(BaseModel):
    """Which server of the asking user it is for."""

    server: str = ""


class Ticket(BaseModel):
    """Lets its bearer read the notices of one server, and do nothing else."""

    ticket: str
    again: int = Field(description="seconds after which to ask again")


class Denial(BaseModel, extra="allow"):
    """What the Docker policy proxy says of a request that it refused."""

    event: str
    rule: str
    time: datetime


class Tickets:
    """The tickets given out, in the memory of this process; whoever lost one asks again."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._given: dict[str, tuple[float, str, str]] = {}

    def give(self, user: str, server: str) -> str:
        """A new ticket for a server of `user`."""
        limit = self._now() - TICKET_HOLDS_FOR
        self._given = {key: held for key, held in self._given.items() if held[0] > limit}
        ticket = secrets.token_urlsafe(32)
        self._given[ticket] = (self._now(), user, server)
        return ticket

    def holder(self, ticket: str) -> tuple[str, str] | None:
        """User and server it was given for, unless that is too long ago."""
        held = self._given.get(ticket)
        if held is None or self._now() - held[0] >= TICKET_HOLDS_FOR:
            return None
        return held[1], held[2]


def own_use(settings: Settings, engine: Engine, identify: Identify) -> APIRouter:
    """Routes below ``/api`` that answer people about themselves.

    Parameters
    ----------
    settings : Settings
        Holds the budgets.
    engine : Engine
        The platform's tables.
    identify : Identify
        Whose token it is.
    """
    router = APIRouter(prefix="/api", tags=["own use"])
    asking = who_asks(identify)
    _add_usage(router, settings, engine, asking)
    _add_notices(router, engine, asking)
    _add_denials(router, settings, engine, asking)
    return router


def _add_usage(
    router: APIRouter, settings: Settings, engine: Engine, asking: Asking
) -> None:
    @router.get("/usage/me", summary="What did I use?")
    def usage(who: Annotated[Identity, Depends(asking)], response: Response) -> Usage:
        """Hours in the period up to now and bytes on disk, against what is allowed."""
        _require_user(who)
        response.headers["Cache-Control"] = "no-store"
        return usage_now(settings, engine, who)


def usage_now(settings: Settings, engine: Engine, who: Identity) -> Usage:
    """What a user used in the period up to now."""
    now = datetime.now(UTC)
    budgets = settings.budgets or _without_limit()
    account = account_of(engine, budgets, who.name, who.groups, now)
    limit = storage_limit(settings.server.limits.storage, budgets, who.groups, now)
    return usage_of(account, storage_of(engine, who.name, limit), limit)


def _add_notices(router: APIRouter, engine: Engine, asking: Asking) -> None:
    tickets = Tickets()

    @router.post(
        "/notices/tickets", summary="A ticket to read notices with", status_code=201
    )
    def give_ticket(
        asked: TicketAsked, who: Annotated[Identity, Depends(asking)]
    ) -> Ticket:
        """For a page, which must not have its server's token."""
        _require_user(who)
        ticket = tickets.give(who.name, asked.server)
        return Ticket(ticket=ticket, again=ASK_AGAIN_AFTER)

    @router.get("/notices", summary="What must I know now?")
    def notices(
        response: Response, authorization: Annotated[str, Header()] = ""
    ) -> Notices:
        """Notices for the server that a ticket was given for."""
        response.headers["Cache-Control"] = "no-store"
        scheme, _, ticket = authorization.partition(" ")
        holder = tickets.holder(ticket) if scheme.lower() == "ticket" else None
        if holder is None:
            raise HTTPException(401, "bring a ticket: `Authorization: ticket …`")
        told = [
            Told(id=n.id, kind=n.kind, level=n.level, text=n.text, at=n.at)
            for n in current(engine, *holder)
        ]
        return Notices(notices=told)


def _add_denials(
    router: APIRouter, settings: Settings, engine: Engine, asking: Asking
) -> None:
    @router.post(
        "/audit/denials", summary="A denial of the Docker policy proxy", status_code=204
    )
    def denial(told: Denial, who: Annotated[Identity, Depends(asking)]) -> None:
        """Record what the Docker policy proxy refused; for that service alone."""
        if (who.kind, who.name) != ("service", DOCKER_POLICY):
            raise HTTPException(403, f"only the service `{DOCKER_POLICY}` tells of denials")
        if settings.audit is not None:
            file = audit_folder() / "platform-api.jsonl"
            audit.record_or_spill(engine, _denied(told), file)


def _require_user(who: Identity) -> None:
    if who.kind != "user":
        raise HTTPException(403, "a service has no use of its own")


def usage_of(account: Account, stored: StorageUse | None, limit_bytes: int) -> Usage:
    """An account, and what lies on the disk, in the words of the API."""
    newest = sorted(account.stretches, key=lambda stretch: stretch.end, reverse=True)
    window = account.since, account.until
    return Usage(
        user=account.user,
        budget=account.budget.name,
        since=account.since,
        until=account.until,
        shares=[
            Share(
                resource=part.resource,
                used=round(part.used, 4),
                limit=part.limit,
                left=part.left,
                frees_at=part.frees_at,
            )
            for part in account.parts
        ],
        storage_bytes=stored.used_bytes if stored is not None else None,
        storage_limit_bytes=limit_bytes,
        storage_measured_at=stored.at if stored is not None else None,
        servers=[
            Ran(
                server=stretch.server,
                profile=stretch.profile,
                begin=stretch.begin,
                end=stretch.end,
                gpu_hours=round(stretch.gpu * stretch.hours(*window), 4),
                cpu_hours=round(stretch.cpus * stretch.hours(*window), 4),
            )
            for stretch in newest[:100]
        ],
    )


def _denied(told: Denial) -> audit.Event:
    detail: dict[str, Any] = told.model_dump(mode="json", exclude={"time"})
    outcome: Any = {"denied": "refused", "failed": "failed"}.get(told.event, "ok")
    return audit.Event(
        actor=DOCKER_POLICY,
        action=f"docker.{told.rule.replace(' ', '-')}",
        outcome=outcome,
        detail=detail,
        at=told.time,
    )


def _without_limit() -> Budgets:
    nothing = Budget(name="without-limit", gpu_hours=None, cpu_hours=None)
    return Budgets(
        period=timedelta(days=30),
        warn_at=0.8,
        grace=timedelta(minutes=15),
        everybody=nothing,
        groups=(),
    )
