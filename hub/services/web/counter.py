"""What every service with pages works with, and who stands before it."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.audit import Event, append_spilled, record, spill
from hub.services.web.hub_api import HubApi
from hub.services.web.sessions import Sessions

__all__ = ["Counter", "Person", "counter_of"]


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
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Everything that is the same for all who come to a service.

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
        What people type, without a path.
    audit : Path or None
        Where a record waits that the database doesn't take just now; ``None`` where there
        is no audit log.
    fronts : tuple of str
        Addresses of what stands before the proxy, for whom it speaks.
    """

    client: httpx.AsyncClient
    engine: Engine
    service: str
    token: str
    public_url: str
    audit: Path | None = None
    fronts: tuple[str, ...] = ()
    sessions: Sessions = field(default_factory=Sessions)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Path under which this service is served, without a slash at its end."""
        return f"/services/{self.service}"

    @property
    def log(self) -> logging.Logger:
        """Log of the service."""
        return logging.getLogger(f"hub.services.{self.service}")

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
        line = "%s: %s %s: %s %s"
        self.log.info(line, person.name, action, target, outcome, detail or {})
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
        await run_in_threadpool(self._record, event, self.audit)

    def _record(self, event: Event, waiting: Path) -> None:
        try:
            append_spilled(self.engine, waiting)
            record(self.engine, event)
        except SQLAlchemyError as error:
            text = "the audit log can't be written (%s)"
            self.log.critical(text, type(error).__name__)
            spill(event, waiting)

    def work_on(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` after the answer was given."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._has_worked)

    def _has_worked(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.error("an act was cut off", exc_info=task.exception())


def counter_of(request: Request) -> Counter:
    """What the application that answers works with."""
    counter: Counter = request.app.state.desk
    return counter
