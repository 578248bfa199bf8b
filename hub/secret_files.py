"""Secrets: names in settings, values in files, each readable by one account.

Nothing here prints a value, and no value is ever a default.
"""

import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from hub.choices import GeneratedSecrets, SecretFiles
from hub.laws import refusal
from hub.settings import Settings
from hub.storage import secrets_folder, write_whole

__all__ = ["read_secret", "read_secrets", "service_token", "spoken_password"]

# Neither 0 and o nor 1, l and i: what is read from a screen must be read one way only.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def spoken_password(groups: int) -> str:
    """Password of `groups` four-letter groups, some 20 bits each.

    Examples
    --------
    >>> len(spoken_password(3))
    14
    """
    letters = [secrets.choice(_ALPHABET) for _ in range(4 * groups)]
    return "-".join("".join(letters[i : i + 4]) for i in range(0, len(letters), 4))


# JupyterHub asks for 32 characters of an admin's password, and for 32 bytes of a key.
_MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    "user_password": lambda: spoken_password(3),
    "admin_password": lambda: spoken_password(8),
}


def read_secret(settings: Settings, name: str) -> str:
    """Value of the secret `name`.

    Parameters
    ----------
    settings : Settings
        Says where secrets are: generated in the state folder, or put in files.
    name : str
        Name of the secret, which is its file's name.

    Returns
    -------
    str
        The value, without the line end.

    Raises
    ------
    SettingsError
        If the file is missing, empty, or readable by other accounts.
    """
    match settings.secrets:
        case GeneratedSecrets():
            file = secrets_folder() / name
            if not file.exists():
                value = _MAKERS.get(name, lambda: secrets.token_hex(32))()
                write_whole(file, f"{value}\n")
        case SecretFiles(folder=folder):
            file = Path(folder) / name
    return _read(f"{settings.name}.secrets", file)


def read_secrets(settings: Settings, name: str) -> list[str]:
    """Values of a secret that may have several, one a line, the newest first."""
    return read_secret(settings, name).split()


def service_token(settings: Settings, service: str) -> str:
    """API token of one of the platform's own services."""
    return read_secret(settings, f"{service.replace('-', '_')}_token")


def _read(path: str, file: Path) -> str:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        value = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        hint = "hub/README.md, `Secrets`, says who issues it."
        law = f"hold the secret `{file.name}`"
        raise refusal(path, law, f"{file} ({error.strerror})", hint) from error
    if mode & 0o077:
        law = f"keep `{file.name}` from other accounts"
        raise refusal(path, law, f"mode {mode:04o}", f"`chmod 600 {file}`.")
    if not value:
        raise refusal(path, f"hold a value in `{file.name}`", f"an empty file, {file}")
    return value
