"""The Docker policy proxy: listens where the hub looks for Docker, and lets little through.

``python -m hub.services.docker_policy --policy FILE --socket PATH``
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import stat
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from hub.laws import SettingsError, refusal, require, require_port
from hub.services.docker_policy.journal import Journal, Sink, post_to
from hub.services.docker_policy.policy import Policy, load_policy
from hub.services.docker_policy.server import DockerPolicy

__all__ = ["main"]

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether Docker is there at all."""

N_REFUSED: Final = 5
"""Looks in vain after which it is not expected any more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end or alone; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        policy = load_policy(options.policy)
        is_alone = asyncio.run(_serve(options, policy))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if is_alone:
        print(f"docker policy: nobody listens at {options.docker}; ends", file=sys.stderr)
    return int(is_alone)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hub.services.docker_policy", description=__doc__
    )
    say = parser.add_argument
    say("--policy", type=Path, required=True, metavar="FILE", help="the policy, in JSON")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", type=Path, metavar="PATH", help="listen here, mode 0660")
    where.add_argument("--address", metavar="HOST:PORT", help="listen here, in the clear")
    say("--socket-group", type=int, metavar="GID", help="group of the socket")
    say("--docker", default="/var/run/docker.sock", metavar="PATH", help="Docker's socket")
    say("--metrics", metavar="HOST:PORT", help="answer Prometheus at /metrics here")
    say("--audit", metavar="URL", help="post events there as JSON")
    say("--audit-token", type=Path, metavar="FILE", help="with the token in this file")
    return parser


async def _serve(options: argparse.Namespace, policy: Policy) -> bool:
    """Serve to the end; whether it came because Docker is gone."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = _sockets(options, stack)
        # A connection for every request: none is left over from before Docker restarted.
        connector = aiohttp.UnixConnector(options.docker, limit=0, force_close=True)
        docker = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, auto_decompress=False)
        )
        audit = await stack.enter_async_context(aiohttp.ClientSession())
        journal = Journal(_sink(options, audit))
        proxy = DockerPolicy(policy, docker, journal)
        # No router: what reads paths is `rules`, and nothing before it.
        server = web.Server(proxy.answer, auto_decompress=False, access_log=None)
        await _start(stack, server, sockets[0])
        for metrics in sockets[1:]:
            page = web.Server(_metrics_page(journal), access_log=None)
            await _start(stack, page, metrics)
        telling = asyncio.create_task(journal.run())
        print(f"docker policy: {policy.environment} is served", file=sys.stderr, flush=True)
        ends = [asyncio.create_task(end) for end in (_told_to_end(), alone(options.docker))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        is_alone = not ends[0].done()
        for task in (telling, *ends):
            task.cancel()
        return is_alone


def _sockets(
    options: argparse.Namespace, stack: contextlib.AsyncExitStack
) -> list[socket.socket]:
    """All that is listened to, or none of it: the hub's socket first."""
    sockets = []
    if options.metrics:
        sockets.append(_tcp_socket("--metrics", options.metrics))
    if options.address:
        return [_tcp_socket("--address", options.address), *sockets]
    listening = _unix_socket(options.socket, options.socket_group)
    stack.callback(options.socket.unlink, missing_ok=True)
    return [listening, *sockets]


async def _start(
    stack: contextlib.AsyncExitStack, server: web.Server, on: socket.socket
) -> None:
    runner = web.ServerRunner(server)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, on).start()


async def _told_to_end() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


async def alone(docker: str) -> None:
    """Return when nobody has listened at Docker's socket for a while.

    A Docker that restarts may make its socket anew, and a container goes on seeing the old
    one, behind which there will never be anybody. Started again, it sees the new one.
    """
    n_refused = 0
    while n_refused < N_REFUSED:
        await asyncio.sleep(LOOK_EVERY)
        n_refused = 0 if await _somebody_listens(docker) else n_refused + 1


async def _somebody_listens(path: str) -> bool:
    try:
        async with asyncio.timeout(LOOK_EVERY):
            _, writer = await asyncio.open_unix_connection(path)
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        # So many wait there that the next must wait too; or a request will say what it is.
        return True
    writer.close()
    return True


def _sink(options: argparse.Namespace, client: aiohttp.ClientSession) -> Sink | None:
    if not options.audit:
        return None
    headers = {}
    if options.audit_token:
        token = options.audit_token.read_text(encoding="utf-8").strip()
        headers["Authorization"] = f"token {token}"
    return post_to(client, options.audit, headers)


def _metrics_page(journal: Journal) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path != "/metrics":
            return web.Response(status=404)
        return web.Response(
            body=journal.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    return answer


def _tcp_socket(option: str, text: str) -> socket.socket:
    host, _, port = text.rpartition(":")
    fits = bool(host) and port.isascii() and port.isdecimal()
    require(fits, option, "be `<host>:<port>`", text)
    require_port(option, int(port))
    try:
        return socket.create_server((host, int(port)))
    except OSError as error:
        law = "be a free address of this machine"
        raise refusal(option, law, text, str(error)) from error


def _unix_socket(path: Path, group: int | None) -> socket.socket:
    """A socket that answers, and is closed to others, from the moment it is there."""
    if path.exists():
        law = "be a socket that nobody listens to, or nothing yet"
        require(_is_left_over(path), "--socket", law, str(path))
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        listening.bind(str(draft))
        if group is not None:
            os.chown(draft, -1, group)
        draft.chmod(0o660)
        listening.listen(128)
        draft.replace(path)
    except OSError as error:
        listening.close()
        draft.unlink(missing_ok=True)
        law = "lie in a folder that this account may write"
        raise refusal("--socket", law, str(path), str(error)) from error
    return listening


def _is_left_over(path: Path) -> bool:
    if not stat.S_ISSOCK(path.stat().st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        try:
            tried.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
