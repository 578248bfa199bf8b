"""Use against budgets, leases of GPUs and the queue for them, and the audit log."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub import audit
from hub.gpus import Leases
from hub.services.admin.consumption import Use, by_group, by_user, total
from hub.services.admin.desk import Desk, Person
from hub.services.admin.rendering import page
from hub.services.admin.signing_in import SignedIn, desk_of
from hub.services.web.protection import form_of

__all__ = ["days_of", "groups_by_user", "records", "router", "uses"]

router = APIRouter(include_in_schema=False)

_DAYS: Final = (1, 7, 30, 90)
_RECORDS: Final = 200


def days_of(request: Request) -> int:
    """How far to look back, as asked."""
    asked = request.query_params.get("days", "")
    return int(asked) if asked in map(str, _DAYS) else 30


async def groups_by_user(person: Person) -> dict[str, list[str]]:
    """The groups of everybody who is in one."""
    found: dict[str, list[str]] = {}
    for group in await person.hub.groups():
        for user in group.users:
            found.setdefault(user, []).append(group.name)
    return found


async def uses(desk: Desk, person: Person, days: int, each: str) -> list[Use]:
    """Use of every user, or of every group."""
    groups = await groups_by_user(person)
    found = await run_in_threadpool(
        lambda: by_user(
            desk.engine,
            desk.budgets,
            groups,
            days=days,
            now=datetime.now(UTC),
            storage=desk.storage,
        )
    )
    return by_group(found, groups) if each == "group" else found


@router.get("/usage")
async def usage(request: Request, person: SignedIn) -> HTMLResponse:
    """What everybody used."""
    desk, days = desk_of(request), days_of(request)
    each = "group" if request.query_params.get("each") == "group" else "user"
    found = await uses(desk, person, days, each)
    return page(
        request,
        "usage",
        person,
        found=found,
        # Who is in two groups would count twice in a sum of groups.
        whole=total("all", found) if each == "user" else None,
        days=days,
        choices=_DAYS,
        each=each,
        budgets=desk.budgets,
    )


@router.get("/leases")
async def leases(request: Request, person: SignedIn) -> HTMLResponse:
    """Who holds which part of a GPU, and who waits."""
    desk = desk_of(request)
    books = Leases(desk.engine, desk.capacity)
    held = await run_in_threadpool(books.held)
    waiting = await run_in_threadpool(books.waiting)
    taken = {
        device: sum(lease.parts for lease in held if lease.device == device)
        for device in sorted({*desk.capacity.devices, *(lease.device for lease in held)})
    }
    return page(
        request,
        "leases",
        person,
        held=held,
        waiting=waiting,
        taken=taken,
        capacity=desk.capacity,
    )


@router.post("/queue/leave")
async def leave_queue(request: Request, person: SignedIn) -> Response:
    """Take a server out of the queue."""
    desk, form = desk_of(request), await form_of(request)
    user, server = str(form.get("user", "")), str(form.get("server", ""))
    books = Leases(desk.engine, desk.capacity)
    if await run_in_threadpool(books.leave, user, server):
        await desk.note(person, "queue.leave", f"{user}/{server}")
    return RedirectResponse(f"{desk.prefix}/leases", 303)


def records(desk: Desk, request: Request, limit: int | None) -> Iterator[audit.Record]:
    """Records that fit what the address asks for, the newest first."""
    asked = request.query_params
    return audit.read(
        desk.engine,
        actor=asked.get("actor") or None,
        action=asked.get("action") or None,
        newest_first=True,
        limit=limit,
    )


@router.get("/audit")
async def audit_page(request: Request, person: SignedIn) -> HTMLResponse:
    """Who did what, the newest first."""
    desk = desk_of(request)
    found = await run_in_threadpool(lambda: list(records(desk, request, _RECORDS)))
    return page(
        request,
        "audit",
        person,
        found=[(record, json.loads(record.detail)) for record in found],
        asked=request.query_params,
        limit=_RECORDS,
        is_kept=desk.audit is not None,
    )
