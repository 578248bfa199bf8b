"""What an answer of the provider means: that somebody is out, or that it doesn't answer.

The two must never be confused. A provider that is down throws nobody out; one that says no
is believed at once.
"""

import json
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import HTTPClientError

__all__ = ["Out", "Silence", "verdict_of"]


@dataclass(frozen=True)
class Out:
    """The provider has answered, and what it said ends somebody's access."""

    reason: str


@dataclass(frozen=True)
class Silence:
    """The provider has not answered, or not about this person."""

    reason: str


def verdict_of(error: Exception) -> Out | Silence:
    """What it means that a question about somebody ended with `error`.

    ``invalid_grant`` is how a provider refuses the refresh token of somebody who was
    removed, disabled or signed out everywhere; 401 is how it refuses their access token.
    Anything else is about the provider, the network or this hub's own settings.
    """
    if not isinstance(error, HTTPClientError):
        return Silence(f"{type(error).__name__}: {error}")
    told = _error_of(error)
    if error.code == 401 and told != "invalid_client":
        return Out("the provider no longer accepts this sign-in")
    if error.code == 400 and told == "invalid_grant":
        return Out("the provider has ended this sign-in")
    return Silence(f"status {error.code} {told}".strip())


def _error_of(error: HTTPClientError) -> str:
    try:
        body: Any = json.loads(error.response.body) if error.response else {}
    except ValueError:
        return ""
    found = body.get("error", "") if isinstance(body, dict) else ""
    return found if isinstance(found, str) else ""
