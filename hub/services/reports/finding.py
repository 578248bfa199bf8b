"""Reports found among those that somebody may read: by tags, and by words.

A word is found in title, description and owner, whatever its case; all that are asked for
must be there. They stand together in one column, folded, because neither database folds
other letters than those of ASCII in the same way as the other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hub.services.reports.library import REPORT, Report, is_to, words_of
from hub.services.reports.tables import GRANTS, REPORTS, TAGS

__all__ = [
    "LONGEST_DESCRIPTION",
    "LONGEST_TAG",
    "MOST_TAGS",
    "Sought",
    "TagCount",
    "describe",
    "n_readable",
    "readable",
    "readable_tags",
    "tags_of",
]

LONGEST_DESCRIPTION: Final = 2_000
LONGEST_TAG: Final = 40
MOST_TAGS: Final = 20
_MOST_WORDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is looked for, by whom; everything where nothing is."""

    user: str
    groups: Collection[str]
    words: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class TagCount:
    """A tag, and how many reports that one may read have it."""

    tag: str
    n_reports: int


def readable(
    connection: Connection, sought: Sought, *, offset: int = 0, limit: int = 50
) -> list[Report]:
    """Reports that somebody may read, the newest first, a page of them."""
    found = select(*REPORT).where(_is_sought(sought))
    newest = found.order_by(REPORTS.c.changed.desc(), REPORTS.c.id.desc())
    rows = connection.execute(newest.offset(offset).limit(limit))
    return [Report(**row._mapping) for row in rows]


def n_readable(connection: Connection, sought: Sought) -> int:
    """How many reports somebody may read."""
    counted = select(func.count()).select_from(REPORTS)
    return int(connection.scalar(counted.where(_is_sought(sought))) or 0)


def readable_tags(
    connection: Connection, sought: Sought, at_most: int = 100
) -> list[TagCount]:
    """Tags of the reports that somebody may read, those of most reports, by name."""
    n = func.count().label("n")
    found = select(TAGS.c.tag, n).join(REPORTS, REPORTS.c.id == TAGS.c.report)
    found = found.where(_is_sought(sought)).group_by(TAGS.c.tag)
    rows = connection.execute(found.order_by(n.desc(), TAGS.c.tag).limit(at_most))
    counted = [TagCount(tag=row.tag, n_reports=row.n) for row in rows]
    return sorted(counted, key=lambda one: one.tag)


def tags_of(connection: Connection, reports: Collection[int]) -> dict[int, list[str]]:
    """Tags by report, by name."""
    found = select(TAGS.c.report, TAGS.c.tag).where(TAGS.c.report.in_(reports))
    named: dict[int, list[str]] = {number: [] for number in reports}
    for row in connection.execute(found.order_by(TAGS.c.tag)):
        named[row.report].append(row.tag)
    return named


def describe(
    connection: Connection,
    report: Report,
    *,
    description: str | None = None,
    tags: Collection[str] | None = None,
) -> None:
    """Say what a report is about; what isn't said stays."""
    if description is not None:
        words = words_of(report.title, description, report.owner)
        values: dict[str, Any] = {"description": description, "words": words}
        is_it = update(REPORTS).where(REPORTS.c.id == report.id)
        connection.execute(is_it.values(**values))
    if tags is not None:
        connection.execute(delete(TAGS).where(TAGS.c.report == report.id))
        rows = [{"report": report.id, "tag": tag} for tag in dict.fromkeys(tags)]
        if rows:
            connection.execute(insert(TAGS), rows)


def _is_sought(sought: Sought) -> ColumnElement[bool]:
    granted = select(GRANTS.c.report).where(is_to(sought.user, sought.groups))
    # A report without a version is its owner's alone: there is nothing to read yet.
    is_there = and_(REPORTS.c.id.in_(granted), REPORTS.c.n_versions > 0)
    laws: list[ColumnElement[bool]] = [or_(REPORTS.c.owner == sought.user, is_there)]
    laws += [
        REPORTS.c.words.contains(word, autoescape=True)
        for word in words_of(sought.words).split()[:_MOST_WORDS]
    ]
    laws += [
        REPORTS.c.id.in_(select(TAGS.c.report).where(TAGS.c.tag == tag))
        for tag in sought.tags[:MOST_TAGS]
    ]
    return and_(*laws)
