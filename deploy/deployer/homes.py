"""Users' homes as files of the operator's: what no service of the platform may open."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from deploy.deployer.commands import Failed
from hub.containers import plain_name, volume_name
from hub.settings import Settings

__all__ = ["Archived", "archive_home", "remove_home"]

Docker = Callable[..., str]
"""Runs `docker` with words, and returns what it says."""

# Read again to its end before it gets its name: half an archive is none. What must succeed
# stands in no pipe but at its end, because a shell looks at nothing else of one.
_SCRIPT: Final = """
set -eu
umask 077
cd /archives
trap 'rm -f "$0.part"' EXIT
tar --create --gzip --numeric-owner --directory=/home --file="$0.part" .
gzip --test "$0.part"
tar --list --file="$0.part" >/dev/null
tar --list --file="$0.part" | wc -l
sha256sum "$0.part" | cut -d ' ' -f 1
chown --reference=. "$0.part"
sync "$0.part"
ln "$0.part" "$0"
"""


class Archived(NamedTuple):
    """An archive that was read again after it was written."""

    file: Path
    n_entries: int
    sha256: str

    def in_json(self) -> str:
        """For the audit log."""
        told = {"file": self.file.name, "entries": self.n_entries, "sha256": self.sha256}
        return json.dumps(told)


def archive_home(
    docker: Docker, settings: Settings, user: str, folder: Path, image: str
) -> Archived:
    """Write a user's home into `folder`, as ``<user>-<moment>.tar.gz``.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    settings : Settings
        The environment, whose servers are containers.
    user : str
        Whose home; no server may have it open.
    folder : Path
        Where the archive goes; it exists. Nothing in it is overwritten.
    image : str
        An image with tar.

    Raises
    ------
    Failed
        If there is no such home, a server has it open, or the archive can't be written.
    """
    volume = _closed_home(docker, settings, user)
    if not folder.is_dir():
        message = f"`--to` must be a folder that exists; got {str(folder)!r}."
        raise Failed(message)
    name = f"{plain_name(user)}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    said = docker(
        *("run", "--rm", "--network=none", "--read-only", "--user=0:0"),
        *("--cap-drop=ALL", "--cap-add=DAC_OVERRIDE", "--cap-add=CHOWN"),
        "--security-opt=no-new-privileges",
        *("--volume", f"{volume}:/home:ro", "--volume", f"{folder.resolve()}:/archives"),
        *(image, "sh", "-c", _SCRIPT, name),
    )
    n_entries, sha256 = said.split()
    return Archived(folder / name, int(n_entries), sha256)


def remove_home(docker: Docker, settings: Settings, user: str) -> None:
    """Delete a user's home. It can't be undone.

    Raises
    ------
    Failed
        If there is no such home, or a server has it open.
    """
    docker("volume", "rm", _closed_home(docker, settings, user))


def _closed_home(docker: Docker, settings: Settings, user: str) -> str:
    volume = volume_name(settings, user)
    listed = docker("volume", "ls", "--quiet", "--filter", f"name={volume}").split()
    if volume not in listed:
        message = f"`USER` must have a home in {settings.name}; got {user!r}, no {volume}."
        raise Failed(message)
    form = ("--format", "{{.Names}}")
    users = docker("ps", "--all", "--filter", f"volume={volume}", *form).split()
    if users:
        message = (
            f"the home of {user!r} must not be in use; {', '.join(users)} has it open.\n"
            "hint: stop the server first, and suspend the user."
        )
        raise Failed(message)
    return volume
