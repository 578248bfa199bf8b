"""A sign of life: runs touch a file, if somebody who watches has named one.

A run that computes for ten hours prints nothing, and from outside it looks like nothing.
`MCLIB_HEARTBEAT_FILE` names a file that is touched every five seconds while trials are
computed; where it isn't set nothing is written. Beside it, ``<file>.<process>`` holds what
this process has done so far: runs and trials by engine, as JSON.
"""

import json
import os
import time
from collections import Counter

VARIABLE = "MCLIB_HEARTBEAT_FILE"

_SECONDS_BETWEEN = 5.0
_last_beat = -_SECONDS_BETWEEN
_runs: Counter[str] = Counter()
_trials: Counter[str] = Counter()


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
    tell()


def count_run(engine: str) -> None:
    """A run on this engine begins."""
    _runs[engine] += 1


def count_trials(engine: str, n_trials: int) -> None:
    """So many more trials are done."""
    _trials[engine] += n_trials


def tell() -> None:
    """Write down what was counted, if somebody watches. It never fails."""
    name = os.environ.get(VARIABLE)
    if not name:
        return
    told = {
        engine: {"runs": runs, "trials": _trials[engine]} for engine, runs in _runs.items()
    }
    file = f"{name}.{os.getpid()}"
    try:
        with open(f"{file}.new", "w", encoding="utf-8") as written:  # noqa: PTH123
            json.dump(told, written)
        os.replace(f"{file}.new", file)  # noqa: PTH105
    except OSError:
        pass
