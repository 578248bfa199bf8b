"""Checks of reports: versions that were run anew, and what differed."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    job, report = "mchub_report_jobs.id", "mchub_reports.id"
    op.create_table(
        "mchub_report_checks",
        sa.Column("job", sa.Integer, sa.ForeignKey(job), primary_key=True),
        sa.Column("report", sa.Integer, sa.ForeignKey(report), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("told", Instant, nullable=True),
        sa.Column("found", sa.Text, nullable=False),
    )
    op.create_index(
        "ix_mchub_report_checks_report", "mchub_report_checks", ["report", "version"]
    )


def downgrade() -> None:
    """Drop it, with what was found; the jobs stay."""
    op.drop_table("mchub_report_checks")
