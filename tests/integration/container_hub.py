"""A hub whose servers are real containers: PostgreSQL, proxy, hub, a network of its own."""

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import delete

from hub import choices, load
from hub.database import connect, upgrade
from hub.gpus import Capacity, Leases, n_parts
from hub.gpus.tables import LEASES, QUEUE
from hub.roles import RECONCILER, ROLES
from hub.services.reconciler import Reconciler
from hub.settings import Settings
from tests.postgres import Postgres, running_postgres

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
SECRETS = (
    "admin_password", "cookie_key", "database_password", "proxy_token", "state_key",
    "user_password",
)  # fmt: skip


def settings_of(variables: Mapping[str, str]) -> Settings:
    """Rehearsal with a network and a name of its own, and a password for everybody."""
    found = load("rehearsal", {})
    runs_as = found.server.runs_as
    assert isinstance(runs_as, choices.Container)
    name, first = variables["TEST_NAME"], runs_as.profiles[0]
    profiles = (
        *runs_as.profiles,
        replace(first, name="broken", image=f"{name}:broken"),
        replace(first, name="absent", image=f"{name}:absent"),
    )
    return replace(
        found,
        name=name,
        login=choices.Password(),
        database=choices.Postgres(host="localhost", replicas=0),
        server=replace(
            found.server,
            runs_as=replace(runs_as, network=name, profiles=profiles),
            limits=replace(
                found.server.limits,
                storage=variables.get("TEST_STORAGE", found.server.limits.storage),
            ),
        ),
        budgets=None,
        sharing=None,
        secrets=choices.SecretFiles(folder=variables["TEST_SECRETS"], source="files"),
    )


def docker(*arguments: str) -> str:
    """What a docker command prints."""
    asked = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def until(claim: Any, seconds: float = 60, what: str = "it") -> Any:
    """The first true value that `claim` returns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := claim():
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come about within {seconds:g} s")


class DockerSwitch:
    """Docker's socket behind one that can answer nothing, later, or 500 to all."""

    def __init__(self, path: Path) -> None:
        self.path, self.mode = path, "on"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as docker_itself:
            docker_itself.connect("/var/run/docker.sock")
            with contextlib.suppress(OSError):
                while found := select.select([client, docker_itself], [], [], 60)[0]:
                    for side in found:
                        data = side.recv(65_536)
                        while self.mode == "later":
                            time.sleep(0.05)
                        if not data or self.mode == "off":
                            return
                        if self.mode == "500" and side is client:
                            client.sendall(_SERVER_ERROR)
                            return
                        (docker_itself if side is client else client).sendall(data)

    def close(self) -> None:
        self._listening.close()


_SERVER_ERROR = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: 22\r\n\r\n" + b'{"message": "a fault"}'
)


