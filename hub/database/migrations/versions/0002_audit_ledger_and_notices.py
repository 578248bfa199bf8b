"""The audit log, the ledger with its budgets, and notices."""

import sqlalchemy as sa
from alembic import op

from hub.database.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Nothing is changed, and only what a later record signs for is removed.
_GUARD = """
CREATE FUNCTION mchub_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM mchub_audit
        WHERE action = 'audit.retention' AND id > OLD.id
          AND (detail::jsonb ->> 'through')::bigint >= OLD.id
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'mchub_audit is append-only: % of it is refused', TG_OP;
END $$
"""
_EACH_ROW = """
CREATE TRIGGER mchub_audit_rows BEFORE UPDATE OR DELETE ON mchub_audit
FOR EACH ROW EXECUTE FUNCTION mchub_audit_guard()
"""
_WHOLE = """
CREATE TRIGGER mchub_audit_whole BEFORE TRUNCATE ON mchub_audit
FOR EACH STATEMENT EXECUTE FUNCTION mchub_audit_guard()
"""


def upgrade() -> None:
    """Make the tables."""
    _make_audit()
    _make_ledger()
    _make_notices()


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _make_audit() -> None:
    op.create_table(
        "mchub_audit",
        sa.Column("id", _serial(), autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(7), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mchub_audit"),
        sa.CheckConstraint(
            "outcome IN ('ok', 'refused', 'failed')", name="ck_mchub_audit_outcome"
        ),
    )
    op.create_index("ix_mchub_audit_at", "mchub_audit", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in (_GUARD, _EACH_ROW, _WHOLE):
            op.execute(statement)


def _make_ledger() -> None:
    op.create_table(
        "mchub_usage",
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("server_name", sa.Text, nullable=False),
        sa.Column("started", Instant, nullable=False),
        sa.Column("begin_minute", sa.BigInteger, nullable=False),
        sa.Column("end_minute", sa.BigInteger, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("gpu", sa.Float, nullable=False),
        sa.Column("cpus", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint(
            "user_name", "server_name", "started", "begin_minute", name="pk_mchub_usage"
        ),
        sa.CheckConstraint("end_minute > begin_minute", name="ck_mchub_usage_order"),
    )
    op.create_index("ix_mchub_usage_end_minute", "mchub_usage", ["end_minute"])
    op.create_table(
        "mchub_budgets",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("gpu_hours", sa.Float),
        sa.Column("cpu_hours", sa.Float),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mchub_budgets"),
        sa.CheckConstraint(
            "kind IN ('override', 'withdraw', 'grant')", name="ck_mchub_budgets_kind"
        ),
    )
    op.create_index("ix_mchub_budgets_user_name", "mchub_budgets", ["user_name"])
    op.create_table(
        "mchub_storage",
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("used_bytes", sa.BigInteger, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("user_name", name="pk_mchub_storage"),
    )
    op.create_table(
        "mchub_meter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("monotonic", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mchub_meter"),
    )
    op.create_table(
        "mchub_jumps",
        sa.Column("begin_minute", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("end_minute", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("begin_minute", name="pk_mchub_jumps"),
    )


def _make_notices() -> None:
    op.create_table(
        "mchub_notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("server_name", sa.Text, nullable=False),
        sa.Column("started", Instant, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("level", sa.String(7), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("due_minutes", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_mchub_notices"),
        sa.UniqueConstraint(
            "user_name", "server_name", "started", "kind", name="uq_mchub_notices_user_name"
        ),
    )


def downgrade() -> None:
    """Remove them, with all they hold."""
    tables = ("notices", "jumps", "meter", "storage", "budgets", "usage", "audit")
    for table in tables:
        op.drop_table(f"mchub_{table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mchub_audit_guard()")
