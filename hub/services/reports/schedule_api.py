"""Schedules and subscriptions for programs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from hub.services.reports import finding, jobs, library, schedules, subscriptions
from hub.services.reports.api import REFUSALS, ReportModel, report_model
from hub.services.reports.desk import Reader, ReportsDesk, desk_of
from hub.services.reports.entries import Number
from hub.services.reports.made import made_of
from hub.services.reports.parameter_form import require_parameters
from hub.services.reports.reading import (
    asked,
    changed,
    own_report,
    readable_report,
    version_asked,
)
from hub.services.reports.schedules import Schedule
from hub.services.reports.timetable import NeverDue, Timetable
from hub.services.web.counter import Person

__all__ = [
    "NewSchedule",
    "add_schedule",
    "change_schedule",
    "router",
    "set_subscription",
    "timetable_of",
]

MOST: Final = 20
"""Schedules of one report."""

router = APIRouter(prefix="/api", responses=dict(REFUSALS))


class NewSchedule(BaseModel):
    """When a report is to be run by itself, and with what."""

    cron: str = Field(
        max_length=100,
        description="five fields: minute, hour, day of the month, month, day of the week",
        examples=["0 7 * * MON-FRI"],
    )
    zone: str = Field("UTC", max_length=64, examples=["Europe/Berlin"])
    parameters: dict[str, Any] = Field(
        {}, description="those not named are what they are in the newest version now"
    )


class ScheduleModel(BaseModel):
    """A schedule; `next` is the time at which the report is run next."""

    id: int
    report: int
    cron: str
    zone: str
    parameters: dict[str, Any]
    state: str = Field(description="active, paused, or stopped for its owner's sake")
    why: str
    next: datetime | None
    created: datetime


class TimeModel(BaseModel):
    """A time of a schedule that came, and what became of it."""

    due: datetime
    state: str = Field(
        description="running, waiting for another try, done, failed, skipped or canceled"
    )
    attempt: int
    job: int | None = Field(description="of the last try")
    again: datetime | None = Field(description="when the next try begins")
    why: str


@router.get("/reports/{number}/schedules", tags=["schedules"])
async def schedules_of(
    request: Request, person: Reader, number: Number
) -> list[ScheduleModel]:
    """The schedules of a report of one's own."""
    desk = desk_of(request)
    await own_report(desk, person, number)
    return [_model(one) for one in await asked(desk, schedules.schedules_of, number)]


@router.post("/reports/{number}/schedules", status_code=201, tags=["schedules"])
async def schedule(
    request: Request, person: Reader, number: Number, told: NewSchedule
) -> ScheduleModel:
    """Have a report of one's own run by itself, at the times of five fields of cron."""
    desk = desk_of(request)
    return _model(await add_schedule(desk, person, number, told))


def timetable_of(cron: str, zone: str) -> Timetable:
    """Times as somebody typed them.

    Raises
    ------
    NeverDue
        If nothing can be due by them.
    """
    return Timetable(" ".join(cron.split()), zone.strip())


async def add_schedule(
    desk: ReportsDesk, person: Person, number: int, told: NewSchedule
) -> Schedule:
    """Make a schedule for a report of the one who asks."""
    report = await own_report(desk, person, number)
    try:
        timetable = timetable_of(told.cron, told.zone)
    except NeverDue as error:
        raise HTTPException(422, str(error)) from error
    if report.n_versions:
        newest = await version_asked(desk, report, None)
        require_parameters(await made_of(desk, newest), told.parameters)

    def add(connection: Connection, now: datetime) -> Schedule | None:
        version = library.version_of(connection, number, report.n_versions)
        before = None if version is None else jobs.job_of(connection, version.job)
        if before is None or len(schedules.schedules_of(connection, number)) >= MOST:
            return None
        parameters = {**before.parameters, **told.parameters}
        added = schedules.add(connection, number, timetable, parameters, now)
        return schedules.schedule_of(connection, number, added)

    made = await changed(desk, add)
    if made is None:
        law = f"A report with a version may have {MOST} schedules"
        message = f"{law}; this has {report.n_versions} versions. Delete a schedule first."
        if not report.n_versions:
            message = "There is no version yet that could be run again; wait for the first."
        raise HTTPException(409, message)
    detail = {"schedule": made.id, "cron": made.cron, "zone": made.zone}
    await desk.note(person, "report.schedule", f"report/{number}", "ok", detail)
    return made


