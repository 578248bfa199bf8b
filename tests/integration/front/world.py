"""A front with the proxy behind it, on networks of its own, and clients before it."""

import ipaddress
import json
import os
import socket
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from deploy.deployer.compose import variables
from deploy.deployer.front import prepare_front
from deploy.deployer.programs import Programs
from hub.choices import Container
from hub.release import release
from hub.settings import Settings
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import free_port

HERE = Path(__file__).parent
FRONT = ROOT / "deploy" / "front"


def moved(settings: Settings, host: str, block: int) -> Settings:
    """`settings` on free ports of this machine and on addresses of a test."""
    runs_as = settings.server.runs_as
    assert isinstance(runs_as, Container)
    subnet = f"10.{block}.0.0/20"
    return replace(
        settings,
        url=f"https://{host}:{free_port()}",
        network=replace(settings.network, address="127.0.0.1"),
        front=replace(settings.front, redirect_port=free_port()),
        server=replace(settings.server, runs_as=replace(runs_as, subnet=subnet)),
    )


class World:
    """The front of `settings`, and what leads to it."""

    def __init__(self, settings: Settings, state: Path, overlays: Sequence[str]) -> None:
        self.settings, self.state = settings, state
        self.project = f"mchub-front-{settings.name}"
        self.url = settings.url
        self._addresses = iter(range(10, 120))
        self._told = variables(settings, state, release()) | {
            "MC_TESTS": str(HERE),
            "MC_TLS_TOOLS_IMAGE": f"mchub/tls-tools:{release()}",
        }
        files = [HERE / "compose.yaml", FRONT / "compose.yaml"]
        self._files = [*files, *(FRONT / name for name in overlays if "/" not in name)]
        self._files += [Path(name) for name in overlays if "/" in name]
        self.http = httpx.Client(
            base_url=f"https://127.0.0.1:{settings.port}",
            headers={"Host": settings.address.netloc, "Accept": "text/html"},
            verify=False,
            trust_env=False,
            timeout=60,
        )

    def prepare(self) -> None:
        """Write what the containers mount."""
        secrets = self.state / "test-secrets"
        secrets.mkdir()
        (secrets / "proxy_token").write_text("token-of-the-test\n")
        prepare_front(Programs(self.settings, self.state, release()))

    def compose(self, *words: str) -> str:
        named = [word for file in self._files for word in ("--file", str(file))]
        command = ["docker", "compose", "--project-name", self.project, *named, *words]
        return told(command, self._told)

    def part(self, name: str) -> str:
        """Name of a part's container."""
        return f"{self.project}-{name}-1"

    def ask(self, path: str, method: str = "GET", **content: Any) -> httpx.Response:
        """What the front answers this machine."""
        host = self.settings.address.hostname
        extensions = {"sni_hostname": host}
        return self.http.request(method, path, extensions=extensions, **content)

    def echo(self, path: str, method: str = "GET", **content: Any) -> dict[str, Any]:
        """What came out behind the front and the proxy."""
        answer = self.ask(path, method, **content)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def connection(self) -> ssl.SSLSocket:
        """A connection to the front on which nothing was said yet."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.settings.port), 30)
        return context.wrap_socket(plain, server_hostname=self.settings.address.hostname)

    @contextmanager
    def client(self) -> Iterator["Client"]:
        """Somebody at an address that nobody else has."""
        network = f"{self.project}_edge"
        edge = ipaddress.ip_network(self._told["MC_EDGE_SUBNET"])
        # One that Docker would give out might be that of somebody who used up the limits.
        address = str(edge[next(self._addresses)])
        command = [
            "docker",
            "run",
            "--detach",
            "--rm",
            "--network",
            network,
            "--ip",
            address,
        ]
        image = self._told["MC_NGINX_IMAGE"]
        name = told([*command, image, "sleep", "300"]).strip()
        try:
            yield Client(name, self)
        finally:
            told(["docker", "rm", "--force", name])


class Client:
    """curl in a container of its own."""

    def __init__(self, container: str, world: World) -> None:
        self.container, self.world = container, world

    def curl(self, *words: str) -> str:
        """What curl says; it may end badly, as when it waited long enough."""
        host = self.world.settings.address.hostname
        address = self.world._told["MC_FRONT_ADDRESS"]
        resolve = (
            "--resolve",
            f"{host}:8443:{address}",
            "--resolve",
            f"{host}:8080:{address}",
        )
        command = ["docker", "exec", self.container, "curl", "-sk", *resolve, *words]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120
        ).stdout

    def url(self, path: str) -> str:
        return f"https://{self.world.settings.address.hostname}:8443{path}"

    def flood(
        self, path: str, n: int, *words: str, at_once: int = 50
    ) -> tuple[Counter[str], float]:
        """Statuses of `n` requests, and the seconds that they took."""
        many = ("--parallel", "--parallel-max", str(at_once), "--globoff")
        urls = [self.url(f"{path}{'&' if '?' in path else '?'}n={i}") for i in range(n)]
        asked = [word for url in urls for word in (url, "--output", "/dev/null")]
        began = time.monotonic()
        said = self.curl(*many, "--write-out", "%{http_code}\n", *words, *asked)
        return Counter(said.split()), time.monotonic() - began


def told(command: Sequence[str], variables: dict[str, str] | None = None) -> str:
    """What a program says that must succeed."""
    asked = subprocess.run(
        command,
        env=dict(os.environ) | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert asked.returncode == 0, f"{' '.join(command)}\n{asked.stdout}{asked.stderr}"
    return asked.stdout


@contextmanager
def running_world(
    settings: Settings, state: Path, overlays: Sequence[str], *, but: Sequence[str] = ()
) -> Iterator[World]:
    """A world that leaves nothing behind; parts in `but` are started later."""
    world = World(settings, state, overlays)
    world.prepare()
    try:
        parts = set(world.compose("config", "--services").split()) - set(but)
        world.compose("up", "--detach", "--wait", *sorted(parts))
        yield world
    finally:
        world.compose("down", "--volumes", "--timeout", "1")
        world.http.close()


def log_of(world: World) -> list[dict[str, Any]]:
    """Lines of the front's log that are requests."""
    asked = subprocess.run(
        ["docker", "logs", world.part("front")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in asked.stdout.splitlines()]
    return [line for line in lines if "status" in line]
