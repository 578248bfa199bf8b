"""One check: sign-in page, server, kernel, notebook, dashboard, end; each step timed.

It comes by the public address, through everything that a browser comes through, with the
token of a service that may use one user's server and nothing else.
"""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hub.roles import CHECK_USER
from hub.services.synthetic.kernel import CellFailed, Kernel

__all__ = ["CheckFailed", "Step", "Target", "check", "run_check"]

_ASK_EVERY: Final = 0.5
_TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError)

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step that was done: its name and how long it took."""

    name: str
    seconds: float


class CheckFailed(RuntimeError):
    """A step did not succeed.

    Attributes
    ----------
    step : str
        Which one.
    done : list of Step
        Those before it.
    """

    def __init__(self, step: str, why: str, done: list[Step]) -> None:
        super().__init__(f"{step}: {why}")
        self.step, self.done = step, done


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is checked.

    Parameters
    ----------
    url : str
        Public address of the platform, as people type it.
    token : str
        Of a service that may start, use and stop the server of `user`.
    user : str
        Whose server; it must exist.
    profile : str
        Kind of server; empty where there are none to choose from.
    connect_to : tuple of str and int, optional
        Where the public address is, if not where its name leads: a container finds no
        ``localhost:8443``.
    authority : Path, optional
        Certificate authority to trust besides the system's.
    any_certificate : bool
        Take a certificate that nobody signed. The connection is checked then, not who is
        at its end.
    notebook, dashboard : str
        Path of the notebook in the user's home, and of the page of dashboards on the
        server; empty leaves it out.
    start_within, run_within : float
        Seconds for a server to start, and for the notebook to run.
    """

    url: str
    token: str = field(repr=False)
    user: str = CHECK_USER
    profile: str = ""
    connect_to: tuple[str, int] | None = None
    authority: Path | None = None
    any_certificate: bool = False
    notebook: str = "notebooks/00-five-minutes.ipynb"
    dashboard: str = "voila/"
    start_within: float = 120.0
    run_within: float = 180.0


def run_check(target: Target, say: Say | None = None) -> list[Step]:
    """Do a whole check and wait for its end; see `check`."""
    return asyncio.run(check(target, say))


async def check(target: Target, say: Say | None = None) -> list[Step]:
    """Do what a user does, and end the server again whatever happens.

    Parameters
    ----------
    target : Target
        What is checked.
    say : callable, optional
        Told a line for each step.

    Returns
    -------
    list of Step
        In the order of doing.

    Raises
    ------
    CheckFailed
        At the first step that does not succeed.
    """
    done: list[Step] = []
    async with _session(target) as session:
        visit = _Visit(session, target)
        try:
            for name, step in visit.steps():
                done.append(await _timed(name, step, done))
                if say is not None:
                    say(f"{name:<16} {done[-1].seconds:6.1f} s")
        except CheckFailed:
            with suppress(*_TROUBLE):
                await visit.stop()
            raise
    return done


async def _timed(name: str, step: Callable[[], Awaitable[None]], done: list[Step]) -> Step:
    began = time.monotonic()
    try:
        await step()
    except (*_TROUBLE, CellFailed) as error:
        why = str(error) or type(error).__name__
        raise CheckFailed(name, why, done) from error
    return Step(name=name, seconds=time.monotonic() - began)