@router.get("/reports/{number}/schedules/{schedule_number}", tags=["schedules"])
async def one_schedule(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> ScheduleModel:
    """One schedule."""
    return _model(await _own(desk_of(request), person, number, schedule_number))


@router.get("/reports/{number}/schedules/{schedule_number}/times", tags=["schedules"])
async def times(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> list[TimeModel]:
    """Its history: the last hundred times that came, the newest first."""
    desk = desk_of(request)
    await _own(desk, person, number, schedule_number)
    found = await asked(desk, schedules.times_of, schedule_number, 100)
    return [TimeModel.model_validate(one, from_attributes=True) for one in found]


@router.post(
    "/reports/{number}/schedules/{schedule_number}/pause",
    status_code=204,
    tags=["schedules"],
)
async def pause(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> None:
    """Let no time of it come until it is resumed; again changes nothing."""
    await change_schedule(desk_of(request), person, number, schedule_number, "pause")


@router.post(
    "/reports/{number}/schedules/{schedule_number}/resume",
    status_code=204,
    tags=["schedules"],
)
async def resume(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> None:
    """Let its times come again, from now on; again changes nothing."""
    await change_schedule(desk_of(request), person, number, schedule_number, "resume")


@router.delete(
    "/reports/{number}/schedules/{schedule_number}", status_code=204, tags=["schedules"]
)
async def unschedule(
    request: Request, person: Reader, number: Number, schedule_number: Number
) -> None:
    """Delete it with its history; a run that goes on comes to its own end."""
    await change_schedule(desk_of(request), person, number, schedule_number, "delete")


_CHANGES: Final[dict[str, Callable[[Connection, int, datetime], bool]]] = {
    "pause": schedules.pause,
    "resume": schedules.resume,
    "delete": lambda connection, number, _now: schedules.remove(connection, number),
}


async def change_schedule(
    desk: ReportsDesk, person: Person, number: int, schedule_number: int, to: str
) -> None:
    """``pause``, ``resume`` or ``delete`` a schedule of the one who asks."""
    await _own(desk, person, number, schedule_number)
    if to not in _CHANGES:
        message = f"A schedule can be changed by {', '.join(_CHANGES)}; got {to[:40]!r}."
        raise HTTPException(422, message)
    if await changed(desk, _CHANGES[to], schedule_number):
        action = "report.unschedule" if to == "delete" else "report.schedule"
        detail = {"schedule": schedule_number, "change": to}
        await desk.note(person, action, f"report/{number}", "ok", detail)


async def _own(
    desk: ReportsDesk, person: Person, number: int, schedule_number: int
) -> Schedule:
    await own_report(desk, person, number)
    found = await asked(desk, schedules.schedule_of, number, schedule_number)
    if found is None:
        raise HTTPException(404, f"Report {number} has no schedule {schedule_number}.")
    return found


@router.get("/subscriptions", tags=["subscriptions"])
async def subscribed(request: Request, person: Reader) -> list[ReportModel]:
    """Reports of whose new versions one is told by mail."""
    desk = desk_of(request)
    task = subscriptions.subscriptions_of
    found = await asked(desk, task, person.name, person.groups)
    tags = await asked(desk, finding.tags_of, [one.id for one in found])
    return [report_model(desk, one, tags[one.id]) for one in found]


@router.put("/reports/{number}/subscription", status_code=204, tags=["subscriptions"])
async def subscribe(request: Request, person: Reader, number: Number) -> None:
    """Be told by mail of every new version of a report; again changes nothing."""
    await set_subscription(desk_of(request), person, number, is_wanted=True)


@router.delete("/reports/{number}/subscription", status_code=204, tags=["subscriptions"])
async def unsubscribe(request: Request, person: Reader, number: Number) -> None:
    """Be told no more."""
    await set_subscription(desk_of(request), person, number, is_wanted=False)


async def set_subscription(
    desk: ReportsDesk, person: Person, number: int, *, is_wanted: bool
) -> None:
    """Subscribe to a report that one may read, or end that."""
    await readable_report(desk, person, number)
    if is_wanted and desk.reports.mails is None:
        message = "This environment sends no mails, so nobody can be told of new versions."
        raise HTTPException(409, message)

    def change(connection: Connection, now: datetime) -> bool:
        if is_wanted:
            return subscriptions.subscribe(connection, number, person.name, now)
        return subscriptions.unsubscribe(connection, number, person.name)

    if await changed(desk, change):
        action = "report.subscribe" if is_wanted else "report.unsubscribe"
        await desk.note(person, action, f"report/{number}")


def _model(one: Schedule) -> ScheduleModel:
    return ScheduleModel.model_validate(one, from_attributes=True)
