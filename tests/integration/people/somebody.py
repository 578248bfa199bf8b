"""Somebody with a browser, as far as HTTP and forms go."""

import re
from contextlib import suppress
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import httpx
import psutil
import websocket

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
        return found | {"groups": sorted(found["groups"])}

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

    def server_process(self) -> psutil.Process:
        """Process of the server that runs."""
        (record,) = (self.world.state / "servers").glob(f"{self.name}.*.json")
        return psutil.Process(int(record.stem.rpartition(".")[2]))

    def state(self) -> str:
        """State of a sign-in that was begun and not finished."""
        self.client.follow_redirects = False
        answer = self.client.get("/hub/oauth_login")
        self.client.follow_redirects = True
        return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    def code(self) -> str:
        """The provider's code for a sign-in that is not finished here."""
        found: list[str] = []

        def stop(request: httpx.Request) -> None:
            if request.url.path == "/hub/oauth_callback":
                found.append(request.url.params["code"])
                raise httpx.RequestError("far enough", request=request)

        self.client.event_hooks["request"].append(stop)
        with suppress(httpx.RequestError):
            self.sign_in()
        self.client.event_hooks["request"].remove(stop)
        return found[0]

    def authorize(self, page: httpx.Response) -> httpx.Response:
        """Press the button of the page that asks whether to go to somebody's server."""
        fields = dict(
            re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text)
        )
        return self.client.post(str(page.url), data=fields)

    def enter(self, owner: str) -> bool:
        """Go to somebody's server in this browser; whether it lets one in."""
        page = self.client.get(f"/user/{owner}/lab")
        if page.status_code == 200 and "oauth2/authorize" in str(page.url):
            self.authorize(page)
        return self.client.get(f"/user/{owner}/api/contents").status_code == 200

    def kernel_socket(self, owner: str) -> websocket.WebSocket:
        """An open connection to a kernel of somebody's server, by these cookies."""
        base = f"/user/{owner}"
        xsrf = self.client.cookies.get("_xsrf", path=f"{base}/") or ""
        answer = self.client.post(f"{base}/api/kernels", headers={"X-XSRFToken": xsrf})
        answer.raise_for_status()
        request = self.client.build_request("GET", f"{base}/api/kernels")
        address = f"{self.world.url}{base}/api/kernels/{answer.json()['id']}/channels"
        opened = websocket.create_connection(
            address.replace("http", "ws", 1),
            cookie=request.headers["cookie"],
            origin=self.world.url,
            timeout=60,
        )
        opened.settimeout(1)
        return opened


def is_closed(socket: websocket.WebSocket) -> bool:
    """Whether the other side has ended the connection; messages before that are read."""
    try:
        while True:
            code, _ = socket.recv_data()
            if code == websocket.ABNF.OPCODE_CLOSE:
                break
    except websocket.WebSocketTimeoutException:
        return False
    except (websocket.WebSocketException, OSError):
        pass
    socket.shutdown()
    return True


def status(world: World, token: str) -> int:
    """What the hub's API answers to a token."""
    headers = {"Authorization": f"token {token}"}
    url = f"{world.url}/hub/api/user"
    return httpx.get(url, headers=headers, trust_env=False).status_code
