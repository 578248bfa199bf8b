"""The clock: times of schedules that have come become jobs, and what failed is tried again.

It keeps nothing in mind. Several may look at the same table, and one that was away finds in
it what it missed.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from fastapi.concurrency import run_in_threadpool

from hub.services.reports import schedules
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.schedules import Schedule
from hub.services.web.counter import Person
from hub.services.web.hub_api import HubApi
from hub.suspension import is_suspended

__all__ = ["Clock"]

_LOG: Final = logging.getLogger("hub.services.reports.clock")

Found = TypeVar("Found")


class Clock:
    """Looks what time it is.

    Parameters
    ----------
    desk : ReportsDesk
        The table.
    hub : HubApi
        With the service's own token.
    """

    def __init__(self, desk: ReportsDesk, hub: HubApi) -> None:
        self._desk = desk
        self._hub = hub

    async def look(self, now: datetime) -> None:
        """Take over what jobs came to, then begin what is due."""
        for time, job in await self._do(schedules.ended_times):
            await self._do(schedules.settle, time, job, now)
        for time, schedule in await self._do(schedules.due_times, now):
            if await self._may_go_on(schedule, now):
                began = await self._do(schedules.begin_again, time, schedule, now)
                await self._note(schedule, began)
        for schedule in await self._do(schedules.due_schedules, now):
            if await self._may_go_on(schedule, now):
                began = await self._do(schedules.come_due, schedule, now)
                await self._note(schedule, began)

    async def _may_go_on(self, schedule: Schedule, now: datetime) -> bool:
        """Whether the owner may still have things run; else the schedule stops."""
        owner = schedule.owner
        if await run_in_threadpool(is_suspended, self._desk.engine, owner):
            why = f"{owner} is suspended."
        elif await self._hub.user(owner) is None:
            why = f"{owner} is no user any more."
        else:
            return True
        if await self._do(schedules.stop, schedule.id, why, now):
            _LOG.info("schedule %d of report %d: %s", schedule.id, schedule.report, why)
            detail = {"schedule": schedule.id, "state": "stopped", "why": why}
            await self._tell(schedule, "report.schedule", detail)
        return False

    async def _note(self, schedule: Schedule, job: int | None) -> None:
        if job is not None:
            detail = {"schedule": schedule.id, "job": job, "owner": schedule.owner}
            await self._tell(schedule, "report.schedule.run", detail)

    async def _tell(self, schedule: Schedule, action: str, detail: dict[str, Any]) -> None:
        service = Person(name=self._desk.service, hub=self._hub, source="")
        target = f"report/{schedule.report}"
        await self._desk.note(service, action, target, "ok", detail)

    async def _do(self, step: Callable[..., Found], *given: Any) -> Found:
        def go() -> Found:
            with self._desk.engine.begin() as connection:
                return step(connection, *given)

        return await run_in_threadpool(go)
