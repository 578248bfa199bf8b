"""Runs behind a dashboard: the newest wish alone counts, coarse first and then fine.

One thread computes. A wish that comes while it does ends the run at hand, whose result
nobody wants any more; there is never a queue.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from mclib.progress import Progress
from mclib.results.result import Result

COARSE = 32_768
"""Trials of the first, coarse run."""

_REST = 0.04
"""Seconds that a hand must rest before the full run, which would only be overtaken; a page
on the same machine draws the coarse one meanwhile."""

_SECONDS = 0.1
_PATIENCE = 60.0


class Wish(Protocol):
    """What is to be run."""

    def iterate(self, n_trials: int, interval: float) -> Any:
        """Run it and yield its progress."""

    @property
    def n_trials(self) -> int:
        """Trials of the full run."""


@dataclass(frozen=True)
class Listeners:
    """Who is told; all of them are called by the thread that computes.

    Attributes
    ----------
    drawn : callable
        With a result, and whether it is the full run's.
    progress : callable
        With the progress of a run that goes on.
    failed : callable
        With the error that a model or an argument has raised.
    """

    drawn: Callable[[Result, bool], None]
    progress: Callable[[Progress], None]
    failed: Callable[[Exception], None]


class LiveRuns:
    """A thread that runs what was wished for last."""

    def __init__(self, listeners: Listeners) -> None:
        self._tell = listeners
        self._changed = threading.Condition()
        self._wish: Any = None
        self._turn = 0
        self._done = 0
        self._full_seconds = 1.0
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def wish(self, wish: Any) -> None:
        """Run this, instead of whatever runs."""
        with self._changed:
            self._wish, self._turn = wish, self._turn + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the run at hand, and keep what it has."""
        with self._changed:
            self._wish, self._turn = None, self._turn + 1
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until nothing runs; whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done == self._turn, seconds)

    def settle(self) -> None:
        """Wait until a page that a server makes of a notebook has its first charts.

        Such a page loads beside the notebook that makes it, and loses what changes in a
        widget that it is about to make. In JupyterLab nothing is lost, nor waited for.
        """
        if os.environ.get("SERVER_SOFTWARE"):
            self.wait(_PATIENCE)

    def is_stale(self, turn: int) -> bool:
        """Whether a newer wish has come since."""
        return self._is_closed or turn != self._turn

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closed or self._done != self._turn)
                if self._is_closed:
                    return
                wish, turn = self._wish, self._turn
            if wish is not None:
                self._run(wish, turn)
            with self._changed:
                self._done = turn
                self._changed.notify_all()

    def _run(self, wish: Wish, turn: int) -> None:
        try:
            if self._full_seconds > 2 * _SECONDS / 3 and wish.n_trials > 4 * COARSE:
                self._go(wish, COARSE, turn)
                with self._changed:
                    self._changed.wait_for(lambda: self.is_stale(turn), _REST)
            if not self.is_stale(turn):
                began = time.monotonic()
                self._go(wish, wish.n_trials, turn)
                self._full_seconds = time.monotonic() - began
        except Exception as error:
            # What a model raises is for its author to read.
            self._tell.failed(error)

    def _go(self, wish: Wish, n_trials: int, turn: int) -> None:
        drawn = 0
        for progress in wish.iterate(n_trials, _SECONDS):
            is_last = progress.n_trials_done == progress.n_trials
            if self.is_stale(turn):
                # A stopped run shows what it has; one that is overtaken shows nothing.
                if self._wish is None and n_trials == wish.n_trials:
                    self._tell.drawn(progress.result, False)
                return
            # Charts are drawn when the trials have doubled: passes over them cost time.
            if is_last or (n_trials > COARSE and progress.n_trials_done >= 2 * drawn):
                drawn = progress.n_trials_done
                self._tell.drawn(progress.result, is_last and n_trials == wish.n_trials)
            if not is_last:
                self._tell.progress(progress)
