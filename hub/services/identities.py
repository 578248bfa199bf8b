"""Who brings a token: asked of the hub, and remembered for a moment."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import httpx
from fastapi import Header, HTTPException

__all__ = ["Asking", "Identify", "Identity", "ask_identity", "who_asks"]

REMEMBER_FOR: Final = 30.0
_REMEMBER_AT_MOST: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A user or a service of the hub."""

    kind: str
    name: str
    groups: tuple[str, ...]
    is_admin: bool


Identify = Callable[[str], Awaitable[Identity | None]]
"""From a token to whose it is; ``None`` if nobody's."""


Asking = Callable[..., Awaitable[Any]]
"""A dependency of a route: the `Identity` that a request shows, or a refusal."""


def who_asks(identify: Identify) -> Asking:
    """The dependency that reads ``Authorization``."""

    async def asking(authorization: Annotated[str, Header()] = "") -> Identity:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("token", "bearer") or not token:
            raise HTTPException(401, "bring a token of the hub: `Authorization: token …`")
        try:
            identity = await identify(token)
        except httpx.HTTPError as error:
            raise HTTPException(503, "the hub does not answer") from error
        if identity is None:
            raise HTTPException(401, "the hub does not know this token")
        return identity

    return asking


def ask_identity(client: httpx.AsyncClient, hub: str) -> Identify:
    """Ask the hub whose token it is, for each token at most every half minute."""
    known: dict[bytes, tuple[float, Identity | None]] = {}

    async def identify(token: str) -> Identity | None:
        key, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
        remembered = known.get(key)
        if remembered is not None and now - remembered[0] < REMEMBER_FOR:
            return remembered[1]
        headers = {"Authorization": f"token {token}"}
        answer = await client.get(f"{hub}/hub/api/user", headers=headers)
        if answer.status_code not in (200, 401, 403):
            answer.raise_for_status()
        identity = _identity(answer.json()) if answer.is_success else None
        if len(known) >= _REMEMBER_AT_MOST:
            known.clear()
        known[key] = (now, identity)
        return identity

    return identify


def _identity(model: dict[str, object]) -> Identity:
    groups = model.get("groups")
    return Identity(
        kind=str(model["kind"]),
        name=str(model["name"]),
        groups=tuple(groups) if isinstance(groups, list) else (),
        is_admin=bool(model.get("admin")),
    )
