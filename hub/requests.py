"""What a request to the hub means for the audit: its actor, action, target and outcome."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from hub.addresses import client_address
from hub.audit import Event

__all__ = ["event_of", "source_of"]

_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

# What is said of a request's body: names and rights, and never a password or a token.
_TOLD: Final = frozenset(
    {
        *("admin", "expires_at", "expires_in", "group", "groups", "name", "note", "proxy"),
        *("remove", "roles", "scopes", "servers", "user", "usernames", "users"),
    }
)

# Path behind `/hub/api/`, and what is done there: by the method, or always the same.
_ACTIONS: Final[tuple[tuple[str, str], ...]] = (
    (r"users/(?P<target>[^/]+)/servers?(/(?P<server>[^/]*))?/?", "server"),
    (r"users/(?P<target>[^/]+)/tokens(/.*)?", "token"),
    (r"users/(?P<target>[^/]+)/shared(/.*)?", "share"),
    (r"users(/(?P<target>[^/]+))?/?", "user"),
    (r"groups/(?P<target>[^/]+)/users", "group.member"),
    (r"groups(/(?P<target>[^/]+))?(/properties)?/?", "group"),
    (r"shares/(?P<target>.+)", "share"),
    (r"share-codes/(?P<target>.+)", "share-code"),
    (r"oauth2/token", "token"),
    (r"(?P<target>proxy|shutdown)", "hub"),
    (r"(?P<target>.*)", "api"),
)
_VERBS: Final[Mapping[str, str]] = {
    "POST": "create",
    "PUT": "create",
    "PATCH": "change",
    "DELETE": "delete",
}
_SERVER_VERBS: Final[Mapping[str, str]] = dict(_VERBS, POST="start", DELETE="stop")


def event_of(handler: Any) -> Event | None:
    """What is recorded of a request that has been answered; ``None`` for most.

    Recorded are sign-in and sign-out, and whatever changes something through the hub's API
    or its forms. Servers' reports of their activity are not.
    """
    request, hub = handler.request, getattr(handler, "hub", None)
    if hub is None:
        # A file, which is nobody's act.
        return None
    path = request.path.removeprefix(hub.base_url).lstrip("/")
    if path.startswith("api/"):
        return _api_event(handler, path.removeprefix("api/"))
    page = path.partition("/")[0]
    if (page, request.method) in {("login", "POST"), ("oauth_callback", "GET")}:
        return _sign_in_event(handler)
    if page == "logout":
        user = handler.get_current_user_cookie()
        return None if user is None else _event(handler, user.name, "sign-out", user.name)
    if (page, request.method) == ("sharing", "POST"):
        return _sharing_event(handler)
    if request.method in _CHANGING and page in {"spawn", "accept-share", "token"}:
        return _event(handler, _actor(handler), f"page.{page}", path)
    return None


def _sign_in_event(handler: Any) -> Event:
    named = handler.get_body_argument("username", "") if handler.request.body else ""
    named = named or getattr(handler, "refused_name", "")
    is_in = handler.get_status() == 302
    # The name that the hub made of what was typed, and what was typed if it is nobody's.
    name = (_actor(handler) if is_in else "") or named
    return _event(handler, name, "sign-in", name, outcome="ok" if is_in else "")


def _sharing_event(handler: Any) -> Event:
    is_end = bool(handler.get_body_argument("end", ""))
    action = "share.delete" if is_end else "share.create"
    target, told = handler.shared_server, dict(handler.shared_with)
    return _event(handler, _actor(handler), action, target, told=told)


def _api_event(handler: Any, path: str) -> Event | None:
    method = handler.request.method
    if method not in _CHANGING or path.rstrip("/").endswith("/activity"):
        return None
    for pattern, thing in _ACTIONS:
        found = re.fullmatch(pattern, path)
        if found is None:
            continue
        target = found.groupdict().get("target") or ""
        if thing != "server":
            action = f"{thing}.{_VERBS[method]}"
            return _event(handler, _actor(handler), action, target, body=True)
        if method == "POST" and handler.get_status() < 400:
            # The start itself is recorded, with its outcome, when it happens.
            return None
        target = f"{target}/{found['server'] or ''}"
        return _event(handler, _actor(handler), f"server.{_SERVER_VERBS[method]}", target)
    return None


def _event(
    handler: Any,
    actor: str,
    action: str,
    target: str,
    *,
    outcome: Any = "",
    body: bool = False,
    told: Mapping[str, str] | None = None,
) -> Event:
    status = handler.get_status()
    detail: dict[str, Any] = {"method": handler.request.method, "status": status}
    detail |= told or {}
    if body:
        detail |= _told(handler.request.body)
    return Event(
        actor=actor,
        action=action,
        target=target,
        outcome=outcome or _outcome(status),
        source=source_of(handler.request),
        detail=detail,
    )


def _outcome(status: int) -> Any:
    if status < 400:
        return "ok"
    return "refused" if status < 500 else "failed"


def _told(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(sent, dict):
        return {}
    told = {name: sent[name] for name in sorted(_TOLD & set(sent))}
    # A list of thousands of names is told by its length.
    return {
        name: value if len(json.dumps(value)) <= 500 else f"{len(value)} given"
        for name, value in told.items()
    }


def _actor(handler: Any) -> str:
    who = handler.current_user
    return "" if who is None else str(who.name)


def source_of(request: Any) -> str:
    """Address a request came from.

    Tornado's own answer also believes a header that anybody may send, `X-Real-Ip`.
    """
    context = request.connection.context
    peer = str(getattr(context, "_orig_remote_ip", request.remote_ip))
    forwarded = request.headers.get("X-Forwarded-For", "")
    return client_address(peer, forwarded, getattr(context, "trusted_downstream", ()))
