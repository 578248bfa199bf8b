"""A sign of life: runs touch a file, if somebody who watches has named one.

A run that computes for ten hours prints nothing, and from outside it looks like nothing.
`MCLIB_HEARTBEAT_FILE` names a file that is touched every five seconds while trials are
computed; where it isn't set nothing is written.
"""

import os
import time

VARIABLE = "MCLIB_HEARTBEAT_FILE"

_SECONDS_BETWEEN = 5.0
_last_beat = -_SECONDS_BETWEEN


def beat() -> None:
    """Touch the file, unless that was done just now. It never fails and never waits."""
    global _last_beat  # noqa: PLW0603 - one clock for all runs of a process
    name = os.environ.get(VARIABLE)
    now = time.monotonic()
    if not name or now - _last_beat < _SECONDS_BETWEEN:
        return
    _last_beat = now
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.utime(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        # A full disk, say: a run doesn't end because nobody hears of it.
        pass
