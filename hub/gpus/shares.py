"""Arithmetic of shares: what is free, where a fraction fits, when one will be free.

Fractions are counted in whole parts, ten thousand to a card: sums of binary fractions such
as 0.1 don't add up to what people mean. Nothing here reads a clock or a database.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = [
    "PARTS",
    "Asked",
    "Capacity",
    "Lease",
    "Place",
    "Waiting",
    "best_fit",
    "expected_times",
    "fraction_text",
    "free_parts",
    "n_parts",
    "n_times_free",
]

PARTS: Final = 10_000
"""Parts of a whole card."""


def n_parts(fraction: float) -> int:
    """Parts of a fraction of one card.

    Examples
    --------
    >>> n_parts(0.1)
    1000
    """
    return round(fraction * PARTS)


def fraction_text(parts: int) -> str:
    """The fraction as labels and people write it.

    Examples
    --------
    >>> fraction_text(1000), fraction_text(10_000)
    ('0.1', '1')
    """
    return f"{parts / PARTS:.4f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The environment's part of this host: its devices, and how many parts of each."""

    devices: tuple[str, ...]
    parts: int

    @property
    def largest(self) -> int:
        """The most that one server can ever get."""
        return self.parts if self.devices else 0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a server asks for: parts of one card, for at most the time `lasts`.

    It counts as having come `ahead_by` earlier than it did.
    """

    user: str
    server: str
    profile: str
    parts: int
    lasts: timedelta
    ahead_by: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What a server holds: parts of one device, until it ends."""

    id: int
    user: str
    server: str
    profile: str
    device: str
    parts: int
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A server in the queue, which is sorted by `rank`: when it came, or counts as having.

    `seen` is when its start last asked. Nobody waits behind one that has stopped asking.
    """

    id: int
    user: str
    server: str
    profile: str
    parts: int
    lasts: timedelta
    since: datetime
    rank: datetime
    seen: datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the queue, from 1, and when its turn is expected."""

    number: int
    expected: datetime | None


def free_parts(capacity: Capacity, leases: Iterable[Lease]) -> dict[str, int]:
    """What is free of each device; leases of a device that is gone are passed over."""
    free = dict.fromkeys(capacity.devices, capacity.parts)
    for lease in leases:
        if lease.device in free:
            free[lease.device] -= lease.parts
    return free


def best_fit(free: Mapping[str, int], parts: int) -> str | None:
    """The fullest device on which `parts` still fit, so that large pieces stay whole."""
    fitting = [device for device, left in free.items() if left >= parts]
    return min(fitting, key=lambda device: free[device], default=None)


def n_times_free(free: Mapping[str, int], parts: int) -> int:
    """How many servers that ask for `parts` would fit now."""
    return sum(max(left, 0) // parts for left in free.values())


def expected_times(
    capacity: Capacity,
    leases: Iterable[Lease],
    waiting: Sequence[Waiting],
    now: datetime,
) -> list[datetime | None]:
    """When each of the waiting gets its turn at the latest, if servers end when they must.

    Parameters
    ----------
    capacity : Capacity
        What there is to give out.
    leases : iterable of Lease
        What is held; each ends at its `until`, or now if that has passed.
    waiting : sequence of Waiting
        The queue, its head first.
    now : datetime
        The present.

    Returns
    -------
    list of datetime or None
        One each; ``None`` for what never fits.
    """
    held = list(leases)
    free = free_parts(capacity, held)
    ends = [(lease.until, lease.device, lease.parts) for lease in held]
    heapq.heapify(ends)
    times: list[datetime | None] = []
    turn = now
    for one in waiting:
        if one.parts > capacity.largest:
            times.append(None)
            continue
        while (device := best_fit(free, one.parts)) is None and ends:
            until, ended, parts = heapq.heappop(ends)
            turn = max(turn, until)
            if ended in free:
                free[ended] += parts
        if device is None:
            times.append(None)
            continue
        free[device] -= one.parts
        heapq.heappush(ends, (turn + one.lasts, device, one.parts))
        times.append(turn)
    return times
