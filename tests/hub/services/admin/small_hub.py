"""A hub's API with a few users, in memory: what the admin service asks, and no more.

It answers as JupyterHub does, and can be cut off before any request. The real hub is in
`tests/integration/test_admin_service.py`.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
from sqlalchemy import Engine

from hub.roles import ADMIN_IN_PERSON
from hub.services.admin.desk import Desk, Person
from hub.services.web.hub_api import HubApi

ALL = frozenset({"access:services", "list:users", *ADMIN_IN_PERSON})
WHEN = "2026-01-05T09:00:00.000000Z"


class CutOff(BaseException):
    """The process ends here, whatever it was doing."""


@dataclass
class SmallHub:
    """Users by name, each with servers and tokens; groups with their members."""

    admins: set[str] = field(default_factory=lambda: {"boss"})
    users: set[str] = field(default_factory=lambda: {"boss", "ada", "bob"})
    servers: dict[str, set[str]] = field(default_factory=dict)
    tokens: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut_off_at: int | None = None
    is_away: bool = False
    acting: str = "boss"
    scopes: frozenset[str] = ALL

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.cut_off_at is not None and len(self.asked) >= self.cut_off_at:
            raise CutOff
        if self.is_away:
            message = "connection refused"
            raise httpx.ConnectError(message)
        path = request.url.raw_path.decode().partition("?")[0]
        parts = [unquote(part) for part in path.removeprefix("/hub/api/").split("/")]
        self.asked.append(f"{request.method} /{'/'.join(parts)}")
        sent = json.loads(request.content) if request.content else {}
        if parts == ["user"]:
            told = {"name": self.acting, "scopes": sorted(self.scopes)}
            return httpx.Response(200, json=told)
        return self._answer(request.method, parts, sent)

    def _answer(self, method: str, parts: list[str], sent: Any) -> httpx.Response:
        match method, parts:
            case "GET", ["users"]:
                return _page([self._user(name) for name in sorted(self.users)])
            case "POST", ["users"]:
                self.users.update(sent["usernames"])
                made = [self._user(name) for name in sent["usernames"]]
                return httpx.Response(201, json=made)
            case _, ["users", name, *_] if name not in self.users:
                return _refused(404, "Not Found")
            case "GET", ["users", name]:
                return httpx.Response(200, json=self._user(name))
            case "DELETE", ["users", name]:
                self.users.remove(name)
                return httpx.Response(204)
            case "DELETE", ["users", name, "servers", server]:
                self.servers[name].remove(server)
                return httpx.Response(204)
            case "GET", ["users", name, "tokens"]:
                known = [{"id": one} for one in sorted(self.tokens.get(name, ()))]
                return httpx.Response(200, json={"api_tokens": known})
            case "DELETE", ["users", name, "tokens", token]:
                self.tokens[name].remove(token)
                return httpx.Response(204)
            case "GET", ["users", _, "shared"]:
                return _page([])
            case _:
                return self._answer_about_groups(method, parts, sent)

    def _answer_about_groups(
        self, method: str, parts: list[str], sent: Any
    ) -> httpx.Response:
        match method, parts:
            case "GET", ["groups"]:
                found = sorted(self.groups.items())
                return _page([{"name": name, "users": sorted(us)} for name, us in found])
            case "POST", ["groups", group]:
                if group in self.groups:
                    return _refused(409, f"Group {group} already exists")
                self.groups[group] = set()
                return httpx.Response(201, json={})
            case "POST", ["groups", group, "users"] if group in self.groups:
                self.groups[group].update(sent["users"])
                return httpx.Response(200, json={})
            case "DELETE", ["groups", group, "users"] if group in self.groups:
                self.groups[group].difference_update(sent["users"])
                return httpx.Response(200, json={})
            case _:
                return _refused(404, f"No such group: {parts[1]}")

    def _user(self, name: str) -> dict[str, Any]:
        servers = {one: {"name": one, "ready": True} for one in self.servers.get(name, ())}
        groups = [group for group, members in self.groups.items() if name in members]
        return {
            "name": name,
            "admin": name in self.admins,
            "groups": groups,
            "servers": servers,
            "created": WHEN,
        }

    def client(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self.answer)
        return httpx.AsyncClient(transport=transport, base_url="http://hub/hub/api")

    def person(self, name: str = "boss") -> Person:
        return Person(name=name, hub=HubApi(self.client(), "token"), source="192.0.2.7")

    def desk(self, engine: Engine, **parts: Any) -> Desk:
        """The desk of a service that has just started."""
        return Desk(
            client=self.client(),
            engine=engine,
            service="admin",
            token="token of the service",
            public_url="http://localhost:3000",
            **parts,
        )


def _page(items: list[Any]) -> httpx.Response:
    told = {"items": items, "_pagination": {"total": len(items)}}
    return httpx.Response(200, json=told)


def _refused(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "message": message})
