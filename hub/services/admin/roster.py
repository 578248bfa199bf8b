"""A list of users as CSV: read, looked at line by line, and only then taken.

Every line keeps its laws or is named with its number; nothing here asks the hub.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["MOST_LINES", "Line", "Problem", "Roster", "name_problem", "read_roster"]

MOST_LINES: Final = 5_000
_LONGEST_NAME: Final = 255
_DELIMITERS: Final = ",;\t"
_COLUMNS: Final = ("name", "groups")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A law that a line breaks, and the value that breaks it."""

    number: int
    law: str
    value: str | int

    def __str__(self) -> str:
        return f"line {self.number}: {self.law}; got {self.value!r}."


@dataclass(frozen=True, kw_only=True)
class Line:
    """A user who is to be there, and the groups to be a member of."""

    number: int
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Roster:
    """What a text says: lines that keep the laws, and what is wrong with the others."""

    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def name_problem(name: str) -> str:
    """The law of a user's name that `name` breaks, or nothing.

    Examples
    --------
    >>> name_problem("ada"), name_problem("a/b")
    ('', '`name` must not contain a slash')
    """
    if not name:
        return "`name` must be given"
    if len(name) > _LONGEST_NAME:
        return f"`name` must have at most {_LONGEST_NAME} characters"
    if "/" in name:
        return "`name` must not contain a slash"
    if name in (".", ".."):
        return "`name` must be more than dots"
    if "\ufffd" in name:
        return "`name` must be written in UTF-8"
    if not name.isprintable():
        return "`name` must be printable"
    return ""


def read_roster(
    text: str, groups: Collection[str] | None, *, sets_groups: bool = True
) -> Roster:
    r"""Read CSV with a header of `name` and, if wanted, `groups`.

    Parameters
    ----------
    text : str
        Columns are parted by commas, semicolons or tabs, as the header has them; groups
        within their column by spaces, commas or semicolons.
    groups : collection of str or None
        Groups that exist; ``None`` allows any.
    sets_groups : bool, default True
        Whether members are chosen here at all.

    Returns
    -------
    Roster

    Examples
    --------
    >>> read_roster("name,groups\nada,quants", ["quants"]).lines
    (Line(number=2, name='ada', groups=('quants',)),)
    """
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        law = f"a list must be CSV ({error})"
        return Roster(problems=(Problem(number=1, law=law, value=text[:80]),))
    _, header = rows[0] if rows else (0, [])
    names = [cell.strip().lower() for cell in header]
    wrong = _header_problem(names)
    if wrong:
        return Roster(problems=(Problem(number=1, law=wrong, value=",".join(header)),))
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    if len(rows) - 1 > MOST_LINES:
        law = f"a list must have at most {MOST_LINES:,} users"
        number, _ = rows[MOST_LINES + 1]
        return Roster(problems=(Problem(number=number, law=law, value=len(rows) - 1),))
    for number, row in rows[1:]:
        line = _line(number, names, row)
        found = _problems(line, row, names, seen, groups, sets_groups)
        problems += found
        if not found:
            seen[line.name] = number
            lines.append(line)
    return Roster(lines=tuple(lines), problems=tuple(problems))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("﻿")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _header_problem(names: Sequence[str]) -> str:
    if "name" not in names:
        return "the first line must name the columns, `name` among them"
    if len(set(names)) != len(names) or not set(names) <= set(_COLUMNS):
        return "columns must be `name` and `groups`, each once"
    return ""


def _line(number: int, names: Sequence[str], row: Sequence[str]) -> Line:
    cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
    parted = cells.get("groups", "").replace(";", " ").replace(",", " ")
    # The hub's own spelling of a name, so that two of one user are noticed.
    return Line(
        number=number,
        name=cells["name"].lower() if "name" in cells else "",
        groups=tuple(dict.fromkeys(parted.split())),
    )


def _problems(
    line: Line,
    row: Sequence[str],
    names: Sequence[str],
    seen: Mapping[str, int],
    groups: Collection[str] | None,
    sets_groups: bool,
) -> list[Problem]:
    found: list[tuple[str, str]] = []
    if len(row) > len(names):
        found.append((f"a line must have {len(names)} columns", " | ".join(row)))
    law = name_problem(line.name)
    if law:
        found.append((law, line.name))
    if line.name in seen:
        found.append((f"`name` must not stand in line {seen[line.name]} too", line.name))
    if line.groups and not sets_groups:
        law = "`groups` must be empty, because each sign-in sets them"
        found.append((law, " ".join(line.groups)))
    elif groups is not None:
        law = "`groups` must name groups that exist"
        found += [(law, group) for group in line.groups if group not in groups]
    return [Problem(number=line.number, law=law, value=value) for law, value in found]
