"""The files of an environment from outside: copies of homes and state, and their restore.

Every function is told how to run `docker`, and finds the containers by the settings. What
is done within a container, `deploy.backup` does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.deployer.commands import Failed
from hub.containers import (
    ENVIRONMENT_LABEL,
    USER_LABEL,
    home_owner,
    plain_name,
    reports_volume,
)
from hub.settings import Settings
from hub.storage import write_whole

__all__ = [
    "FilesCopy",
    "back_up_files",
    "drill_files",
    "file_backups",
    "newest_before",
    "restore_files",
    "restore_state",
    "verify_files",
]

Docker = Callable[..., str]
"""Runs `docker` with words, and returns what it says."""

_PROGRAM: Final = ("python", "-m", "deploy.backup")
_VOLUMES: Final = "volumes.json"
# To write what belongs to somebody else, as it was.
_RIGHTS: Final = tuple(
    f"--cap-add={right}" for right in ("CHOWN", "DAC_OVERRIDE", "FOWNER")
)


@dataclass(frozen=True, kw_only=True)
class FilesCopy:
    """A copy of all homes and of the state.

    Attributes
    ----------
    label : str
        Its name, unique in its repository.
    repository : int
        1: on this host; 2: off-site.
    ended : datetime
        When it was complete.
    n_files : int
        Files in it.
    n_bytes : int
        What it added to its repository.
    homes : tuple of str
        Names of the volumes in it.
    notes : mapping of str to str
        What whoever made it said: ``reason``, and ``release`` if it was a deployment.
    """

    label: str
    repository: int
    ended: datetime
    n_files: int
    n_bytes: int
    homes: tuple[str, ...]
    notes: Mapping[str, str]


def back_up_files(
    docker: Docker,
    settings: Settings,
    state: Path,
    *,
    reason: str,
    release: str | None = None,
    repositories: Sequence[int] = (),
) -> list[FilesCopy]:
    """Copy all homes and the state now, into every repository or those named.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    settings : Settings
        The environment, in which copies are made.
    state : Path
        Its state folder.
    reason : str
        Why, in a word; it is kept with the copy.
    release : str, optional
        Release that runs, for an emergency that goes back to this copy.
    repositories : sequence of int, optional
        1: on this host; 2: off-site.

    Raises
    ------
    Failed
        If a copy could not be made.
    """
    write_volumes(docker, settings, state)
    notes = {"reason": reason} | ({"release": release} if release else {})
    words = [f"--note={name}={text}" for name, text in notes.items()]
    return _read(_asked(docker, settings, "copy", *words, *_numbered(repositories)))


def file_backups(
    docker: Docker, settings: Settings, *, repositories: Sequence[int] = ()
) -> list[FilesCopy]:
    """The copies there are in all repositories or those named, the oldest first.

    Raises
    ------
    Failed
        If a repository doesn't answer.
    """
    found = _read(_asked(docker, settings, "copies", *_numbered(repositories)))
    return sorted(found, key=lambda copy: (copy.ended, copy.repository))


def newest_before(
    copies: Sequence[FilesCopy], to: datetime | None, repository: int
) -> FilesCopy:
    """The copy that shows files as they were last known at a moment.

    Raises
    ------
    Failed
        If there is none.
    """
    ours = [copy for copy in copies if copy.repository == repository]
    fits = [copy for copy in ours if to is None or copy.ended <= to]
    if not fits:
        oldest = min((copy.ended for copy in ours), default=None)
        message = (
            f"`to` must lie after the oldest copy of files in repository {repository}, "
            f"{oldest or 'of which there is none'}; got {to}."
        )
        raise Failed(message)
    return max(fits, key=lambda copy: copy.ended)


def restore_files(docker: Docker, settings: Settings, state: Path, copy: FilesCopy) -> None:
    """Put all homes back as a copy holds them: what it doesn't hold is deleted in them.

    Homes that are not in the copy stay as they are, and those that are gone are made anew,
    with the options that their volumes had.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    settings : Settings
        The environment; its container for copies exists, whether it runs or not.
    state : Path
        Its state folder.
    copy : FilesCopy
        Which.

    Raises
    ------
    Failed
        If a server has a home open, and nothing was changed; or if it does not succeed.
    """
    # The reports service may go on: a file of its store is never changed.
    reports = reports_volume(settings)
    _require_closed(docker, [volume for volume in copy.homes if volume != reports])
    kept = _kept_volumes(state)
    for volume in copy.homes:
        _make_volume(docker, settings, volume, kept.get(volume, {}))
    mounts = [f"--volume={volume}:/restored/{volume}/_data" for volume in copy.homes]
    into = [f"--into={volume}=/restored/{volume}" for volume in copy.homes]
    if into:
        _beside(docker, settings, ("restore", copy.label, *into), copy.repository, mounts)


def restore_state(docker: Docker, settings: Settings, state: Path, copy: FilesCopy) -> None:
    """Put secrets and configuration back as a copy holds them.

    What each part was given is made from them, by the next `up`.

    Raises
    ------
    Failed
        If it does not succeed.
    """
    mounts = [f"--volume={state}:/restored/state"]
    words = ("restore", copy.label, "--into=state=/restored/state")
    _beside(docker, settings, words, copy.repository, mounts)


def verify_files(
    docker: Docker, settings: Settings, *, repositories: Sequence[int] = ()
) -> str:
    """Read repositories back, every piece of them.

    Raises
    ------
    Failed
        If any is damaged.
    """
    return _asked(docker, settings, "check", *_numbered(repositories))


def drill_files(docker: Docker, settings: Settings, *, repository: int) -> str:
    """Restore the newest copy's state and some homes aside, and read all of it; in words.

    Raises
    ------
    Failed
        If a file is missing or not what it was.
    """
    options = ["--volume=/scratch"]
    told = json.loads(_beside(docker, settings, ("drill",), repository, options))
    return f"{told['n_files']} files of {told['label']}, {told['seconds']:.1f} s"


def write_volumes(docker: Docker, settings: Settings, state: Path) -> None:
    """Write down what Docker knows of the homes' volumes and no file in them tells."""
    label = f"label={ENVIRONMENT_LABEL}={settings.name}"
    names = docker("volume", "ls", "--quiet", "--filter", label).split()
    told = json.loads(docker("volume", "inspect", *names)) if names else []
    kept = {
        each["Name"]: {
            "driver": each["Driver"],
            "labels": each["Labels"] or {},
            "options": each["Options"] or {},
        }
        for each in told
    }
    write_whole(state / _VOLUMES, json.dumps(kept, indent=2, sort_keys=True) + "\n")


