"""The hub's API, as far as the steward needs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from hub.quotas import RunningServer, profile_of
from hub.settings import Settings

__all__ = ["HubClient", "User"]

_PAGES: Final = "application/jupyterhub-pagination+json"


@dataclass(frozen=True, kw_only=True)
class User:
    """A user, and the servers of theirs that run."""

    name: str
    groups: tuple[str, ...]
    servers: tuple[RunningServer, ...]


class HubClient:
    """Asks the hub with the steward's own token.

    Parameters
    ----------
    settings : Settings
        Says at which rate a server is charged.
    url : str
        Address of the hub.
    token : str
        The token.
    """

    def __init__(self, settings: Settings, url: str, token: str) -> None:
        self._settings = settings
        # The environment's own proxy settings are for the internet, not for this machine.
        self._client = httpx.Client(
            base_url=f"{url}/hub/api",
            headers={"Authorization": f"token {token}", "Accept": _PAGES},
            trust_env=False,
            timeout=20,
        )

    def users(self, *, only_running: bool = False) -> list[User]:
        """All users; or those who have a server that runs."""
        state = {"state": "ready"} if only_running else {}
        return [self._user(model) for model in self._pages("/users", state)]

    def _pages(self, path: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        offset: int | None = 0
        while offset is not None:
            answer = self._client.get(path, params={**asked, "offset": str(offset)})
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            following = page["_pagination"]["next"]
            offset = following["offset"] if following else None

    def _user(self, model: dict[str, Any]) -> User:
        servers = [
            self._server(model["name"], server)
            for server in model.get("servers", {}).values()
            if server.get("ready") and server.get("started")
        ]
        groups = tuple(model.get("groups", ()))
        return User(name=model["name"], groups=groups, servers=tuple(servers))

    def _server(self, user: str, model: dict[str, Any]) -> RunningServer:
        profile = profile_of(self._settings, model.get("user_options"))
        return RunningServer(
            user=user,
            name=model["name"],
            started=datetime.fromisoformat(model["started"]),
            profile=profile.name,
            gpu=profile.gpu,
            cpus=profile.cpus,
        )

    def stop(self, server: RunningServer) -> None:
        """Stop a server; one that has stopped meanwhile is as good."""
        user, name = quote(server.user, safe=""), quote(server.name, safe="")
        path = f"/users/{user}/servers/{name}" if name else f"/users/{user}/server"
        answer = self._client.delete(path)
        if answer.status_code not in (400, 404):
            answer.raise_for_status()