class _Visit:
    """The steps, each of which stands on those before it."""

    def __init__(self, session: aiohttp.ClientSession, target: Target) -> None:
        self._session, self._target = session, target
        name = quote(target.user, safe="")
        self._user = f"/hub/api/users/{name}"
        self._server = f"/user/{name}"

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        found = [
            ("sign-in page", self._sign_in_page),
            ("old server ends", self.stop),
            ("server starts", self._start),
            ("kernel answers", self._ask_kernel),
        ]
        if self._target.notebook:
            found.append(("notebook runs", self._run_notebook))
        if self._target.dashboard:
            found.append(("dashboard", self._open_dashboard))
        return [*found, ("server ends", self.stop)]

    async def _sign_in_page(self) -> None:
        async with self._session.get("/hub/login", headers={"Authorization": ""}) as page:
            page.raise_for_status()
            text = await page.text()
        if "<form" not in text and "oauth_login" not in text:
            message = "it has neither a form nor a way to a provider"
            raise ValueError(message)

    async def _start(self) -> None:
        profile = self._target.profile
        content = {"user_options": {"profile": profile}} if profile else {}
        async with self._session.post(f"{self._user}/server", json=content) as answer:
            if answer.status not in (201, 202):
                raise ValueError(await _refusal(answer))
        await self._until(self._is_ready, self._target.start_within, "is not ready")

    async def stop(self) -> None:
        """End the server, if there is one, and wait until it is gone."""

        async def is_gone() -> bool:
            if await self._asked() is None:
                return True
            # One that is just starting can't be stopped yet; it is asked again.
            async with self._session.delete(f"{self._user}/server") as answer:
                return answer.status == 204 and await self._asked() is None

        await self._until(is_gone, self._target.start_within, "has not ended")

    async def _ask_kernel(self) -> None:
        async with Kernel(self._session, self._server) as kernel:
            said = await asyncio.wait_for(kernel.run("print(6 * 7)"), 60)
        if said.strip() != "42":
            message = f"6 * 7 is 42; the kernel said {said!r}"
            raise ValueError(message)

    async def _run_notebook(self) -> None:
        path = f"{self._server}/api/contents/{quote(self._target.notebook)}"
        async with self._session.get(path, params={"content": "1"}) as answer:
            answer.raise_for_status()
            cells = (await answer.json())["content"]["cells"]
        folder = json.dumps(f"~/{self._target.notebook.rpartition('/')[0]}")
        async with asyncio.timeout(self._target.run_within):
            async with Kernel(self._session, self._server) as kernel:
                await kernel.run(f"import os; os.chdir(os.path.expanduser({folder}))")
                for cell in cells:
                    if cell["cell_type"] == "code":
                        await kernel.run("".join(cell["source"]))

    async def _open_dashboard(self) -> None:
        async with self._session.get(f"{self._server}/{self._target.dashboard}") as page:
            page.raise_for_status()
            if "Voil" not in await page.text():
                message = "the page of dashboards says something else"
                raise ValueError(message)

    async def _asked(self) -> dict[str, Any] | None:
        async with self._session.get(self._user) as answer:
            answer.raise_for_status()
            found: dict[str, Any] | None = (await answer.json())["servers"].get("")
            return found

    async def _is_ready(self) -> bool:
        server = await self._asked()
        if server is None:
            async with self._session.get(f"{self._user}/server/progress") as answer:
                raise ValueError(_last_word(await answer.text()))
        return bool(server["ready"])

    async def _until(
        self, is_so: Callable[[], Awaitable[bool]], within: float, not_so: str
    ) -> None:
        end = time.monotonic() + within
        while not await is_so():
            if time.monotonic() >= end:
                message = f"the server {not_so} after {within:.0f} s"
                raise TimeoutError(message)
            await asyncio.sleep(_ASK_EVERY)


async def _refusal(answer: aiohttp.ClientResponse) -> str:
    text = await answer.text()
    with suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["message"])
    return f"HTTP {answer.status}: {text[:300]}"


def _last_word(progress: str) -> str:
    """What the last event of a start says."""
    events = [line[5:] for line in progress.splitlines() if line.startswith("data:")]
    with suppress(ValueError, KeyError, TypeError, IndexError):
        return str(json.loads(events[-1])["message"])
    return "it ended while it started"


@asynccontextmanager
async def _session(target: Target) -> AsyncIterator[aiohttp.ClientSession]:
    resolver = _Fixed(*target.connect_to) if target.connect_to else None
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=_trust(target))
    session = aiohttp.ClientSession(
        target.url,
        connector=connector,
        headers={"Authorization": f"token {target.token}"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120),
        # The environment's own proxy settings are for the internet, not for the platform.
        trust_env=False,
    )
    async with session:
        yield session


def _trust(target: Target) -> ssl.SSLContext | bool:
    if urlsplit(target.url).scheme == "http":
        return True
    if target.any_certificate:
        return False
    context = ssl.create_default_context()
    if target.authority is not None:
        context.load_verify_locations(target.authority)
    return context


class _Fixed(AbstractResolver):
    """Leads every name to one place."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(
            self._host, self._port, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[4][0]),
                port=self._port,
                family=address[0],
                proto=address[2],
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is open."""
