"""A hub whose servers are real containers: PostgreSQL, proxy, hub, a network of its own."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from hub import choices, load
from hub.database import connect, upgrade
from hub.gpus import Capacity, Leases, n_parts
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
    name, profiles = variables["TEST_NAME"], found.server.runs_as.profiles  # type: ignore[union-attr]
    groups = {"cpu-large": ("quants",)}
    return replace(
        found,
        name=name,
        login=choices.Password(),
        database=choices.Postgres(host="localhost", replicas=0),
        server=replace(
            found.server,
            runs_as=replace(
                found.server.runs_as,  # type: ignore[type-var]
                network=name,
                profiles=tuple(
                    replace(one, groups=groups.get(one.name, ())) for one in profiles
                ),
            ),
        ),
        budgets=None,
        secrets=choices.SecretFiles(folder=variables["TEST_SECRETS"], source="test"),
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


class ContainerHub:
    """The parts, each of which can be ended and started again."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.name = f"mct{secrets.token_hex(3)}"
        self.folder, self.postgres = folder, postgres
        self.secrets = folder / "secrets"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.tokens = {name: secrets.token_hex(32) for name in SECRETS}
        self.variables: dict[str, str] = {}

    @property
    def prefix(self) -> str:
        return f"mchub-{self.name}"

    @property
    def settings(self) -> Settings:
        return settings_of(self.variables)

    @property
    def leases(self) -> Leases:
        """The leases of this hub, through a connection of our own."""
        devices = tuple(device.name for device in self.settings.gpus.devices)
        os.environ["PGPORT"] = str(self.postgres.port)
        capacity = Capacity(devices=devices, parts=n_parts(self.settings.gpus.share))
        return Leases(connect(self.settings), capacity)

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
            "CONFIGPROXY_AUTH_TOKEN": self.tokens["proxy_token"],
            "PYTHONPATH": str(ROOT),
        }
        os.environ["PGPORT"] = str(self.postgres.port)
        engine = connect(self.settings)
        upgrade(engine)
        engine.dispose()
        self._run("proxy", str(PROGRAMS / "configurable-http-proxy"),
                  f"--ip={gateway}", f"--port={ports[0]}", "--api-ip=127.0.0.1",
                  f"--api-port={ports[2]}",
                  f"--error-target={self.variables['TEST_HUB']}/hub/error")  # fmt: skip
        self.start_hub()

    def start_hub(self) -> None:
        config = ROOT / "tests" / "integration" / "container_hub_config.py"
        self._run("hub", sys.executable, "-m", "jupyterhub", f"--config={config}")
        until(lambda: self._is_well(), 90, f"the hub ({self.folder / 'hub.log'})")

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
        from hub.roles import ROLES

        for service in ROLES:
            self.tokens[f"{service.replace('-', '_')}_token"] = secrets.token_hex(32)
        for name, token in self.tokens.items():
            file = self.secrets / name
            file.write_text(token)
            file.chmod(0o600)

    def _is_well(self) -> bool:
        assert self.processes["hub"].poll() is None, self.log("hub")
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.variables['TEST_HUB']}/hub/health").is_success
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
        events = []
        with httpx.stream(
            "GET",
            f"{self.variables['TEST_HUB']}/hub/api/users/{user}/server/progress",
            headers={"Authorization": f"token {token}"},
            timeout=120,
        ) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line[6:]))
        return events

    def inspect(self, user: str) -> Any:
        return json.loads(docker("inspect", f"{self.prefix}-{user}"))[0]


def _free_port(address: str) -> int:
    import socket

    with socket.create_server((address, 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextlib.contextmanager
def container_hub(folder: Path) -> Iterator[ContainerHub]:
    """A hub that runs, until the block ends."""
    with running_postgres() as postgres:
        hub = ContainerHub(folder, postgres)
        try:
            hub.start()
            yield hub
        finally:
            hub.stop()
