"""Copies of an environment's data: made now, found by label or time, and put back.

With a copy the digests of all tables and homes may be kept: after a restore one can then
say that the data are what they were, and not only that something came back.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.deployer.data_digests import DataDigests, digest_data
from deploy.deployer.database import DatabaseCopy, backup_database, database_backups
from deploy.deployer.files_backup import back_up_files
from deploy.deployer.outcomes import Failed
from deploy.deployer.programs import Programs
from deploy.deployer.releases import Releases
from hub.storage import write_whole

__all__ = ["Moment", "back_up", "find_moment", "kept_digests", "require_backup"]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment that the data can be put back to.

    Attributes
    ----------
    at : datetime
        The moment.
    label : str
        The copy of the database that it is the end of, or the last one before.
    release : str
        The release that ran then, as the copy says; empty if it doesn't.
    """

    at: datetime
    label: str
    release: str


def require_backup(programs: Programs) -> None:
    """Refuse an environment that has no copies by its settings."""
    if programs.settings.backup is None:
        name = programs.settings.name
        message = f"{name}.backup: must be a `Backup` for this; got None."
        raise Failed(message)


def back_up(programs: Programs, *, reason: str, with_digests: bool = False) -> str:
    """Copy files and database now, in this order; the labels, as text.

    Parameters
    ----------
    programs : Programs
        The environment, which runs.
    reason : str
        Kept with the copies.
    with_digests : bool
        Whether to read all data and keep their digests beside; they mean something where
        nobody works meanwhile.

    Raises
    ------
    Failed
        If a copy can't be made.
    """
    require_backup(programs)
    docker, settings, state = programs.docker, programs.settings, programs.state
    release = Releases(state).current
    of_files = []
    if "backup" in programs.compose("config", "--services").split():
        of_files = back_up_files(docker, settings, state, reason=reason, release=release)
    copies = backup_database(docker, settings, reason=reason, release=release)
    if with_digests:
        digests = json.dumps(asdict(digest_data(programs)), indent=2)
        for copy in copies:
            file = _digests_file(state, copy.label)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(file, f"{digests}\n")
    labels = [f"{copy.label} in {copy.repository}" for copy in copies]
    return f"database {', '.join(labels)}; {len(of_files)} copies of the files"


def kept_digests(state: Path, label: str) -> DataDigests | None:
    """The digests that were kept with a copy, if they were."""
    file = _digests_file(state, label)
    if not file.exists():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return DataDigests(
        **{
            kind: {name: (n, digest) for name, (n, digest) in kept[kind].items()}
            for kind in ("tables", "homes")
        }
    )


def find_moment(programs: Programs, wanted: str) -> Moment:
    """The moment that a label or a time names.

    Raises
    ------
    Failed
        If no copy has that label, and it is no time after the first copy.
    """
    copies = database_backups(programs.docker, programs.settings)
    return moment_of(copies, wanted, datetime.now(UTC))


def moment_of(copies: Sequence[DatabaseCopy], wanted: str, now: datetime) -> Moment:
    """The moment that a label or a time names, of the copies that there are."""
    for copy in copies:
        if copy.label == wanted:
            at = copy.ended + timedelta(seconds=1)
            return Moment(at=at, label=wanted, release=copy.notes.get("release", ""))
    try:
        at = datetime.fromisoformat(wanted)
    except ValueError as error:
        labels = ", ".join(copy.label for copy in copies) or "none"
        message = (
            "a backup must be the label of a copy or a time such as "
            f"`2026-01-31 12:00:00+00:00`; got {wanted!r}. Copies: {labels}."
        )
        raise Failed(message) from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    before = [copy for copy in copies if copy.ended < at]
    if not before or at > now:
        first = min((copy.ended for copy in copies), default=None)
        message = f"the time must lie between {first or 'a first copy'} and now; got {at}."
        raise Failed(message)
    last = max(before, key=lambda copy: copy.ended)
    return Moment(at=at, label=last.label, release=last.notes.get("release", ""))


def _digests_file(state: Path, label: str) -> Path:
    return state / "digests" / f"{label}.json"
