"""In a user's server: access that was taken back ends, open connections included.

Jupyter asks the hub about a token when a connection is opened, believes the answer for five
minutes, and an open websocket for ever. For everybody but the server's owner it is asked
again here every few seconds. A hub that doesn't answer ends nobody's access.
"""

import logging
import os
from typing import Any, Final
from weakref import WeakSet

from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketHandler

__all__ = ["ASK_EVERY", "close_sockets", "forget_guests", "guests_of", "watch_guests"]

ASK_EVERY: Final = 10.0
"""Seconds, so long does access last after it was taken back."""

# What a browser is told: that the connection broke a rule, not that the server is gone.
_POLICY: Final = 1008
_LOG: Final = logging.getLogger("ServerApp.shared_access")
_SOCKETS: "WeakSet[WebSocketHandler]" = WeakSet()


def watch_guests(serverapp: Any) -> None:
    """Ask again and again about everybody but the owner, where there is a hub to ask."""
    auth = getattr(serverapp.identity_provider, "hub_auth", None)
    owner = os.environ.get("JUPYTERHUB_USER")
    if auth is None or not owner:
        return
    _note_every_socket()

    async def ask() -> None:
        try:
            forget_guests(auth.cache, owner)
            await close_sockets(auth, guests_of(_SOCKETS, owner))
        except Exception:
            _LOG.exception("guests could not be asked about")

    PeriodicCallback(ask, ASK_EVERY * 1000).start()


def _note_every_socket() -> None:
    # Kernels, terminals, documents and proxied programs all come through this one method.
    opened = WebSocketHandler.get

    async def get(self: WebSocketHandler, *arguments: Any, **named: Any) -> None:
        _SOCKETS.add(self)
        await opened(self, *arguments, **named)

    WebSocketHandler.get = get  # type: ignore[method-assign]


def forget_guests(cache: Any, owner: str) -> None:
    """Believe no longer what the hub said about anybody but the owner."""
    for key, model in list(cache.values.items()):
        if model is None or model.get("name") != owner:
            cache.values.pop(key, None)
            cache.timestamps.pop(key, None)


def guests_of(sockets: Any, owner: str) -> list[Any]:
    """Open connections of others than the owner."""
    found = []
    for socket in list(sockets):
        user = getattr(socket, "_jupyterhub_user", None)
        is_open = getattr(socket, "ws_connection", None) is not None
        if is_open and user is not None and user.username != owner:
            found.append(socket)
    return found


async def close_sockets(auth: Any, sockets: list[Any]) -> None:
    """Close the connections whose tokens the hub no longer lets in."""
    answers: dict[str, bool] = {}
    for socket in sockets:
        token = auth.get_token(socket)
        if token not in answers:
            answers[token] = await _may_stay(auth, token)
        if not answers[token]:
            _LOG.info("access of %s has ended", socket._jupyterhub_user.username)
            socket.close(_POLICY, "access to this server was taken back")


async def _may_stay(auth: Any, token: str) -> bool:
    try:
        model = await auth.user_for_token(token, use_cache=False, sync=False)
    except Exception as error:
        _LOG.info("the hub did not answer about a guest: %s", error)
        return True
    return bool(model and auth.check_scopes(auth.access_scopes, model))
