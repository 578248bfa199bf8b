"""What the pages work with: the hub, the database, and what the platform can do."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import httpx
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.audit import Event, append_spilled, record, spill
from hub.choices import Budgets
from hub.gpus import Capacity
from hub.services.admin.archives import Archive, NotReached
from hub.services.admin.hub_api import HubApi
from hub.services.admin.sessions import Sessions

__all__ = ["Desk", "Person"]

_NO_ARCHIVE: Final = NotReached("no folder for archives was named")
_NO_GPUS: Final = Capacity(devices=(), parts=0)

_log = logging.getLogger("hub.services.admin")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who asks, and the hub as it answers this person.

    `xsrf` is empty for a program, which brings a token with every request.
    """

    name: str
    hub: HubApi
    source: str
    xsrf: str = ""
    cookie: str = ""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that is the same for all who administer.

    Parameters
    ----------
    client : httpx.AsyncClient
        Reaches the hub's API.
    engine : Engine
        Database with the platform's tables.
    service : str
        Name of this service in the hub.
    token : str
        The service's own token: it proves to the hub who asks for a person's.
    public_url : str
        What people type, without a path; invitations begin with it.
    manages_groups : bool
        Whether groups are made here, and not by the provider of sign-in.
    archive : Archive
        Keeps the files of users who leave.
    budgets : Budgets or None
        What users may use; ``None`` where nobody counts.
    storage : str or None
        What each may keep on disk, as ``50G``, where their budget says nothing of it.
    capacity : Capacity
        What there is of GPUs, as far as the settings name it.
    audit : Path or None
        Where a record waits that the database doesn't take just now; ``None`` where there
        is no audit log.
    fronts : tuple of str
        Addresses of what stands before the proxy, for whom it speaks.
    leaving : set of str
        Users who are being offboarded at this moment.
    one_at_a_time : asyncio.Lock
        Held while it is decided that somebody isn't the last admin.
    """

    client: httpx.AsyncClient
    engine: Engine
    service: str
    token: str
    public_url: str
    manages_groups: bool = True
    archive: Archive = _NO_ARCHIVE
    budgets: Budgets | None = None
    storage: str | None = None
    capacity: Capacity = _NO_GPUS
    audit: Path | None = None
    fronts: tuple[str, ...] = ()
    sessions: Sessions = field(default_factory=Sessions)
    leaving: set[str] = field(default_factory=set)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Path under which this service is served, without a slash at its end."""
        return f"/services/{self.service}"

    async def note(
        self,
        person: Person,
        action: str,
        target: str,
        outcome: Literal["ok", "refused", "failed"] = "ok",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Append to the audit log what `person` did here.

        What passes the hub's API is recorded by the hub too, as coming from this service.
        """
        _log.info("%s: %s %s: %s %s", person.name, action, target, outcome, detail or {})
        if self.audit is None:
            return
        event = Event(
            actor=person.name,
            action=action,
            target=target,
            outcome=outcome,
            source=person.source,
            detail=detail or {},
        )
        await run_in_threadpool(_record, self.engine, event, self.audit)

    def work_on(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` after the answer was given."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._has_worked)

    def _has_worked(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("an act was cut off", exc_info=task.exception())


def _record(engine: Engine, event: Event, waiting: Path) -> None:
    try:
        append_spilled(engine, waiting)
        record(engine, event)
    except SQLAlchemyError as error:
        _log.critical("the audit log can't be written (%s)", type(error).__name__)
        spill(event, waiting)
