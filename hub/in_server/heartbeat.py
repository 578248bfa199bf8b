"""A run that prints nothing for ten hours is work: mclib's heartbeat as activity.

mclib touches a file while it computes, and knows of no hub. This side reads when that was
and says so where Jupyter Server collects activity, which reports it to the hub.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tornado.ioloop import PeriodicCallback

__all__ = ["SETTING", "VARIABLE", "Heartbeat", "watch_heartbeat"]

VARIABLE: Final = "MCLIB_HEARTBEAT_FILE"
"""Names the file to kernels and terminals, which inherit it."""

SETTING: Final = "mclib_last_activity"
"""Jupyter Server takes every setting that ends so for the time of an activity."""

_READ_EVERY: Final = 2_000


class Heartbeat:
    """The file that runs touch.

    Parameters
    ----------
    file : Path
        Where it is; it need not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def last_beat(self) -> datetime | None:
        """When a run last touched the file; never in the future."""
        try:
            at = datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except OSError:
            return None
        return min(at, datetime.now(UTC))


def watch_heartbeat(serverapp: Any) -> None:
    """Name the file to the server's kernels, and read it every two seconds."""
    file = Path(serverapp.runtime_dir) / f"mclib-heartbeat-{os.getpid()}"
    os.environ[VARIABLE] = str(file)
    heartbeat = Heartbeat(file)

    def read() -> None:
        beat = heartbeat.last_beat()
        if beat is not None:
            serverapp.web_app.settings[SETTING] = beat

    PeriodicCallback(read, _READ_EVERY).start()
