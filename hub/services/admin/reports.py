"""Reports of offboardings: the plan and every step, as they are kept in the database."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from hub.database import METADATA, Instant

__all__ = [
    "OFFBOARDINGS",
    "STEPS",
    "Offboarding",
    "Plan",
    "State",
    "Step",
    "insert_report",
    "offboarding",
    "offboardings",
    "update_report",
]

OFFBOARDINGS: Final = Table(
    "mchub_offboardings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", String(255), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by", String(255), nullable=False),
    # JSON: the plan, and every step with its state.
    Column("steps", Text, nullable=False),
    sqlite_autoincrement=True,
)

_TITLES: Final = (
    "Close sign-in",
    "Stop servers",
    "Delete tokens",
    "End shares",
    "Archive files",
    "Delete files",
    "Delete the user",
    "Let the name go",
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What shall become of a user's files and of their name.

    `deletes_unarchived` is a confirmation: files are deleted though no archive was made.
    """

    archives: bool = True
    deletes_files: bool = False
    deletes_unarchived: bool = False
    keeps_name_barred: bool = True


State = Literal["waiting", "running", "ok", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, and what became of it."""

    title: str
    state: State = "waiting"
    said: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it needs no further try."""
        return self.state in ("ok", "skipped")


STEPS: Final = tuple(Step(title=title) for title in _TITLES)
"""Every step of an offboarding, all to come."""


@dataclass(frozen=True, kw_only=True)
class Offboarding:
    """The report of one user."""

    id: int
    user: str
    at: datetime
    by: str
    plan: Plan
    steps: tuple[Step, ...]

    @property
    def is_done(self) -> bool:
        """Whether there is no step left to do."""
        return all(step.is_over for step in self.steps)

    @property
    def failed(self) -> Step | None:
        """The step that ended it, if one did."""
        return next((step for step in self.steps if step.state == "failed"), None)


def insert_report(engine: Engine, user: str, by: str, plan: Plan) -> Offboarding:
    """Begin a report whose steps are all to come."""
    at = datetime.now(UTC)
    report = Offboarding(id=0, user=user, at=at, by=by, plan=plan, steps=STEPS)
    row = {"user_name": user, "at": at, "by": by, "steps": _json(report)}
    with engine.begin() as connection:
        key = connection.execute(insert(OFFBOARDINGS), row).inserted_primary_key
    assert key is not None
    return replace(report, id=key[0])


def update_report(engine: Engine, report: Offboarding) -> None:
    """Keep the steps as they are now."""
    changed = update(OFFBOARDINGS).where(OFFBOARDINGS.c.id == report.id)
    with engine.begin() as connection:
        connection.execute(changed.values(steps=_json(report)))


def _json(report: Offboarding) -> str:
    steps = [asdict(step) for step in report.steps]
    return json.dumps({"plan": asdict(report.plan), "steps": steps}, ensure_ascii=False)


def offboardings(engine: Engine, limit: int = 200) -> list[Offboarding]:
    """The last reports, the newest first."""
    asked = select(OFFBOARDINGS).order_by(OFFBOARDINGS.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_report(row) for row in connection.execute(asked)]


def offboarding(engine: Engine, report_id: int) -> Offboarding | None:
    """One report, if there is one of that number."""
    asked = select(OFFBOARDINGS).where(OFFBOARDINGS.c.id == report_id)
    with engine.connect() as connection:
        row = connection.execute(asked).first()
    return None if row is None else _report(row)


def _report(row: Row[Any]) -> Offboarding:
    written = json.loads(row.steps)
    return Offboarding(
        id=row.id,
        user=row.user_name,
        at=row.at,
        by=row.by,
        plan=Plan(**written["plan"]),
        steps=tuple(Step(**step) for step in written["steps"]),
    )
