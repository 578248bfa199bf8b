"""A whole hub on this machine, in one command that ends when it is told to.

Proxy, hub, platform API and idle culler are processes of their own, as in a deployment. One
that ends unasked is started again, and users' servers live through that; when the launcher
is told to stop, everything ends. When it can't go on, users' servers are left to the next
start, which adopts them.
"""

import errno
import fcntl
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from hub import storage
from hub.choices import Password
from hub.database import connect, upgrade
from hub.environments import with_ports
from hub.laws import SettingsError, refusal
from hub.local_server import running_servers
from hub.plans import HUB, PROXY, plans
from hub.ports import remembered_ports, require_free
from hub.processes import RESTARTS, Plan, Process, Restarts, end, signal_group
from hub.secret_files import read_secret
from hub.settings import Settings

__all__ = ["launch"]

START_WITHIN: Final = timedelta(seconds=90)
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

Say = Callable[[str], None]


def launch(settings: Settings, say: Say) -> int:
    """Start a hub and keep it running until a signal asks for its end.

    Parameters
    ----------
    settings : Settings
        An environment that this machine alone can reach.
    say : callable
        Told what people must know, a text at a time.

    Returns
    -------
    int
        Status to end with: 0 after a signal, 1 if the hub could not be kept running.

    Raises
    ------
    SettingsError
        If something is in the way: a port, another hub, a missing program, a full disk.
    """
    if not settings.is_private:
        path, law = f"{settings.name}.url", "be of this machine alone for `run`"
        raise refusal(path, law, settings.url, "`deploy/` starts the other environments.")
    # What the hub and its servers write is for this account alone.
    os.umask(0o077)
    state = storage.state_folder()
    # The processes run in the checkout, where a relative path names another folder.
    os.environ["MCHUB_STATE"] = str(state)
    with _stopping() as is_stopping, _writable(state), _alone(state, settings):
        _end_leftovers(state, say)
        settings = _with_free_ports(settings, state)
        _make_tables(settings)
        launcher = Launcher(settings, state, say, is_stopping)
        try:
            launcher.start()
            return launcher.watch()
        finally:
            launcher.end()


