"""Whether an unused server is stopped: not while its GPU works, not without a warning.

The idle culler asks this for every server that it looks at.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.activity.gpu_use import Sample, busy_servers, gpu_samples
from hub.choices import Idle
from hub.database import connect
from hub.notices import post, withdraw
from hub.quotas import Reading, jump, read_clocks
from hub.settings import Settings
from hub.waiting import make_tables

__all__ = ["IDLE", "Arbiter", "arbiter_for"]

IDLE: Final = "idle"
"""Kind of the notice."""

_LOG: Final = logging.getLogger("hub.activity")


class Arbiter:
    """Decides for one server at a time, and remembers whom it warned.

    Parameters
    ----------
    engine : Engine
        Where notices are posted.
    idle : Idle
        When a server is idle.
    samples : callable
        What the GPUs do.
    now : callable
        Seconds of a clock that only counts.
    clocks : callable
        That clock and the one on the wall. What the wall clock left out when it was set
        forward is not counted: all servers would look idle at once.
    """

    def __init__(
        self,
        engine: Engine,
        idle: Idle,
        samples: Callable[[], list[Sample]] = gpu_samples,
        now: Callable[[], float] = time.monotonic,
        clocks: Callable[[], Reading] = read_clocks,
    ) -> None:
        self._engine = engine
        self._idle = idle
        self._samples = samples
        self._now = now
        self._clocks = clocks
        self._read: Reading | None = None
        self._jumps: list[tuple[datetime, timedelta]] = []
        self._warned: dict[tuple[str, str, datetime], tuple[float, str]] = {}

    def __call__(
        self, *, inactive: timedelta | None, inactive_limit: int, server: Mapping[str, Any]
    ) -> bool:
        """Whether to stop a server that was `inactive` for so long.

        Parameters
        ----------
        inactive : timedelta or None
            Time since it was last used, as the hub knows it.
        inactive_limit : int
            Seconds after which an unused server is stopped.
        server : mapping
            The hub's model of the server.
        """
        try:
            return self._decide(inactive, inactive_limit, server)
        except (SQLAlchemyError, OSError) as error:
            # Nobody can be warned now, and nobody is stopped without a warning.
            _LOG.warning("no server is stopped: can't warn anybody (%s)", error)
            return False

    def _decide(
        self, inactive: timedelta | None, inactive_limit: int, server: Mapping[str, Any]
    ) -> bool:
        user, _, name = str(server["full_name"]).rpartition("/")
        run = (user, name, datetime.fromisoformat(server["started"]))
        limit = timedelta(seconds=inactive_limit)
        if inactive is not None:
            inactive -= self._left_out(inactive)
        is_used = inactive is None or inactive < limit - self._idle.warn_before
        if is_used or (user, name) in busy_servers(self._samples(), self._idle.gpu_busy):
            self._forget(run)
            return False
        now, last_used = self._now(), str(server["last_activity"])
        warned_at, for_use = self._warned.get(run, (now, ""))
        if for_use != last_used:
            # A use since then, even a short one, begins the time anew.
            self._warn(run, limit, now, last_used)
            return False
        is_over = now - warned_at >= self._idle.warn_before.total_seconds()
        if is_over:
            _LOG.info("%s/%s is idle and was warned", user, name)
        return is_over

    def _left_out(self, inactive: timedelta) -> timedelta:
        """What of a time until now was no time, because the wall clock was set forward."""
        reading = self._clocks()
        jumped = jump(self._read, reading)
        self._read = reading
        if jumped > timedelta(0):
            self._jumps.append((reading.at, jumped))
        last_used = reading.at - inactive
        gaps = (min(length, end - last_used) for end, length in self._jumps)
        return sum((gap for gap in gaps if gap > timedelta(0)), timedelta(0))

    def _warn(
        self, run: tuple[str, str, datetime], limit: timedelta, now: float, last_used: str
    ) -> None:
        withdraw(self._engine, run, IDLE)
        text = (
            f"This server has not been used for nearly {_in_words(limit)}. "
            f"It is stopped in {_in_words(self._idle.warn_before)} unless you use it."
        )
        post(self._engine, run, IDLE, text)
        self._warned[run] = (now, last_used)

    def _forget(self, run: tuple[str, str, datetime]) -> None:
        if self._warned.pop(run, None) is not None:
            withdraw(self._engine, run, IDLE)


def _in_words(length: timedelta) -> str:
    minutes = length / timedelta(minutes=1)
    if minutes < 1:
        return f"{length.total_seconds():.0f} seconds"
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"


def arbiter_for(settings: Settings) -> Callable[..., bool]:
    """The hook of the culler; a function, because its configuration is copied deeply."""
    engine = connect(settings)
    make_tables(engine, _LOG.info)
    arbiter = Arbiter(engine, settings.idle)

    def decide(
        *, inactive: timedelta | None, inactive_limit: int, server: Mapping[str, Any]
    ) -> bool:
        return arbiter(inactive=inactive, inactive_limit=inactive_limit, server=server)

    return decide
