"""Offboarding: a user leaves, step by step, and every step is written down.

The first step that fails ends it: what comes later would destroy what the earlier one was
to save. Doing it again goes on from where it is.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Column, Engine, Integer, String, Table, Text, insert, select

from hub import suspension
from hub.database import METADATA, Instant
from hub.services.admin.acts import end_tokens, stop_servers
from hub.services.admin.desk import Desk, Person
from hub.services.admin.hub_api import HubAway, HubRefusal

__all__ = ["Offboarding", "Plan", "Step", "offboard", "offboarding", "offboardings"]

OFFBOARDINGS: Final = Table(
    "mchub_offboardings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", String(255), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by", String(255), nullable=False),
    Column("steps", Text, nullable=False),
    sqlite_autoincrement=True,
)

_STOPPED_WITHIN: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What shall become of a user's files and of their name.

    `deletes_unarchived` is a confirmation: files are deleted though no archive was made.
    """

    archives: bool = True
    deletes_files: bool = False
    deletes_unarchived: bool = False
    keeps_name_barred: bool = True


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, and what became of it."""

    title: str
    state: Literal["ok", "failed", "skipped"]
    said: str


@dataclass(frozen=True, kw_only=True)
class Offboarding:
    """The report of one user."""

    id: int
    user: str
    at: datetime
    by: str
    steps: tuple[Step, ...]

    @property
    def is_done(self) -> bool:
        """Whether no step failed."""
        return all(step.state != "failed" for step in self.steps)


class Refused(Exception):
    """A step that can't be done, with the reason."""


async def offboard(desk: Desk, person: Person, user: str, plan: Plan) -> Offboarding:
    """Go through all steps for one user; the report is kept."""
    leaving = _Leaving(desk, person, user, plan)
    steps: list[Step] = []
    for title, action, step in leaving.steps():
        if steps and steps[-1].state == "failed":
            break
        try:
            state, said = await step()
        except (HubRefusal, HubAway, Refused, OSError) as error:
            state, said = "failed", str(error)
        steps.append(Step(title=title, state=state, said=said))
        told = {"state": state, "said": said}
        await desk.note(
            person,
            f"offboard.{action}",
            user,
            "failed" if state == "failed" else "ok",
            told,
        )
    steps += [
        Step(title=title, state="skipped", said="not reached")
        for title, _, _ in leaving.steps()[len(steps) :]
    ]
    return await run_in_threadpool(_keep, desk.engine, user, person.name, tuple(steps))


Done = tuple[Literal["ok", "failed", "skipped"], str]


class _Leaving:
    """The steps for one user."""

    def __init__(self, desk: Desk, person: Person, user: str, plan: Plan) -> None:
        self._desk, self._person, self._user, self._plan = desk, person, user, plan
        self._is_archived = False

    def steps(self) -> list[tuple[str, str, Callable[[], Awaitable[Done]]]]:
        """Every step: what it is called, how the audit log calls it, and itself."""
        return [
            ("Close sign-in", "suspend", self._suspend),
            ("Stop servers", "stop", self._stop),
            ("Delete tokens", "tokens", self._tokens),
            ("End shares", "shares", self._shares),
            ("Archive files", "archive", self._archive),
            ("Delete files", "delete-files", self._delete_files),
            ("Delete the user", "delete-user", self._delete_user),
            ("Let the name go", "free-name", self._free_name),
        ]

    async def _suspend(self) -> Done:
        if self._user == self._person.name:
            message = "you can't offboard yourself"
            raise Refused(message)
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
        if await self._person.hub.user(self._user) is None:
            return "skipped", "the hub knows no such user"
        shares = await self._person.hub.shares_with(self._user)
        for owner, server in shares:
            await self._person.hub.end_share(self._user, owner, server)
        own = "shares of their own servers go with the user"
        return "ok", f"{len(shares)} of others' servers ended; {own}"

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
        return "ok", "the name may be used again"


def _keep(engine: Engine, user: str, by: str, steps: tuple[Step, ...]) -> Offboarding:
    at = datetime.now(UTC)
    written = json.dumps([asdict(step) for step in steps], ensure_ascii=False)
    row = {"user_name": user, "at": at, "by": by, "steps": written}
    with engine.begin() as connection:
        key = connection.execute(insert(OFFBOARDINGS), row).inserted_primary_key
    assert key is not None
    return Offboarding(id=key[0], user=user, at=at, by=by, steps=steps)


def offboardings(engine: Engine, limit: int = 200) -> list[Offboarding]:
    """The last reports, the newest first."""
    asked = select(OFFBOARDINGS).order_by(OFFBOARDINGS.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_report(row) for row in connection.execute(asked)]


def offboarding(engine: Engine, report_id: int) -> Offboarding | None:
    """One report, if there is one of that number."""
    asked = select(OFFBOARDINGS).where(OFFBOARDINGS.c.id == report_id)
    with engine.connect() as connection:
        row = connection.execute(asked).first()
    return None if row is None else _report(row)


def _report(row: object) -> Offboarding:
    found = row._mapping  # type: ignore[attr-defined]
    return Offboarding(
        id=found["id"],
        user=found["user_name"],
        at=found["at"],
        by=found["by"],
        steps=tuple(Step(**step) for step in json.loads(found["steps"])),
    )
