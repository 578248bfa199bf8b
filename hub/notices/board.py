"""The notices in the database: one of a kind for each run of a server."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from hub.database import METADATA, Instant

__all__ = ["NOTICES", "Notice", "Run", "current", "post", "sweep", "withdraw"]

Level = Literal["info", "warning", "error"]

Run = tuple[str, str, datetime]
"""One run of a server: its user, its name, and when it was started."""

NOTICES: Final = Table(
    "mchub_notices",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("server_name", Text, nullable=False),
    Column("started", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", String(7), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("due_minutes", BigInteger),
    UniqueConstraint("user_name", "server_name", "started", "kind"),
)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice.

    Parameters
    ----------
    id : int
        Number of the notice, which is never given again.
    run : Run
        The run of a server that it is about.
    kind : str
        What it is about: there is one of a kind for each run.
    level : {"info", "warning", "error"}
        How loudly it is shown.
    text : str
        What its user reads.
    at : datetime
        When it was posted.
    due_minutes : int or None
        How long the server will have run when it is stopped. These are minutes of the
        ledger, which no setting of a clock changes.
    """

    id: int
    run: Run
    kind: str
    level: Level
    text: str
    at: datetime
    due_minutes: int | None


def post(
    engine: Engine,
    run: Run,
    kind: str,
    text: str,
    *,
    level: Level = "warning",
    due_minutes: int | None = None,
) -> Notice:
    """Post a notice, unless one of its kind is there; the one that is there."""
    values = {
        "user_name": run[0],
        "server_name": run[1],
        "started": run[2],
        "kind": kind,
        "level": level,
        "text": text,
        "at": datetime.now(UTC),
        "due_minutes": due_minutes,
    }
    found = select(NOTICES).where(_of(run), NOTICES.c.kind == kind)
    with engine.begin() as connection:
        row = connection.execute(found).first()
        if row is not None:
            return _notice(row)
    try:
        with engine.begin() as connection:
            connection.execute(insert(NOTICES).values(**values))
    except IntegrityError:
        # Somebody else was faster; there is one of the kind now.
        pass
    with engine.connect() as connection:
        return _notice(connection.execute(found).one())


def withdraw(engine: Engine, run: Run, kind: str) -> bool:
    """Take a notice down whose reason is gone; whether there was one."""
    with engine.begin() as connection:
        removed = connection.execute(
            delete(NOTICES).where(_of(run), NOTICES.c.kind == kind)
        )
    return removed.rowcount > 0


def current(engine: Engine, user: str, server: str | None = None) -> list[Notice]:
    """Notices for a user, the oldest first; for all servers if none is named."""
    found = select(NOTICES).where(NOTICES.c.user_name == user).order_by(NOTICES.c.id)
    if server is not None:
        found = found.where(NOTICES.c.server_name == server)
    with engine.connect() as connection:
        return [_notice(row) for row in connection.execute(found)]


def sweep(engine: Engine, running: Collection[Run]) -> int:
    """Take down what is about runs that have ended; how many."""
    with engine.begin() as connection:
        ended = [
            row.id
            for row in connection.execute(select(NOTICES))
            if (row.user_name, row.server_name, row.started) not in running
        ]
        connection.execute(delete(NOTICES).where(NOTICES.c.id.in_(ended)))
    return len(ended)


def _of(run: Run) -> Any:
    return and_(
        NOTICES.c.user_name == run[0],
        NOTICES.c.server_name == run[1],
        NOTICES.c.started == run[2],
    )


def _notice(row: Any) -> Notice:
    return Notice(
        id=row.id,
        run=(row.user_name, row.server_name, row.started),
        kind=row.kind,
        level=row.level,
        text=row.text,
        at=row.at,
        due_minutes=row.due_minutes,
    )