class ContainerHub:
    """The parts, each of which can be ended and started again."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.name = f"mct{secrets.token_hex(3)}"
        self.folder, self.postgres = folder, postgres
        self.secrets = folder / "secrets"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.tokens = {name: secrets.token_hex(32) for name in SECRETS}
        self.variables: dict[str, str] = {}
        self.clients: list[httpx.Client] = []
        self.docker = DockerSwitch(folder / "docker.sock")

    @property
    def prefix(self) -> str:
        return f"mchub-{self.name}"

    @property
    def settings(self) -> Settings:
        return settings_of(self.variables)

    def start(self) -> None:
        self._make_secrets()
        docker("network", "create", "-o", f"com.docker.network.bridge.name={self.name}",
               self.name)  # fmt: skip
        network = json.loads(docker("network", "inspect", self.name))[0]
        gateway = network["IPAM"]["Config"][0]["Gateway"]
        ports = [_free_port(gateway) for _ in range(3)]
        self.variables |= {
            "TEST_NAME": self.name,
            "TEST_SECRETS": str(self.secrets),
            "TEST_PROXY": f"http://{gateway}:{ports[0]}",
            "TEST_HUB": f"http://{gateway}:{ports[1]}",
            "TEST_PROXY_API": f"http://127.0.0.1:{ports[2]}",
            "PGPORT": str(self.postgres.port),
            "MC_ENVIRONMENT": "rehearsal",
            "DOCKER_HOST": f"unix://{self.docker.path}",
            "CONFIGPROXY_AUTH_TOKEN": self.tokens["proxy_token"],
            "PYTHONPATH": str(ROOT),
        }
        os.environ["PGPORT"] = str(self.postgres.port)
        self.engine = connect(self.settings)
        upgrade(self.engine)
        devices = tuple(device.name for device in self.settings.gpus.devices)
        capacity = Capacity(devices=devices, parts=n_parts(self.settings.gpus.share))
        self.leases = Leases(self.engine, capacity)
        self._run("proxy", str(PROGRAMS / "configurable-http-proxy"),
                  f"--ip={gateway}", f"--port={ports[0]}", "--api-ip=127.0.0.1",
                  f"--api-port={ports[2]}",
                  f"--error-target={self.variables['TEST_HUB']}/hub/error")  # fmt: skip
        self.start_hub()

    def start_hub(self) -> None:
        config = ROOT / "tests" / "integration" / "container_hub_config.py"
        self._run("hub", sys.executable, "-m", "jupyterhub", f"--config={config}")
        until(self._is_well, 90, f"the hub ({self.folder / 'hub.log'})")

    def end(self, part: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(part)
        process.send_signal(number)
        process.wait(30)

    def stop(self) -> None:
        for part in list(self.processes):
            self.end(part)
        named = ["--filter", f"label=mchub.environment={self.name}"]
        for kind, remove in (("ps -aq", "rm -f"), ("volume ls -q", "volume rm")):
            if found := docker(*kind.split(), *named).split():
                docker(*remove.split(), *found)
        docker("network", "rm", self.name)
        self.docker.close()
        self.engine.dispose()
        for client in self.clients:
            client.close()

    def _run(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
            self.processes[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | self.variables | {"PATH": path},
                stdout=log,
                stderr=log,
            )

    def _make_secrets(self) -> None:
        self.secrets.mkdir(mode=0o700)
        for service in ROLES:
            self.tokens[f"{service.replace('-', '_')}_token"] = secrets.token_hex(32)
        for name, token in self.tokens.items():
            file = self.secrets / name
            file.write_text(token)
            file.chmod(0o600)

    def _is_well(self) -> bool:
        assert self.processes["hub"].poll() is None, self.log("hub")
        with contextlib.suppress(httpx.HTTPError):
            # Through the proxy too: the hub answers before it has set its route there.
            at = (self.variables["TEST_HUB"], self.variables["TEST_PROXY"])
            return all(httpx.get(f"{url}/hub/health").is_success for url in at)
        return False

    def log(self, part: str) -> str:
        return (self.folder / f"{part}.log").read_text()

    # --- as a user, or as an admin

    def api(self, method: str, path: str, token: str, **arguments: Any) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.variables['TEST_HUB']}/hub/api{path}",
            headers={"Authorization": f"token {token}"},
            timeout=60,
            **arguments,
        )

    def browser(self, user: str) -> httpx.Client:
        """A client that has signed in as `user`."""
        client = httpx.Client(
            base_url=self.variables["TEST_PROXY"], follow_redirects=True, timeout=60
        )
        self.clients.append(client)
        client.get("/hub/login")
        secret = "admin_password" if user in self.settings.admins else "user_password"
        signed = client.post(
            "/hub/login",
            data={
                "username": user,
                "password": self.tokens[secret],
                "_xsrf": client.cookies["_xsrf"],
            },
        )
        assert signed.is_success, signed.text
        return client

    def token(self, user: str) -> str:
        client = self.browser(user)
        made = client.post(
            f"/hub/api/users/{user}/tokens",
            headers={"X-XSRFToken": client.cookies.get("_xsrf", path="/hub/")
                     or client.cookies["_xsrf"]},
            json={"note": "test"},
        )  # fmt: skip
        assert made.is_success, made.text
        return str(made.json()["token"])

    def progress(self, user: str, token: str) -> list[dict[str, Any]]:
        """Everything that the page of a start is told, to its end."""
        told: list[dict[str, Any]] = []

        def is_told() -> bool:
            # While JupyterHub clears up behind a refusal it says that nothing starts.
            told.extend(self._progress(user, token))
            return bool(told)

        until(is_told, what="a word about the start")
        return told

    def _progress(self, user: str, token: str) -> list[dict[str, Any]]:
        with httpx.stream(
            "GET",
            f"{self.variables['TEST_HUB']}/hub/api/users/{user}/server/progress",
            headers={"Authorization": f"token {token}"},
            timeout=120,
        ) as stream:
            return [
                json.loads(line[6:])
                for line in stream.iter_lines()
                if line.startswith("data: ")
            ]

    def start_server(
        self, user: str, token: str, options: object = None
    ) -> list[dict[str, Any]]:
        """Ask for a server and watch it start; what was told."""
        asked = self.api(
            "POST", f"/users/{user}/server", token, json={"user_options": options or {}}
        )
        assert asked.status_code in (201, 202), asked.text
        return self.progress(user, token)

    def is_ready(self, user: str) -> bool:
        token = self.tokens["reconciler_token"]
        found = self.api("GET", f"/users/{user}", token).json()["servers"]
        return bool(found) and found[""]["ready"]

    def is_pending(self, user: str) -> bool:
        token = self.tokens["reconciler_token"]
        found = self.api("GET", f"/users/{user}", token).json()["servers"]
        return bool(found) and found[""]["pending"] == "spawn"

    def clear(self) -> None:
        """Stop every server and every start, and empty both tables."""
        token = self.tokens["reconciler_token"]
        for user in self.api("GET", "/users", token).json():
            if user["servers"]:
                self.api("DELETE", f"/users/{user['name']}/server", self.admin_token)
                until(lambda name=user["name"]: not self.is_active(name), what="the stop")
        with self.engine.begin() as connection:
            connection.execute(delete(LEASES))
            connection.execute(delete(QUEUE))

    def is_active(self, user: str) -> bool:
        token = self.tokens["reconciler_token"]
        return bool(self.api("GET", f"/users/{user}", token).json()["servers"])

    @cached_property
    def admin_token(self) -> str:
        return self.token(self.settings.admins[0])

    def reconcile(self) -> list[str]:
        """One round; what was done, by the actions' names."""
        with httpx.Client(
            base_url=f"{self.variables['TEST_HUB']}/hub/api",
            headers={"Authorization": f"token {self.tokens[f'{RECONCILER}_token']}"},
            timeout=60,
        ) as client:
            round_of = Reconciler(self.settings, self.leases, client, print)
            return [type(action).__name__ for action in round_of.round()]

    def inspect(self, user: str) -> Any:
        return json.loads(docker("inspect", f"{self.prefix}-{user}"))[0]


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextlib.contextmanager
def container_hub(folder: Path, **variables: str) -> Iterator[ContainerHub]:
    """A hub that runs, until the block ends."""
    with running_postgres() as postgres:
        hub = ContainerHub(folder, postgres)
        hub.variables |= variables
        try:
            hub.start()
            yield hub
        finally:
            hub.stop()
