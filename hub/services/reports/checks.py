"""Checks: a version is run anew, with the same parameters, and its numbers are compared.

A check is a job like any other, with a row beside it that names the version. It makes no
version: what its server tells is what `mclib.reports compare` finds between the version and
what came out, to the last bit. These are the parts of a transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, insert, select, update

from hub.services.reports import jobs, library
from hub.services.reports.jobs import Wanted
from hub.services.reports.library import Version
from hub.services.reports.tables import CHECKS, JOBS

__all__ = [
    "Check",
    "Found",
    "NothingToRepeat",
    "check_of",
    "checked_by",
    "checks_of",
    "files_needed",
    "submit",
    "tell",
    "version_checked",
]

Outcome = Literal["under way", "same", "different", "no numbers", "failed"]
_MOST_TOLD: Final = 200
_LONGEST: Final = 500


class NothingToRepeat(Exception):
    """The version was published as it is: nothing was run."""


class Told(BaseModel):
    """Something that differs between a version and what its check computed."""

    name: str = Field(max_length=_LONGEST)
    first: str | int | float | bool | None = None
    second: str | int | float | bool | None = None
    standard_errors: float | None = None


class Found(BaseModel):
    """What `mclib.reports compare` found; the first of what differs, and how much does."""

    parameters: list[Told] = Field([], max_length=_MOST_TOLD)
    runs: list[Told] = Field([], max_length=_MOST_TOLD)
    estimates: list[Told] = Field([], max_length=_MOST_TOLD)
    trials: list[Told] = Field([], max_length=_MOST_TOLD)
    n_different: int = Field(0, ge=0)
    n_estimates: int = Field(ge=0)
    n_trials: int = Field(ge=0)
    same_bits: bool | None


@dataclass(frozen=True, kw_only=True)
class Check:
    """A version run anew, and what was found."""

    job: int
    report: int
    version: int
    asked_by: str
    asked: datetime
    state: str
    why: str
    told: datetime | None
    found: Mapping[str, Any] | None

    @property
    def outcome(self) -> Outcome:
        """In a word."""
        if self.found is None:
            return "failed" if self.state in ("failed", "canceled") else "under way"
        same = self.found["same_bits"]
        return "no numbers" if same is None else "same" if same else "different"

    @property
    def has_other_seeds(self) -> bool:
        """Whether a run drew another seed: its notebook names none."""
        runs = (self.found or {}).get("runs", ())
        return any(one["name"].endswith(", seed") for one in runs)


def submit(connection: Connection, version: Version, by: str, now: datetime) -> int:
    """Put the check of a version into the queue; the number of its job.

    While one goes on, it is that one.

    Raises
    ------
    NothingToRepeat
        If nothing was run to make the version.
    """
    for known in checks_of(connection, version.report, version.number):
        if known.outcome == "under way":
            return known.job
    before = jobs.job_of(connection, version.job)
    if before is None or before.is_as_it_is:
        raise NothingToRepeat
    wanted = Wanted(
        report=version.report,
        owner=before.owner,
        asked_by=by,
        notebook=before.notebook,
        parameters=before.parameters,
        profile=before.profile,
        folder=before.folder,
    )
    job = jobs.submit(connection, wanted, now)
    values = {"job": job, "report": version.report, "version": version.number}
    connection.execute(insert(CHECKS).values(told=None, found="", **values))
    return job


def check_of(connection: Connection, job: int) -> Check | None:
    """The check that a job is, if it is one."""
    row = connection.execute(_CHECKS.where(CHECKS.c.job == job)).first()
    return None if row is None else _check(row)


def checks_of(
    connection: Connection, report: int, version: int, at_most: int = 20
) -> list[Check]:
    """The checks of a version, the newest first."""
    is_it = (CHECKS.c.report == report, CHECKS.c.version == version)
    found = _CHECKS.where(*is_it).order_by(CHECKS.c.job.desc()).limit(at_most)
    return [_check(row) for row in connection.execute(found)]


def checked_by(connection: Connection, report: int) -> dict[int, int]:
    """Versions by the jobs of a report that check them."""
    found = select(CHECKS.c.job, CHECKS.c.version).where(CHECKS.c.report == report)
    return {row.job: row.version for row in connection.execute(found)}


def tell(
    connection: Connection, job: int, attempt: int, found: Found, now: datetime
) -> None:
    """A check is done; told again, it stays what was told first.

    Raises
    ------
    TooLate
        If the job has ended otherwise, or another try of it has begun.
    """
    known = check_of(connection, job)
    if known is not None and known.told is not None:
        return
    jobs.end(connection, job, attempt, now)
    is_it = update(CHECKS).where(CHECKS.c.job == job)
    connection.execute(is_it.values(told=now, found=found.model_dump_json()))


def version_checked(connection: Connection, job: int) -> Version | None:
    """The version that a job checks, if it is a check."""
    known = check_of(connection, job)
    if known is None:
        return None
    return library.version_of(connection, known.report, known.version)


def files_needed(version: Version) -> list[str]:
    """Names of the files of a version with which a check compares."""
    return [
        name for name in version.files if name == "report.json" or name.startswith("data/")
    ]


_CHECKS: Final = select(
    CHECKS, JOBS.c.asked_by, JOBS.c.asked, JOBS.c.state, JOBS.c.why
).join(JOBS, JOBS.c.id == CHECKS.c.job)


def _check(row: Row[Any]) -> Check:
    found = dict(row._mapping)
    found["found"] = json.loads(found["found"]) if found["found"] else None
    return Check(**found)
