"""The pages of schedules and of one's own subscriptions."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from hub.services.reports import library, schedules, subscriptions
from hub.services.reports.asked_parameters import Asked, asked_in, shown_form
from hub.services.reports.desk import Reader, desk_of
from hub.services.reports.entries import Number
from hub.services.reports.library import Report, Version
from hub.services.reports.reading import asked, own_report, version_asked
from hub.services.reports.rendering import page
from hub.services.reports.schedule_api import (
    NewSchedule,
    add_schedule,
    change_schedule,
    set_subscription,
    timetable_of,
)
from hub.services.reports.timetable import NeverDue, zones
from hub.services.web.counter import Person
from hub.services.web.protection import form_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LONGEST_CRON, _LONGEST_ZONE = 100, 64


@router.get("/r/{number}/schedules")
async def show(request: Request, person: Reader, number: Number) -> Response:
    """The schedules of a report of one's own, with their histories."""
    return await _schedules(
        request, person, await own_report(desk_of(request), person, number)
    )


async def _schedules(
    request: Request,
    person: Person,
    report: Report,
    asked_for: Asked | None = None,
    **typed: Any,
) -> Response:
    """The page, with what was typed into its form if that may not be."""
    desk = desk_of(request)

    def find(connection: Connection) -> tuple[Version | None, list[Any]]:
        found = schedules.schedules_of(connection, report.id)
        newest = library.version_of(connection, report.id, report.n_versions)
        return newest, [(one, schedules.times_of(connection, one.id)) for one in found]

    newest, found = await asked(desk, find)
    shown: dict[str, Any] = {"cron": "", "zone": "UTC", "wrong_times": "", **typed}
    shown |= await shown_form(desk, newest, asked_for)
    shown["n_wrong"] += bool(shown["wrong_times"])
    shown |= {"zones": zones(), "has_mails": desk.reports.mails is not None}
    return page(request, "schedules", person, report=report, schedules=found, **shown)


@router.post("/r/{number}/schedules")
async def add(request: Request, person: Reader, number: Number) -> Response:
    """Make a schedule; what may not be is said beside its field."""
    desk, form = desk_of(request), await form_of(request)
    report = await own_report(desk, person, number)
    times = {
        "cron": str(form.get("cron", ""))[:_LONGEST_CRON],
        "zone": str(form.get("zone", ""))[:_LONGEST_ZONE],
    }
    # After the one that was shown may have come a newer one, of other parameters.
    at = await version_asked(desk, report, None) if report.n_versions else None
    asked_for = Asked(values={}, typed={}, wrong={})
    if at is not None:
        asked_for = await asked_in(desk, at, form)
    wrong_times = ""
    try:
        timetable_of(**times)
    except NeverDue as error:
        wrong_times = str(error)
    if asked_for.wrong or wrong_times:
        told = {**times, "wrong_times": wrong_times, "status": 422}
        return await _schedules(request, person, report, asked_for, **told)
    wanted = NewSchedule(**times, parameters=dict(asked_for.values))
    await add_schedule(desk, person, number, wanted)
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
