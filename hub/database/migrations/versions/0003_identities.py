"""Who is who: subjects of the sign-in provider, and what it says about itself."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the two tables of the sign-in."""
    op.create_table(
        "mchub_identities",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("since", Instant, nullable=False),
    )
    op.create_table(
        "mchub_providers",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("read_at", Instant, nullable=False),
    )


def downgrade() -> None:
    """Remove them; names are then given out anew."""
    op.drop_table("mchub_providers")
    op.drop_table("mchub_identities")
