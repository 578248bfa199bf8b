"""A small server that answers as OpenBao does: AppRole, response wrapping, KV version 2.

It stands in where no such server can be installed, and does what their documentation says
of the few paths that the deployer asks: their statuses, their errors, their JSON.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAY_READ_AND_WRITE = frozenset({"GET", "POST"})


class VaultServer:
    """Its state, for a test to arrange and to look at."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.role_id = secrets.token_hex(8)
        self.versions: list[dict[str, str]] = []
        self.may = MAY_READ_AND_WRITE
        self.tokens: set[str] = set()
        self.url = ""
        self._secret_ids: set[str] = set()
        self._wrapped: dict[str, tuple[float, str, dict[str, Any]]] = {}

    def wrap_secret_id(self, *, seconds: float = 60, by: str = "approle") -> str:
        """A wrapping of a new secret id, as an operator has it made."""
        secret_id = secrets.token_hex(8)
        self._secret_ids.add(secret_id)
        token = f"s.{secrets.token_hex(12)}"
        made_by = f"auth/{by}/role/mchub/secret-id" if by == "approle" else by
        ends = time.monotonic() + seconds
        self._wrapped[token] = (ends, made_by, {"secret_id": secret_id})
        return token

    def unwrap(self, token: str) -> dict[str, Any] | None:
        """What a wrapping holds, once."""
        found = self._wrapped.pop(token, None)
        return found[2] if found and found[0] > time.monotonic() else None

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        match method, path:
            case "POST", "sys/wrapping/lookup":
                found = self._wrapped.get(body["token"])
                if found is None or found[0] <= time.monotonic():
                    return _no_wrapping()
                return 200, {"data": {"creation_path": found[1], "creation_ttl": 60}}
            case "POST", "sys/wrapping/unwrap":
                content = self.unwrap(token)
                return _no_wrapping() if content is None else (200, {"data": content})
            case "POST", "auth/approle/login":
                return self._login(body)
            case "POST", "auth/token/revoke-self":
                self.tokens.discard(token)
                return 204, None
            case _ if path == f"secret/data/{self.path}":
                return self._data(method, token, body)
        return 404, {"errors": []}

    def _login(self, body: Any) -> tuple[int, Any]:
        # A secret id that may be used once is gone whether or not the role fits.
        if body["secret_id"] not in self._secret_ids or body["role_id"] != self.role_id:
            return 400, {"errors": ["invalid role or secret ID"]}
        self._secret_ids.discard(body["secret_id"])
        token = f"s.{secrets.token_hex(12)}"
        self.tokens.add(token)
        return 200, {"auth": {"client_token": token, "lease_duration": 600}}

    def _data(self, method: str, token: str, body: Any) -> tuple[int, Any]:
        if token not in self.tokens or method not in self.may:
            return 403, {"errors": ["permission denied"]}
        if method == "GET":
            if not self.versions:
                return 404, {"errors": []}
            metadata = {"version": len(self.versions), "destroyed": False}
            return 200, {"data": {"data": self.versions[-1], "metadata": metadata}}
        if body["options"]["cas"] != len(self.versions):
            message = "check-and-set parameter did not match the current version"
            return 400, {"errors": [message]}
        self.versions.append(body["data"])
        return 200, {"data": {"version": len(self.versions), "destroyed": False}}


def _no_wrapping() -> tuple[int, Any]:
    return 400, {"errors": ["wrapping token is not valid or does not exist"]}


@contextmanager
def vault_server(path: str) -> Iterator[VaultServer]:
    """A server with nothing at `path` yet, on a free port of loopback."""
    state = VaultServer(path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"null")
            path, token = (
                self.path.removeprefix("/v1/"),
                self.headers["X-Vault-Token"] or "",
            )
            status, said = state.answer(self.command, path, token, body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
