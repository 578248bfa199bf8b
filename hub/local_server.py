"""A user's server as a local process: for any name, in a home folder of its own.

Servers of different users run under the account that started the hub: they are kept apart
by sign-in and by folder, not by the operating system. That is why settings allow them on
loopback only.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psutil
from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import can_connect
from traitlets import default

from hub import storage
from hub.in_server.run_names import run_of
from hub.notebook_copies import copy_notebooks
from hub.processes import last_lines
from hub.profiles import chosen_app, options_from_form
from hub.start_refusals import refused

__all__ = ["LocalServer", "running_servers"]

FIRST_NOTEBOOK: Final = "00-five-minutes.ipynb"
LEAST_FREE_BYTES: Final = 500 * 10**6

Started = tuple[int, float]


class LocalServer(LocalProcessSpawner):  # type: ignore[misc]
    """JupyterHub's local process, without an account in the system for every user.

    It also remembers *when* its process was started. A process id alone names another
    process after a restart of the machine, and the hub would stop that one instead.
    """

    # What a spawner has.
    cmd: Any

    started_at: float = 0.0
    app: str = ""

    @default("options_from_form")
    def _read_form(self) -> Callable[[Mapping[str, Sequence[Any]]], dict[str, Any]]:
        return options_from_form

    @property
    def home(self) -> Path:
        """Home folder of the server's user."""
        return storage.home_folder(self.user.name)

    @property
    def log_name(self) -> str:
        """Name of the server's log; a user's servers share a home, and no log."""
        return f"server-{self.home.name}" + (f".{self.name}" if self.name else "")

    async def start(self) -> tuple[str, int]:
        """Start the server in the user's home folder, with the notebooks in it.

        It is JupyterLab, the app that was chosen, or the run of a report.
        """
        self.app = chosen_app(self.user_options, self.name)
        await asyncio.to_thread(_prepare, self.home)
        self.default_url = _first_page(self.home)
        log = storage.fresh_log(self.log_name)
        with log.open("ab") as output:
            self.popen_kwargs = {"cwd": self.home, "stdout": output, "stderr": output}
            lab = self.cmd
            if self.app or run_of(self.name):
                own = "app" if self.app else "report_server"
                self.cmd = [sys.executable, "-m", f"hub.in_server.{own}"]
            try:
                address: tuple[str, int] = await super().start()
            finally:
                self.cmd = lab
        self.started_at = psutil.Process(self.pid).create_time()
        record = storage.servers_folder() / f"{self.home.name}.{self.pid}.json"
        storage.write_whole(record, json.dumps([self.pid, self.started_at]))
        self._make_known(address)
        await self._until_it_listens(address, log)
        return address

    def _make_known(self, address: tuple[str, int]) -> None:
        # Before it listens: a hub that is started anew meanwhile must find this server.
        self.server.ip, self.server.port = address
        self.orm_spawner.state = self.get_state()
        self.db.commit()

    async def _until_it_listens(self, address: tuple[str, int], log: Path) -> None:
        # JupyterHub itself would wait for an answer until the time is up, even if the
        # process has ended long ago.
        while not can_connect(*address):
            status = await self.poll()
            if status is not None:
                message = (
                    f"The server ended while it was starting, with status {status}. "
                    f"The last lines of its log:\n{last_lines(log)}"
                )
                raise refused(message, "ended")
            await asyncio.sleep(0.25)

    def get_args(self) -> list[str]:
        """Jupyter's arguments; in a machine where the hub runs as root, servers do too."""
        if self.app:
            return [self.app]
        if run_of(self.name):
            return []
        arguments: list[str] = super().get_args()
        return [*arguments, "--allow-root"] if os.geteuid() == 0 else arguments

    def make_preexec_fn(self, name: str) -> None:
        """No change of account: every local server runs under the hub's own."""

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Folders of this user, whatever the account that started the hub has set."""
        return env | _user_variables(self.user.name, self.home)

    def get_state(self) -> dict[str, Any]:
        """Process id and time of start, to find the server again after a restart."""
        state: dict[str, Any] = super().get_state()
        return state | {"started_at": self.started_at}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a server that an earlier hub started."""
        super().load_state(state)
        self.started_at = state.get("started_at", 0.0)

    async def poll(self) -> int | None:
        """``None`` while the server runs; a process id that was given anew is not it."""
        if self.proc is None and not _is_alive((self.pid, self.started_at)):
            self.clear_state()
        status: int | None = await super().poll()
        return status

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Certificates stay where the hub made them."""
        return paths


def running_servers(say: Callable[[str], None]) -> list[psutil.Process]:
    """User servers of this state folder that are alive, whichever hub started them.

    `say` is told of a record that can't be read, which is passed over.
    """
    alive = []
    for record in storage.servers_folder().glob("*.json"):
        try:
            pid, started_at = json.loads(record.read_text(encoding="utf-8"))
            started = int(pid), float(started_at)
        except (OSError, ValueError, TypeError) as error:
            say(f"{record} can't be read, so its server may be left running ({error}).")
            continue
        if _is_alive(started):
            alive.append(psutil.Process(started[0]))
        else:
            record.unlink()
    return alive


def _is_alive(process: Started) -> bool:
    pid, started_at = process
    try:
        return bool(pid) and psutil.Process(pid).create_time() == started_at
    except psutil.NoSuchProcess:
        return False


def _prepare(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        free = shutil.disk_usage(home).free
        if free < LEAST_FREE_BYTES:
            message = (
                f"A server needs {LEAST_FREE_BYTES / 1e6:.0f} MB of free disk to start; "
                f"{free / 1e6:.0f} MB are left. Delete what is no longer needed."
            )
            raise refused(message, "disk")
        record = home / ".local" / "state" / "mchub" / "notebooks.json"
        copy_notebooks(storage.notebooks_folder(), home / "notebooks", record)
    except OSError as error:
        message = f"The home folder of this server can't be used: {error}."
        raise refused(message, "home") from error


def _first_page(home: Path) -> str:
    notebooks = home / "notebooks"
    if (notebooks / FIRST_NOTEBOOK).is_file():
        return f"/lab/tree/notebooks/{FIRST_NOTEBOOK}"
    return "/lab/tree/notebooks" if notebooks.is_dir() else "/lab"


def _user_variables(user: str, home: Path) -> dict[str, str]:
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        "USER": user,
        "HOME": str(home),
        "SHELL": os.environ.get("SHELL", "/bin/sh"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "PATH": os.pathsep.join(programs),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_CONFIG_PATH": str(Path(__file__).parent / "jupyter"),
        # Where JupyterLab finds the extension that shows notices.
        "JUPYTER_PATH": str(Path(__file__).parent / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / ".local" / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / ".local" / "share" / "jupyter" / "runtime"),
    }
