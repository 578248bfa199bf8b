"""Makes the copies of files that are due, after those of the database, and tells of it.

The database makes its own copies; this waits for the one of the same moment, so that files
are never older than what the database says of them. A failure is tried again at the next
round and told by its age.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from deploy.backup import copies
from deploy.backup.repositories import ELSEWHERE, HERE, Place, Repository

__all__ = ["Keeper", "database_copies", "write"]

_EVERY_SECONDS: Final = 15.0
# A database that can't be copied is told of elsewhere, and is no reason to lose files too.
_WAITS_FOR_DATABASE: Final = 15 * 60.0
_FORGETS_EVERY: Final = 86_400.0
_CHECKS_EVERY: Final = 7 * 86_400.0
# So that a month reads about everything, and a week's check ends.
_CHECKED_PART: Final = "25%"
_PLACES: Final = {HERE: "", ELSEWHERE: "-off-site"}


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often copies are made, and how long they are kept."""

    every: timedelta
    keep_days: int

    @classmethod
    def of(cls, place: Place) -> "Rhythm":
        """What the environment's settings say."""
        told = place.variables
        return cls(
            every=timedelta(seconds=int(told["MC_BACKUP_EVERY"])),
            keep_days=int(told["MC_BACKUP_KEEP_DAYS"]),
        )


class Keeper:
    """The rounds in which copies are made.

    Parameters
    ----------
    place : Place
        Where this runs.
    status : Path
        Folder in which it is written down how it went.
    database : Path
        Folder in which the database writes down the same of its own copies.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        place: Place,
        status: Path,
        database: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._place = place
        self._rhythm = Rhythm.of(place)
        self._status = status
        self._database = database
        self._clock = clock
        self._newest: dict[int, copies.Copy] = {}
        self._done: dict[int, dict[str, float]] = {}
        self._failed: dict[str, str] = {}

    def run(self) -> None:
        """Look again and again; never returns."""
        while True:
            self.look()
            time.sleep(_EVERY_SECONDS)

    def look(self) -> None:
        """One round: make what is due, and write down what there is."""
        for repository in self._place.repositories:
            name = f"repository {repository.number}"
            self._tried(name, partial(self._keep, repository))
        self._tried("status", self._write)

    def _keep(self, repository: Repository) -> None:
        there = copies.listed(self._place, repository)
        every, now = self._rhythm.every, self._clock()
        if copies.due(every, there, repository.number, now) and self._may_begin(now):
            notes = {"reason": "schedule"}
            there = [*there, copies.make(self._place, repository, notes)]
        self._newest |= {one.repository: one for one in there}
        done = self._done.setdefault(repository.number, {"forgot": 0.0, "checked": now})
        if now - done["forgot"] > _FORGETS_EVERY and there:
            copies.forget_old(self._place, repository, self._rhythm.keep_days)
            done["forgot"] = now
        if now - done["checked"] > _CHECKS_EVERY:
            copies.check(self._place, repository, part=_CHECKED_PART)
            done["checked"] = now

    def _may_begin(self, now: float) -> bool:
        """Whether the database has its copy of this moment, or is waited for no longer."""
        moment = now - now % self._rhythm.every.total_seconds()
        if now - moment > _WAITS_FOR_DATABASE:
            return True
        last = [each["ended"] for each in database_copies(self._database).values()]
        return not last or min(last) >= moment

    def _tried(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (RuntimeError, OSError, ValueError) as error:
            if self._failed.get(name) != str(error):
                print(f"files: {name}: {error}", file=sys.stderr, flush=True)
            self._failed[name] = str(error)
        else:
            self._failed.pop(name, None)

    def _write(self) -> None:
        """Write down the last copies, in the form that the platform's exporter reads."""
        of_files = {number: copy.in_json() for number, copy in self._newest.items()}
        for kind, found in (
            ("database", database_copies(self._database)),
            ("files", of_files),
        ):
            for number, copy in found.items():
                told = {
                    "succeeded_at": copy["ended"],
                    "seconds": copy["ended"] - copy["began"],
                    "bytes": copy["n_bytes"],
                    "repository": number,
                }
                write(self._status / f"{kind}{_PLACES[number]}.json", told)


def database_copies(folder: Path) -> dict[int, dict[str, Any]]:
    """The database's last copy in each repository, by its number, as it tells of them."""
    told = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    if not told:
        return {}
    newest = max(told, key=lambda one: float(one["looked"]))
    return {
        int(number): each["last"]
        for number, each in newest["repositories"].items()
        if each.get("last")
    }


def write(file: Path, told: Mapping[str, Any]) -> None:
    """Write a file that others read, whole or not at all; no secret is in it."""
    scratch = file.with_name(f".{file.name}")
    scratch.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    scratch.chmod(0o644)
    scratch.replace(file)
