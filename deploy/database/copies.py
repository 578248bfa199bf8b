"""Copies of the database: which there are, which is due, and how one is made."""

import fcntl
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from deploy.database.node import RUN, STANZA, Copies

__all__ = ["Copy", "due", "in_json", "listed", "make", "prepare", "read", "run_pgbackrest"]

_FULL_EVERY: Final = timedelta(days=7)
# Longer than a copy of a database far larger than a hub's.
_WITHIN_SECONDS: Final = 2 * 3600
# pgBackRest's status where another of its programs works, such as the archiver's.
_IS_LOCKED: Final = 50
_UNLOCKED_WITHIN_SECONDS: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy, of the whole database or of what changed since another.

    Attributes
    ----------
    label : str
        Its name.
    repository : int
        1: on this host; 2: elsewhere.
    kind : str
        ``full``, ``diff`` or ``incr``.
    began, ended : int
        Seconds since 1970; the database can be restored to any moment after the second.
    n_bytes : int
        What it takes in the repository.
    notes : mapping of str to str
        What whoever made it said: ``reason`` and ``release``.
    """

    label: str
    repository: int
    kind: str
    began: int
    ended: int
    n_bytes: int
    notes: Mapping[str, str]


def read(told: str) -> list[Copy]:
    """The copies that ``pgbackrest info --output=json`` tells of, the oldest first."""
    found = [
        Copy(
            label=each["label"],
            repository=each["database"]["repo-key"],
            kind=each["type"],
            began=each["timestamp"]["start"],
            ended=each["timestamp"]["stop"],
            n_bytes=each["info"]["repository"].get("delta", 0),
            notes=each.get("annotation", {}),
        )
        for stanza in json.loads(told)
        for each in stanza.get("backup", ())
        if not each.get("error")
    ]
    return sorted(found, key=lambda copy: (copy.ended, copy.repository))


def in_json(copies: Sequence[Copy]) -> str:
    """Copies as others read them."""
    return json.dumps([asdict(copy) for copy in copies])


def listed() -> list[Copy]:
    """The copies that there are now, in every repository that answers."""
    return read(run_pgbackrest("--output=json", "info"))


def due(
    copies: Copies, there: Sequence[Copy], repository: int, now: datetime
) -> str | None:
    """The kind of copy that a repository should get now, if any.

    Copies are made at moments that are multiples of the time between two, as 00:00, 06:00,
    12:00 and 18:00 UTC, and at once where the last such moment was missed.

    Examples
    --------
    >>> every = timedelta(hours=6)
    >>> copies = Copies(
    ...     every=every, keep_days=30, point_in_time=True, queue="", off_site=None
    ... )
    >>> due(copies, [], 1, datetime(2026, 11, 28, 7, tzinfo=UTC))
    'full'
    """
    ours = [copy for copy in there if copy.repository == repository]
    every, moment = copies.every.total_seconds(), now.timestamp()
    last_moment = moment - moment % every
    if not ours or ours[-1].began < last_moment:
        full = [copy.began for copy in ours if copy.kind == "full"]
        is_old = not full or full[-1] < last_moment - _FULL_EVERY.total_seconds() + every
        return "full" if is_old else "incr"
    return None


def make(repository: int, kind: str, notes: Mapping[str, str]) -> None:
    """Make a copy; the database must be the primary.

    Raises
    ------
    RuntimeError
        If it could not be made, with pgBackRest's last words.
    """
    annotations = (f"--annotation={name}={value}" for name, value in notes.items())
    with _alone():
        run_pgbackrest(f"--repo={repository}", f"--type={kind}", *annotations, "backup")


def prepare(repositories: Sequence[int]) -> None:
    """Make the repositories ready for a database that they don't know yet."""
    with _alone():
        run_pgbackrest("stanza-create")
    missing = set(repositories) - _known()
    if missing:
        message = f"repositories that don't know this database: {sorted(missing)}"
        raise RuntimeError(message)


def _known() -> set[int]:
    told: list[dict[str, Any]] = json.loads(run_pgbackrest("--output=json", "info"))
    return {
        each["key"]
        for stanza in told
        for each in stanza.get("repo", ())
        if each["status"]["code"] in (0, 2)
    }


def run_pgbackrest(*words: str) -> str:
    """What pgBackRest prints; while another of its programs works, it is waited for.

    Raises
    ------
    RuntimeError
        If it does not succeed, with its last words.
    """
    command = ["pgbackrest", f"--stanza={STANZA}", *words]
    give_up = time.monotonic() + _UNLOCKED_WITHIN_SECONDS
    while True:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_SECONDS,
        )
        if done.returncode != _IS_LOCKED or time.monotonic() > give_up:
            break
        time.sleep(1)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        message = f"{' '.join(command)}: status {done.returncode}\n" + "\n".join(said[-8:])
        raise RuntimeError(message)
    return done.stdout


@contextmanager
def _alone() -> Iterator[None]:
    # pgBackRest refuses a second one at once; here it waits for the first.
    with (RUN / "copying.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def moment(seconds: float) -> str:
    """A moment as pgBackRest and people read it.

    Examples
    --------
    >>> moment(0)
    '1970-01-01 00:00:00.000000+00'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S.%f}+00"
