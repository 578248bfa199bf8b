"""How much a user may keep on disk, how much of it is full, and which starts that refuses.

No server is stopped for what lies on the disk: what its memory holds would be lost, and
nothing would be deleted. Its user is told, and in the end starts only the smallest kind.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from hub.choices import Budgets, Profile
from hub.laws import n_bytes, size_text
from hub.quotas.budgets import budget_of
from hub.quotas.storage_use import storage_used

__all__ = ["REFUSED_ABOVE", "StorageUse", "check_storage", "storage_limit", "storage_of"]

REFUSED_ABOVE: Final = 1.2
"""Fraction of the limit above which only the smallest profile starts."""

# What nobody could measure for so long is no reason to refuse or to warn.
FRESH: Final = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class StorageUse:
    """What a user keeps, as it was measured `at` some moment, and what they may keep."""

    used_bytes: int
    limit_bytes: int
    at: datetime

    @property
    def fraction(self) -> float:
        """Part of the limit that is used."""
        return self.used_bytes / self.limit_bytes

    @property
    def told(self) -> str:
        """Both numbers, in words for their user."""
        used, limit = size_text(self.used_bytes), size_text(self.limit_bytes)
        return f"Your files take {used} of {limit} (measured {self.at:%H:%M} UTC)"

    def is_fresh(self, now: datetime) -> bool:
        """Whether it was measured of late."""
        return now - self.at <= FRESH


def storage_limit(
    everybodys: str, budgets: Budgets | None, groups: Collection[str], now: datetime
) -> int:
    """Bytes that a user may keep: their budget's, else `everybodys`, the environment's."""
    budget = budget_of(budgets, groups, (), now) if budgets is not None else None
    return n_bytes((budget and budget.storage) or everybodys)


def storage_of(engine: Engine, user: str, limit_bytes: int) -> StorageUse | None:
    """What a user keeps of what they may; ``None`` before it was ever measured."""
    found = storage_used(engine, user).get(user)
    if found is None:
        return None
    return StorageUse(used_bytes=found[0], limit_bytes=limit_bytes, at=found[1])


def check_storage(
    use: StorageUse | None, *, profile: Profile, offered: Sequence[Profile], now: datetime
) -> str | None:
    """Why full storage refuses a start, in words for its user; ``None`` if it doesn't.

    Parameters
    ----------
    use : StorageUse or None
        What the user keeps.
    profile : Profile
        What they want to start.
    offered : sequence of Profile
        What they might start: the smallest of these is never refused, because whoever is
        to delete files needs a server to do it.
    now : datetime
        An old measurement refuses nothing.
    """
    if use is None or not use.is_fresh(now) or use.fraction <= REFUSED_ABOVE:
        return None
    smallest = min(offered, key=_size, default=profile)
    if _size(profile) <= _size(smallest):
        return None
    return (
        f"{use.told}, more than {REFUSED_ABOVE:.0%}: until you have deleted some, "
        f"`{smallest.title}` starts and `{profile.title}` doesn't. They are measured again "
        "every ten minutes. If you need them all, ask an admin for more."
    )


def _size(profile: Profile) -> tuple[float, float, int]:
    return profile.gpu, profile.cpus, n_bytes(profile.memory)
