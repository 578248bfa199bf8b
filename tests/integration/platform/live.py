"""The whole platform for a test: its containers, and people who sign in at its provider."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hub import load
from hub.release import COLORS
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = "mchub-rehearsal"
SETTINGS = load("rehearsal", {})
KINDS = ("container", "network", "volume")
_KEPT = "left, until Docker is started anew"
_AS_JSON = ("--format", "{{json .}}")
# Parts of a health that tell how busy this machine is.
_MACHINE = ("cpu", "speed")


def docker(*words: str, check: bool = True) -> str:
    """What `docker` says."""
    asked = subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=False, timeout=180
    )
    assert not check or asked.returncode == 0, asked.stderr
    return asked.stdout


class LivePlatform:
    """A rehearsal, started as its README says."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.url = SETTINGS.url

    def make(self, verb: str) -> str:
        """What a verb of the Makefile says; the README tells these to people."""
        asked = subprocess.run(
            ["make", "--silent", verb, *os.environ.get("MC_MAKE", "").split()],
            cwd=ROOT,
            env=os.environ | {"MCHUB_STATE": str(self.state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
        return asked.stdout

    def deployer(self, verb: str, *words: str, fails: bool = False) -> str:
        """What the deployer says, to the end of a verb that succeeds or `fails`."""
        command = [sys.executable, "-m", "deploy.deployer", verb, SETTINGS.name, *words]
        asked = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"MCHUB_STATE": str(self.state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert (asked.returncode != 0) == fails, asked.stdout + asked.stderr
        return asked.stdout + asked.stderr

    def part(self, name: str) -> str:
        """Name of the container of one of the platform's parts."""
        return f"{PROJECT}-{name}-1"

    def active_hub(self) -> str:
        """Name of the hub that works; there are two, and one stands by."""
        page = httpx.get(f"{self.url}/hub/api/", trust_env=False, timeout=10)
        color = page.headers.get("X-MCHub-Hub")
        if color is None:
            message = f"no hub answers: {page.status_code}"
            raise ConnectionError(message)
        return f"hub-{color}"

    def has_two_hubs(self) -> bool:
        """Whether one hub works and one stands by."""
        hubs = [self.part(f"hub-{color}") for color in COLORS]
        form = "{{.State.Status}} {{.State.Health.Status}}"
        said = docker("inspect", "--format", form, *hubs).splitlines()
        return said == ["running healthy"] * len(hubs)

    def logs(self, name: str) -> str:
        asked = ["docker", "logs", self.part(name)]
        return subprocess.run(
            asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        ).stdout

    def kill(self, container: str) -> None:
        """End a container's first process from outside, as a fault does.

        After `docker kill` Docker would take it for wanted, and not start it again.
        """
        pid = docker("inspect", "--format", "{{.State.Pid}}", container).strip()
        helper = ["run", "--rm", "--pid=host", "--network=none", "mchub/base:0.1.0"]
        docker(*helper, "sh", "-c", f"kill -9 {pid}")

    def sql(self, question: str) -> list[list[str]]:
        """What the database answers."""
        client = (
            "PGPASSWORD=$(cat /run/secrets/database_password) "
            'psql -U mchub -d mchub -At "-F|" -c "$0"'
        )
        answer = docker("exec", self.part("postgres"), "sh", "-c", client, question)
        return [line.split("|") for line in answer.splitlines()]

    def register(self, name: str, *groups: str) -> None:
        """Have the provider of sign-in know somebody whose password is the name."""
        person = json.dumps({"name": name, "password": name, "groups": groups})
        address = f"http://127.0.0.1:3381/users/{name}"
        code = f"fetch({address!r}, {{method: 'PATCH', body: {person!r}}})"
        docker("exec", self.part("login"), "node", "-e", code)

    def servers(self, user: str | None = None) -> list[dict[str, Any]]:
        """What Docker knows of users' containers."""
        label = f"mchub.user={user}" if user else f"mchub.environment={SETTINGS.name}"
        found = docker("ps", "--quiet", "--filter", f"label={label}").split()
        return json.loads(docker("inspect", *found)) if found else []

    def health(self) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/health", trust_env=False, timeout=5)
        found: dict[str, Any] = answer.json()
        return found

    def unwell(self) -> dict[str, Any]:
        """Parts that aren't well; how busy this machine is, is not the platform's fault."""
        parts = self.health()["parts"]
        return {
            name: part
            for name, part in parts.items()
            if part["state"] != "ok" and name not in _MACHINE
        }

    def must_be_well(self, within: float = 90.0) -> None:
        """Wait until every part is well, and fail with what others say."""
        try:
            wait_until("a platform that is well", lambda: not self.unwell(), within)
        except AssertionError:
            pytest.fail(f"not well within {within:.0f} s: {self.unwell()}")


class _Loopback(httpx.HTTPTransport):
    """Finds ``*.localhost`` on this machine, as browsers do and not every resolver."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.host.endswith(".localhost"):
            return super().handle_request(request)
        # The header still names the host that was meant; redirects and cookies go by it.
        sent = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(sent)


class Member(Person):
    """Somebody whom the test provider knows; the password there is the name."""

    def __init__(self, platform: LivePlatform, name: str) -> None:
        self.hub, self.name = platform, name  # type: ignore[assignment]
        self.client = httpx.Client(
            base_url=platform.url,
            follow_redirects=True,
            trust_env=False,
            timeout=60,
            transport=_Loopback(),
        )

    def start(self, profile: str = "cpu-small") -> None:
        """Sign in if need be, start a server of a kind, and wait until it is ready."""
        if not self.ask("GET", "/user").is_success:
            self.sign_in(self.name)
        if self.servers():
            self.stop()
        self.start_server(profile=profile)

    def stop(self) -> None:
        """End the server, and wait until it is gone."""

        def is_over() -> bool:
            # A server that is just starting can't be stopped yet, or is being stopped.
            return not self.servers() or (
                self.ask("DELETE", f"/users/{self.name}/server").status_code == 204
                and not self.servers()
            )

        wait_until("the server ended", is_over, 120)

    def servers(self) -> dict[str, Any]:
        """What the hub knows of this person's servers."""
        found: dict[str, Any] = self.ask("GET", f"/users/{self.name}").json()["servers"]
        return found

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Ask the hub's API, as its own pages do."""
        if self.client.cookies.get("_xsrf", path="/hub/") is None:
            self.client.get("/hub/login")
        return super().ask(method, path, **content)

    def sign_in(self, password: str) -> httpx.Response:
        page = self.client.get("/hub/oauth_login?next=/hub/home")
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        assert action, page.text
        form = {"name": self.name, "password": password}
        return self.client.post(str(page.url.join(unescape(action[1]))), data=form)


def signed_in(
    page: "Page", platform: LivePlatform, name: str, path: str, leads_to: str = ""
) -> None:
    """Open a page of the platform in a browser, by way of its provider of sign-in."""
    page.set_default_timeout(60_000)
    page.goto(f"{platform.url}{path}")
    page.get_by_role("button", name="Sign in with").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{leads_to or path}**")


def wait_until(what: str, is_so: Callable[[], object], within: float = 60.0) -> float:
    """Wait for something and return how many seconds it took."""
    began = time.monotonic()
    while True:
        try:
            if is_so():
                return time.monotonic() - began
        except (httpx.HTTPError, ConnectionError):
            pass
        message = f"{what}: not within {within:.0f} s"
        assert time.monotonic() - began < within, message
        time.sleep(0.1)


@contextmanager
def ended_docker() -> Iterator[None]:
    """Docker's daemon ended, and started again after the block; it takes leave to do so."""
    pid = int(Path("/var/run/docker.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    try:
        wait_until("the daemon ended", lambda: not Path(f"/proc/{pid}").exists(), 90)
        yield
    finally:
        subprocess.run([ROOT / "deploy" / "docker.sh"], check=True, timeout=120)


@contextmanager
def running_platform(state: Path) -> Iterator[LivePlatform]:
    """A rehearsal that is taken down at the end, and leaves nothing behind."""
    label = f"label=com.docker.compose.project={PROJECT}"
    running = docker("container", "ls", "--quiet", "--filter", label)
    if running and os.environ.get("MC_PLATFORM") == "running":
        # Somebody who writes such tests need not wait for a new one every time.
        yield LivePlatform(Path(os.environ.get("MCHUB_STATE") or state))
        return
    assert not running, "a rehearsal runs already; `make platform-down` ends it"
    platform = LivePlatform(state)
    try:
        assert SETTINGS.url in platform.make("platform")
        yield platform
    finally:
        said = platform.make("platform-down")
        # Docker may still count a container that is gone, and keep its network. It says so.
        if _KEPT in said and "MC_RESTART_DOCKER" in os.environ:
            with ended_docker():
                pass
            docker("network", "prune", "--force", "--filter", label)
    # Docker deletes what ended by itself a moment after it says so.
    until = time.monotonic() + 30
    while left := "".join(
        docker(kind, "ls", "--filter", label, *_AS_JSON) for kind in KINDS
    ):
        assert time.monotonic() < until, left
        time.sleep(1)
