"""What admins did here, told to whoever keeps a record of it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Entry", "Journal", "log_entry"]

_log = logging.getLogger("hub.services.admin")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who did what to whom, from where, and how it ended."""

    actor: str
    action: str
    target: str = ""
    outcome: Literal["ok", "refused", "failed"] = "ok"
    source: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


Journal = Callable[[Entry], None]


def log_entry(entry: Entry) -> None:
    """Write `entry` to this process's log."""
    _log.info(
        "%s %s %s: %s %s",
        entry.actor,
        entry.action,
        entry.target,
        entry.outcome,
        dict(entry.detail),
    )
