"""Schedules of reports, who is told of them by mail, and the addresses of people."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NAME = sa.String(255)
_STATES = ("active", "paused", "stopped")
_TIMES = ("running", "waiting", "done", "failed", "skipped", "canceled")
_MAILS = ("waiting", "leased", "handing", "sent", "unsure", "dropped")


def upgrade() -> None:
    """Make the tables, and the column for a verified address."""
    report = "mchub_reports.id"
    op.create_table(
        "mchub_report_schedules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report", sa.Integer, sa.ForeignKey(report), nullable=False, index=True),
        sa.Column("cron", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("next", Instant, nullable=True),
        sa.Column("created", Instant, nullable=False),
        sa.CheckConstraint(f"state IN {_STATES}", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mchub_report_schedules_next", "mchub_report_schedules", ["next"])
    op.create_table(
        "mchub_report_times",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "schedule",
            sa.Integer,
            sa.ForeignKey("mchub_report_schedules.id"),
            nullable=False,
        ),
        sa.Column("due", Instant, nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("job", sa.Integer, sa.ForeignKey("mchub_report_jobs.id"), nullable=True),
        sa.Column("again", Instant, nullable=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("changed", Instant, nullable=False),
        sa.CheckConstraint(f"state IN {_TIMES}", name="state"),
        sa.UniqueConstraint("schedule", "due"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mchub_report_subscriptions",
        sa.Column("report", sa.Integer, sa.ForeignKey(report), primary_key=True),
        sa.Column("user_name", _NAME, primary_key=True, index=True),
        sa.Column("since", Instant, nullable=False),
    )
    _make_mails(report)
    with op.batch_alter_table("mchub_identities") as identities:
        identities.add_column(sa.Column("email", sa.String(254), nullable=True))


def _make_mails(report: str) -> None:
    op.create_table(
        "mchub_report_mails",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("report", sa.Integer, sa.ForeignKey(report), nullable=False),
        sa.Column("about", sa.Integer, nullable=False),
        sa.Column("user_name", _NAME, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", Instant, nullable=False),
        sa.Column("lease", sa.String(32), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('failure', 'version')", name="kind"),
        sa.CheckConstraint(f"state IN {_MAILS}", name="state"),
        sa.UniqueConstraint("report", "kind", "about", "user_name"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mchub_report_mails_state_due", "mchub_report_mails", ["state", "due"]
    )


def downgrade() -> None:
    """Drop them, with all they hold: nothing runs by itself and nobody is told."""
    with op.batch_alter_table("mchub_identities") as identities:
        identities.drop_column("email")
    for table in ("mails", "subscriptions", "times", "schedules"):
        op.drop_table(f"mchub_report_{table}")
