"""What the pages work with: the hub, the database, and what the platform can do."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from hub.choices import Budgets
from hub.gpus import Capacity
from hub.services.admin.archives import Archive, NotReached
from hub.services.web.counter import Counter, Person

__all__ = ["Desk", "Person"]

_NO_ARCHIVE: Final = NotReached("no folder for archives was named")
_NO_GPUS: Final = Capacity(devices=(), parts=0)


@dataclass(frozen=True, kw_only=True)
class Desk(Counter):
    """Everything that is the same for all who administer, besides what a `Counter` has.

    Parameters
    ----------
    manages_groups : bool
        Whether groups are made here, and not by the provider of sign-in.
    archive : Archive
        Keeps the files of users who leave.
    budgets : Budgets or None
        What users may use; ``None`` where nobody counts.
    storage : str or None
        What each may keep on disk, as ``50G``, where their budget says nothing of it.
    capacity : Capacity
        What there is of GPUs, as far as the settings name it.
    leaving : set of str
        Users who are being offboarded at this moment.
    one_at_a_time : asyncio.Lock
        Held while it is decided that somebody isn't the last admin.
    """

    manages_groups: bool = True
    archive: Archive = _NO_ARCHIVE
    budgets: Budgets | None = None
    storage: str | None = None
    capacity: Capacity = _NO_GPUS
    leaving: set[str] = field(default_factory=set)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
