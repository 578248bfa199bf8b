"""One of the platform's processes: how it is started, known to work, watched and ended."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from hub.laws import SettingsError

__all__ = ["RESTARTS", "Plan", "Process", "Restarts", "end", "last_lines", "signal_group"]

# A process that ends more often than this is not going to recover by itself.
RESTARTS: Final = 5
RESTARTS_COUNTED_FOR: Final = 600.0
SILENT_FOR: Final = 3.0

# Straight to the address: a proxy for the internet has no business here.
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to start, and how to tell that it works.

    Parameters
    ----------
    name : str
        Name for people; the log is named after it.
    command : sequence of str
        Program and arguments.
    variables : mapping
        Environment variables beside those of this process; secrets go here, because other
        accounts can read a command line.
    answers_at : str
        Address that answers when the process works; empty if it has none.
    end_within : timedelta
        Time to end by itself when asked to.
    """

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]
    answers_at: str
    end_within: timedelta


class Process:
    """A started `Plan`."""

    def __init__(self, plan: Plan, logs: Path, folder: Path) -> None:
        self.plan = plan
        self.log = logs / f"{plan.name}.log"
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the launcher alone, which then ends the
            # processes one after the other, the hub before its proxy.
            self._popen = subprocess.Popen(
                plan.command,
                cwd=folder,
                env=os.environ | plan.variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._popen.pid

    def status(self) -> int | None:
        """``None`` while it runs, then the status it ended with."""
        return self._popen.poll()

    def wait_until_it_answers(self, within: timedelta, give_up: Callable[[], bool]) -> None:
        """Return when it works, or when `give_up` says so.

        Raises
        ------
        SettingsError
            If it ended, or did not answer in time.
        """
        until = time.monotonic() + within.total_seconds()
        while not give_up() and not _answers(self.plan.answers_at):
            if self.status() is not None:
                raise SettingsError(self.obituary())
            if time.monotonic() > until:
                lines = last_lines(self.log)
                message = (
                    f"{self.plan.name} must answer within {within.total_seconds():.0f} s; "
                    f"it did not at {self.plan.answers_at}.\n{lines}\nhint: see {self.log}"
                )
                raise SettingsError(message)
            time.sleep(0.1)

    def obituary(self) -> str:
        """That and how it ended, with its last words."""
        ended = f"{self.plan.name} ended with status {self.status()}."
        return f"{ended}\n{last_lines(self.log)}\nhint: see {self.log}"

    def end(
        self,
        is_urgent: Callable[[], bool] = lambda: False,
        say_slow: Callable[[], None] = lambda: None,
    ) -> None:
        """End it: politely, or by force when its time is over or `is_urgent` says so.

        `say_slow` is called once, when it has not ended after a few seconds.
        """
        started = time.monotonic()
        within, is_told = self.plan.end_within.total_seconds(), False
        if not is_urgent():
            signal_group(self.pid, signal.SIGTERM)
        while self.status() is None and not is_urgent():
            waited = time.monotonic() - started
            if waited > within:
                break
            if waited > SILENT_FOR and not is_told:
                say_slow()
                is_told = True
            time.sleep(0.05)
        signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()


class Restarts:
    """The tries that one process has: the first at once, each after a longer pause."""

    def __init__(self) -> None:
        self._tries: list[float] = []

    def pause(self, now: float) -> float | None:
        """Seconds to wait before the next try; ``None`` if there is none left.

        Examples
        --------
        >>> restarts = Restarts()
        >>> [restarts.pause(now=0.0) for _ in range(6)]
        [0.0, 1.0, 3.0, 7.0, 15.0, None]
        """
        recent = [tried for tried in self._tries if now - tried < RESTARTS_COUNTED_FOR]
        if len(recent) >= RESTARTS:
            return None
        self._tries = [*recent, now]
        return 2.0 ** len(recent) - 1


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signal what is left of a process and its helpers.

    Node from PyPI runs under a small Python process that does not pass signals on. Users'
    servers are in sessions of their own, and are not reached.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def end(processes: Sequence[psutil.Process], within: timedelta) -> None:
    """End processes that somebody else started: politely and in time, or else by force."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=within.total_seconds())
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def _answers(url: str) -> bool:
    if not url:
        return True
    try:
        with _OPENER.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, indented."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines)