class Launcher:
    """The running processes of one hub."""

    def __init__(
        self, settings: Settings, state: Path, say: Say, is_stopping: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._state = state
        self._say = say
        self._is_stopping = is_stopping
        self._processes: dict[str, Process] = {}
        self._restarts: defaultdict[str, Restarts] = defaultdict(Restarts)
        self._due: dict[str, float] = {}
        self._was_shut_down = False

    def start(self) -> None:
        """Start every process, each when the one before it works."""
        self._say(f"starting the {self._settings.name} hub ...")
        for plan in plans(self._settings):
            if self._is_stopping():
                return
            storage.fresh_log(plan.name)
            self._start(plan)
        if not self._is_stopping():
            self._say(_banner(self._settings))

    def watch(self) -> int:
        """Start again what ends unasked, until told to stop."""
        while not self._is_stopping():
            for process in list(self._processes.values()):
                if process.status() is None:
                    continue
                name = process.plan.name
                if name == HUB and process.status() == 0:
                    self._say("the hub was shut down by an admin.")
                    self._was_shut_down = True
                    return 0
                if self._is_due(process):
                    self._restart(process)
                elif name not in self._due and not self._go_on_without(process):
                    return 1
            time.sleep(0.2)
        return 0

    def end(self) -> None:
        """End every process, the last started first.

        Users' servers end too if that was asked for, by a signal or by an admin.
        """
        is_asked = self._is_stopping() > 0 or self._was_shut_down
        if self._processes:
            self._say("stopping ...")
        for process in reversed(self._processes.values()):
            # A hub that is asked to end ends its users' servers too.
            is_forced = process.plan.name == HUB and not is_asked
            self._end(process, is_forced=is_forced)
        (self._state / "running.json").unlink(missing_ok=True)
        servers = running_servers(self._say)
        if servers and not is_asked:
            self._say("users' servers go on, and the next start adopts them.")
            return
        # The hub has ended them, unless it was itself ended by force.
        end(servers, timedelta(seconds=10))
        self._say("everything has ended.")

    def _end(self, process: Process, *, is_forced: bool) -> None:
        text = f"waiting for {process.plan.name} to end; Ctrl-C again ends it at once."
        process.end(
            is_urgent=lambda: is_forced or self._is_stopping() > 1,
            say_slow=lambda: self._say(text),
        )

    def _start(self, plan: Plan) -> None:
        process = Process(plan, storage.logs_folder(), storage.checkout())
        self._processes[plan.name] = process
        self._note_running()
        process.wait_until_it_answers(START_WITHIN, lambda: self._is_stopping() > 0)

    def _is_due(self, process: Process) -> bool:
        """Whether to start an ended process again now; if later, that is noted."""
        name, now = process.plan.name, time.monotonic()
        if name not in self._due:
            self._say(process.obituary())
            pause = self._restarts[name].pause(now)
            if pause is None:
                return False
            self._due[name] = now + pause
            if pause:
                self._say(f"{name} is started again in {pause:.0f} s.")
        return now >= self._due[name]

    def _restart(self, process: Process) -> None:
        name = process.plan.name
        del self._due[name]
        process.end()
        try:
            self._start(process.plan)
        except SettingsError as error:
            started = self._processes[name]
            # One that has ended is found and told like any other, and counts as a try.
            if started.status() is None:
                self._say(str(error))
                self._end(started, is_forced=True)
            return
        if not self._is_stopping():
            self._say(f"{name} runs again; users' servers were not touched.")

    def _go_on_without(self, process: Process) -> bool:
        """Give a process up; whether there is a hub without it."""
        name = process.plan.name
        process.end()
        del self._processes[name]
        self._note_running()
        is_needed = name in (HUB, PROXY)
        rest = "nothing works without it" if is_needed else "the hub goes on without it"
        self._say(f"{RESTARTS} restarts of {name} in ten minutes did not help; {rest}.")
        return not is_needed

    def _note_running(self) -> None:
        """Write down which processes to end after a launcher that was ended by force."""
        processes = {}
        for name, process in self._processes.items():
            with suppress(psutil.NoSuchProcess):
                started_at = psutil.Process(process.pid).create_time()
                processes[name] = [process.pid, started_at]
        storage.write_whole(self._state / "running.json", json.dumps(processes))


@contextmanager
def _writable(state: Path) -> Iterator[None]:
    """Refuse a state folder that can't hold what a hub writes."""
    try:
        yield
    except OSError as error:
        # A write that finds no room names no file.
        named = error.filename2 or error.filename
        path = Path(str(named)) if named else state
        if not path.is_relative_to(state) or not (named or error.errno in _NO_ROOM):
            raise
        law, why = "be a folder that a hub can write to", error.strerror or "unknown reason"
        raise refusal("MCHUB_STATE", law, str(path), why) from error


@contextmanager
def _alone(state: Path, settings: Settings) -> Iterator[None]:
    """Hold the state folder: two hubs on one database would spoil it."""
    with (state / "run.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            path, law = "MCHUB_STATE", "belong to one running hub at a time"
            owner = lock.read().strip() or "another hub"
            hint = f"{owner} uses it; use that hub, end it, or name another folder."
            raise refusal(path, law, str(state), hint) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} at {settings.url}")
        lock.flush()
        yield


@contextmanager
def _stopping() -> Iterator[Callable[[], int]]:
    """How many signals have asked for the end so far."""
    count = 0

    def note(number: int, frame: object) -> None:
        nonlocal count
        count += 1

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, note) for number in numbers]
    try:
        yield lambda: count
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _with_free_ports(settings: Settings, state: Path) -> Settings:
    """Ports that nobody types are picked; those that people type must be free."""
    address, host = settings.network.address, settings.address.hostname or ""
    hint = "`make run PORT=3001`, or `--port 3001`, or set `MCHUB_PORT`."
    require_free(f"{settings.name}.url", host, address, settings.port, hint)
    path, hint = (
        f"{settings.name}.network.api_port",
        "`--api-port 9091`, or set `MCHUB_API_PORT`.",
    )
    require_free(path, host, address, settings.network.api_port, hint)
    unset = {
        "MCHUB_HUB_PORT": settings.network.hub_port,
        "MCHUB_PROXY_API_PORT": settings.network.proxy_api_port,
        "MCHUB_ADMIN_PORT": settings.network.admin_port,
        "MCHUB_REPORTS_PORT": settings.network.reports_port,
    }
    names = tuple(name for name, port in unset.items() if port is None)
    ports = remembered_ports(state / "ports.json", address, names)
    return with_ports(settings, {name: str(port) for name, port in ports.items()})


def _make_tables(settings: Settings) -> None:
    engine = connect(settings)
    upgrade(engine)
    engine.dispose()


def _end_leftovers(state: Path, say: Say) -> None:
    """End the processes of a launcher that was ended by force; not users' servers."""
    file = state / "running.json"
    try:
        processes = json.loads(file.read_text(encoding="utf-8"))
        started = [(int(pid), float(at)) for pid, at in processes.values()]
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, AttributeError) as error:
        say(f"{file} can't be read, so an earlier hub may have left processes ({error}).")
        return
    found = []
    for pid, started_at in started:
        try:
            process = psutil.Process(pid)
            if process.create_time() == started_at:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    # By force: a hub that is asked to end ends its users' servers too.
    for process in found:
        signal_group(process.pid, signal.SIGKILL)
    psutil.wait_procs(found, timeout=5)


def _banner(settings: Settings) -> str:
    lines = [f"mchub ({settings.name}) runs at {settings.url}", ""]
    if isinstance(settings.login, Password):
        user_password = read_secret(settings, settings.login.user_password)
        admin_password = read_secret(settings, settings.login.admin_password)
        lines += [
            "sign in as any name, say ada",
            f"  password  {user_password}",
            f"or, to administer, as {' or '.join(settings.admins)}",
            f"  password  {admin_password}",
            "",
        ]
    lines += [
        f"platform API  {settings.url}/api/docs",
        f"logs          {storage.logs_folder()}",
        "Ctrl-C ends the hub and every server in it",
    ]
    if os.geteuid() == 0:
        lines += ["", "started as root, so everybody's code runs as root"]
    width = max(len(line) for line in lines)
    edge = "─" * (width + 2)
    box = [f"│ {line.ljust(width)} │" for line in lines]
    return "\n".join([f"╭{edge}╮", *box, f"╰{edge}╯"])
