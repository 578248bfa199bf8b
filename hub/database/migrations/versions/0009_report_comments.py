"""What readers say of reports."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    report = sa.ForeignKey("mchub_reports.id")
    op.create_table(
        "mchub_report_comments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("report", sa.Integer, report, nullable=False, index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop it, with all that was said."""
    op.drop_table("mchub_report_comments")
