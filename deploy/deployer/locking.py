"""One run at a time: what two deployments at once would leave is nobody's plan."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from deploy.deployer.outcomes import Busy

__all__ = ["only_run"]


@contextmanager
def only_run(folder: Path, what: str) -> Iterator[None]:
    """Hold the lock of the environment that `folder` is the state of.

    The system lets go of it when this process ends, however it ends: there is no lock
    that a person must remove.

    Parameters
    ----------
    folder : Path
        Where the lock lies; it exists.
    what : str
        What this run does, told to whoever comes meanwhile.

    Raises
    ------
    Busy
        If another run holds it.
    """
    descriptor = os.open(folder / "deployer.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip() or "another run"
            message = f"{holder} holds the lock of this environment; nothing was changed."
            raise Busy(message) from error
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.seek(0)
        file.truncate()
        file.write(f"`{what}` of {now}")
        file.flush()
        yield
