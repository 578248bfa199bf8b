"""Two clocks: the one on the wall, which may be set, and the one that only counts.

A wall clock that jumps must charge nobody for hours that were not, so every reading is
held against the one before it.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["Reading", "jump", "read_clocks"]

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TOLERANCE: Final = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Both clocks at one moment.

    Parameters
    ----------
    at : datetime
        What the wall clock says.
    boot : str
        The start of the machine since which the other counts.
    monotonic : float
        Seconds since then in which the machine was awake.
    """

    at: datetime
    boot: str
    monotonic: float


def read_clocks() -> Reading:
    """Both clocks now."""
    return Reading(at=datetime.now(UTC), boot=_boot(), monotonic=time.monotonic())


@cache
def _boot() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""


def jump(before: Reading | None, now: Reading) -> timedelta:
    """How far the wall clock went besides the time that passed; zero if about right.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> before = Reading(at=noon, boot="a", monotonic=100.0)
    >>> later = Reading(at=noon + timedelta(hours=5), boot="a", monotonic=160.0)
    >>> str(jump(before, later))
    '4:59:00'
    """
    if before is None or before.boot != now.boot or now.monotonic < before.monotonic:
        # Another start of the machine: there is nothing to hold the wall clock against.
        return timedelta(0)
    passed = timedelta(seconds=now.monotonic - before.monotonic)
    difference = (now.at - before.at) - passed
    return difference if abs(difference) > _TOLERANCE else timedelta(0)
