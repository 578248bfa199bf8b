"""The hub's API, asked with the token of the one who acts.

Every method is one question. A refusal keeps the hub's own words.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from hub.logs import REQUEST_ID

__all__ = ["Group", "HubApi", "HubAway", "HubRefusal", "Identity", "Page", "Server", "User"]

_PAGINATED: Final = "application/jupyterhub-pagination+json"
_AT_ONCE: Final = 200
"""More than so many users in one answer the hub doesn't give."""


class HubRefusal(Exception):
    """The hub answered, and said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class HubAway(Exception):
    """The hub didn't answer."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose token it is, and what it allows."""

    name: str
    scopes: frozenset[str]
    groups: frozenset[str] = frozenset()
    kind: str = "user"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of a user that runs, or is on its way up or down."""

    name: str
    is_ready: bool
    pending: str
    started: datetime | None
    last_activity: datetime | None
    profile: str


@dataclass(frozen=True, kw_only=True)
class User:
    """A user as the hub knows them."""

    name: str
    is_admin: bool
    groups: tuple[str, ...]
    created: datetime | None
    last_activity: datetime | None
    servers: tuple[Server, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group and the names of its members."""

    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of the users, and how many there are in all."""

    users: tuple[User, ...]
    total: int


class HubApi:
    """The hub's API for one token.

    Parameters
    ----------
    client : httpx.AsyncClient
        Its base address is the hub's, ``http://.../hub/api``.
    token : str
        Token of the person in whose name is asked.
    """

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"token {token}", "Accept": _PAGINATED}

    async def whoami(self) -> Identity:
        """Whose token this is."""
        told = await self._ask("GET", "/user")
        return Identity(
            name=told["name"],
            scopes=frozenset(told.get("scopes", ())),
            groups=frozenset(told.get("groups") or ()),
            kind=told.get("kind", "user"),
        )

    async def users(
        self,
        *,
        offset: int = 0,
        limit: int = _AT_ONCE,
        search: str = "",
        state: str = "",
        sort: str = "name",
    ) -> Page:
        """Users whose name holds `search`, a page of them."""
        asked: dict[str, Any] = {"offset": offset, "limit": limit, "sort": sort}
        if search:
            asked["name_filter"] = search
        if state:
            asked["state"] = state
        told = await self._ask("GET", "/users", params=asked)
        return Page(
            users=tuple(_user(item) for item in told["items"]),
            total=told["_pagination"]["total"],
        )

    async def every_user(
        self, *, search: str = "", state: str = "", sort: str = "name"
    ) -> AsyncIterator[User]:
        """Users whose name holds `search`, all of them."""
        offset, total = 0, 1
        while offset < total:
            page = await self.users(offset=offset, search=search, state=state, sort=sort)
            for user in page.users:
                yield user
            offset, total = offset + _AT_ONCE, page.total

    async def user(self, name: str) -> User | None:
        """One user, or ``None`` if there is none of that name."""
        if not name:
            return None
        try:
            return _user(await self._ask("GET", _path("users", name)))
        except HubRefusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def create_user(self, name: str, *, is_admin: bool = False) -> User:
        """Make a user; the hub refuses a name that it doesn't allow or has already."""
        asked = {"usernames": [name], "admin": is_admin}
        return _user((await self._ask("POST", "/users", json=asked))[0])

    async def delete_user(self, name: str) -> None:
        """Delete a user with everything that the hub keeps of them; files stay."""
        await self._ask("DELETE", _path("users", name))

    async def stop_server(self, user: str, server: str) -> bool:
        """Stop a server; whether it has stopped already (else it is on its way)."""
        at = _path("users", user, "servers", server)
        answer = await self._send("DELETE", at)
        return answer.status_code == httpx.codes.NO_CONTENT

    async def start_server(self, user: str, server: str, options: dict[str, str]) -> None:
        """Ask for a server; one that starts already is as good."""
        at = _path("users", user, "servers", server)
        try:
            await self._send("POST", at, json={"user_options": options})
        except HubRefusal as refusal:
            if "already running" not in refusal.message:
                raise

    async def remove_server(self, user: str, server: str) -> bool:
        """Stop a server and forget its name; whether it is gone (else on its way)."""
        at = _path("users", user, "servers", server)
        try:
            answer = await self._send("DELETE", at, json={"remove": True})
        except HubRefusal as refusal:
            # It stops or starts just now: to be asked again.
            if refusal.status == httpx.codes.BAD_REQUEST:
                return False
            if refusal.status == httpx.codes.NOT_FOUND:
                return True
            raise
        return answer.status_code == httpx.codes.NO_CONTENT

    async def groups(self) -> list[Group]:
        """Every group with its members, by name."""
        found: list[Group] = []
        total = 1
        while len(found) < total:
            asked = {"offset": len(found), "limit": _AT_ONCE}
            told = await self._ask("GET", "/groups", params=asked)
            found += [_group(item) for item in told["items"]]
            total = told["_pagination"]["total"] if told["items"] else 0
        return sorted(found, key=lambda group: group.name)

    async def create_group(self, name: str) -> None:
        """Make a group without members."""
        await self._ask("POST", _path("groups", name), json={})

    async def delete_group(self, name: str) -> None:
        """Delete a group; its members stay users."""
        await self._ask("DELETE", _path("groups", name))

    async def add_to_group(self, group: str, users: Sequence[str]) -> None:
        """Make users members of a group that exists."""
        at = _path("groups", group, "users")
        await self._ask("POST", at, json={"users": list(users)})

    async def remove_from_group(self, group: str, users: Sequence[str]) -> None:
        """End the membership of users in a group."""
        at = _path("groups", group, "users")
        await self._ask("DELETE", at, json={"users": list(users)})

    async def tokens(self, user: str) -> list[str]:
        """Ids of a user's tokens: those of programs, and those of sessions."""
        told = await self._ask("GET", _path("users", user, "tokens"))
        return [token["id"] for token in told["api_tokens"]]

    async def delete_token(self, user: str, token_id: str) -> None:
        """Delete a token; one that is gone already is as good as deleted."""
        try:
            await self._ask("DELETE", _path("users", user, "tokens", token_id))
        except HubRefusal as refusal:
            if refusal.status != httpx.codes.NOT_FOUND:
                raise

    async def shares_with(self, user: str) -> list[tuple[str, str]]:
        """Servers of others that were shared with `user` in person: owner and server."""
        told = await self._ask("GET", _path("users", user, "shared"))
        return [
            (share["server"]["user"]["name"], share["server"]["name"])
            for share in told["items"]
            if (share.get("user") or {}).get("name") == user
        ]

    async def end_share(self, user: str, owner: str, server: str) -> None:
        """End the share of `owner`'s server with `user`."""
        await self._ask("DELETE", _path("users", user, "shared", owner, server))

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        answer = await self._send(method, path, **content)
        return answer.json() if answer.content else None

    async def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            # The hub's own lines then name the request that made it ask.
            headers = {**self._headers, "X-Request-Id": REQUEST_ID.get()}
            answer = await self._client.request(method, path, headers=headers, **content)
        except httpx.HTTPError as error:
            message = f"the hub did not answer: {str(error) or type(error).__name__}"
            raise HubAway(message) from error
        if answer.is_success:
            return answer
        raise HubRefusal(answer.status_code, _words(answer))


def _path(*parts: str) -> str:
    if not {".", ".."}.isdisjoint(parts):
        # These would lead elsewhere, and nobody is called so.
        raise HubRefusal(404, "there is nothing of that name")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"the hub answered HTTP {answer.status_code}"


def _user(told: Any) -> User:
    return User(
        name=told["name"],
        is_admin=bool(told.get("admin")),
        groups=tuple(sorted(told.get("groups") or ())),
        created=_moment(told.get("created")),
        last_activity=_moment(told.get("last_activity")),
        servers=tuple(
            _server(server) for _, server in sorted((told.get("servers") or {}).items())
        ),
    )


def _server(told: Any) -> Server:
    options = told.get("user_options") or {}
    return Server(
        name=told["name"],
        is_ready=bool(told.get("ready")),
        pending=told.get("pending") or "",
        started=_moment(told.get("started")),
        last_activity=_moment(told.get("last_activity")),
        profile=str(options.get("profile", "")),
    )


def _group(told: Any) -> Group:
    return Group(name=told["name"], users=tuple(sorted(told.get("users") or ())))


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
