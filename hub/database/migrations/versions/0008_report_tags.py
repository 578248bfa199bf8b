"""Reports have a description and tags; a version may be named as kept."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REPORTS = sa.table(
    "mchub_reports",
    sa.column("id", sa.Integer),
    sa.column("owner", sa.String),
    sa.column("title", sa.Text),
    sa.column("words", sa.Text),
)


def upgrade() -> None:
    """Make the table and the columns, and fold what can be searched already."""
    for name in ("description", "words"):
        column = sa.Column(name, sa.Text, nullable=False, server_default="")
        op.add_column("mchub_reports", column)
    kept = sa.Column("is_kept", sa.Integer, nullable=False, server_default="0")
    op.add_column("mchub_report_versions", kept)
    report = sa.ForeignKey("mchub_reports.id")
    op.create_table(
        "mchub_report_tags",
        sa.Column("report", sa.Integer, report, primary_key=True),
        sa.Column("tag", sa.String(40), primary_key=True),
    )
    op.create_index("ix_mchub_report_tags_tag", "mchub_report_tags", ["tag", "report"])
    op.create_index("ix_mchub_reports_newest", "mchub_reports", ["changed", "id"])
    op.create_index("ix_mchub_report_versions_at", "mchub_report_versions", ["at"])
    _fold()


def _fold() -> None:
    connection = op.get_bind()
    wanted = sa.select(_REPORTS.c.id, _REPORTS.c.title, _REPORTS.c.owner)
    for number, title, owner in connection.execute(wanted).all():
        words = unicodedata.normalize("NFKC", f"{title}\n\n{owner}").casefold()
        is_it = _REPORTS.c.id == number
        connection.execute(sa.update(_REPORTS).where(is_it).values(words=words))


def downgrade() -> None:
    """Drop them, with what was said in them."""
    op.drop_index("ix_mchub_report_versions_at", "mchub_report_versions")
    op.drop_index("ix_mchub_reports_newest", "mchub_reports")
    op.drop_table("mchub_report_tags")
    for table, column in (
        ("mchub_report_versions", "is_kept"),
        ("mchub_reports", "words"),
        ("mchub_reports", "description"),
    ):
        op.drop_column(table, column)
