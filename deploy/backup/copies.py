"""Copies of files: making, listing, checking and restoring them with restic."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.backup.repositories import Place, Repository

__all__ = ["Copy", "check", "due", "forget_old", "homes", "listed", "make", "restore"]

# What is derived from the rest, used once, or opens all the rest.
_LEFT_OUT: Final = (
    "parts",
    "age-identity",
    "vault/wrapped-secret-id",
    "*.lock",
    ".*.[0-9]*",
)
_WITHIN: Final = timedelta(hours=6)
# Some files could not be read: people work on while they are copied.
_INCOMPLETE: Final = 3
_NO_REPOSITORY: Final = 10


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy of all files.

    Attributes
    ----------
    label : str
        Its name.
    repository : int
        1: on this host; 2: elsewhere.
    ended : float
        Seconds since 1970.
    n_files : int
        Files in it.
    n_bytes : int
        What it added to the repository.
    homes : tuple of str
        Names of the volumes in it.
    notes : mapping of str to str
        What whoever made it said: ``reason`` and ``release``.
    """

    label: str
    repository: int
    ended: float
    n_files: int
    n_bytes: int
    homes: tuple[str, ...]
    notes: Mapping[str, str]

    def in_json(self) -> dict[str, Any]:
        """As others read it."""
        return asdict(self)


def homes(place: Place) -> list[str]:
    """Names of the volumes that hold users' homes here."""
    return sorted(
        folder.name
        for folder in place.volumes.glob(f"mchub-{place.environment}-home-*")
        if (folder / "_data").is_dir()
    )


def due(every: timedelta, there: list[Copy], number: int, now: float) -> bool:
    """Whether a repository should get a copy now.

    Copies are made at moments that are multiples of the time between two, and at once where
    the last such moment was missed.

    Examples
    --------
    >>> due(timedelta(hours=6), [], 1, 0.0)
    True
    """
    ours = [copy.ended for copy in there if copy.repository == number]
    return not ours or max(ours) < now - now % every.total_seconds()


def make(place: Place, repository: Repository, notes: Mapping[str, str]) -> Copy:
    """Copy every home and the state into a repository, which is made if need be.

    Raises
    ------
    RuntimeError
        If it could not be made, with restic's last words.
    """
    _prepare(place, repository)
    paths = [place.volumes / name / "_data" for name in homes(place)]
    words = [f"--tag={name}={value}" for name, value in notes.items()]
    words += [f"--exclude={place.state / pattern}" for pattern in _LEFT_OUT]
    said = _restic(
        place,
        repository,
        *("backup", "--json", "--quiet", "--group-by=host", f"--host={place.environment}"),
        *(*words, str(place.state), *map(str, paths)),
        allowed=(_INCOMPLETE,),
    )
    label = _summary(said)["snapshot_id"][:8]
    [made] = [copy for copy in listed(place, repository) if copy.label == label]
    return made


def listed(place: Place, repository: Repository) -> list[Copy]:
    """The copies in a repository, the oldest first; none where there is no repository.

    Raises
    ------
    RuntimeError
        If the repository doesn't answer.
    """
    said = _restic(place, repository, "snapshots", "--json", allowed=(_NO_REPOSITORY,))
    found = json.loads(said or "[]")
    return [_copy(place, repository, each) for each in found if isinstance(each, dict)]


def check(place: Place, repository: Repository, *, part: str = "100%") -> str:
    """Read a repository, or a part of it, back: every piece must be what it was.

    Raises
    ------
    RuntimeError
        If any is damaged.
    """
    return _restic(place, repository, "check", f"--read-data-subset={part}")


def forget_old(place: Place, repository: Repository, keep_days: int) -> None:
    """Delete what is older than the retention, all but the newest copy.

    Raises
    ------
    RuntimeError
        If that does not succeed.
    """
    words = ("--group-by=host", f"--keep-within={keep_days}d", "--keep-last=1")
    _restic(place, repository, "forget", "--quiet", *words, "--prune")


def restore(
    place: Place, repository: Repository, label: str, targets: Mapping[str, Path]
) -> None:
    """Put what a copy holds into folders; files that it does not hold are deleted there.

    Parameters
    ----------
    place : Place
        Where this runs.
    repository : Repository
        Where the copy lies.
    label : str
        The copy.
    targets : mapping of str to Path
        Folders by what they are in the copy: ``state``, or a volume's name. A volume is
        mounted as ``_data`` in its folder, so that it gets its own owner and mode back.

    Raises
    ------
    RuntimeError
        If it does not succeed; a folder may be restored in part.
    """
    for name, target in targets.items():
        inside = place.state if name == "state" else place.volumes / name
        # What was left out of the copy is no reason to delete it.
        words = ("--delete",) if name != "state" else ()
        _restic(
            place,
            repository,
            *("restore", f"{label}:{inside}", f"--target={target}", "--quiet", *words),
        )


def _prepare(place: Place, repository: Repository) -> None:
    said = _restic(place, repository, "cat", "config", allowed=(_NO_REPOSITORY,))
    if not said.strip():
        _restic(place, repository, "init", "--quiet")


def _copy(place: Place, repository: Repository, told: Mapping[str, Any]) -> Copy:
    summary = told.get("summary", {})
    paths = [Path(path) for path in told["paths"]]
    inside = [path.relative_to(place.volumes) for path in paths if path != place.state]
    tags = (tag.partition("=") for tag in told.get("tags") or ())
    return Copy(
        label=told["short_id"],
        repository=repository.number,
        ended=datetime.fromisoformat(summary.get("backup_end", told["time"])).timestamp(),
        n_files=summary.get("total_files_processed", 0),
        n_bytes=summary.get("data_added_packed", 0),
        homes=tuple(sorted(path.parts[0] for path in inside)),
        notes={name: value for name, _, value in tags},
    )


def _summary(said: str) -> dict[str, Any]:
    for line in reversed(said.splitlines()):
        told: dict[str, Any] = json.loads(line)
        if told.get("message_type") == "summary":
            return told
    message = f"restic must tell of the copy that it made; it said {said[-200:]!r}"
    raise RuntimeError(message)


def _restic(
    place: Place, repository: Repository, *words: str, allowed: tuple[int, ...] = ()
) -> str:
    command = ["restic", *words[:1], *repository.words(place), *words[1:]]
    try:
        done = subprocess.run(
            command,
            env=repository.told(place),
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN.total_seconds(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"restic {words[0]}: {error}"
        raise RuntimeError(message) from error
    if done.returncode in allowed:
        return "" if done.returncode == _NO_REPOSITORY else done.stdout
    if done.returncode == 0:
        return done.stdout
    said = (done.stdout + done.stderr).strip().splitlines()
    message = f"restic {words[0]}: status {done.returncode}\n" + "\n".join(said[-8:])
    raise RuntimeError(message)
