"""The tables of reports, their versions, who may read them, and the jobs that make them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hub.database import METADATA, Instant

__all__ = [
    "CHECKS",
    "COMMENTS",
    "ENDS",
    "GRANTS",
    "JOBS",
    "LINKS",
    "REPORTS",
    "STATES",
    "TAGS",
    "VERSIONS",
]

_NAME: Final = String(255)
_DIGEST: Final = String(64)

STATES: Final = ("queued", "starting", "running", "done", "failed", "canceled")
"""Of a job, in the order of its life."""

ENDS: Final = STATES[3:]
"""Those that a job never leaves."""

REPORTS: Final = Table(
    "mchub_reports",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", _NAME, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("changed", Instant, nullable=False, index=True),
    Column("n_versions", Integer, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    # Title, description and owner, folded, to be searched.
    Column("words", Text, nullable=False, server_default=""),
    Index("ix_mchub_reports_newest", "changed", "id"),
    sqlite_autoincrement=True,
)

GRANTS: Final = Table(
    "mchub_report_grants",
    METADATA,
    Column(
        "report", Integer, ForeignKey("mchub_reports.id"), primary_key=True, nullable=False
    ),
    Column("kind", String(5), primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("since", Instant, nullable=False),
    CheckConstraint("kind IN ('user', 'group')", name="kind"),
    Index("ix_mchub_report_grants_kind_name", "kind", "name"),
)

LINKS: Final = Table(
    "mchub_report_links",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("report", Integer, ForeignKey("mchub_reports.id"), nullable=False, index=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("reader", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    sqlite_autoincrement=True,
)

JOBS: Final = Table(
    "mchub_report_jobs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("report", Integer, ForeignKey("mchub_reports.id"), nullable=False, index=True),
    Column("owner", _NAME, nullable=False, index=True),
    Column("asked_by", _NAME, nullable=False),
    Column("notebook", _DIGEST, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("profile", _NAME, nullable=False),
    Column("folder", Text, nullable=False),
    Column("is_as_it_is", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("cell", Integer, nullable=False),
    Column("of_cells", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("failure", Text, nullable=False),
    Column("asked", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("began", Instant, nullable=True),
    Column("changed", Instant, nullable=False),
    # Whether its servers are gone for certain.
    Column("is_cleared", Integer, nullable=False),
    CheckConstraint(f"state IN {STATES}", name="state"),
    Index("ix_mchub_report_jobs_open", "is_cleared", "state"),
    sqlite_autoincrement=True,
)

VERSIONS: Final = Table(
    "mchub_report_versions",
    METADATA,
    Column("report", Integer, ForeignKey("mchub_reports.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    # A job makes one version at most, however often its end is told.
    Column("job", Integer, ForeignKey("mchub_report_jobs.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("by", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("parameters", Text, nullable=False),
    # Names of its files and their digests, in JSON.
    Column("files", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # Whether its owner named it as kept: it doesn't go with age.
    Column("is_kept", Integer, nullable=False, server_default="0"),
    UniqueConstraint("job"),
    Index("ix_mchub_report_versions_at", "at"),
)

CHECKS: Final = Table(
    "mchub_report_checks",
    METADATA,
    # A job that runs a version anew, and makes no version of its own.
    Column("job", Integer, ForeignKey("mchub_report_jobs.id"), primary_key=True),
    Column("report", Integer, ForeignKey("mchub_reports.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("told", Instant, nullable=True),
    # What `mclib.reports compare` found, in JSON.
    Column("found", Text, nullable=False),
    Index("ix_mchub_report_checks_report", "report", "version"),
)

COMMENTS: Final = Table(
    "mchub_report_comments",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("report", Integer, ForeignKey("mchub_reports.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("by", _NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_autoincrement=True,
)

TAGS: Final = Table(
    "mchub_report_tags",
    METADATA,
    Column("report", Integer, ForeignKey("mchub_reports.id"), primary_key=True),
    Column("tag", String(40), primary_key=True),
    Index("ix_mchub_report_tags_tag", "tag", "report"),
)
