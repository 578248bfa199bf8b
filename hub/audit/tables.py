"""The table of the audit log."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from hub.database import METADATA, Instant

__all__ = ["AUDIT"]

AUDIT: Final = Table(
    "mchub_audit",
    METADATA,
    # Given out by the chain and not by the database, so that a gap is a missing row.
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("outcome", String(7), nullable=False),
    Column("source", Text, nullable=False),
    # Text, because a hash is over characters and a database may write JSON differently.
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("outcome IN ('ok', 'refused', 'failed')", name="outcome"),
    Index("ix_mchub_audit_at", "at"),
)
