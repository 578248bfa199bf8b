"""The outbox: mails that are to be sent, each written in the transaction of its event.

A mail is *waiting*, *leased* (somebody prepares it) and *handing* (all of it is at the mail
server but the line that ends it). Before that line nothing can have been accepted, so a
lease that ran out is simply taken by the next. After it nobody knows until the server
answers; whoever is cut off there leaves it *unsure*, and it is not sent again. What the
server accepted is *sent*, what can't or may not be sent is *dropped*.

These are the parts of a transaction; the one who calls begins and ends it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, insert, literal, or_, select, update

from hub.services.reports.schedule_tables import MAILS, SUBSCRIPTIONS

__all__ = [
    "LEASE",
    "Letter",
    "drop",
    "find_unsure",
    "hand_over",
    "mark_sent",
    "mark_unsure",
    "put_back",
    "sweep",
    "take",
    "tell_of_failure",
    "tell_of_version",
]

LEASE: Final = timedelta(minutes=3)
"""For so long one postman alone may work on a mail."""

TRY_FOR: Final = timedelta(days=3)
"""A mail that no server took for so long is dropped."""

_SHORTEST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=4)
_KEPT: Final = timedelta(days=30)
_LOOKED_AT: Final = 20


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail in the outbox: of which event, and to whom."""

    id: int
    kind: str
    report: int
    about: int
    user_name: str
    at: datetime
    state: str
    tries: int
    due: datetime
    lease: str
    why: str


def tell_of_version(
    connection: Connection, report: int, version: int, now: datetime
) -> None:
    """Put a mail to every subscriber of a report into the outbox."""
    values = {"kind": "version", "report": report, "about": version} | _new(now)
    columns = [literal(value, MAILS.c[name].type) for name, value in values.items()]
    theirs = select(*columns, SUBSCRIPTIONS.c.user_name)
    theirs = theirs.where(SUBSCRIPTIONS.c.report == report)
    connection.execute(insert(MAILS).from_select([*values, "user_name"], theirs))


def tell_of_failure(
    connection: Connection, report: int, time: int, owner: str, now: datetime
) -> None:
    """Put a mail about a time of a schedule that came to nothing into the outbox."""
    values = {"kind": "failure", "report": report, "about": time, "user_name": owner}
    connection.execute(insert(MAILS).values(**values, **_new(now)))


def _new(now: datetime) -> dict[str, Any]:
    unsent = {"state": "waiting", "tries": 0, "lease": "", "why": ""}
    return unsent | {"at": now, "due": now}


def take(connection: Connection, now: datetime) -> Letter | None:
    """Lease the mail that has waited longest; nobody else may send it meanwhile."""
    is_free = MAILS.c.state.in_(("waiting", "leased")), MAILS.c.due <= now
    found = select(MAILS).where(*is_free).order_by(MAILS.c.due, MAILS.c.id)
    for row in connection.execute(found.limit(_LOOKED_AT)).all():
        lease = secrets.token_hex(16)
        as_read = MAILS.c.id == row.id, MAILS.c.state == row.state, MAILS.c.due == row.due
        step = update(MAILS).where(*as_read, MAILS.c.lease == row.lease)
        values = {"state": "leased", "lease": lease, "due": now + LEASE}
        values["tries"] = row.tries + 1
        if connection.execute(step.values(values)).rowcount == 1:
            return Letter(**(row._asdict() | values))
    return None


def hand_over(connection: Connection, letter: Letter, now: datetime) -> bool:
    """Whether the last line may go to the server now: the lease holds, and is used up."""
    values = {"state": "handing", "due": now + LEASE}
    return _step(connection, letter, "leased", **values)


def mark_sent(connection: Connection, letter: Letter) -> bool:
    """The server has accepted it."""
    return _step(connection, letter, "handing", state="sent", why="")


def mark_unsure(connection: Connection, letter: Letter, why: str) -> bool:
    """Nobody knows whether the server has accepted it, so it isn't sent again."""
    return _step(connection, letter, "handing", state="unsure", why=why)


def put_back(
    connection: Connection,
    letter: Letter,
    why: str,
    now: datetime,
    *,
    was_try: bool = True,
) -> bool:
    """The server has not accepted it: it waits, each time longer, and not for ever."""
    if now - letter.at > TRY_FOR:
        return drop(connection, letter, f"{why} That was the last try.")
    tries = letter.tries if was_try else letter.tries - 1
    wait = min(_LONGEST_WAIT, _SHORTEST_WAIT * 2 ** min(max(tries - 1, 0), 10))
    values = {"state": "waiting", "due": now + wait, "tries": tries, "why": why}
    return _step(connection, letter, "leased", "handing", **values)


def drop(connection: Connection, letter: Letter, why: str) -> bool:
    """It can't be sent, or may not."""
    return _step(connection, letter, "leased", "handing", state="dropped", why=why)


def find_unsure(connection: Connection, now: datetime) -> int:
    """Note what was cut off while the last line was on its way; how many mails."""
    why = "The service ended before the mail server had answered."
    lost = MAILS.c.state == "handing", MAILS.c.due <= now
    step = update(MAILS).where(*lost).values(state="unsure", why=why)
    return connection.execute(step).rowcount


def sweep(connection: Connection, now: datetime, *, sends_mails: bool) -> int:
    """Remove what was sent long ago, and what nobody will send; how many mails."""
    has_ended = MAILS.c.state.in_(("sent", "unsure", "dropped")), MAILS.c.at < now - _KEPT
    is_gone = and_(*has_ended)
    if not sends_mails:
        # Where mails are switched on, nobody is told of what was long before.
        is_gone = or_(is_gone, MAILS.c.at < now - timedelta(days=1))
    return connection.execute(delete(MAILS).where(is_gone)).rowcount


def _step(connection: Connection, letter: Letter, *states: str, **values: Any) -> bool:
    is_ours = MAILS.c.id == letter.id, MAILS.c.lease == letter.lease
    step = update(MAILS).where(*is_ours, MAILS.c.state.in_(states)).values(**values)
    return connection.execute(step).rowcount == 1
