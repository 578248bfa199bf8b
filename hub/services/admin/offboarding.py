"""Offboarding: a user leaves, step by step, and every step is written down.

The first step that fails ends it: what comes later would destroy what the earlier one was
to save. The report is written before the first step and after each, so that one that
failed, or was cut off with this service, goes on from where it is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Final, Literal

from fastapi.concurrency import run_in_threadpool

from hub import suspension
from hub.services.admin.acts import end_tokens, require_others, stop_servers
from hub.services.admin.desk import Desk, Person
from hub.services.admin.reports import (
    STEPS,
    Offboarding,
    Plan,
    State,
    insert_report,
    offboarding,
    update_report,
)
from hub.services.reports.leaving import end_access, n_reports_of
from hub.services.web.hub_api import HubAway, HubRefusal

__all__ = ["begin", "go_on", "take_up"]

_STOPPED_WITHIN: Final = 60.0


class Refused(Exception):
    """A step that can't be done, with the reason."""


async def begin(desk: Desk, person: Person, user: str, plan: Plan) -> Offboarding:
    """Write the report of an offboarding whose steps are all to come.

    Nobody else can begin one of the same user until `go_on` has returned.

    Raises
    ------
    HubRefusal
        If `user` may not be offboarded by `person`, or is nobody.
    """
    known = await person.hub.user(user)
    async with desk.one_at_a_time:
        await require_others(desk, person, user, known)
        if known is None and not await run_in_threadpool(_left_something, desk, user):
            raise HubRefusal(404, f"there is no user {user!r}, and there are no files")
        _claim(desk, user)
    try:
        report = await run_in_threadpool(
            insert_report, desk.engine, user, person.name, plan
        )
        await desk.note(person, "offboard.begin", user, detail=asdict(plan))
    except BaseException:
        desk.leaving.discard(user)
        raise
    return report


async def take_up(desk: Desk, person: Person, report_id: int) -> Offboarding:
    """Take up an offboarding that failed or was cut off, for `go_on`.

    If the user was resumed since then, it begins anew: there may be new files.

    Raises
    ------
    HubRefusal
        If there is none of that number, nothing is left to do, or it is at work.
    """
    report = await run_in_threadpool(offboarding, desk.engine, report_id)
    if report is None:
        raise HubRefusal(404, f"there is no report {report_id}")
    if report.is_done:
        raise HubRefusal(409, f"every step of report {report_id} is done")
    known = await person.hub.user(report.user)
    async with desk.one_at_a_time:
        await require_others(desk, person, report.user, known)
        _claim(desk, report.user)
    try:
        if not await run_in_threadpool(suspension.is_suspended, desk.engine, report.user):
            report = replace(report, steps=STEPS)
        await desk.note(person, "offboard.go-on", report.user, detail={"report": report_id})
    except BaseException:
        desk.leaving.discard(report.user)
        raise
    return report


def _claim(desk: Desk, user: str) -> None:
    if user in desk.leaving:
        raise HubRefusal(409, f"{user} is being offboarded already")
    desk.leaving.add(user)


def _left_something(desk: Desk, user: str) -> bool:
    has_files = not desk.archive.missing and desk.archive.has_data(user)
    return has_files or suspension.is_suspended(desk.engine, user)


async def go_on(desk: Desk, person: Person, report: Offboarding) -> Offboarding:
    """Do every step that is left; each is kept as soon as it is over."""
    user, leaving = report.user, _Leaving(desk, person, report)
    try:
        for number, (_, action, step) in enumerate(leaving.steps()):
            if report.steps[number].is_over:
                continue
            report = await _write(desk, report, number, "running", "")
            try:
                state, said = await step()
            except (HubRefusal, HubAway, Refused, OSError) as error:
                state, said = "failed", str(error)
            outcome: Literal["ok", "failed"] = "failed" if state == "failed" else "ok"
            told = {"state": state, "said": said, "report": report.id}
            # Recorded before it is kept: done twice is seen, done unseen is not.
            await desk.note(person, f"offboard.{action}", user, outcome, told)
            report = await _write(desk, report, number, state, said)
            if state == "failed":
                return report
    finally:
        desk.leaving.discard(user)
    return report


async def _write(
    desk: Desk, report: Offboarding, number: int, state: State, said: str
) -> Offboarding:
    steps = list(report.steps)
    steps[number] = replace(steps[number], state=state, said=said)
    changed = replace(report, steps=tuple(steps))
    await run_in_threadpool(update_report, desk.engine, changed)
    return changed


Done = tuple[Literal["ok", "failed", "skipped"], str]


