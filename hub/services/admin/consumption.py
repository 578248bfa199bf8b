"""What users and groups used in the last days, from the ledger, against their budgets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from hub.choices import Budget, Budgets
from hub.quotas import (
    Decision,
    Stretch,
    budget_of,
    decisions,
    storage_limit,
    storage_used,
    used,
)

__all__ = ["Use", "by_group", "by_user", "total"]


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one user or group used.

    Limits are those that hold now, ``None`` without one; of a group there are none.
    """

    name: str
    server_hours: float = 0.0
    gpu_hours: float = 0.0
    cpu_hours: float = 0.0
    storage_bytes: int | None = None
    storage_limit_bytes: int | None = None
    gpu_limit: float | None = None
    cpu_limit: float | None = None
    budget: str = ""

    @property
    def fraction(self) -> float | None:
        """The larger of the two parts of the budget that are used; ``None`` without one."""
        parts = [
            done / limit if limit else float(done > 0)
            for done, limit in (
                (self.gpu_hours, self.gpu_limit),
                (self.cpu_hours, self.cpu_limit),
            )
            if limit is not None
        ]
        return max(parts, default=None)


def by_user(
    engine: Engine,
    budgets: Budgets | None,
    groups: Mapping[str, Sequence[str]],
    *,
    days: int,
    now: datetime,
    storage: str | None = None,
) -> list[Use]:
    """Use of everybody who used something, the most GPU hours first.

    Parameters
    ----------
    engine : Engine
        The database.
    budgets : Budgets or None
        Their limits are shown if their period is the one that is asked for.
    groups : mapping
        The groups of each user who is in one.
    days : int
        How far to look back.
    now : datetime
        Until when.
    storage : str, optional
        What a user may keep whose budget says nothing of it.
    """
    since = now - timedelta(days=days)
    by_name: defaultdict[str, list[Stretch]] = defaultdict(list)
    for stretch in used(engine, since, now):
        by_name[stretch.user].append(stretch)
    stored = storage_used(engine)
    decided: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in decisions(engine):
        decided[decision.user].append(decision)
    is_period = budgets is not None and budgets.period == timedelta(days=days)
    found = []
    for name in sorted({*by_name, *stored}):
        limits = None
        if budgets is not None and is_period:
            limits = budget_of(budgets, groups.get(name, ()), decided[name], now)
        size = stored[name][0] if name in stored else None
        use = _use(name, by_name[name], since, now, size, limits)
        if storage is not None:
            # It holds at all times, whatever the period.
            most = storage_limit(storage, budgets, groups.get(name, ()), now)
            use = replace(use, storage_limit_bytes=most)
        found.append(use)
    return sorted(found, key=lambda use: (-use.gpu_hours, -use.cpu_hours, use.name))


def _use(
    name: str,
    stretches: Iterable[Stretch],
    since: datetime,
    now: datetime,
    storage_bytes: int | None,
    limits: Budget | None,
) -> Use:
    hours = [(stretch, stretch.hours(since, now)) for stretch in stretches]
    return Use(
        name=name,
        server_hours=sum(length for _, length in hours),
        gpu_hours=sum(stretch.gpu * length for stretch, length in hours),
        cpu_hours=sum(stretch.cpus * length for stretch, length in hours),
        storage_bytes=storage_bytes,
        gpu_limit=limits.gpu_hours if limits else None,
        cpu_limit=limits.cpu_hours if limits else None,
        budget=limits.name if limits else "",
    )


def by_group(uses: Iterable[Use], groups: Mapping[str, Sequence[str]]) -> list[Use]:
    """Use of each group: the sum of its members', who may be in several."""
    members: defaultdict[str, list[Use]] = defaultdict(list)
    for use in uses:
        for group in groups.get(use.name, ()) or ("in no group",):
            members[group].append(use)
    summed = [total(name, found) for name, found in members.items()]
    return sorted(summed, key=lambda use: (-use.gpu_hours, -use.cpu_hours, use.name))


def total(name: str, uses: Sequence[Use]) -> Use:
    """The sum of several uses."""
    stored = [use.storage_bytes for use in uses if use.storage_bytes is not None]
    return Use(
        name=name,
        server_hours=sum(use.server_hours for use in uses),
        gpu_hours=sum(use.gpu_hours for use in uses),
        cpu_hours=sum(use.cpu_hours for use in uses),
        storage_bytes=sum(stored) if stored else None,
    )
