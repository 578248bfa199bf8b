"""Leases of GPUs, and the queue for them."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    name = sa.String(255)
    op.create_table(
        "mchub_leases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_name", name, nullable=False),
        sa.Column("server_name", name, nullable=False),
        sa.Column("profile", name, nullable=False),
        sa.Column("device", name, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.UniqueConstraint("user_name", "server_name"),
        sa.CheckConstraint("parts BETWEEN 1 AND 10000", name="parts"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mchub_queue",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_name", name, nullable=False),
        sa.Column("server_name", name, nullable=False),
        sa.Column("profile", name, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("lasts_seconds", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("rank", Instant, nullable=False, index=True),
        sa.Column("seen", Instant, nullable=False),
        sa.UniqueConstraint("user_name", "server_name"),
        sa.CheckConstraint("parts BETWEEN 1 AND 10000", name="parts"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop both: who holds what is read again from the containers' labels."""
    op.drop_table("mchub_queue")
    op.drop_table("mchub_leases")
