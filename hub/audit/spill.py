"""A record that the database didn't take is not lost: it waits in a file, and loudly.

What people do through the hub has happened by the time it is recorded, so it can't be
refused any more. It is written beside, with a critical line in the log, and appended to
the chain as soon as the database answers again. A start of a server is different: it is
recorded first, and one that can't be recorded is refused.
"""

import fcntl
import json
import logging
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.audit.chain import Event
from hub.audit.log import record

__all__ = ["append_spilled", "collect", "record_or_spill", "spill"]

_LOG: Final = logging.getLogger("hub.audit")


def record_or_spill(engine: Engine, event: Event, file: Path) -> None:
    """Record `event`; if the database doesn't take it, spill it to `file`."""
    try:
        record(engine, event)
    except SQLAlchemyError as error:
        _LOG.critical("the audit log can't be written (%s)", type(error).__name__)
        spill(event, file)


def spill(event: Event, file: Path) -> None:
    """Write `event` to the end of `file`; if even that fails, into the log."""
    line = json.dumps(asdict(event) | {"at": event.at.isoformat()}) + "\n"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            opened.write(line)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        _LOG.critical("an audit event is kept nowhere but here (%s): %s", error, line)


def append_spilled(engine: Engine, file: Path) -> int:
    """Append to the chain what waits in `file`; how many events that were.

    An event that is appended just before a crash may be appended again: twice is seen,
    never is not.
    """
    if not file.exists():
        return 0
    n_events = 0
    with file.open("r+", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        for line in opened.read().splitlines():
            record(engine, _event(line))
            n_events += 1
        opened.seek(0)
        opened.truncate()
    return n_events


def collect(engine: Engine, folder: Path) -> int:
    """Append what waits in any file of `folder`, each process having its own."""
    return sum(append_spilled(engine, file) for file in sorted(folder.glob("*.jsonl")))


def _event(line: str) -> Event:
    try:
        fields = json.loads(line)
        at = datetime.fromisoformat(fields.pop("at"))
        detail = {**fields.pop("detail"), "spilled": True}
        return Event(**fields, at=at, detail=detail)
    except (ValueError, TypeError, KeyError, AttributeError):
        # Torn by a full disk or a power cut: what is left of it is still told.
        return Event(
            actor="", action="audit.torn", outcome="failed", detail={"line": line[:500]}
        )
