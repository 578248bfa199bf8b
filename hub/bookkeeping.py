"""What the hub itself writes down: who asked what of it, and which servers ran how long.

JupyterHub has hooks before a start and after a stop, and one function that is told of every
request when it has been answered. These three see all that happens, whichever page, program
or service asked for it.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from jupyterhub.log import log_request
from jupyterhub.spawner import SpawnException
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from hub import events
from hub.audit import Event, record, record_or_spill, spill
from hub.choices import Profile
from hub.database import connect, upgrade
from hub.endings import at_end
from hub.logs import REQUEST_ID
from hub.profiles import offered_profiles
from hub.quotas import (
    RunningServer,
    check_start,
    check_storage,
    last_run,
    meter,
    profile_of,
    read_clocks,
    storage_limit,
    storage_of,
)
from hub.requests import event_of, source_of
from hub.settings import Settings
from hub.storage import audit_folder

__all__ = ["Bookkeeper", "apply_bookkeeping"]

_LOG: Final = logging.getLogger("hub.bookkeeping")
_BY_ITSELF: Final = {
    "access-ended": "access.end",
    "groups-changed": "user.groups",
    "share-ended": "share.end",
}


def apply_bookkeeping(c: Config, settings: Settings) -> None:
    """Budgets held before a start, the ledger kept after a stop, requests audited."""
    keeper = Bookkeeper(settings)
    c.Spawner.pre_spawn_hook = Hook("before_start", keeper.before_start)
    c.Spawner.post_stop_hook = Hook("after_stop", keeper.after_stop)
    if settings.audit is not None:
        told = {"log_function": Hook("after_request", keeper.after_request)}
        c.JupyterHub.tornado_settings = c.JupyterHub.tornado_settings | told


class Hook:
    """A function with a name that is the same in every process."""

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        self._name, self._function = name, function

    def __call__(self, argument: Any) -> Any:
        """Call the function."""
        return self._function(argument)

    def __deepcopy__(self, _memo: object) -> "Hook":
        # Configuration is copied now and then; a connection to the database can't be.
        return self

    def __repr__(self) -> str:
        return f"<bookkeeping: {self._name}>"


class Bookkeeper:
    """Writes down what happens in the hub's process, in a thread of its own.

    JupyterHub's own transactions are in the main thread: waiting there for a lock on the
    same database could wait for itself.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _engine(self) -> Engine:
        engine = connect(self._settings)
        upgrade(engine)
        return engine

    @cached_property
    def _writer(self) -> ThreadPoolExecutor:
        writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bookkeeping")
        # What was asked last is written before the process ends.
        at_end(writer.shutdown)
        return writer

    def _write(self, task: Callable[..., Any], *given: Any) -> Awaitable[Any]:
        return asyncio.get_running_loop().run_in_executor(self._writer, task, *given)

    async def before_start(self, spawner: Any) -> None:
        """Refuse a start that a quota doesn't allow, or that can't be recorded."""
        server = self._server(spawner)
        spawner.mchub_server = server
        groups = frozenset(group.name for group in spawner.user.orm_user.groups)
        profile = profile_of(self._settings, spawner.user_options)
        try:
            reason = await self._write(self._refusal, server.user, groups, profile)
            outcome = "refused" if reason else "ok"
            await self._record_start(spawner, server, outcome, reason)
        except SQLAlchemyError as error:
            _LOG.critical("a start can't be recorded (%s)", error)
            reason = (
                "No server starts now, because the start can't be recorded: the database "
                "doesn't answer. Try again in a minute."
            )
        if reason:
            raise _refused(reason)

    def _refusal(self, user: str, groups: frozenset[str], profile: Profile) -> str | None:
        """Why a budget, or what the user keeps on disk, refuses the start."""
        now, settings = datetime.now(UTC), self._settings
        refusal = check_start(
            self._engine,
            settings.budgets,
            user=user,
            groups=groups,
            profile=profile,
            now=now,
        )
        most = storage_limit(settings.server.limits.storage, settings.budgets, groups, now)
        use = storage_of(self._engine, user, most)
        offered = offered_profiles(settings, groups)
        return refusal or check_storage(use, profile=profile, offered=offered, now=now)

    async def _record_start(
        self, spawner: Any, server: RunningServer, outcome: Any, reason: str | None
    ) -> None:
        if self._settings.audit is None:
            return
        by, source = _asked_by(spawner)
        event = Event(
            actor=by or server.user,
            action="server.start",
            target=f"{server.user}/{server.name}",
            outcome=outcome,
            source=source,
            detail={"profile": server.profile} | ({"reason": reason} if reason else {}),
        )
        await self._write(lambda: record(self._engine, event))

    def after_stop(self, spawner: Any) -> Awaitable[None]:
        """Charge a server that has ended, and record how it ended."""
        # The hub stops a server that didn't start while it handles the failure, and
        # nothing else tells one stop from the other. It must be asked here: the rest runs
        # in a task of its own.
        return self._after_stop(spawner, sys.exc_info()[1])

    async def _after_stop(self, spawner: Any, failure: BaseException | None) -> None:
        user, name = spawner.user.name, spawner.name
        server: RunningServer | None = getattr(spawner, "mchub_server", None)
        spawner.mchub_server = None
        now = read_clocks()
        if server is None:
            # Started by an earlier hub.
            server = await self._write(lambda: last_run(self._engine, user, name))
        try:
            if server is not None and failure is None:
                await self._write(lambda: meter(self._engine, [server], now))
        except SQLAlchemyError as error:
            _LOG.critical("the end of %s/%s can't be charged (%s)", user, name, error)
        # A refusal was recorded when it was made.
        if self._settings.audit is not None and not hasattr(failure, "mchub_is_recorded"):
            event = Event(
                actor="",
                action="server.end" if failure is None else "server.start",
                target=f"{user}/{name}",
                outcome=_outcome(failure),
                detail={} if failure is None else {"reason": str(failure)[:500]},
            )
            await self._write(self._record, event)

    def after_request(self, handler: Any) -> None:
        """Log a request as JupyterHub does, and record it if it changes something."""
        # Here and not before: only a hub that answers has events.
        events.listen(self._after_event)
        token = REQUEST_ID.set(handler.request.headers.get("X-Request-Id", "")[:64])
        try:
            log_request(handler)
        finally:
            REQUEST_ID.reset(token)
        try:
            event = event_of(handler)
        except Exception:
            # A request has been answered by now; not to know of it is what must be loud.
            _LOG.critical("a request can't be recorded", exc_info=True)
            return
        if event is not None:
            self._writer.submit(self._record, event)

    def _after_event(
        self, what: str, who: str, outcome: str, details: dict[str, str]
    ) -> None:
        """Record what the hub does by itself, which no request says."""
        if action := _BY_ITSELF.get(what):
            event = Event(actor="", action=action, target=who, outcome="ok", detail=details)
            self._writer.submit(self._record, event)

    def _record(self, event: Event) -> None:
        file = audit_folder() / "hub.jsonl"
        try:
            record_or_spill(self._engine, event, file)
        except Exception:
            _LOG.critical("the audit log can't be written", exc_info=True)
            spill(event, file)

    def _server(self, spawner: Any) -> RunningServer:
        profile = profile_of(self._settings, spawner.user_options)
        return RunningServer(
            user=spawner.user.name,
            name=spawner.name,
            started=spawner.orm_spawner.started.replace(tzinfo=UTC),
            profile=profile.name,
            gpu=profile.gpu,
            cpus=profile.cpus,
        )


def _asked_by(spawner: Any) -> tuple[str, str]:
    """Who asked for a start and from where; nobody if the hub itself did."""
    handler = spawner.handler
    if handler is None:
        return "", ""
    who = handler.current_user
    return (who.name if who is not None else ""), source_of(handler.request)


def _outcome(failure: BaseException | None) -> Any:
    if failure is None:
        return "ok"
    return "refused" if isinstance(failure, SpawnException) else "failed"


def _refused(reason: str) -> SpawnException:
    error = SpawnException(reason, reason="budget")
    # JupyterHub's page and progress of a start show this attribute and nothing else.
    error.jupyterhub_message = reason
    error.mchub_is_recorded = True
    return error
