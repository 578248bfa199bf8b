"""Reports, their versions, who may read them, and the jobs that make them."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NAME = sa.String(255)
_DIGEST = sa.String(64)
_STATES = ("queued", "starting", "running", "done", "failed", "canceled")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mchub_reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", _NAME, nullable=False, index=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", Instant, nullable=False),
        sa.Column("changed", Instant, nullable=False, index=True),
        sa.Column("n_versions", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    report = "mchub_reports.id"
    op.create_table(
        "mchub_report_grants",
        sa.Column("report", sa.Integer, sa.ForeignKey(report), primary_key=True),
        sa.Column("kind", sa.String(5), primary_key=True),
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("since", Instant, nullable=False),
        sa.CheckConstraint("kind IN ('user', 'group')", name="kind"),
    )
    op.create_index(
        "ix_mchub_report_grants_kind_name", "mchub_report_grants", ["kind", "name"]
    )
    op.create_table(
        "mchub_report_links",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report", sa.Integer, sa.ForeignKey(report), nullable=False, index=True),
        sa.Column("digest", _DIGEST, nullable=False, unique=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("ends", Instant, nullable=False),
        sqlite_autoincrement=True,
    )
    _make_jobs(report)
    op.create_table(
        "mchub_report_versions",
        sa.Column("report", sa.Integer, sa.ForeignKey(report), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("job", sa.Integer, sa.ForeignKey("mchub_report_jobs.id"), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("by", _NAME, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("job"),
    )


def _make_jobs(report: str) -> None:
    op.create_table(
        "mchub_report_jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report", sa.Integer, sa.ForeignKey(report), nullable=False, index=True),
        sa.Column("owner", _NAME, nullable=False, index=True),
        sa.Column("asked_by", _NAME, nullable=False),
        sa.Column("notebook", _DIGEST, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("profile", _NAME, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("is_as_it_is", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("cell", sa.Integer, nullable=False),
        sa.Column("of_cells", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("asked", Instant, nullable=False),
        sa.Column("due", Instant, nullable=False),
        sa.Column("began", Instant, nullable=True),
        sa.Column("changed", Instant, nullable=False),
        sa.Column("is_cleared", sa.Integer, nullable=False),
        sa.CheckConstraint(f"state IN {_STATES}", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mchub_report_jobs_open", "mchub_report_jobs", ["is_cleared", "state"]
    )


def downgrade() -> None:
    """Drop them, with all they hold; the files of the store stay."""
    for table in ("versions", "jobs", "links", "grants"):
        op.drop_table(f"mchub_report_{table}")
    op.drop_table("mchub_reports")
