"""Where a hub keeps what must outlive it: the state folder and what lies in it.

The folder is closed to other accounts, because a secret in it opens the whole hub.
"""

import hashlib
import os
import re
import stat
from pathlib import Path

from hub.laws import refusal

__all__ = [
    "archives_folder",
    "audit_folder",
    "checkout",
    "folder_name",
    "fresh_log",
    "home_folder",
    "homes_folder",
    "logs_folder",
    "notebooks_folder",
    "reports_folder",
    "secrets_folder",
    "servers_folder",
    "state_folder",
    "write_whole",
]


def checkout() -> Path:
    """Folder that holds ``hub/``, the notebooks and ``jupyterhub_config.py``."""
    return Path(__file__).resolve().parent.parent


def state_folder() -> Path:
    """Folder of the hub's state: ``MCHUB_STATE``, or ``.mchub`` in the checkout.

    Returns
    -------
    Path
        An existing folder, mode 0700.

    Raises
    ------
    SettingsError
        If it belongs to another account, or others may enter it.
    """
    variable, named = "MCHUB_STATE", os.environ.get("MCHUB_STATE", "")
    folder = Path(named).expanduser().absolute() if named else checkout() / ".mchub"
    status = _made(folder).stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid() or mode & 0o077:
        law, hint = "be closed to other accounts", "name a folder of your own, mode 0700."
        raise refusal(variable, law, f"{folder}, mode {mode:04o}", hint)
    return folder


def secrets_folder() -> Path:
    """Folder of the generated secrets."""
    return _inside_state("secrets")


def logs_folder() -> Path:
    """Folder of the logs, one file per process."""
    return _inside_state("logs")


def audit_folder() -> Path:
    """Folder of audit events that wait to be appended, one file per process."""
    return _inside_state("audit")


def fresh_log(name: str) -> Path:
    """Log of the process `name`, empty; the one before is kept as ``.log.1``."""
    log = logs_folder() / f"{name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def servers_folder() -> Path:
    """Folder of the records of running user servers, one file per server."""
    return _inside_state("servers")


def home_folder(user: str) -> Path:
    """Home folder of a user, whatever the name."""
    return homes_folder() / folder_name(user)


def homes_folder() -> Path:
    """Folder of the home folders."""
    return _inside_state("homes")


def archives_folder() -> Path:
    """Folder of the archived homes of users who left."""
    return _inside_state("archives")


def reports_folder() -> Path:
    """Folder of the files of reports."""
    return _inside_state("reports")


def notebooks_folder() -> Path:
    """Folder of the notebooks that every user gets a copy of."""
    return checkout() / "notebooks"


def folder_name(user: str) -> str:
    """Name of a folder that belongs to `user` alone, on any file system.

    A plain name (lower-case letters, digits, single hyphens and underscores, at most 32)
    is kept. Any other is spelled with what it has of these, and told apart by a digest.

    Examples
    --------
    >>> folder_name("ada")
    'ada'
    >>> folder_name("../Ada")
    'ada--4e4af21652b7'
    """
    if len(user) <= 32 and re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", user):
        return user
    spelled = re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-")[:32].strip("-") or "user"
    return f"{spelled}--{hashlib.sha256(user.encode()).hexdigest()[:12]}"


def _inside_state(name: str) -> Path:
    return _made(state_folder() / name)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        law, why = "be a folder that you may write to", error.strerror or "unknown reason"
        raise refusal("MCHUB_STATE", law, str(folder), why) from error
    return folder


def write_whole(file: Path, text: str) -> None:
    """Write a file of the state, for this account alone.

    It is written beside and renamed: a file that exists is whole, even after a power cut.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
