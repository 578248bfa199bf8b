"""Which releases an environment ran, which it runs, and which are kept for a way back."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.deployer.outcomes import Failed
from deploy.deployer.release_lock import ReleaseLock
from hub.storage import write_whole

__all__ = ["N_KEPT", "Releases"]

N_KEPT: Final = 3
"""Releases that can be gone back to, the running one among them."""


class Releases:
    """The releases of one environment, in the folder `releases` of its state."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "releases"
        self._history = self._folder / "history.json"

    @property
    def current(self) -> str | None:
        """The version that runs, or none before the first."""
        ran = self.history()
        return str(ran[-1]["version"]) if ran else None

    @property
    def previous(self) -> str | None:
        """The version that ran before the one that runs, if it is kept."""
        return next((version for version in self.kept()[1:]), None)

    def history(self) -> list[dict[str, Any]]:
        """What ran, from when on, oldest first."""
        if not self._history.exists():
            return []
        found: list[dict[str, Any]] = json.loads(self._history.read_text())
        return found

    def kept(self) -> list[str]:
        """Versions that can be gone back to, the running one first."""
        newest_first = (str(ran["version"]) for ran in reversed(self.history()))
        kept = dict.fromkeys(newest_first)
        return [version for version in kept if self.file(version).exists()][:N_KEPT]

    def file(self, version: str) -> Path:
        """Where the lock of a version lies, or would lie."""
        return self._folder / f"{version}.lock"

    def known_lock(self, version: str) -> tuple[Path, ReleaseLock] | None:
        """The lock of a version in this environment, or in one that ran it before."""
        others = sorted(self._folder.parent.parent.glob(f"*/releases/{version}.lock"))
        for file in (self.file(version), *others):
            if file.exists():
                return file, ReleaseLock.read(file)
        return None

    def lock(self, version: str) -> ReleaseLock:
        """The lock of a kept version.

        Raises
        ------
        Failed
            If that version is not kept; the message says which are.
        """
        if version not in self.kept():
            kept = ", ".join(self.kept()) or "none"
            message = f"release {version} is not kept here; kept are: {kept}."
            raise Failed(message)
        return ReleaseLock.read(self.file(version))

    def runs_now(self, version: str, how: str) -> None:
        """Record that a version runs from now on, deployed or gone back to."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        ran = [*self.history(), {"version": version, "at": now, "how": how}]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._history, json.dumps(ran[-100:], indent=2) + "\n")

    def forget_old(self) -> list[str]:
        """Forget the locks of releases that are no longer kept; their images' names.

        Names that a kept release has too are not among them.
        """
        kept = self.kept()
        locks = {file: ReleaseLock.read(file) for file in self._folder.glob("*.lock")}
        needed = _names(lock for lock in locks.values() if lock.version in kept)
        old = {file: lock for file, lock in locks.items() if lock.version not in kept}
        for file in old:
            file.unlink()
        return sorted(_names(old.values()) - needed)


def _names(locks: Iterable[ReleaseLock]) -> set[str]:
    return {name for lock in locks for name in lock.images}
