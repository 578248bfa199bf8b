"""Announcements: what an admin tells everybody, from one time to another.

The hub shows those of now on its pages, and a server asks for them through its notices.
"""

import logging
import threading
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
    "Noticeboard",
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
_FIRST_LOOK_WITHIN: Final = 1.0

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


class Noticeboard:
    """The announcements of now, read again and again in a thread of its own.

    JupyterHub's pages are made in the thread that holds its own transactions: to wait there
    for a lock on the same database could be to wait for itself.

    Parameters
    ----------
    connect : callable
        Makes the engine, when somebody first looks.
    """

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._html = ""
        self._has_looked = threading.Event()
        self._thread: threading.Thread | None = None

    def __deepcopy__(self, _memo: object) -> "Noticeboard":
        """The same: configurations are copied, and one thread is enough."""
        return self

    def html(self) -> str:
        """What is announced now, some seconds old at most."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, daemon=True)
            self._thread.start()
            self._has_looked.wait(_FIRST_LOOK_WITHIN)
        return self._html

    def _look_on(self) -> None:
        engine = self._connect()
        while True:
            try:
                self._html = as_html(current(engine, datetime.now(UTC)))
            except SQLAlchemyError:
                _log.warning("the announcements can't be read", exc_info=True)
            self._has_looked.set()
            time.sleep(_LOOK_EVERY)


class Banner:
    """What JupyterHub shows at the top of its pages; called for each page it makes.

    Parameters
    ----------
    board : Noticeboard
        The announcements.
    always : str, default ""
        HTML to be shown in any case, above them.
    """

    def __init__(self, board: Noticeboard, always: str = "") -> None:
        self._board = board
        self._always = always

    def __call__(self, _user: object = None) -> str:
        """HTML of now, empty if there is nothing to show."""
        return self._always + self._board.html()

    def __repr__(self) -> str:
        return f"Banner(always={self._always!r})"
