"""Somebody with a browser, as far as HTTP and forms go."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from tests.integration.people.world import World, until


class Somebody:
    """A person at one browser: cookies of the hub and of the provider."""

    def __init__(self, world: World, name: str, password: str = "") -> None:
        self.world, self.name, self.password = world, name, password or name
        self.client = httpx.Client(
            base_url=world.url, follow_redirects=True, trust_env=False, timeout=30
        )

    def __enter__(self) -> "Somebody":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def sign_in(self, then: str = "/hub/home") -> httpx.Response:
        """Go to the provider and back; the page at the end."""
        page = self.client.get("/hub/oauth_login", params={"next": then})
        form = re.search(r'<form method="post" action="([^"]+)"', page.text)
        if form is None:
            return page
        address = urljoin(str(page.url), unescape(form[1]))
        return self.client.post(
            address, data={"name": self.name, "password": self.password}
        )

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Ask the hub's API, as its own pages do."""
        xsrf = self.client.cookies.get("_xsrf", path="/hub/") or ""
        headers = {"X-XSRFToken": xsrf, "Referer": f"{self.world.url}/hub/home"}
        return self.client.request(method, f"/hub/api{path}", headers=headers, **content)

    def me(self) -> dict[str, Any]:
        answer = self.ask("GET", "/user")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def token(self) -> str:
        answer = self.ask("POST", f"/users/{quote(self.name)}/tokens", json={"note": "t"})
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token

    def start_server(self) -> None:
        user = f"/users/{quote(self.name)}"
        answer = self.ask("POST", f"{user}/server")
        assert answer.status_code in (201, 202), answer.text

        def is_ready() -> bool:
            servers = self.ask("GET", user).json()["servers"]
            assert "" in servers, self.world.log("hub")[-3000:]
            return bool(servers[""]["ready"])

        until(is_ready, f"the server of {self.name} is ready")
