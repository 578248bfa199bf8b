"""An environment's secrets, from their source into the folders of its parts."""

import json
import secrets
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.deployer.commands import Failed
from deploy.deployer.part_secrets import archive, names_by_part
from deploy.deployer.sealing import unsealed
from deploy.deployer.secret_sources import (
    EnvFile,
    Folder,
    Source,
    complete,
    given_from_outside,
)
from deploy.deployer.secret_strength import (
    Weakness,
    digests,
    found_in_git,
    open_files,
    weak_values,
)
from deploy.deployer.vault import Vault, VaultAddress
from hub.choices import SecretFiles
from hub.choices.keeping import ENV_FILE, VAULT
from hub.settings import Settings
from hub.storage import checkout, write_whole

__all__ = ["Secrets", "parts_folder"]

Docker = Callable[..., str]
"""Runs `docker` with words, and returns what it says."""

_IN_MEMORY: Final = Path("/run/mchub")
_DIGESTS: Final = "secret-digests.json"

# Only root may give files to the accounts that the parts run as. Folders stay the ones that
# running containers have mounted, and nothing that a part no longer gets stays behind.
_GIVE: Final = """
set -eu
chmod 711 /parts
tar --extract --overwrite --file=- --directory=/parts
"""
_LIST: Final = "cd /parts && find . -mindepth 2 -type f -size +0"


class Secrets:
    """Secrets of one environment on this host.

    Parameters
    ----------
    settings : Settings
        The environment, whose secrets are files.
    state : Path
        Its state folder.
    docker : callable
        Runs `docker`.
    image : str
        An image with tar.
    tools : str
        An image with age.
    """

    def __init__(
        self, settings: Settings, state: Path, docker: Docker, image: str, tools: str
    ) -> None:
        self._settings = settings
        self._state = state
        self._docker = docker
        self._image = image
        self.source = _source(
            settings, state, lambda sealed: unsealed(docker, tools, state, sealed)
        )

    @property
    def names(self) -> frozenset[str]:
        """What some part needs."""
        return frozenset(
            name for names in names_by_part(self._settings).values() for name in names
        )

    def values(self) -> dict[str, str]:
        """All of them by name; what can be made is made and kept.

        Raises
        ------
        Failed
            If one that somebody must give is missing, or the source can't be asked.
        """
        return complete(self.source, self.names, given_from_outside(self._settings))

    def weaknesses(self) -> list[Weakness]:
        """Everything that is wrong with them, and nothing changed; none if all is well."""
        given, values = given_from_outside(self._settings), self.source.read(self.names)
        # What is missing and can be made will be made, and is strong then.
        needed = {name for name in self.names if name in given}
        kept = self._state / "secrets"
        return [
            *weak_values(values, needed, self._digests_of_others(), self._digest_key()),
            *open_files(kept),
            *found_in_git(values, checkout()),
        ]

    def give(self) -> None:
        """Put into each part's folder what the part needs, for its account alone.

        Where they come from a vault, and no way into it lies ready, the parts keep what
        they have, if that is all they need.

        Raises
        ------
        Failed
            If a value is missing; the folders are as they were.
        """
        if isinstance(self.source, Vault) and not self.source.is_open and self._all_given():
            return
        try:
            self._give(self.values())
        finally:
            if isinstance(self.source, Vault):
                self.source.close()

    def forget(self) -> None:
        """Delete what was made here and what the parts were given."""
        parts = parts_folder(self._settings, self._state)
        self._in_parts("find /parts -mindepth 1 -delete")
        for file in [*self._state.glob("secrets/*"), self._state / _DIGESTS]:
            file.unlink(missing_ok=True)
        for folder in (parts, self._state / "secrets"):
            if folder.is_dir():
                folder.rmdir()

    def _give(self, values: dict[str, str]) -> None:
        by_part = names_by_part(self._settings)
        told = {name: f"{value}\n" for name, value in values.items()}
        self._in_parts(_GIVE, stdin=archive(told, by_part))
        marks = digests(values, self._digest_key())
        write_whole(self._state / _DIGESTS, json.dumps(marks, indent=2))

    def _all_given(self) -> bool:
        by_part = names_by_part(self._settings)
        wanted = {f"./{part}/{name}" for part, names in by_part.items() for name in names}
        return wanted <= set(self._in_parts(_LIST).split())

    def _in_parts(self, script: str, stdin: bytes = b"") -> str:
        # Docker makes the folder where there is none; it may lie beyond what this process
        # sees, as it does where the deployer is a container.
        parts = parts_folder(self._settings, self._state)
        return self._docker(
            *("run", "--rm", "--interactive", "--network=none", "--user=0:0"),
            *("--volume", f"{parts}:/parts", self._image, "sh", "-c", script),
            stdin=stdin,
        )

    def _digest_key(self) -> bytes:
        file = self._state.parent / "secret-digest-key"
        if not file.exists():
            write_whole(file, secrets.token_hex(32))
        return file.read_bytes()

    def _digests_of_others(self) -> dict[str, dict[str, str]]:
        files = self._state.parent.glob(f"*/{_DIGESTS}")
        return {
            file.parent.name: json.loads(file.read_text())
            for file in files
            if file.parent != self._state
        }


def parts_folder(settings: Settings, state: Path) -> Path:
    """Folder with the secrets of each part: of the state, or in memory."""
    assert isinstance(settings.secrets, SecretFiles)
    if settings.secrets.in_memory:
        return _IN_MEMORY / settings.name / "parts"
    return state / "parts"


def _source(settings: Settings, state: Path, decrypt: Callable[[bytes], bytes]) -> Source:
    assert isinstance(settings.secrets, SecretFiles)
    name, made = settings.secrets.source, Folder(state / "secrets")
    if name == VAULT:
        return Vault(_address(state / "vault.toml"), state / "vault")
    return EnvFile(state / name, made, decrypt) if name.endswith(ENV_FILE) else made


def _address(file: Path) -> VaultAddress:
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        authority = told.pop("authority", None)
        return VaultAddress(
            **told, authority=file.parent / authority if authority else None
        )
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        message = (
            f"{file} must say where the vault is: `url`, `path`, and what else "
            f"deploy/secrets/README.md names; {error}."
        )
        raise Failed(message) from error
