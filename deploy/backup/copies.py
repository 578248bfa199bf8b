"""Copies of files: making, listing, checking and restoring them with restic."""

import json
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from deploy.backup.repositories import Place, Repository

__all__ = [
    "Copy",
    "check",
    "contents",
    "due",
    "forget_old",
    "homes",
    "listed",
    "make",
    "restore",
]

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
    began, ended : float
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
    began: float
    ended: float
    n_files: int
    n_bytes: int
    homes: tuple[str, ...]
    notes: Mapping[str, str]

    def in_json(self) -> dict[str, Any]:
        """As others read it."""
        return asdict(self)


def homes(place: Place) -> list[str]:
    """Names of the volumes that hold users' homes here, and the reports' files."""
    ours = f"mchub-{place.environment}"
    return sorted(
        folder.name
        for pattern in (f"{ours}-home-*", f"{ours}-reports")
        for folder in place.volumes.glob(pattern)
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
    _end_old_locks(place, repository)
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
    words = ("snapshots", "--json", "--no-lock")
    said = _restic(place, repository, *words, allowed=(_NO_REPOSITORY,))
    found = json.loads(said or "[]")
    return [_copy(place, repository, each) for each in found if isinstance(each, dict)]


def check(place: Place, repository: Repository, *, part: str = "100%") -> str:
    """Read a repository, or a part of it, back: every piece must be what it was.

    Raises
    ------
    RuntimeError
        If any is damaged.
    """
    _end_old_locks(place, repository)
    return _restic(place, repository, "check", f"--read-data-subset={part}")


def forget_old(place: Place, repository: Repository, keep_days: int) -> None:
    """Delete what is older than the retention, all but the newest copy.

    Raises
    ------
    RuntimeError
        If that does not succeed.
    """
    words = ("--group-by=host", f"--keep-within={keep_days}d", "--keep-last=1")
    _end_old_locks(place, repository)
    _restic(place, repository, "forget", "--quiet", *words, "--prune")


def restore(
    place: Place,
    repository: Repository,
    label: str,
    targets: Mapping[str, Path],
    *,
    verify: bool = False,
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
    verify : bool, default False
        Whether to read every file again.

    Raises
    ------
    RuntimeError
        If it does not succeed; a folder may be restored in part.
    """
    for name, target in targets.items():
        # What was left out of the copy is no reason to delete it.
        words = ["--delete"] if name != "state" else []
        words += ["--verify"] if verify else []
        where = f"{label}:{_inside(place, name)}"
        _restic(
            place, repository, "restore", where, f"--target={target}", "--quiet", *words
        )


def contents(place: Place, repository: Repository, label: str, name: str) -> dict[str, int]:
    """Sizes of the files of one folder of a copy, by their path in it.

    Raises
    ------
    RuntimeError
        If the repository doesn't answer.
    """
    inside = _inside(place, name)
    said = _restic(
        place, repository, "ls", "--json", "--no-lock", "--recursive", label, str(inside)
    )
    nodes = [json.loads(line) for line in said.splitlines()]
    return {
        str(Path(node["path"]).relative_to(inside)): node.get("size", 0)
        for node in nodes
        if node.get("type") == "file"
    }


def _inside(place: Place, name: str) -> Path:
    return place.state if name == "state" else place.volumes / name


def _prepare(place: Place, repository: Repository) -> None:
    words = ("cat", "config", "--no-lock")
    if not _restic(place, repository, *words, allowed=(_NO_REPOSITORY,)).strip():
        _restic(place, repository, "init", "--quiet")


def _end_old_locks(place: Place, repository: Repository) -> None:
    """Forget the locks of those who were killed; who works renews theirs."""
    _restic(place, repository, "unlock", "--quiet")


def _copy(place: Place, repository: Repository, told: Mapping[str, Any]) -> Copy:
    summary = told.get("summary", {})
    paths = [Path(path) for path in told["paths"]]
    inside = [path.relative_to(place.volumes) for path in paths if path != place.state]
    tags = (tag.partition("=") for tag in told.get("tags") or ())
    return Copy(
        label=told["short_id"],
        repository=repository.number,
        began=datetime.fromisoformat(told["time"]).timestamp(),
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
        status, out, error = _ended(command, repository.told(place))
    except (OSError, subprocess.TimeoutExpired) as why:
        message = f"restic {words[0]}: {why}"
        raise RuntimeError(message) from why
    if status in allowed:
        return "" if status == _NO_REPOSITORY else out
    if status == 0:
        return out
    said = (out + error).strip().splitlines()
    message = f"restic {words[0]}: status {status}\n" + "\n".join(said[-8:])
    raise RuntimeError(message)


def _ended(command: list[str], told: Mapping[str, str]) -> tuple[int, str, str]:
    """Status and words of a program, which ends in order if this one is to end."""
    with subprocess.Popen(
        command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, error = process.communicate(timeout=_WITHIN.total_seconds())
        except BaseException:
            # Killed, it would leave a lock behind that keeps others waiting.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return process.returncode, out, error
