"""Use against budgets, leases of GPUs and the queue for them, and the audit log."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub import audit, quotas
from hub.gpus import Leases
from hub.laws import SettingsError
from hub.services.admin.consumption import Use, by_group, by_user, total
from hub.services.admin.desk import Desk, Person
from hub.services.admin.protection import Forbidden
from hub.services.admin.rendering import page, path_of
from hub.services.admin.signing_in import SignedIn, desk_of

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


@router.post("/budget")
async def decide(request: Request, person: SignedIn) -> Response:
    """Give a user more, a budget of their own, or the groups' again."""
    desk, form = desk_of(request), await request.form()
    if desk.budgets is None:
        message = "No budgets are kept here, so there is none to change."
        raise Forbidden(message)
    user, kind = str(form.get("user", "")), str(form.get("kind", ""))
    try:
        decision = await run_in_threadpool(_decide, desk, person.name, user, kind, form)
    except (SettingsError, ValueError) as error:
        return page(request, "refused", person, status=400, message=str(error))
    detail = {
        "gpu_hours": decision.gpu_hours,
        "cpu_hours": decision.cpu_hours,
        "why": decision.why,
    }
    await desk.note(person, f"budget.{kind}", user, detail=detail)
    return RedirectResponse(f"{desk.prefix}/user?name={path_of(user)}", 303)


def _decide(desk: Desk, by: str, user: str, kind: str, form: Any) -> quotas.Decision:
    why = str(form.get("why", "")).strip()
    gpu, cpu = _hours(form, "gpu_hours"), _hours(form, "cpu_hours")
    match kind:
        case "grant":
            return quotas.grant(
                desk.engine,
                user,
                gpu_hours=gpu or 0.0,
                cpu_hours=cpu or 0.0,
                by=by,
                why=why,
            )
        case "override":
            return quotas.override(
                desk.engine, user, gpu_hours=gpu, cpu_hours=cpu, by=by, why=why
            )
        case "withdraw":
            return quotas.withdraw(desk.engine, user, by=by, why=why)
    message = f"`kind` must be grant, override or withdraw; got {kind!r}."
    raise ValueError(message)


def _hours(form: Any, field: str) -> float | None:
    text = str(form.get(field, "")).strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        message = f"`{field}` must be a number of hours; got {text!r}."
        raise ValueError(message) from error


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
    desk, form = desk_of(request), await request.form()
    user, server = str(form.get("user", "")), str(form.get("server", ""))
    books = Leases(desk.engine, desk.capacity)
    if await run_in_threadpool(books.leave, user, server):
        await desk.note(person, "queue.leave", f"{user}/{server}")
    return RedirectResponse(f"{desk.prefix}/leases", 303)


def records(desk: Desk, request: Request, limit: int | None) -> list[audit.Record]:
    """Records that fit what the address asks for, the newest first."""
    asked = request.query_params
    return list(
        audit.read(
            desk.engine,
            actor=asked.get("actor") or None,
            action=asked.get("action") or None,
            newest_first=True,
            limit=limit,
        )
    )


@router.get("/audit")
async def audit_page(request: Request, person: SignedIn) -> HTMLResponse:
    """Who did what, the newest first."""
    desk = desk_of(request)
    found = await run_in_threadpool(records, desk, request, _RECORDS)
    return page(
        request,
        "audit",
        person,
        found=[(record, json.loads(record.detail)) for record in found],
        asked=request.query_params,
        limit=_RECORDS,
        is_kept=desk.audit is not None,
    )
