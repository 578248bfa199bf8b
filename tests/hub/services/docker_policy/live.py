"""The proxy on a socket of its own, in this process, before any Docker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from hub.services.docker_policy.journal import Journal
from hub.services.docker_policy.policy import Policy
from hub.services.docker_policy.server import DockerPolicy
from tests.hub.services.docker_policy.attacks import STRANGER
from tests.hub.services.docker_policy.lawful import LABELS, NAME, POLICY


@asynccontextmanager
async def answering(
    socket: Path, answer: Callable[[web.BaseRequest], Any], **options: bool
) -> AsyncIterator[None]:
    """Listen at a socket, and have `answer` answer every request."""
    runner = web.ServerRunner(web.Server(answer, **options))
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def proxy(
    policy: Policy, docker: Path, listen: Path
) -> AsyncIterator[tuple[Journal, StringIO]]:
    """The proxy at `listen`, with Docker at `docker`; its journal, and what it wrote."""
    lines = StringIO()
    connector = aiohttp.UnixConnector(str(docker), force_close=True)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        journal = Journal(out=lines)
        answer = DockerPolicy(policy, session, journal).answer
        async with answering(listen, answer, auto_decompress=False):
            yield journal, lines


async def ask(listen: Path, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send bytes, and read one answer: its status and what its JSON holds."""
    reader, writer = await asyncio.open_unix_connection(str(listen))
    writer.write(request)
    await writer.drain()
    try:
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
    finally:
        writer.close()
    status = int(lines[0].split(" ")[1])
    is_json = headers.get("content-type", "").startswith("application/json")
    return status, json.loads(body) if is_json and body else {}


OURS = {
    "Id": "a" * 64,
    "Name": f"/{NAME}",
    "Config": {"Labels": LABELS},
    "State": {"Running": True},
}
OTHERS = {"Id": "b" * 64, "Name": f"/{STRANGER}", "Config": {"Labels": {}}}


@dataclass(frozen=True)
class Asked:
    """What reached Docker: method and target, and the body."""

    line: str
    body: str


@asynccontextmanager
async def stand_in(
    socket: Path, listed: tuple[Any, ...] = ()
) -> AsyncIterator[list[Asked]]:
    """Stands in Docker's place with two containers, and keeps what it was asked."""
    asked: list[Asked] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        body = (await request.read()).decode()
        asked.append(Asked(f"{request.method} {request.raw_path}", body))
        name = request.path.split("/")[-2]
        if request.path.endswith("/containers/json"):
            return web.json_response(listed)
        if request.path.endswith("/json") and name in (NAME, STRANGER):
            return web.json_response(OURS if name == NAME else OTHERS)
        if request.path.endswith("/json"):
            return web.json_response({"message": f"No such container: {name}"}, status=404)
        return web.json_response({"Id": "c" * 64}, status=201)

    async with answering(socket, answer):
        yield asked


@dataclass(frozen=True)
class Answered:
    """One request's answer, what Docker was asked for it, and what was said of it."""

    status: int
    body: dict[str, Any]
    asked: list[Asked]
    lines: list[dict[str, Any]]
    metrics: str

    @property
    def acts(self) -> list[str]:
        """What Docker was asked besides inspections."""
        return [one.line for one in self.asked if not one.line.endswith("/json")]


def answered(
    folder: Path, request: bytes, policy: Policy = POLICY, listed: tuple[Any, ...] = ()
) -> Answered:
    """Send one request through the proxy to the stand-in."""

    async def run() -> Answered:
        docker, listen = folder / "docker", folder / "proxy"
        async with (
            stand_in(docker, listed) as asked,
            proxy(policy, docker, listen) as (journal, lines),
        ):
            status, body = await ask(listen, request)
            said = [json.loads(line) for line in lines.getvalue().splitlines()]
            return Answered(status, body, asked, said, journal.metrics().decode())

    return asyncio.run(run())