class _Leaving:
    """The steps for one user."""

    def __init__(self, desk: Desk, person: Person, report: Offboarding) -> None:
        self._desk, self._person = desk, person
        self._user, self._plan = report.user, report.plan
        states = {step.title: step.state for step in report.steps}
        self._is_archived = states["Archive files"] == "ok"

    def steps(self) -> list[tuple[str, str, Callable[[], Awaitable[Done]]]]:
        """Every step: what it is called, how the audit log calls it, and itself."""
        does = (
            ("suspend", self._suspend),
            ("stop", self._stop),
            ("tokens", self._tokens),
            ("shares", self._shares),
            ("archive", self._archive),
            ("delete-files", self._delete_files),
            ("delete-user", self._delete_user),
            ("free-name", self._free_name),
        )
        return [(step.title, *done) for step, done in zip(STEPS, does, strict=True)]

    async def _suspend(self) -> Done:
        await run_in_threadpool(
            suspension.suspend,
            self._desk.engine,
            self._user,
            self._person.name,
            "offboarded",
        )
        return "ok", "nobody can sign in under this name"

    async def _stop(self) -> Done:
        if await self._person.hub.user(self._user) is None:
            return "skipped", "the hub knows no such user"
        n_stopped, refused = await stop_servers(self._person, self._user)
        until = time.monotonic() + _STOPPED_WITHIN
        while True:
            user = await self._person.hub.user(self._user)
            if user is None or not user.servers:
                return "ok", f"{n_stopped} stopped" if n_stopped else "none ran"
            if time.monotonic() > until:
                still = f"a server still runs after {_STOPPED_WITHIN:.0f} s"
                raise Refused("; ".join([still, *refused]))
            await asyncio.sleep(0.5)

    async def _tokens(self) -> Done:
        if await self._person.hub.user(self._user) is None:
            return "skipped", "the hub knows no such user"
        n_deleted, refused = await end_tokens(self._person, self._user)
        if refused:
            raise Refused("; ".join(refused))
        return "ok", f"{n_deleted} deleted" if n_deleted else "there were none"

    async def _shares(self) -> Done:
        engine = self._desk.engine
        n_reports = await run_in_threadpool(end_access, engine, self._user)
        ended = f"reports shared with the name: {n_reports} ended"
        if await self._person.hub.user(self._user) is None:
            return "ok", f"the hub knows no such user; {ended}"
        shares = await self._person.hub.shares_with(self._user)
        for owner, server in shares:
            await self._person.hub.end_share(self._user, owner, server)
        own = "shares of their own servers go with the user"
        return "ok", f"{len(shares)} of others' servers ended; {own}; {ended}"

    async def _archive(self) -> Done:
        archive = self._desk.archive
        if not self._plan.archives:
            return "skipped", "not asked for"
        if not await run_in_threadpool(archive.has_data, self._user):
            self._is_archived = True
            return "ok", "there are no files"
        if archive.missing:
            if self._plan.deletes_files and not self._plan.deletes_unarchived:
                raise Refused(archive.missing)
            return "skipped", f"not possible here: {archive.missing}"
        kept = await run_in_threadpool(archive.keep, self._user)
        self._is_archived = True
        size = f"{kept.n_files} entries, {kept.n_bytes / 1e6:.1f} MB"
        return "ok", f"{kept.where} ({size}, SHA-256 {kept.sha256})"

    async def _delete_files(self) -> Done:
        if not self._plan.deletes_files:
            return "skipped", "not asked for; the files stay where they are"
        if not (self._is_archived or self._plan.deletes_unarchived):
            message = "there is no archive, and deleting without one was not confirmed"
            raise Refused(message)
        if not await run_in_threadpool(self._desk.archive.has_data, self._user):
            return "skipped", "there are no files"
        await run_in_threadpool(self._desk.archive.delete, self._user)
        return "ok", "deleted for good"

    async def _delete_user(self) -> Done:
        if await self._person.hub.user(self._user) is None:
            return "skipped", "the hub knows no such user"
        await self._person.hub.delete_user(self._user)
        return "ok", "the hub has forgotten the user, their groups and their servers"

    async def _free_name(self) -> Done:
        if self._plan.keeps_name_barred:
            return "skipped", "the name stays barred; nobody can sign in with it"
        await run_in_threadpool(suspension.resume, self._desk.engine, self._user)
        n_own = await run_in_threadpool(n_reports_of, self._desk.engine, self._user)
        theirs = f"; reports left to whoever has it next: {n_own}" if n_own else ""
        return "ok", f"the name may be used again{theirs}"
