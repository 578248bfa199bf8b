"""One round of the steward: charge, hold, tidy; what fails stops none of the others."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

import httpx
from sqlalchemy import Engine

from hub import audit
from hub.choices import LocalProcess
from hub.notices import sweep
from hub.quotas import (
    Reading,
    RunningServer,
    account_of,
    folder_bytes,
    forget_before,
    meter,
    note_storage,
    skipped,
    storage_limit,
    storage_of,
)
from hub.services.steward.enforcing import hold_budget, hold_lifetime, tell_of_storage
from hub.services.steward.hub_client import HubClient, User
from hub.settings import Settings
from hub.storage import audit_folder, home_folder

__all__ = ["Chore", "Steward"]

_LOG: Final = logging.getLogger("hub.steward")

MEASURE_EVERY: Final = 3600.0
NOTE_EVERY: Final = 3600.0
# Of storage, where there are no budgets to say it.
WARN_AT: Final = 0.8
# Removing leaves a record of its own, so it isn't done for every few old records.
REMOVE_EVERY: Final = timedelta(days=1)
# What is older than this and a period is of no account any more.
LEDGER_KEPT: Final = timedelta(days=365)

Chore = Callable[[], object]
"""Something else to be done every round."""


class Steward:
    """Does the rounds.

    Parameters
    ----------
    settings : Settings
        Budgets, lifetimes, how long the audit log is kept.
    engine : Engine
        The platform's tables.
    hub : HubClient
        Who runs what, and a way to stop it.
    chores : sequence of callable
        What else is to be done every round.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        hub: HubClient,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._hub = hub
        self._chores = chores
        self._measured_at: float | None = None
        self._noted_at: float | None = None

    def go_round(self, now: Reading) -> None:
        """Do everything once; what fails is logged and done in the next round."""
        with _going_on("append what waits for the audit log"):
            audit.collect(self._engine, audit_folder())
        with _going_on("charge and hold the servers"):
            self._look_after_servers(now)
        with _going_on("remove what is kept no longer"):
            self._remove_old(now.at)
        with _going_on("note the last audit record"):
            self._note_head(now.monotonic)
        with _going_on("measure what users store"):
            self._measure(now.monotonic)
        for chore in self._chores:
            with _going_on(getattr(chore, "__name__", "do a chore")):
                chore()

    def _look_after_servers(self, now: Reading) -> None:
        users = self._hub.users(only_running=True)
        servers = [server for user in users for server in user.servers]
        jumped = meter(self._engine, servers, now)
        if jumped:
            _LOG.warning("the clock was set by %s; nobody is charged for that", jumped)
        for user in users:
            with _going_on(f"hold the servers of {user.name}"):
                self._hold(user, now.at)
        sweep(self._engine, {server.run for server in servers})

    def _hold(self, user: User, at: datetime) -> None:
        budgets = self._settings.budgets
        if budgets is not None:
            account = account_of(self._engine, budgets, user.name, user.groups, at)
            hold_budget(self._engine, budgets, account, user.servers, self._end)
        limits = self._settings.server.limits
        most = storage_limit(limits.storage, budgets, user.groups, at)
        use = storage_of(self._engine, user.name, most)
        fresh = use if use is not None and use.is_fresh(at) else None
        warn_at = budgets.warn_at if budgets is not None else WARN_AT
        is_held = bool(self._settings.profiles)
        tell_of_storage(self._engine, fresh, warn_at, user.servers, is_held=is_held)
        if not is_held:
            return
        lifetimes = {profile.name: profile.at_most for profile in self._settings.profiles}
        warn_before = self._settings.idle.warn_before
        for server in user.servers:
            at_most = lifetimes[server.profile]
            hold_lifetime(self._engine, server, at_most, warn_before, self._end)

    def _end(self, server: RunningServer, action: str, told: str) -> None:
        _LOG.info("%s: %s/%s is stopped: %s", action, server.user, server.name, told)
        self._hub.stop(server)
        if self._settings.audit is not None:
            event = audit.Event(
                actor="steward",
                action=action,
                target=f"{server.user}/{server.name}",
                detail={"profile": server.profile, "reason": told},
            )
            file = audit_folder() / "steward.jsonl"
            audit.record_or_spill(self._engine, event, file)

    def _remove_old(self, at: datetime) -> None:
        # By a clock that was set forward, everything would be old.
        at -= skipped(self._engine)
        budgets = self._settings.budgets
        period = budgets.period if budgets is not None else timedelta(0)
        forget_before(self._engine, at - LEDGER_KEPT - period)
        if self._settings.audit is None:
            return
        keep = self._settings.audit.keep
        oldest = next(audit.read(self._engine, limit=1), None)
        if oldest is not None and oldest.at < at - keep - REMOVE_EVERY:
            n_removed = audit.remove_older(self._engine, keep, at)
            _LOG.info("%d audit records were older than %s", n_removed, keep)

    def _note_head(self, monotonic: float) -> None:
        is_due = self._noted_at is None or monotonic - self._noted_at >= NOTE_EVERY
        if is_due and self._settings.audit is not None:
            self._noted_at = monotonic
            # Whoever keeps this line can tell a log that was made anew.
            _LOG.info("the last audit record is %d:%s", *audit.head(self._engine))

    def _measure(self, monotonic: float) -> None:
        due = self._measured_at is None or monotonic - self._measured_at >= MEASURE_EVERY
        # Where homes are volumes the reconciler asks Docker: `hub.services.home_sizes`.
        if not due or not isinstance(self._settings.server.runs_as, LocalProcess):
            return
        self._measured_at = monotonic
        for user in self._hub.users():
            note_storage(self._engine, user.name, folder_bytes(home_folder(user.name)))


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        _LOG.warning("can't %s: the hub doesn't answer (%s)", what, error)
    except Exception:
        # One thing that fails, a database that restarts say, must not end the others.
        _LOG.exception("can't %s", what)
