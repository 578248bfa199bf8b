"""What happened to people: one place through which every such event goes.

An event is written to the hub's log at once. Whoever keeps events adds a `Listener`.
"""

import json
import logging
from collections.abc import Callable
from typing import Final

__all__ = ["Listener", "listen", "record"]

Listener = Callable[[str, str, str, dict[str, str]], None]
"""Told of an event: what, who, outcome and details."""

# Below JupyterHub's own logger, whose level and handlers it has.
_LOG: Final = logging.getLogger("JupyterHub.events")
_LISTENERS: Final[list[Listener]] = []


def listen(listener: Listener) -> None:
    """Have `listener` told of every event from now on."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def record(what: str, who: str, outcome: str, **details: str) -> None:
    """Say that something happened.

    Parameters
    ----------
    what : str
        The kind of event, such as ``sign-in``, ``access-ended`` or ``share``.
    who : str
        Name of the user whom it concerns; what the provider calls them, if they have none.
    outcome : str
        ``done``, ``refused`` or ``failed``.
    **details : str
        What else is known, by name. No secret, no token.
    """
    event = {"what": what, "who": who, "outcome": outcome, **details}
    _LOG.info("%s", json.dumps(event, ensure_ascii=False))
    for listener in _LISTENERS:
        try:
            listener(what, who, outcome, details)
        except Exception:
            # Signing in must not depend on who keeps count of it.
            _LOG.exception("an event was not kept: %s", event)
