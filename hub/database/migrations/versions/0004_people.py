"""Suspended users, announcements, and reports of users who left."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    name = sa.String(255)
    op.create_table(
        "mchub_suspended",
        sa.Column("user_name", name, primary_key=True),
        sa.Column("since", Instant, nullable=False),
        sa.Column("by", name, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "mchub_announcements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("starts", Instant, nullable=False),
        sa.Column("ends", Instant, nullable=True),
        sa.Column("by", name, nullable=False),
        sa.CheckConstraint("level IN ('info', 'warning', 'danger')", name="level"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mchub_offboardings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_name", name, nullable=False, index=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", name, nullable=False),
        sa.Column("steps", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them: who was suspended may sign in again."""
    op.drop_table("mchub_offboardings")
    op.drop_table("mchub_announcements")
    op.drop_table("mchub_suspended")
