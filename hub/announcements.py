"""Announcements: what an admin tells everybody, from one time to another.

The hub shows those of now on its pages, and a server asks for them through its notices.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final, Literal

from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from hub.database import METADATA, Instant

__all__ = [
    "ANNOUNCEMENTS",
    "LEVELS",
    "LONGEST",
    "WORDS",
    "Announcement",
    "Banner",
    "Level",
    "all_announcements",
    "announce",
    "as_html",
    "current",
    "withdraw",
]

Level = Literal["info", "warning", "danger"]

LEVELS: Final = ("info", "warning", "danger")
LONGEST: Final = 500
WORDS: Final = {"info": "Note", "warning": "Attention", "danger": "Important"}
"""What a level is called where it is shown."""

ANNOUNCEMENTS: Final = Table(
    "mchub_announcements",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("level", String(16), nullable=False),
    Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=True),
    Column("by", String(255), nullable=False),
    CheckConstraint("level IN ('info', 'warning', 'danger')", name="level"),
    sqlite_autoincrement=True,
)

_LOOK_EVERY: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """A text for everybody; one without an end stays until it is withdrawn."""

    id: int
    text: str
    level: Level
    starts: datetime
    ends: datetime | None
    by: str

    def state(self, now: datetime) -> Literal["coming", "shown", "over"]:
        """Where `now` lies between start and end."""
        if now < self.starts:
            return "coming"
        return "over" if self.ends is not None and self.ends <= now else "shown"


def announce(
    engine: Engine,
    *,
    text: str,
    level: Level,
    starts: datetime,
    ends: datetime | None,
    by: str,
) -> Announcement:
    """Add an announcement.

    Raises
    ------
    ValueError
        If it is empty or too long, of an unknown level, or would end before it starts.
    """
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        message = f"`text` must have 1 to {LONGEST} characters; got {len(text)} characters."
        raise ValueError(message)
    if level not in LEVELS:
        message = f"`level` must be one of {', '.join(LEVELS)}; got {level!r}."
        raise ValueError(message)
    if ends is not None and ends <= starts:
        message = f"`ends` must be after `starts`, {starts:%F %R %Z}; got {ends:%F %R %Z}."
        raise ValueError(message)
    row = {"text": text, "level": level, "starts": starts, "ends": ends, "by": by}
    with engine.begin() as connection:
        made = connection.execute(insert(ANNOUNCEMENTS), row)
        key = made.inserted_primary_key
        assert key is not None
        return Announcement(
            id=key[0], text=text, level=level, starts=starts, ends=ends, by=by
        )


def withdraw(engine: Engine, announcement_id: int) -> bool:
    """Remove an announcement; whether there was one."""
    gone = delete(ANNOUNCEMENTS).where(ANNOUNCEMENTS.c.id == announcement_id)
    with engine.begin() as connection:
        return bool(connection.execute(gone).rowcount)


def all_announcements(engine: Engine) -> list[Announcement]:
    """Every announcement, the newest start first."""
    asked = select(ANNOUNCEMENTS).order_by(
        ANNOUNCEMENTS.c.starts.desc(), ANNOUNCEMENTS.c.id.desc()
    )
    with engine.connect() as connection:
        return [Announcement(**row._mapping) for row in connection.execute(asked)]


def current(engine: Engine, now: datetime) -> list[Announcement]:
    """The announcements of `now`, the gravest first."""
    table = ANNOUNCEMENTS.c
    asked = select(ANNOUNCEMENTS).where(
        table.starts <= now, or_(table.ends.is_(None), table.ends > now)
    )
    with engine.connect() as connection:
        found = [Announcement(**row._mapping) for row in connection.execute(asked)]
    return sorted(found, key=lambda one: (-LEVELS.index(one.level), one.starts, one.id))


def as_html(announcements: Sequence[Announcement]) -> str:
    """A line each, in the classes of JupyterHub's pages; nothing in it but text."""
    return "".join(
        f'<div class="mchub-announcement"><span class="badge text-bg-{one.level}">'
        f"{WORDS[one.level]}</span> {escape(one.text)}</div>"
        for one in announcements
    )


class Banner:
    """What JupyterHub's pages show at the top; called by every page that is rendered.

    Parameters
    ----------
    connect : callable
        Makes the engine, when the first page is rendered.
    always : str, default ""
        HTML to be shown in any case, above the announcements.
    """

    def __init__(self, connect: Callable[[], Engine], always: str = "") -> None:
        self._connect = connect
        self._always = always
        self._engine: Engine | None = None
        self._html = ""
        self._looked_at = float("-inf")

    def __call__(self, _user: object = None) -> str:
        """HTML of now, at most some seconds old; no page fails for want of it."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            try:
                self._engine = self._engine or self._connect()
                self._html = as_html(current(self._engine, datetime.now(UTC)))
            except SQLAlchemyError:
                _log.warning("the announcements can't be read", exc_info=True)
        return self._always + self._html

    def __repr__(self) -> str:
        return f"Banner(always={self._always!r})"
