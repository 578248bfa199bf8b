"""The pages of schedules and of one's own subscriptions."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from hub.services.reports import library, schedules, subscriptions
from hub.services.reports.desk import Reader, desk_of
from hub.services.reports.reading import asked, own_report
from hub.services.reports.rendering import page
from hub.services.reports.schedule_api import (
    NewSchedule,
    add_schedule,
    change_schedule,
    set_subscription,
)
from hub.services.reports.timetable import zones
from hub.services.web.protection import form_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1)]

_LONGEST_CRON, _LONGEST_ZONE = 100, 64


@router.get("/r/{number}/schedules")
async def show(request: Request, person: Reader, number: Number) -> Response:
    """The schedules of a report of one's own, with their histories."""
    desk = desk_of(request)
    report = await own_report(desk, person, number)

    def find(connection: Connection) -> dict[str, Any]:
        found = schedules.schedules_of(connection, number)
        newest = library.version_of(connection, number, report.n_versions)
        used = dict(newest.parameters) if newest is not None else {}
        return {
            "schedules": [(one, schedules.times_of(connection, one.id)) for one in found],
            "parameters": json.dumps(used, indent=1),
        }

    shown = await asked(desk, find)
    shown |= {"zones": zones(), "has_mails": desk.reports.mails is not None}
    return page(request, "schedules", person, report=report, **shown)


@router.post("/r/{number}/schedules")
async def add(request: Request, person: Reader, number: Number) -> Response:
    """Make a schedule."""
    desk, form = desk_of(request), await form_of(request)
    law = 'The parameters must be an object in JSON, such as {"rate": 0.03}.'
    try:
        parameters = json.loads(str(form.get("parameters", "")) or "{}")
    except ValueError as error:
        raise HTTPException(422, law) from error
    if not isinstance(parameters, dict):
        raise HTTPException(422, law)
    told = NewSchedule(
        cron=str(form.get("cron", ""))[:_LONGEST_CRON],
        zone=str(form.get("zone", ""))[:_LONGEST_ZONE],
        parameters=parameters,
    )
    await add_schedule(desk, person, number, told)
    return RedirectResponse(f"{desk.prefix}/r/{number}/schedules", 303)


@router.post("/r/{number}/schedules/{schedule_number}")
async def change(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> Response:
    """Pause, resume or delete a schedule."""
    desk, form = desk_of(request), await form_of(request)
    to = str(form.get("to", ""))
    await change_schedule(desk, person, number, schedule_number, to)
    return RedirectResponse(f"{desk.prefix}/r/{number}/schedules", 303)


@router.post("/r/{number}/subscription")
async def subscribe(request: Request, person: Reader, number: Number) -> Response:
    """Subscribe to a report, or end that."""
    desk, form = desk_of(request), await form_of(request)
    await set_subscription(desk, person, number, is_wanted=bool(form.get("is_wanted")))
    back = "/subscriptions" if form.get("from") == "list" else f"/r/{number}"
    return RedirectResponse(f"{desk.prefix}{back}", 303)


@router.get("/subscriptions")
async def own(request: Request, person: Reader) -> Response:
    """Reports of whose new versions one is told."""
    desk = desk_of(request)
    task = subscriptions.subscriptions_of
    found = await asked(desk, task, person.name, person.groups)
    has_mails = desk.reports.mails is not None
    return page(request, "subscriptions", person, reports=found, has_mails=has_mails)
