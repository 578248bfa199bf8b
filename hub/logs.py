"""Logs as lines of JSON, where something collects them: one form for all our own parts.

A line says when, which part, how serious, what, and with which request it came about. The
front gives every request its id; whoever is asked on the way writes the same one.
"""

import json
import logging
import os
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["REQUEST_ID", "VARIABLE", "JsonLines", "begin", "in_traitlets"]

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Id of the request that is being answered; empty between requests."""

VARIABLE: Final = "MCHUB_LOGS"
"""``json`` where lines are collected."""

_PLAIN: Final = "%(asctime)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON.

    Parameters
    ----------
    part : str
        Who writes.
    """

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "part": self._part,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            told["request_id"] = request_id
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def begin(part: str, level: int = logging.WARNING) -> None:
    """Log to standard error: in JSON where `VARIABLE` asks for it, else for people."""
    handler = logging.StreamHandler()
    in_json = os.environ.get(VARIABLE) == "json"
    handler.setFormatter(JsonLines(part) if in_json else logging.Formatter(_PLAIN))
    logging.basicConfig(level=level, handlers=[handler])


def in_traitlets(part: str) -> dict[str, Any]:
    """`begin` in JSON, in the form of traitlets' ``Application.logging_config``."""
    return {
        "formatters": {"json": {"()": "hub.logs.JsonLines", "part": part}},
        "handlers": {"console": {"formatter": "json"}},
    }
