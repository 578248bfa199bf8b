"""The runner: jobs of the table become servers of their owners, and servers are cleared.

It keeps nothing in mind but what it has seen gone. Whatever is killed, and when: the next
round finds in the table what is to be done, and asks the hub what there is.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from hub.gpus.transactions import alone
from hub.services.reports import jobs, outbox, schedules
from hub.services.reports.clock import Clock
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.jobs import Job, TooLate
from hub.services.reports.library import digests_in_use
from hub.services.reports.retention import Gone, remove_old
from hub.services.reports.store import StoreTrouble
from hub.services.web.counter import Person
from hub.services.web.hub_api import HubApi, HubAway, HubRefusal, Server

__all__ = ["Runner"]

EVERY: Final = 1.0
"""Seconds between two rounds, unless a job changes meanwhile."""

_LOG: Final = logging.getLogger("hub.services.reports.runner")
_TROUBLE: Final = (HubAway, HubRefusal, SQLAlchemyError, httpx.HTTPError)
# A start that was asked for is seen in the hub's answers after a moment.
_UNSEEN_FOR: Final = timedelta(seconds=30)
_SWEEP_EVERY: Final = timedelta(days=1)
_AT_WORK: Final = ("starting", "running")
# One that is ready asks for its work at once; a hub whose database was away at its start
# may call a server ready that there isn't.
_SILENT_FOR: Final = timedelta(minutes=2)
_SILENT: Final = "Its server was ready, and did not take its work."
_LOST: Final = "Its server ended, or did not start, before it had told how the run went."


class Runner:
    """Goes the rounds.

    Parameters
    ----------
    desk : ReportsDesk
        The table, and the hub with the service's own token.
    """

    def __init__(self, desk: ReportsDesk) -> None:
        self._desk = desk
        self._hub = HubApi(desk.client, desk.token)
        self._clock = Clock(desk, self._hub)
        self._gone: set[str] = set()
        self._swept: datetime | None = None

    async def run(self) -> None:
        """Rounds without an end; what can't be reached is waited for."""
        while True:
            try:
                await self.go_round(datetime.now(UTC))
            except _TROUBLE as error:
                _LOG.warning("no round now, another soon: %r", error)
            except Exception:
                _LOG.exception("a round failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._desk.jobs_changed.wait(), EVERY)
            self._desk.jobs_changed.clear()

    async def go_round(self, now: datetime) -> None:
        """Look after every open job, then begin those for which there is room."""
        for job in await self._read():
            await self._look_after(job, now)
        try:
            await self._clock.look(now)
        except (HubAway, HubRefusal) as error:
            # Jobs that are there already don't wait for schedules.
            _LOG.warning("schedules wait, as the hub can't be asked: %s", error)
        while (begun := await self._take(now)) is not None:
            await self._start(begun, now)
        if self._swept is None or now - self._swept > _SWEEP_EVERY:
            self._swept = now
            await self._let_go(now)
            await run_in_threadpool(self._sweep, now)

    async def _look_after(self, job: Job, now: datetime) -> None:
        for attempt in range(1, job.attempt + (0 if job.state in _AT_WORK else 1)):
            await self._clear(job.owner, job.server_of(attempt))
        if not job.is_open:
            servers = {job.server_of(attempt) for attempt in range(1, job.attempt + 1)}
            if servers <= self._gone:
                await self._do(jobs.cleared, job.id)
                self._gone -= servers
            return
        if job.state in _AT_WORK:
            await self._hold(job, now)

    async def _hold(self, job: Job, now: datetime) -> None:
        """End a try that takes too long, and one whose server is lost."""
        at_most = self._desk.reports.run_at_most
        if job.began is not None and now - job.began > at_most:
            hours = at_most / timedelta(hours=1)
            why = f"It ran longer than {hours:g} h, which is all that a run may take."
            await self._do(jobs.fail, job.id, job.attempt, why, now)
        elif now - job.changed > _UNSEEN_FOR:
            user = await self._hub.user(job.owner)
            servers = {one.name: one for one in user.servers} if user is not None else {}
            if user is None:
                await self._do(jobs.cancel, job.id, "Its owner is no user any more.", now)
            elif job.server not in servers:
                _LOG.info("%s/%s is lost", job.owner, job.server)
                await self._do(jobs.give_up_try, job, _LOST, now)
            elif _is_silent(job, servers[job.server], now):
                _LOG.info("%s/%s takes no work", job.owner, job.server)
                await self._do(jobs.give_up_try, job, _SILENT, now)

    async def _start(self, job: Job, now: datetime) -> None:
        options = {"profile": job.profile} if job.profile else {}
        try:
            await self._hub.start_server(job.owner, job.server, options)
        except HubRefusal as refusal:
            why = f"The hub did not start its server: {refusal.message}"
            _LOG.info("%s/%s: %s", job.owner, job.server, refusal.message)
            if refusal.status == httpx.codes.NOT_FOUND:
                await self._do(jobs.cancel, job.id, why, now)
            else:
                # For want of room, or for a moment: neither is the notebook's fault.
                await self._do(jobs.put_back, job, why, now)
        except HubAway as error:
            # Nobody knows whether the hub heard it: the same server is asked for again.
            _LOG.warning("%s/%s may have been asked for: %s", job.owner, job.server, error)
            await self._do(jobs.put_back, job, "The hub did not answer.", now)

    async def _clear(self, owner: str, server: str) -> None:
        """Stop and remove a server of a try that is over."""
        if server in self._gone:
            return
        if await self._hub.remove_server(owner, server):
            self._gone.add(server)

    async def _let_go(self, now: datetime) -> None:
        """Remove versions that are as old as the environment keeps them."""
        kept_for = self._desk.reports.versions_kept_for
        if kept_for is None:
            return

        def remove() -> list[Gone]:
            with self._desk.engine.begin() as connection:
                return remove_old(connection, kept_for, now)

        service = Person(name=self._desk.service, hub=self._hub, source="")
        while gone := await run_in_threadpool(remove):
            for one in gone:
                target = f"report/{one.report}/{one.number}"
                detail = {"owner": one.owner, "made": f"{one.at:%F}", "bytes": one.bytes}
                await self._desk.note(service, "report.expire", target, "ok", detail)

    def _sweep(self, now: datetime) -> None:
        """Remove files that no version and no job names; the youngest may yet be named."""
        with self._desk.engine.connect() as connection:
            kept = digests_in_use(connection)
        try:
            n_removed = self._desk.store.sweep(kept, now - _SWEEP_EVERY)
        except StoreTrouble as trouble:
            _LOG.warning("files are swept tomorrow, as the store can't be: %s", trouble)
            n_removed = 0
        if n_removed:
            _LOG.info("%d files of the store belonged to nothing any more", n_removed)
        sends_mails = self._desk.reports.mails is not None
        with self._desk.engine.begin() as connection:
            schedules.forget_old_times(connection)
            outbox.sweep(connection, now, sends_mails=sends_mails)

    async def _read(self) -> list[Job]:
        def read() -> list[Job]:
            with self._desk.engine.connect() as connection:
                return jobs.open_jobs(connection)

        return await run_in_threadpool(read)

    async def _take(self, now: datetime) -> Job | None:
        limits = {
            "of_one": self._desk.reports.at_once,
            "of_all": self._desk.reports.of_all,
        }

        def take() -> Job | None:
            with alone(self._desk.engine) as connection:
                return jobs.take_next(connection, now, **limits)

        return await run_in_threadpool(take)

    async def _do(self, step: Any, *given: Any) -> None:
        def go() -> None:
            with self._desk.engine.begin() as connection:
                step(connection, *given)

        try:
            await run_in_threadpool(go)
        except TooLate as late:
            # The server told its end in this very moment.
            _LOG.info("%s", late)


def _is_silent(job: Job, server: Server, now: datetime) -> bool:
    """Whether the server of a try has been ready for long, and took no work."""
    since = max(job.changed, server.started or job.changed)
    return job.state == "starting" and server.is_ready and now - since > _SILENT_FOR
