"""A hub's API in memory: whose a token is, and which named servers run.

It answers as JupyterHub does. The real hub is in `tests/integration/test_reports.py`.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

READER = "access:services!service=reports"


@dataclass
class TokenHub:
    """Users with their groups; a token is a user's name, or a user's and a server's."""

    groups: dict[str, set[str]]
    servers: set[tuple[str, str]] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False
    refuses: tuple[int, str] | None = None

    def client(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self.answer)
        return httpx.AsyncClient(transport=transport, base_url="http://hub/hub/api")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            message = "connection refused"
            raise httpx.ConnectError(message)
        parts = request.url.path.removeprefix("/hub/api/").split("/")
        self.asked.append(f"{request.method} {'/'.join(parts)}")
        token = request.headers["Authorization"].removeprefix("token ")
        match request.method, parts:
            case "GET", ["user"]:
                return self._whose(token)
            case "GET", ["users", name] if name in self.groups:
                names = sorted(server for user, server in self.servers if user == name)
                running = {one: {"name": one, "ready": True} for one in names}
                return httpx.Response(200, json=self._user(name, running))
            case "POST", ["users", name, "servers", server] if name in self.groups:
                return self._start(name, server)
            case "DELETE", ["users", name, "servers", server]:
                assert json.loads(request.content) == {"remove": True}
                known = (name, server) in self.servers
                self.servers.discard((name, server))
                return httpx.Response(204) if known else _refused(404, "no such server")
            case _:
                return _refused(404, "Not Found")

    def _user(self, name: str, running: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "servers": running, "groups": sorted(self.groups[name])}

    def _whose(self, token: str) -> httpx.Response:
        user, _, server = token.partition("/")
        if user not in self.groups:
            return _refused(403, "Missing or invalid credentials")
        scopes = [f"access:servers!server={token}"] if server else [READER]
        told: dict[str, Any] = {"name": user, "kind": "user", "scopes": scopes}
        return httpx.Response(200, json=told | {"groups": sorted(self.groups[user])})

    def _start(self, name: str, server: str) -> httpx.Response:
        if self.refuses is not None:
            return _refused(*self.refuses)
        if (name, server) in self.servers:
            return _refused(400, f"{name}:{server} is already running")
        self.servers.add((name, server))
        return httpx.Response(202)


def _refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "message": message})
