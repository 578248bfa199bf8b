"""A hub, its proxy and a provider of sign-in, each a real process that a test can end."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import URL, Engine

from hub.database.connection import engine_at
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import free_port

PROVIDER = ROOT / "tests" / "tools" / "login_provider"
CONFIG = Path(__file__).parent / "hub_config.py"
PATIENCE = 90.0


def until(claim: Callable[[], Any], what: str) -> Any:
    """What `claim` gives once it gives something true; never is a failure."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = claim()
        if found:
            return found
        time.sleep(0.1)
    message = f"it did not come about that {what}"
    raise AssertionError(message)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _kill_family(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in [*parent.children(recursive=True), parent]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


class World:
    """What the processes share: ports, a state folder, and the provider's admin door."""

    def __init__(
        self, folder: Path, *, refresh_seconds: float = 3600, share_seconds: float = 0
    ) -> None:
        self.state = folder / "state"
        self.logs = folder
        self.port, hub_port, api_port, routes_port, pages_port = (
            free_port() for _ in range(5)
        )
        self.login_port, self.admin_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self.issuer = f"http://127.0.0.1:{self.login_port}"
        self.hub_port, self.routes_port = hub_port, routes_port
        told = {
            "issuer": self.issuer,
            "refresh_seconds": refresh_seconds,
            "share_seconds": share_seconds,
        }
        self.variables = os.environ | {
            "MCHUB_STATE": str(self.state),
            "MC_ENVIRONMENT": "development",
            "MCHUB_PORT": str(self.port),
            "MCHUB_API_PORT": str(api_port),
            "MCHUB_HUB_PORT": str(hub_port),
            "MCHUB_PROXY_API_PORT": str(routes_port),
            "MCHUB_ADMIN_PORT": str(pages_port),
            "MCHUB_REPORTS_PORT": str(free_port()),
            "MCHUB_TEST_PEOPLE": json.dumps(told),
            "PYTHONPATH": str(ROOT),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def secret(self, name: str) -> str:
        """Value of a secret, made if there is none."""
        file = self.state / "secrets" / name
        if not file.exists():
            self.state.mkdir(mode=0o700, exist_ok=True)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(f"{secrets.token_hex(32)}\n")
        return file.read_text().strip()

    def start(self) -> None:
        self.start_provider()
        self.start_proxy()
        self.start_hub()

    def start_provider(self) -> None:
        node = shutil.which("node", path=str(Path(sys.executable).parent))
        assert node is not None
        self.secret("oidc_client_secret")
        variables = os.environ | {
            "LOGIN_PORT": str(self.login_port),
            "LOGIN_ADMIN_PORT": str(self.admin_port),
            "LOGIN_HUB": self.url,
            "LOGIN_SECRET_FILE": str(self.state / "secrets" / "oidc_client_secret"),
        }
        self._start("login", [node, str(self._provider() / "server.mjs")], variables)
        self._wait(f"{self.issuer}/health", "login")

    def _provider(self) -> Path:
        """A copy of the provider beside its packages, as Node wants it."""
        folder = self.logs / "login_provider"
        if not folder.exists():
            shutil.copytree(PROVIDER, folder)
            packages = Path(sys.prefix) / "lib" / "login_provider" / "node_modules"
            (folder / "node_modules").symlink_to(packages)
        return folder

    def start_proxy(self) -> None:
        program = Path(sys.executable).parent / "configurable-http-proxy"
        token = self.secret("proxy_token")
        command = [
            str(program),
            "--ip=127.0.0.1",
            f"--port={self.port}",
            "--api-ip=127.0.0.1",
            f"--api-port={self.routes_port}",
            f"--default-target=http://127.0.0.1:{self.hub_port}",
        ]
        self._start("proxy", command, os.environ | {"CONFIGPROXY_AUTH_TOKEN": token})
        self._wait(f"http://127.0.0.1:{self.port}/_chp_healthz", "proxy")

    def start_hub(self) -> None:
        command = [sys.executable, "-m", "jupyterhub", f"--config={CONFIG}"]
        self._start("hub", command, self.variables)
        self._wait(f"http://127.0.0.1:{self.hub_port}/hub/health", "hub")

    def kill(self, name: str) -> None:
        """End one process without asking it."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def end(self) -> None:
        for name in ("hub", "proxy", "login"):
            if name in self._processes:
                self.stop(name)
        # Servers outlive their hub, as they should; a test's must not outlive the test.
        for record in (self.state / "servers").glob("*.json"):
            _kill_family(int(record.stem.rpartition(".")[2]))

    def stop(self, name: str) -> None:
        """Ask one process to end, as a deployment does."""
        process = self._processes.pop(name)
        if name != "hub":
            # Node's wrapper passes no signal on. The hub's own children are users' servers.
            for child in psutil.Process(process.pid).children(recursive=True):
                child.terminate()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def database(self) -> Engine:
        """The hub's database, as the platform's other processes reach it."""
        file = self.state / "jupyterhub.sqlite"
        return engine_at(URL.create("sqlite", database=str(file)))

    def provider(self, path: str, **change: Any) -> Any:
        """Change something at the provider, or read it."""
        method = "PATCH" if change else "GET"
        address = f"http://127.0.0.1:{self.admin_port}{path}"
        return httpx.request(method, address, json=change, trust_env=False).json()

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()

    def events(self, what: str) -> list[dict[str, str]]:
        """Events that the hub has recorded, of one kind."""
        found = []
        for line in self.log("hub").splitlines():
            _, mark, text = line.partition('{"what": ')
            if mark:
                found.append(json.loads(mark + text))
        return [event for event in found if event["what"] == what]

    def _start(self, name: str, command: list[str], variables: dict[str, str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, cwd=self.logs, env=variables, stdout=log, stderr=log
            )

    def _wait(self, url: str, name: str) -> None:
        def runs() -> bool:
            assert self._processes[name].poll() is None, self.log(name)
            return _answers(url)

        until(runs, f"{name} answers")


@contextmanager
def living(folder: Path, **how: Any) -> Iterator[World]:
    """A world that is gone at the end."""
    world = World(folder, **how)
    try:
        world.start()
        yield world
    finally:
        world.end()
