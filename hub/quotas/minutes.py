"""Sets of whole minutes, as intervals of minutes since 1970 that leave out their end."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

__all__ = ["Interval", "last_minute", "minute_of", "moment", "without"]

Interval = tuple[int, int]


def minute_of(at: datetime) -> int:
    """The minute in which a moment lies."""
    return math.floor(at.timestamp() / 60)


def last_minute(at: datetime) -> int:
    """The minute before which a moment lies: a minute that has begun counts whole."""
    return math.ceil(at.timestamp() / 60)


def moment(minute: int) -> datetime:
    """When a minute begins."""
    return datetime.fromtimestamp(60 * minute, UTC)


def without(interval: Interval, holes: Iterable[Interval]) -> Sequence[Interval]:
    """What `holes` leave of `interval`, in order.

    Examples
    --------
    >>> without((0, 10), [(2, 3), (5, 12)])
    [(0, 2), (3, 5)]
    """
    left, begin = [], interval[0]
    for hole_begin, hole_end in sorted(holes):
        if begin < min(hole_begin, interval[1]):
            left.append((begin, min(hole_begin, interval[1])))
        begin = max(begin, hole_end)
    if begin < interval[1]:
        left.append((begin, interval[1]))
    return left
