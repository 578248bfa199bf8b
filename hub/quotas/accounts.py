"""How much of a budget is used, when it frees again, and whether it allows a start."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from hub.choices import Budget, Budgets, Profile
from hub.quotas.budgets import budget_of, decisions
from hub.quotas.ledger import Stretch, used

__all__ = ["RESOURCES", "Account", "Part", "account_of", "check_start"]

RESOURCES: Final = {"gpu_hours": "GPU hours", "cpu_hours": "CPU hours"}
"""What is budgeted, and its name for people."""

# A server that would be stopped sooner than this is not worth its start.
LEAST: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One resource of an account, in hours."""

    resource: str
    used: float
    limit: float | None
    frees_at: datetime | None

    @property
    def left(self) -> float | None:
        """Hours left; ``None`` is without limit."""
        return None if self.limit is None else max(self.limit - self.used, 0.0)

    @property
    def fraction(self) -> float:
        """Part of the limit that is used: 0 without a limit, 1 if there is nothing."""
        if self.limit is None:
            return 0.0
        return self.used / self.limit if self.limit else 1.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a user used in a period, against the budget that holds for them."""

    user: str
    budget: Budget
    since: datetime
    until: datetime
    parts: tuple[Part, ...]
    stretches: tuple[Stretch, ...]


def account_of(
    engine: Engine, budgets: Budgets, user: str, groups: Collection[str], now: datetime
) -> Account:
    """The account of `user` over the period up to `now`."""
    since = now - budgets.period
    budget = budget_of(budgets, groups, decisions(engine, user), now)
    stretches = used(engine, since, now, user)
    parts = tuple(
        _part(resource, budget, stretches, budgets.period, now) for resource in RESOURCES
    )
    return Account(
        user=user,
        budget=budget,
        since=since,
        until=now,
        parts=parts,
        stretches=tuple(stretches),
    )


def rate(stretch: Stretch | Profile, resource: str) -> float:
    """Hours of a resource that are charged for an hour."""
    return stretch.gpu if resource == "gpu_hours" else stretch.cpus


def _part(
    resource: str,
    budget: Budget,
    stretches: Sequence[Stretch],
    period: timedelta,
    now: datetime,
) -> Part:
    limit: float | None = getattr(budget, resource)
    total = sum(
        rate(stretch, resource) * stretch.hours(now - period, now) for stretch in stretches
    )
    frees_at = None
    if limit is not None and total >= limit:
        frees_at = _frees_at(resource, limit, total, stretches, period, now)
    return Part(resource=resource, used=total, limit=limit, frees_at=frees_at)


def _frees_at(
    resource: str,
    limit: float,
    total: float,
    stretches: Sequence[Stretch],
    period: timedelta,
    now: datetime,
) -> datetime | None:
    """When the window has moved on so far that less than `limit` is in it."""
    if limit == 0:
        return None
    excess = total - limit
    for stretch in sorted(stretches, key=lambda stretch: stretch.begin):
        hours_each = rate(stretch, resource)
        begin = max(stretch.begin, now - period)
        inside = hours_each * stretch.hours(now - period, now)
        if hours_each and inside > excess:
            return begin + timedelta(hours=excess / hours_each) + period
        excess -= inside
    return None


def check_start(
    engine: Engine,
    budgets: Budgets | None,
    *,
    user: str,
    groups: Collection[str],
    profile: Profile,
    now: datetime,
) -> str | None:
    """Why a budget refuses a start, in words for its user; ``None`` if it doesn't.

    Parameters
    ----------
    engine : Engine
        The database.
    budgets : Budgets or None
        Those of the settings; without any nothing is refused.
    user, groups
        Who wants to start.
    profile : Profile
        The kind of server; its rates say what the start needs.
    now : datetime
        The end of the period.
    """
    if budgets is None:
        return None
    for part in account_of(engine, budgets, user, groups, now).parts:
        each_hour = rate(profile, part.resource)
        need = each_hour * (LEAST / timedelta(hours=1))
        if part.left is not None and each_hour > 0 and part.left < need:
            return _refusal(part, each_hour, budgets, profile)
    return None


def _refusal(part: Part, each_hour: float, budgets: Budgets, profile: Profile) -> str:
    name, days = RESOURCES[part.resource], budgets.period / timedelta(days=1)
    text = (
        f"`{profile.title}` needs {each_hour:g} {name} for each hour, and "
        f"{part.left or 0:.2f} are left: {part.used:.1f} of {part.limit:g} {name} "
        f"were used in the last {days:g} days."
    )
    if part.frees_at is not None:
        text += f" Hours come free from {part.frees_at:%Y-%m-%d %H:%M} UTC on."
    other = "Take a profile without a GPU, or ask" if profile.gpu else "Ask"
    return f"{text} {other} an admin for more."
