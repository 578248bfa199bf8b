"""A real hub for a test: its processes, ports and state folder, and a person at it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import websocket

from tests.architecture.checkout import ROOT

START_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


class LiveHub:
    """A hub started as a newcomer starts it: `python -m hub run`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port, self.api_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self._popen: subprocess.Popen[str] | None = None

    def command(self) -> list[str]:
        ports = [f"--port={self.port}", f"--api-port={self.api_port}"]
        return [sys.executable, "-m", "hub", "run", *ports]

    def variables(self) -> dict[str, str]:
        return os.environ | {
            "MCHUB_STATE": str(self.state),
            "MC_ENVIRONMENT": "development",
        }

    def start(self) -> str:
        """Start, wait for the banner, and return what was said until then."""
        self._popen = subprocess.Popen(
            self.command(),
            cwd=ROOT,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._popen.stdout is not None
        said = ""
        for line in self._popen.stdout:
            said += line
            if line.startswith("╰"):
                return said
        message = f"the hub did not start:\n{said}"
        raise AssertionError(message)

    def refusal(self) -> str:
        """What is said by a start where something is in the way."""
        tried = subprocess.Popen(
            self.command(),
            cwd=ROOT,
            env=self.variables(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, said = tried.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            tried.send_signal(signal.SIGINT)
            tried.communicate(timeout=60)
            raise
        assert tried.returncode == 1
        return said

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        """Stop as Ctrl-C does; what was said last."""
        assert self._popen is not None
        self._popen.send_signal(number)
        return self.wait()

    def wait(self) -> str:
        """Wait for its end; what was said last."""
        assert self._popen is not None
        said, _ = self._popen.communicate(timeout=60)
        return said

    def interrupt_twice(self) -> None:
        """Ctrl-C, and Ctrl-C again when the first takes too long."""
        assert self._popen is not None
        self._popen.send_signal(signal.SIGINT)
        time.sleep(2)
        self.stop()

    def kill(self) -> None:
        """End the launcher alone, without giving it a chance to clean up."""
        assert self._popen is not None
        self._popen.kill()
        self._popen.communicate(timeout=10)

    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def pid_of(self, name: str) -> int:
        """Process id of one of the hub's own processes."""
        pid: int = json.loads((self.state / "running.json").read_text())[name][0]
        return pid

    def secret(self, name: str) -> str:
        return (self.state / "secrets" / name).read_text().strip()

    def processes(self) -> list[psutil.Process]:
        """All processes that know the state folder, by their command or their variables."""
        found = []
        for process in psutil.process_iter():
            try:
                known = [*process.cmdline(), *process.environ().values(), process.cwd()]
            except (psutil.Error, OSError):
                continue
            if process.pid != os.getpid() and any(
                str(self.state) in text for text in known
            ):
                found.append(process)
        return found


class Person:
    """Somebody with a browser, as far as HTTP goes."""

    def __init__(self, hub: LiveHub, name: str) -> None:
        self.hub, self.name = hub, name
        self.client = httpx.Client(
            base_url=hub.url, follow_redirects=True, trust_env=False, timeout=30
        )

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def sign_in(self, password: str) -> httpx.Response:
        self.client.get("/hub/login")
        form = {
            "username": self.name,
            "password": password,
            "_xsrf": self.client.cookies.get("_xsrf", path="/hub/"),
        }
        return self.client.post("/hub/login?next=/hub/home", data=form)

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Ask the hub's API, as its own pages do."""
        xsrf = self.client.cookies.get("_xsrf", path="/hub/")
        headers = {"X-XSRFToken": xsrf, "Referer": f"{self.hub.url}/hub/home"}
        return self.client.request(method, f"/hub/api{path}", headers=headers, **content)

    def start_server(self, within: float = START_WITHIN, **options: str) -> None:
        user = f"/users/{quote(self.name, safe='')}"
        content = {"user_options": options} if options else {}
        answer = self.ask("POST", f"{user}/server", json=content)
        assert answer.status_code in (201, 202), answer.text
        until = time.monotonic() + within
        while time.monotonic() < until:
            servers = self.ask("GET", user).json()["servers"]
            assert "" in servers, "the server ended before it was ready"
            if servers[""]["ready"]:
                return
            time.sleep(0.2)
        message = "the server did not become ready in time"
        raise AssertionError(message)

    def token(self) -> str:
        """Token with which a program may act for this person."""
        answer = self.ask("POST", f"/users/{self.name}/tokens", json={"note": "test"})
        token: str = answer.json()["token"]
        return token


class Kernel:
    """A kernel on a person's server, reached through the hub's proxy."""

    def __init__(self, hub: LiveHub, user: str, token: str) -> None:
        headers = {"Authorization": f"token {token}"}
        api = f"{hub.url}/user/{user}/api/kernels"
        answer = httpx.post(api, headers=headers, trust_env=False, timeout=60)
        answer.raise_for_status()
        address = f"{api}/{answer.json()['id']}/channels".replace("http", "ws", 1)
        self._socket = websocket.create_connection(address, header=headers, timeout=60)

    def begin(self, code: str) -> str:
        """Let the kernel run `code`, without waiting for it; the message's number."""
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "version": "5.3"}
        message = {
            "header": header | {"session": asked, "username": "test", "date": ""},
            "parent_header": {},
            "metadata": {},
            "channel": "shell",
            "content": {"code": code, "silent": False, "stop_on_error": True},
        }
        self._socket.send(json.dumps(message))
        return asked

    def run(self, code: str) -> str:
        """Text that `code` prints."""
        asked, printed = self.begin(code), ""
        while True:
            reply = json.loads(self._socket.recv())
            if reply["parent_header"].get("msg_id") != asked:
                continue
            content = reply["content"]
            if reply["msg_type"] == "stream":
                printed += content["text"]
            if reply["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if reply["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@contextmanager
def running_hub(state: Path) -> Iterator[LiveHub]:
    """A hub that is stopped at the end, and leaves nothing behind."""
    hub = LiveHub(state)
    try:
        hub.start()
        yield hub
    finally:
        if hub.is_running():
            hub.stop()
        left = hub.processes()
        for process in left:
            process.kill()
        assert left == []
