"""The tables of the ledger: what was used, who may use how much, and the meter's clock."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from hub.database import METADATA, Instant

__all__ = ["BUDGETS", "JUMPS", "METER", "STORAGE", "USAGE"]

# A row is a stretch of whole minutes since 1970 that one server ran, `end_minute` left out.
# A ledger of single minutes would hold millions of rows that say the same.
USAGE: Final = Table(
    "mchub_usage",
    METADATA,
    Column("user_name", Text, primary_key=True),
    Column("server_name", Text, primary_key=True),
    Column("started", Instant, primary_key=True),
    Column("begin_minute", BigInteger, primary_key=True, autoincrement=False),
    Column("end_minute", BigInteger, nullable=False),
    Column("profile", Text, nullable=False),
    Column("gpu", Float, nullable=False),
    Column("cpus", Float, nullable=False),
    CheckConstraint("end_minute > begin_minute", name="order"),
    Index("ix_mchub_usage_end_minute", "end_minute"),
)

BUDGETS: Final = Table(
    "mchub_budgets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("gpu_hours", Float),
    Column("cpu_hours", Float),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("kind IN ('override', 'withdraw', 'grant')", name="kind"),
    Index("ix_mchub_budgets_user_name", "user_name"),
)

STORAGE: Final = Table(
    "mchub_storage",
    METADATA,
    Column("user_name", Text, primary_key=True),
    Column("used_bytes", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
)

METER: Final = Table(
    "mchub_meter",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("boot", Text, nullable=False),
    Column("monotonic", Float, nullable=False),
)

# Minutes that the wall clock left out when it was set forward; nobody is charged for them.
JUMPS: Final = Table(
    "mchub_jumps",
    METADATA,
    Column("begin_minute", BigInteger, primary_key=True, autoincrement=False),
    Column("end_minute", BigInteger, nullable=False),
)
