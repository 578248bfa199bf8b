"""What a mail says: a title, who, when, and a link; nothing that a report holds.

Whoever follows the link is asked who they are, and whether they may read.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from sqlalchemy import Connection, select

from hub.services.reports import library
from hub.services.reports.library import Report
from hub.services.reports.outbox import Letter
from hub.services.reports.schedule_tables import SCHEDULES, TIMES

__all__ = ["Draft", "draft_of", "message_of"]

_LONGEST_TITLE: Final = 120


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A mail's words."""

    report: Report
    subject: str
    text: str
    path: str


def draft_of(connection: Connection, letter: Letter) -> Draft | None:
    """The words of a mail; none if what it is about was deleted."""
    report = library.report_of(connection, letter.report)
    if report is None:
        return None
    # A line end would begin another header.
    title = " ".join(report.title.split())[:_LONGEST_TITLE]
    at = f"/r/{report.id}"
    if letter.kind == "version":
        version = library.version_of(connection, report.id, letter.about)
        if version is None:
            return None
        text = (
            f"“{title}” has a new version: {version.number}, run by {version.by} on "
            f"{_utc(version.at)}."
        )
        subject, path = f"New version of “{title}”", f"{at}/v/{version.number}"
        why = "You subscribed to this report; on its page you can end that."
        return Draft(report=report, subject=subject, text=f"{text}\n\n{why}", path=path)
    time = connection.execute(
        select(TIMES.c.due, TIMES.c.attempt, SCHEDULES.c.cron, SCHEDULES.c.zone)
        .join(SCHEDULES, SCHEDULES.c.id == TIMES.c.schedule)
        .where(TIMES.c.id == letter.about)
    ).first()
    if time is None:
        return None
    text = (
        f"The run of “{title}” that was due on {_utc(time.due)} has failed, after "
        f"{time.attempt} tries.\nIts schedule is {time.cron} ({time.zone}), and goes on."
    )
    why = "Its owner is told so. The page says what went wrong."
    subject, path = f"A run of “{title}” has failed", f"{at}/schedules"
    return Draft(report=report, subject=subject, text=f"{text}\n\n{why}", path=path)


def message_of(
    draft: Draft, letter: Letter, *, sender: str, to: str, address: str, now: datetime
) -> EmailMessage:
    """The mail itself.

    Parameters
    ----------
    draft : Draft
        Its words.
    letter : Letter
        From the outbox.
    sender, to : str
        Mail addresses.
    address : str
        Of the service: the link begins with it.
    now : datetime
        The present.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, draft.subject
    message["Date"] = format_datetime(now.astimezone(UTC))
    domain = sender.partition("@")[2]
    message["Message-ID"] = f"<report-{letter.id}.{secrets.token_hex(8)}@{domain}>"
    # So that nobody's absence is told to the platform.
    message["Auto-Submitted"] = "auto-generated"
    first, _, rest = draft.text.partition("\n\n")
    text = f"{first}\n\n{address}{draft.path}\n\n{rest}\n"
    message.set_content(text, cte="quoted-printable")
    return message


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
