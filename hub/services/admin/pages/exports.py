"""What the pages show, as CSV."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from fastapi.responses import StreamingResponse

from hub.gpus import Leases
from hub.gpus.shares import fraction_text
from hub.services.admin.exporting import csv_answer
from hub.services.admin.listing import every_row
from hub.services.admin.pages.usage import days_of, records, uses
from hub.services.admin.pages.users import wanted_from
from hub.services.admin.signing_in import SignedIn, desk_of

__all__ = ["router"]

router = APIRouter(prefix="/export", tags=["export"])

_CSV: Any = {200: {"content": {"text/csv": {}}, "description": "a table"}}


async def _all(rows: list[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
    for row in rows:
        yield row


@router.get("/users.csv", summary="Users", responses=_CSV)
async def users(request: Request, person: SignedIn) -> StreamingResponse:
    """Users that fit `search`, `state` and `group`."""
    desk, wanted = desk_of(request), wanted_from(request.query_params)
    # The first row before the answer begins: a hub that refuses is said with a status.
    await person.hub.users(limit=1)
    await desk.note(person, "export.users", "", detail=wanted.query(page=1))

    async def rows() -> AsyncIterator[tuple[Any, ...]]:
        async for row in every_row(desk, person, wanted):
            user = row.user
            yield (
                user.name,
                "yes" if user.is_admin else "no",
                user.groups,
                "suspended" if row.suspension else "active",
                len(user.servers),
                user.created,
                user.last_activity,
            )

    header = ("name", "admin", "groups", "state", "servers", "created", "last_activity")
    return csv_answer("users", header, rows())


@router.get("/usage.csv", summary="Usage", responses=_CSV)
async def usage(request: Request, person: SignedIn) -> StreamingResponse:
    """Use in the last `days`, for each user or, with `each=group`, for each group."""
    desk, days = desk_of(request), days_of(request)
    each = "group" if request.query_params.get("each") == "group" else "user"
    found = await uses(desk, person, days, each)
    await desk.note(person, "export.usage", "", detail={"days": days, "each": each})
    rows = [
        (
            use.name,
            days,
            round(use.server_hours, 3),
            round(use.gpu_hours, 3),
            round(use.cpu_hours, 3),
            use.storage_bytes,
            use.storage_limit_bytes,
            use.gpu_limit,
            use.cpu_limit,
        )
        for use in found
    ]
    hours = ("server_hours", "gpu_hours", "cpu_hours")
    limits = ("storage_limit_bytes", "gpu_limit", "cpu_limit")
    header = (each, "days", *hours, "storage_bytes", *limits)
    return csv_answer(f"usage-by-{each}", header, _all(rows))


@router.get("/leases.csv", summary="Leases", responses=_CSV)
async def leases(request: Request, person: SignedIn) -> StreamingResponse:
    """Who holds which part of a GPU now."""
    desk = desk_of(request)
    held = await run_in_threadpool(Leases(desk.engine, desk.capacity).held)
    await desk.note(person, "export.leases", "")
    rows = [
        (
            lease.user,
            lease.server,
            lease.profile,
            lease.device,
            fraction_text(lease.parts),
            lease.since,
            lease.until,
        )
        for lease in held
    ]
    header = ("user", "server", "profile", "device", "fraction", "since", "until")
    return csv_answer("leases", header, _all(rows))


@router.get("/audit.csv", summary="Audit log", responses=_CSV)
async def audit(request: Request, person: SignedIn) -> StreamingResponse:
    """Records of `actor`, or of an `action` that begins so; all without either."""
    desk = desk_of(request)
    asked = {name: request.query_params.get(name, "") for name in ("actor", "action")}
    # A record of its own first: it is in what it tells of.
    await desk.note(person, "export.audit", "", detail=asked)

    async def rows() -> AsyncIterator[tuple[Any, ...]]:
        async for record in iterate_in_threadpool(records(desk, request, None)):
            yield (
                record.id,
                record.at,
                record.actor,
                record.action,
                record.target,
                record.outcome,
                record.source,
                record.detail,
                record.hash,
            )

    who = ("id", "at", "actor", "action", "target")
    return csv_answer("audit", (*who, "outcome", "source", "detail", "hash"), rows())
