"""The tables of leases and of the queue."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, UniqueConstraint

from hub.database import METADATA, Instant

__all__ = ["LEASES", "QUEUE"]

_NAME: Final = String(255)

LEASES: Final = Table(
    "mchub_leases",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", _NAME, nullable=False),
    Column("server_name", _NAME, nullable=False),
    Column("profile", _NAME, nullable=False),
    Column("device", _NAME, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    UniqueConstraint("user_name", "server_name"),
    CheckConstraint("parts BETWEEN 1 AND 10000", name="parts"),
    # The id of a lease that ended never names another: a late release ends nothing else.
    sqlite_autoincrement=True,
)

QUEUE: Final = Table(
    "mchub_queue",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_name", _NAME, nullable=False),
    Column("server_name", _NAME, nullable=False),
    Column("profile", _NAME, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("lasts_seconds", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("rank", Instant, nullable=False, index=True),
    Column("seen", Instant, nullable=False),
    UniqueConstraint("user_name", "server_name"),
    CheckConstraint("parts BETWEEN 1 AND 10000", name="parts"),
    sqlite_autoincrement=True,
)
