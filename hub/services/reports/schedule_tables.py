"""The tables of what happens by itself: schedules, their times, subscriptions and mails."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hub.database import METADATA, Instant

__all__ = ["MAILS", "SCHEDULES", "SUBSCRIPTIONS", "TIMES"]

_NAME: Final = String(255)
_REPORT: Final = "mchub_reports.id"

SCHEDULES: Final = Table(
    "mchub_report_schedules",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("report", Integer, ForeignKey(_REPORT), nullable=False, index=True),
    Column("cron", String(100), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("state", String(7), nullable=False),
    Column("why", Text, nullable=False),
    # Not while it is paused or was stopped.
    Column("next", Instant, nullable=True),
    Column("created", Instant, nullable=False),
    CheckConstraint("state IN ('active', 'paused', 'stopped')", name="state"),
    Index("ix_mchub_report_schedules_next", "next"),
    sqlite_autoincrement=True,
)

TIMES: Final = Table(
    "mchub_report_times",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("schedule", Integer, ForeignKey("mchub_report_schedules.id"), nullable=False),
    Column("due", Instant, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    # Of the last try.
    Column("job", Integer, ForeignKey("mchub_report_jobs.id"), nullable=True),
    # When the next try begins.
    Column("again", Instant, nullable=True),
    Column("why", Text, nullable=False),
    Column("changed", Instant, nullable=False),
    CheckConstraint(
        "state IN ('running', 'waiting', 'done', 'failed', 'skipped', 'canceled')",
        name="state",
    ),
    # Whoever looks, and however often: a time comes once.
    UniqueConstraint("schedule", "due"),
    sqlite_autoincrement=True,
)

SUBSCRIPTIONS: Final = Table(
    "mchub_report_subscriptions",
    METADATA,
    Column("report", Integer, ForeignKey(_REPORT), primary_key=True),
    Column("user_name", _NAME, primary_key=True, index=True),
    Column("since", Instant, nullable=False),
)

MAILS: Final = Table(
    "mchub_report_mails",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(7), nullable=False),
    Column("report", Integer, ForeignKey(_REPORT), nullable=False),
    # Number of the version, or of the time that failed.
    Column("about", Integer, nullable=False),
    Column("user_name", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", String(7), nullable=False),
    Column("tries", Integer, nullable=False),
    # When it is to be sent, or when the lease on it ends.
    Column("due", Instant, nullable=False),
    Column("lease", String(32), nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("kind IN ('failure', 'version')", name="kind"),
    CheckConstraint(
        "state IN ('waiting', 'leased', 'handing', 'sent', 'unsure', 'dropped')",
        name="state",
    ),
    # Of one event somebody is told once.
    UniqueConstraint("report", "kind", "about", "user_name"),
    Index("ix_mchub_report_mails_state_due", "state", "due"),
    sqlite_autoincrement=True,
)