def container(settings: Settings) -> str:
    """Name of the container that makes copies."""
    return f"mchub-{settings.name}-backup-1"


def _kept_volumes(state: Path) -> dict[str, dict[str, Any]]:
    file = state / _VOLUMES
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _make_volume(
    docker: Docker, settings: Settings, volume: str, kept: Mapping[str, Any]
) -> None:
    """Make a home's volume as it was, or as the hub makes one; one that is there stays."""
    user = home_owner(settings, volume)
    if user is None and volume == reports_volume(settings):
        docker("volume", "create", volume)
        return
    if user is None:
        message = f"a copy of {settings.name} must hold homes of its own; got {volume}."
        raise Failed(message)
    usual = {ENVIRONMENT_LABEL: settings.name, USER_LABEL: plain_name(user)}
    labels = kept.get("labels") or usual
    words = [f"--label={name}={value}" for name, value in labels.items()]
    words += [f"--opt={name}={value}" for name, value in kept.get("options", {}).items()]
    docker("volume", "create", f"--driver={kept.get('driver', 'local')}", *words, volume)


def _require_closed(docker: Docker, volumes: Sequence[str]) -> None:
    filters = [f"--filter=volume={volume}" for volume in volumes]
    users = docker("ps", "--format", "{{.Names}}", *filters).split() if filters else []
    if users:
        message = (
            f"no home may be in use during a restore; {', '.join(users)} has one open.\n"
            "hint: stop users' servers first."
        )
        raise Failed(message)


def _asked(docker: Docker, settings: Settings, *words: str) -> str:
    name = container(settings)
    running = docker("ps", "--quiet", "--filter", f"name=^/?{name}$").strip()
    if running:
        return docker("exec", name, *_PROGRAM, *words)
    return _beside(docker, settings, words, None, ["--cap-add=DAC_READ_SEARCH"])


def _beside(
    docker: Docker,
    settings: Settings,
    words: Sequence[str],
    repository: int | None,
    options: Sequence[str],
) -> str:
    """Act in a container like that of the copies, which ends with that."""
    name = container(settings)
    inspected = json.loads(docker("inspect", name))[0]["Config"]
    variables = [each for each in inspected["Env"] if each.startswith("MC_")]
    rights = () if repository is None else _RIGHTS
    numbers = () if repository is None else (f"--repository={repository}",)
    return docker(
        *("run", "--rm", "--read-only", "--user=0:0", "--cap-drop=ALL", *rights),
        *("--security-opt=no-new-privileges", "--memory=2g", f"--volumes-from={name}"),
        *(f"--network=mchub-{settings.name}_off-site", "--tmpfs=/tmp:mode=1777"),
        *("--tmpfs=/restored:mode=0755", *options, *(f"--env={one}" for one in variables)),
        *(inspected["Image"], *_PROGRAM, *words, *numbers),
    )


def _numbered(repositories: Sequence[int]) -> list[str]:
    return [f"--repository={number}" for number in repositories]


def _read(told: str) -> list[FilesCopy]:
    return [
        FilesCopy(
            label=each["label"],
            repository=each["repository"],
            ended=datetime.fromtimestamp(each["ended"], UTC),
            n_files=each["n_files"],
            n_bytes=each["n_bytes"],
            homes=tuple(each["homes"]),
            notes=each["notes"],
        )
        for each in json.loads(told)
    ]
