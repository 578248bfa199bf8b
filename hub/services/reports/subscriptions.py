"""Subscriptions: who wants to hear of a report's new versions.

A subscription gives no access. Whoever may not read the report any more gets no mail, and
doesn't see the subscription either; it holds again if they may.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from hub.services.reports import library
from hub.services.reports.library import REPORT, Report
from hub.services.reports.schedule_tables import SUBSCRIPTIONS
from hub.services.reports.tables import REPORTS

__all__ = ["forget", "is_subscribed", "subscribe", "subscriptions_of", "unsubscribe"]


def subscribe(connection: Connection, report: int, user: str, now: datetime) -> bool:
    """Have somebody told of new versions; whether that is new."""
    row = {"report": report, "user_name": user, "since": now}
    try:
        with connection.begin_nested():
            connection.execute(insert(SUBSCRIPTIONS).values(**row))
    except IntegrityError:
        return False
    return True


def unsubscribe(connection: Connection, report: int, user: str) -> bool:
    """Tell somebody no more; whether they were told."""
    ended = delete(SUBSCRIPTIONS).where(*_is_it(report, user))
    return bool(connection.execute(ended).rowcount)


def is_subscribed(connection: Connection, report: int, user: str) -> bool:
    """Whether somebody is told of new versions."""
    found = select(SUBSCRIPTIONS.c.report).where(*_is_it(report, user))
    return connection.execute(found).first() is not None


def subscriptions_of(
    connection: Connection, user: str, groups: Collection[str]
) -> list[Report]:
    """Reports whose new versions somebody is told of, and may read, by title."""
    theirs = select(SUBSCRIPTIONS.c.report).where(SUBSCRIPTIONS.c.user_name == user)
    found = select(*REPORT).where(REPORTS.c.id.in_(theirs))
    rows = connection.execute(found.order_by(REPORTS.c.title, REPORTS.c.id))
    reports = [Report(**row._mapping) for row in rows]
    return [one for one in reports if library.may_read(connection, one, user, groups)]


def forget(connection: Connection, user: str) -> None:
    """End the subscriptions of somebody who is no user any more."""
    connection.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.user_name == user))


def _is_it(report: int, user: str) -> tuple[ColumnElement[bool], ...]:
    return SUBSCRIPTIONS.c.report == report, SUBSCRIPTIONS.c.user_name == user
