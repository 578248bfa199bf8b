"""Where the secrets of an environment come from, by what its settings name.

All sources do the same two things: say what is there, and keep what is new. What can be
made here is made when it is first needed; what somebody else issues must be given.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, Protocol

from deploy.deployer.commands import Failed
from deploy.deployer.env_files import parsed, secret_name, variable
from deploy.deployer.part_secrets import (
    OFF_SITE,
    alert_secrets,
    mail_secrets,
    store_secrets,
)
from hub.choices import SecretFiles, SingleSignOn
from hub.choices.keeping import GENERATED
from hub.settings import Settings
from hub.storage import write_whole

__all__ = ["EnvFile", "Folder", "Source", "complete", "given_from_outside", "made_value"]

Decrypt = Callable[[bytes], bytes]
"""Opens a file that was encrypted at rest."""

SEALED: Final = ".age"
"""Ending of an env file that is encrypted."""


class Source(Protocol):
    """Somewhere secrets are kept."""

    def read(self, names: Collection[str]) -> dict[str, str]:
        """Those of `names` that are there, by name, without line ends.

        Raises
        ------
        Failed
            If it can't be asked, or others could read it.
        """

    def keep(self, values: Mapping[str, str]) -> None:
        """Keep these from now on, in the place of what was there.

        Raises
        ------
        Failed
            If they can't be kept here; nothing has changed then.
        """


class Folder:
    """A file for each secret in a folder that its owner alone may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, names: Collection[str]) -> dict[str, str]:
        """Contents of the files that are there."""
        files = {name: self._folder / name for name in names}
        there = {name: file for name, file in files.items() if file.is_file()}
        for file in there.values():
            _require_closed(file)
        return {
            name: file.read_text(encoding="utf-8").strip() for name, file in there.items()
        }

    def keep(self, values: Mapping[str, str]) -> None:
        """Write each, whole or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, value in values.items():
            write_whole(self._folder / name, f"{value}\n")


class EnvFile:
    """A file of `NAME=value` lines, the operator's; what is made here lies in a folder.

    Parameters
    ----------
    file : Path
        Where it is; with ``.age`` at its end it is encrypted instead.
    made : Folder
        Keeps what the file doesn't give.
    decrypt : callable
        Opens the encrypted one.
    """

    def __init__(self, file: Path, made: Folder, decrypt: Decrypt) -> None:
        self._file = file
        self._made = made
        self._decrypt = decrypt

    def read(self, names: Collection[str]) -> dict[str, str]:
        """What the file says; for all else, what was made."""
        told = self._told()
        unknown = sorted(set(told) - set(names))
        if unknown:
            message = (
                f"{self._file.name}: must name secrets of this environment; "
                f"got `{variable(unknown[0])}`.\n"
                f"hint: it may name {', '.join(variable(name) for name in sorted(names))}."
            )
            raise Failed(message)
        return self._made.read(names) | told

    def keep(self, values: Mapping[str, str]) -> None:
        """Keep in the folder what the file leaves open."""
        fixed = sorted(set(values) & set(self._told()))
        if fixed:
            message = (
                f"{self._file.name}: must not give `{variable(fixed[0])}`, if it is to be "
                "changed from here.\n"
                f"hint: delete its line, or write the new value there yourself."
            )
            raise Failed(message)
        self._made.keep(values)

    def _told(self) -> dict[str, str]:
        sealed = self._file.with_name(self._file.name + SEALED)
        there = [file for file in (self._file, sealed) if file.is_file()]
        if len(there) > 1:
            message = (
                f"one of {self._file.name} and {sealed.name} must be there; got both.\n"
                f"hint: delete {self._file.name}, which anybody can read who has the disk."
            )
            raise Failed(message)
        if not there:
            return {}
        _require_closed(there[0])
        content = there[0].read_bytes()
        text = content if there[0] == self._file else self._decrypt(content)
        lines = parsed(text.decode("utf-8"), self._file.name)
        return {secret_name(name): value for name, value in lines.items()}


def given_from_outside(settings: Settings) -> dict[str, str]:
    """Secrets that can't be made here, by name, with who gives them.

    In an environment whose source is `generated` nobody gives anything: the other side is
    a part of the environment too.
    """
    assert isinstance(settings.secrets, SecretFiles)
    if settings.secrets.source == GENERATED:
        return {}
    found: dict[str, str] = {}
    if isinstance(settings.login, SingleSignOn):
        found[settings.login.client_secret] = "the provider of sign-in issues it"
    if settings.backup and settings.backup.off_site:
        key_id, key, passphrase = OFF_SITE
        found[key_id] = found[key] = "the object store issues it"
        found[passphrase] = "make a strong one, and keep it where this host isn't"
    for name in alert_secrets(settings):
        found[name] = "whoever takes the alerts issues it (`monitoring.alerts`)"
    for name in mail_secrets(settings):
        found[name] = "whoever takes the mails issues it (`reports.mails`)"
    for name in store_secrets(settings):
        found[name] = "the object store issues it (`reports.store`)"
    return found


def made_value() -> str:
    """A new secret: 256 bits."""
    return secrets.token_hex(32)


def complete(
    source: Source, names: Collection[str], given: Mapping[str, str]
) -> dict[str, str]:
    """Values of all `names`; those that can be made and are missing are made and kept.

    Parameters
    ----------
    source : Source
        Where they are.
    names : collection of str
        What is needed.
    given : mapping of str to str
        Which of all secrets somebody must give, and who.

    Raises
    ------
    Failed
        If one that must be given isn't, naming each; nothing was made then.
    """
    found = {name: value for name, value in source.read(names).items() if value}
    missing = sorted(set(names) - set(found))
    asked = [f"  {name}: {given[name]}" for name in missing if name in given]
    if asked:
        lines = "\n".join(asked)
        message = (
            f"these secrets must be given, and are missing:\n{lines}\n"
            "hint: deploy/secrets/README.md says where they go."
        )
        raise Failed(message)
    made = {name: made_value() for name in missing}
    if made:
        source.keep(made)
    return found | made


def _require_closed(file: Path) -> None:
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        message = (
            f"{file.name}: must be closed to other accounts; got mode {mode:04o}.\n"
            f"hint: `chmod 600 {file}`."
        )
        raise Failed(message)
