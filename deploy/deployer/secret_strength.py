"""What makes a secret weak, as plain functions: nothing here changes anything.

A deployment asks before it touches anything. No message holds a value.
"""

import hashlib
import hmac
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from deploy.deployer.commands import Failed

__all__ = ["SHORTEST", "Weakness", "digests", "found_in_git", "open_files", "weak_values"]

SHORTEST: Final = 24
"""Characters that a secret has at least."""

_SHORTEST_OF: Final = {
    "off_site_key_id": 1,
    "reports_store_key_id": 1,
    "smtp_password": 12,
}
"""The same where somebody else issues it: the name of a key, which keeps nothing secret (20
letters at AWS), and a password of a mail server's making (16 at some)."""

_NAMES: Final = frozenset({"off_site_key_id", "reports_store_key_id"})

_DIFFERENT_CHARACTERS: Final = 10
# What people and manuals write until somebody puts the real one there. After these are
# taken away, little of a value that was thought up is left.
_THOUGHT_UP: Final = """
abc abcd abcdef admin administrator and azerty battery change changeme client cookie correct
database default demo development docker dragon dummy example football for guest here horse
hub iloveyou jupyter jupyterhub key letmein login long master mchub minio monkey not openbao
passphrase passwd password placeholder please postgres postgresql princess production proxy
qwerty rehearsal replace root sample secret service staging staple state strong sunshine
super test testing the this token trustno user vault very welcome with xyz your
"""
_LEAST_LEFT: Final = 12
_RUNS: Final = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class Weakness(NamedTuple):
    """What is wrong with a secret, and what to do."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def weak_values(
    values: Mapping[str, str],
    needed: Collection[str],
    others: Mapping[str, Mapping[str, str]],
    key: bytes,
) -> list[Weakness]:
    """What is weak about the values themselves.

    Parameters
    ----------
    values : mapping of str to str
        Secrets by name; one that may have several values has them apart by blanks.
    needed : collection of str
        Names that must be there.
    others : mapping
        `digests` of the secrets of this host's other environments, by environment.
    key : bytes
        With which the digests were made.
    """
    found = [Weakness(name, "is missing") for name in sorted(set(needed) - set(values))]
    for name, value in sorted(values.items()):
        each = value.split() or [""]
        found += [Weakness(name, why) for one in each for why in _weak_by_itself(name, one)]
    found += _repeated(values)
    for environment, theirs in sorted(others.items()):
        taken = set(theirs.values())
        found += [
            Weakness(name, f"is one of {environment}'s too; no two environments share any")
            for name, digest in digests(values, key).items()
            if digest in taken
        ]
    return found


def _weak_by_itself(name: str, value: str) -> Iterator[str]:
    shortest = _SHORTEST_OF.get(name, SHORTEST)
    if len(value) < shortest:
        yield f"must have {shortest} characters or more; got {len(value)}"
        return
    if name in _NAMES:
        return
    if len(set(value)) < _DIFFERENT_CHARACTERS or _repeats_itself(value):
        yield "must not repeat itself"
    elif len(_without_words(value)) < min(_LEAST_LEFT, shortest // 2):
        yield "must not be made of words and rows of keys"


def _repeats_itself(value: str) -> bool:
    return value in (value + value)[1:-1]


def _without_words(value: str) -> str:
    left = value.lower()
    for word in sorted(_THOUGHT_UP.split(), key=len, reverse=True):
        left = left.replace(word, " ")
    for row in _RUNS:
        for length in range(len(row), 3, -1):
            for start in range(len(row) - length + 1):
                run = row[start : start + length]
                left = left.replace(run, " ").replace(run[::-1], " ")
    return re.sub(r"[^a-z0-9]", "", left)


def _repeated(values: Mapping[str, str]) -> list[Weakness]:
    first: dict[str, str] = {}
    found = []
    for name, value in sorted(values.items()):
        doubles = {first.setdefault(one, name) for one in value.split()} - {name}
        found += [
            Weakness(name, f"must differ from {double}") for double in sorted(doubles)
        ]
    return found


def digests(values: Mapping[str, str], key: bytes) -> dict[str, str]:
    """By what two environments' secrets are compared without either showing its own."""
    return {
        name: hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
        for name, value in values.items()
        if value
    }


def open_files(folder: Path) -> list[Weakness]:
    """Files and folders under `folder` that other accounts could read or own."""
    if not folder.exists():
        return []
    owner = folder.stat().st_uid
    found = []
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        if status.st_mode & 0o077:
            mode = f"{status.st_mode & 0o777:04o}"
            what = f"must be closed to other accounts; got mode {mode}, `chmod go= {path}`"
            found.append(Weakness(path.name, what))
        if status.st_uid != owner:
            found.append(
                Weakness(path.name, f"must belong to account {owner}, as its folder")
            )
    return found


def found_in_git(values: Mapping[str, str], checkout: Path) -> list[Weakness]:
    """Secrets whose value stands in a file that git tracks.

    Raises
    ------
    Failed
        If there is a repository and git can't be asked.
    """
    if not (checkout / ".git").exists():
        return []
    safe = ("-c", f"safe.directory={checkout}")
    command = ["git", *safe, "-C", str(checkout), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        message = f"git must say which files it tracks in {checkout}; {error}"
        raise Failed(message) from error
    wanted = [
        (name, one.encode()) for name, value in values.items() for one in value.split()
    ]
    found = []
    for tracked in listed.stdout.decode().split("\0"):
        file = checkout / tracked
        if tracked and file.is_file():
            content = file.read_bytes()
            found += [
                Weakness(name, f"stands in {tracked}, which git tracks: make a new one")
                for name, value in wanted
                if value in content
            ]
    return found
