"""The proxy: reads a request, decides, and asks Docker with a request of its own making."""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from hub.services.docker_policy.bodies import read_object
from hub.services.docker_policy.creation import read_container, read_volume
from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.gpus import demand_room
from hub.services.docker_policy.journal import Journal, Outcome
from hub.services.docker_policy.policy import Labels, Policy
from hub.services.docker_policy.rules import Call, read_call
from hub.services.docker_policy.targets import container_id, homes_in, list_filters

__all__ = ["DockerPolicy"]

_log = logging.getLogger(__name__)

LARGEST_BODY: Final = 1024**2
_BODY_WITHIN: Final = 10.0
# Docker answers a stop after the seconds that were asked for, 300 at most.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=330)
# It answers with sizes when it has walked through every file.
_WALK_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=3600)
_PASSED_BACK: Final = ("Content-Type", "Api-Version", "Ostype", "Server")


class DockerPolicy:
    """Answers the hub in Docker's place: forwards what the policy allows.

    It never answers 500: DockerSpawner takes any 500 to an inspection for a container that
    is gone, and forgets a server that runs.

    Parameters
    ----------
    policy : Policy
        What is allowed.
    docker : aiohttp.ClientSession
        Connected to Docker's socket.
    journal : Journal
        Told of every request.
    """

    def __init__(
        self, policy: Policy, docker: aiohttp.ClientSession, journal: Journal
    ) -> None:
        self._policy = policy
        self._docker = docker
        self._journal = journal
        # Two claims on one device are weighed one after the other.
        self._claims = asyncio.Lock()
        self._walk: asyncio.Task[tuple[int, bytes]] | None = None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        about = {"method": request.method[:16], "path": request.raw_path[:300]}
        rule = "none"
        try:
            _demand_plain(request)
            call = read_call(request.method, request.raw_path, self._policy)
            rule = call.rule.name
            body = await _read_body(request, call)
            return await self._carry_out(request, call, body)
        except Denied as denied:
            about |= {"law": denied.path, "message": str(denied)}
            return self._refused(rule, "denied", 403, about)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            about["message"] = f"Docker does not answer: {type(error).__name__}"
            return self._refused(rule, "failed", 502, about)
        except Exception as error:
            # What nobody thought of is not let through, and is no 500 either.
            _log.exception("%s %s", about["method"], about["path"])
            about["message"] = f"the proxy failed: {type(error).__name__}"
            return self._refused(rule, "failed", 502, about)

    def _refused(
        self, rule: str, outcome: Outcome, status: int, about: dict[str, str]
    ) -> web.Response:
        self._journal.tell(rule, outcome, **about)
        said = json.dumps({"message": f"docker policy: {about['message']}"}).encode()
        # Docker's own client reads a message of exactly this type.
        kind = {"Content-Type": "application/json"}
        answer = web.Response(status=status, body=said, headers=kind)
        # What is left of a body that nobody read must not be taken for a request.
        answer.force_close()
        return answer

    async def _carry_out(
        self, request: web.BaseRequest, call: Call, body: dict[str, Any] | None
    ) -> web.StreamResponse:
        match call.rule:
            case rule if rule.subject == "container":
                return await self._act_on_container(request, call)
            case rule if rule.body == "container":
                assert body is not None
                return await self._create(request, call, body)
            case rule if rule.body == "volume":
                assert body is not None
                return await self._forward(request, call, read_volume(body, self._policy))
            case rule if rule.subject == "list":
                filters = list_filters(call.query.get("filters", ""), self._policy)
                query = {**call.query, "filters": filters}
                return await self._forward(request, call, query=query)
            case rule if rule.subject == "homes":
                return await self._measure(call)
            case _:
                return await self._forward(request, call)

    async def _act_on_container(
        self, request: web.BaseRequest, call: Call
    ) -> web.StreamResponse:
        path = f"{call.version}/containers/{call.subject}/json"
        async with self._ask("GET", path) as looked:
            content = await looked.read()
            if looked.status != 200:
                # Docker's own word: there is no such container.
                status = 502 if looked.status >= 500 else looked.status
                return _whole(status, content, looked.headers)
            try:
                found = json.loads(content)
            except ValueError as error:
                raise Denied("path.container", "be known to Docker", None) from error
            full_id = container_id(found, self._policy)
            labels = found["Config"]["Labels"]
            about = {"container": full_id[:12], "user": labels[Labels.USER]}
            if call.rule.name == "inspect":
                return _whole(200, content, looked.headers)
        return await self._forward(request, call, subject=full_id, about=about)

    async def _create(
        self, request: web.BaseRequest, call: Call, body: dict[str, Any]
    ) -> web.StreamResponse:
        name = call.query["name"]
        created = read_container(body, name, self._policy)
        labels = created["Labels"]
        about = {"name": name, "user": labels[Labels.USER], "image": created["Image"]}
        if Labels.GPU not in labels:
            return await self._forward(request, call, created, about=about)
        async with self._claims:
            held = await self._holders(call.version, labels[Labels.GPU])
            demand_room(held, labels, self._policy)
            about |= {"gpu": labels[Labels.GPU], "fraction": labels[Labels.GPU_FRACTION]}
            return await self._forward(request, call, created, about=about)

    async def _holders(self, version: str, gpu: str) -> list[dict[str, Any]]:
        """Every container that holds a part of the device, those at rest too."""
        wanted = json.dumps({"label": [f"{Labels.GPU}={gpu}"]})
        filters = {"all": "1", "filters": list_filters(wanted, self._policy)}
        async with self._ask("GET", f"{version}/containers/json", query=filters) as listed:
            listed.raise_for_status()
            found: list[dict[str, Any]] = await listed.json()
        return found

    async def _measure(self, call: Call) -> web.Response:
        """What the homes hold; whoever asks during a walk through the disk shares it."""
        if self._walk is None or self._walk.done():
            self._walk = asyncio.create_task(self._walk_homes(call))
        # Shielded: one who hangs up must not end the walk of another, nor let a second
        # begin beside it.
        status, content = await asyncio.shield(self._walk)
        self._journal.tell(call.rule.name, "allowed", status=str(status))
        return _whole(status, content, {"Content-Type": "application/json"})

    async def _walk_homes(self, call: Call) -> tuple[int, bytes]:
        asked = self._ask("GET", call.path(), query=call.query, timeout=_WALK_TIMEOUT)
        async with asked as walked:
            content = await walked.read()
            if walked.status != 200:
                # Old versions answer 500 when somebody else's walk is under way.
                return (502 if walked.status >= 500 else walked.status), content
        try:
            found = json.loads(content)
        except ValueError as error:
            raise Denied("answer", "be JSON", type(error).__name__) from error
        return 200, json.dumps({"Volumes": homes_in(found, self._policy)}).encode()

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        timeout: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        return self._docker.request(
            method,
            f"http://docker{path}",
            data=data,
            params=query,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )

    async def _forward(
        self,
        request: web.BaseRequest,
        call: Call,
        body: dict[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        subject: str | None = None,
        about: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        asked = self._ask(
            call.method, call.path(subject), body, call.query if query is None else query
        )
        async with asked as answered:
            status = str(answered.status)
            self._journal.tell(call.rule.name, "allowed", **(about or {}), status=status)
            return await _passed_back(request, answered)


def _demand_plain(request: web.BaseRequest) -> None:
    """Refuse what could make proxy and Docker read two different requests."""
    fits = request.version >= (1, 0)
    demand(fits, "version", "be HTTP/1.0 or newer", f"{request.version}")
    headers = request.headers
    for name in ("Transfer-Encoding", "Content-Encoding", "Upgrade", "Expect", "Trailer"):
        law = "be left out: a request says its length, and stays a request"
        demand(name not in headers, f"headers.{name}", law, headers.get(name))
    connection = headers.get("Connection", "").lower()
    fits = connection in ("", "close", "keep-alive")
    demand(fits, "headers.Connection", "be `close` or `keep-alive`", connection)
    lengths = headers.getall("Content-Length", [])
    in_digits = all(re.fullmatch("[0-9]{1,12}", text) for text in lengths)
    fits = len(lengths) <= 1 and in_digits
    demand(fits, "headers.Content-Length", "stand once, in digits", ", ".join(lengths))


async def _read_body(request: web.BaseRequest, call: Call) -> dict[str, Any] | None:
    length = int(request.headers.get("Content-Length", "0"))
    law = f"be at most {LARGEST_BODY} bytes"
    demand(length <= LARGEST_BODY, "body", law, f"{length} bytes")
    if not call.rule.body:
        # Old versions of Docker took a whole `HostConfig` with a start.
        demand(length == 0, "body", "be left out", f"{length} bytes")
        return None
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    demand(
        kind == "application/json", "headers.Content-Type", "be `application/json`", kind
    )
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            text = await request.content.readexactly(length)
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        law = f"arrive in full within {_BODY_WITHIN:g} s"
        raise Denied("body", law, f"less than {length} bytes") from error
    return read_object("body", text)


def _whole(status: int, content: bytes, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=status, body=content, headers=_kept(headers))


async def _passed_back(
    request: web.BaseRequest, answered: aiohttp.ClientResponse
) -> web.StreamResponse:
    """Docker's answer, chunk by chunk: the last lines of a log can be long."""
    passed = web.StreamResponse(status=answered.status, headers=_kept(answered.headers))
    await passed.prepare(request)
    try:
        async for piece in answered.content.iter_chunked(65_536):
            await passed.write(piece)
        await passed.write_eof()
    except (aiohttp.ClientError, TimeoutError):
        # An answer that has begun can't become another: it ends torn, for all to see.
        if request.transport is not None:
            request.transport.abort()
    return passed


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _PASSED_BACK if name in headers}
