"""Which users a page shows: searched and sorted by the hub, a page at a time.

The hub can't search by group or suspension; those lists are short, so their users are asked
for one by one.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastapi.concurrency import run_in_threadpool

from hub.services.admin.desk import Desk, Person
from hub.services.web.hub_api import User
from hub.suspension import Suspension, all_suspensions, suspensions

__all__ = [
    "PER_PAGE",
    "SORTS",
    "STATES",
    "Listing",
    "Row",
    "Wanted",
    "every_row",
    "listing",
]

PER_PAGE: Final = 50
STATES: Final = {
    "": "all",
    "active": "with a running server",
    "inactive": "without one",
    "suspended": "suspended",
}
SORTS: Final = {
    "name": "name",
    "-last_activity": "last seen, newest first",
    "last_activity": "last seen, oldest first",
    "-id": "newest first",
}
_AT_ONCE: Final = 8


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for: a part of the name, a state, a group; which page of it."""

    search: str = ""
    state: str = ""
    group: str = ""
    sort: str = "name"
    page: int = 1

    def query(self, **other: object) -> dict[str, object]:
        """As the parameters of an address; what is as always is left out."""
        now = replace(self, **other)  # type: ignore[arg-type]
        asked = vars(now)
        return {name: asked[name] for name in asked if asked[name] != _AS_ALWAYS[name]}


_AS_ALWAYS: Final = vars(Wanted())


@dataclass(frozen=True, kw_only=True)
class Row:
    """A user, and their suspension if they are suspended."""

    user: User
    suspension: Suspension | None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of rows, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int
    wanted: Wanted

    @property
    def n_pages(self) -> int:
        """Pages in all, at least one."""
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        """Number of the first row, from one."""
        return (self.wanted.page - 1) * PER_PAGE + 1 if self.rows else 0


async def listing(desk: Desk, person: Person, wanted: Wanted) -> Listing:
    """The page of users that is wanted."""
    offset = (wanted.page - 1) * PER_PAGE
    names = await _names(desk, person, wanted)
    if names is None:
        found = await person.hub.users(
            offset=offset,
            limit=PER_PAGE,
            search=wanted.search,
            state=wanted.state,
            sort=wanted.sort,
        )
        users, total = list(found.users), found.total
    else:
        users = await _by_name(person, names[offset : offset + PER_PAGE])
        total = len(names)
    rows = await _rows(desk, users)
    return Listing(rows=rows, total=total, wanted=wanted)


async def every_row(desk: Desk, person: Person, wanted: Wanted) -> AsyncIterator[Row]:
    """Every user that is wanted, whatever the page."""
    names = await _names(desk, person, wanted)
    if names is not None:
        for row in await _rows(desk, await _by_name(person, names)):
            yield row
        return
    some: list[User] = []
    async for user in person.hub.every_user(
        search=wanted.search, state=wanted.state, sort=wanted.sort
    ):
        some.append(user)
        if len(some) == PER_PAGE:
            for row in await _rows(desk, some):
                yield row
            some = []
    for row in await _rows(desk, some):
        yield row


async def _names(desk: Desk, person: Person, wanted: Wanted) -> list[str] | None:
    """Names of those in a group or suspended; ``None`` if neither was asked for."""
    if not wanted.group and wanted.state != "suspended":
        return None
    names: list[str] = []
    if wanted.state == "suspended":
        suspended = await run_in_threadpool(all_suspensions, desk.engine)
        names = [one.user for one in suspended]
    if wanted.group:
        groups = await person.hub.groups()
        members = {user for one in groups if one.name == wanted.group for user in one.users}
        is_suspended = wanted.state == "suspended"
        names = sorted(members & set(names)) if is_suspended else sorted(members)
    return [name for name in names if wanted.search.lower() in name]


async def _by_name(person: Person, names: Sequence[str]) -> list[User]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> User | None:
        async with gate:
            return await person.hub.user(name)

    found = await asyncio.gather(*(one(name) for name in names))
    return [user for user in found if user is not None]


async def _rows(desk: Desk, users: Sequence[User]) -> tuple[Row, ...]:
    names = [user.name for user in users]
    suspended = await run_in_threadpool(suspensions, desk.engine, names)
    return tuple(Row(user=user, suspension=suspended.get(user.name)) for user in users)
