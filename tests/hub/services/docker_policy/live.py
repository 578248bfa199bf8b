"""The proxy on a socket of its own, in this process, before any Docker."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from hub.services.docker_policy.journal import Journal
from hub.services.docker_policy.policy import Policy
from hub.services.docker_policy.server import DockerPolicy


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
        runner = web.ServerRunner(web.Server(answer, auto_decompress=False))
        await runner.setup()
        await web.UnixSite(runner, str(listen)).start()
        try:
            yield journal, lines
        finally:
            await runner.cleanup()


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
