"""Who may use how much: by group, by what an admin decided, by what was granted besides."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from hub.choices import Budget, Budgets
from hub.laws import n_bytes, require, require_text
from hub.quotas.tables import BUDGETS

__all__ = ["Decision", "budget_of", "decisions", "grant", "override", "withdraw"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an admin decided about one user's budget, and why.

    ``override`` takes the place of the groups' budgets, ``None`` hours being without limit;
    ``withdraw`` ends that; ``grant`` adds hours for one period.
    """

    user: str
    kind: str
    gpu_hours: float | None
    cpu_hours: float | None
    at: datetime
    by: str
    why: str


def override(
    engine: Engine,
    user: str,
    *,
    gpu_hours: float | None,
    cpu_hours: float | None,
    by: str,
    why: str,
) -> Decision:
    """Give `user` a budget of their own; ``None`` is without limit."""
    return _decide(engine, user, "override", gpu_hours, cpu_hours, by, why)


def withdraw(engine: Engine, user: str, *, by: str, why: str) -> Decision:
    """Let the groups' budgets hold for `user` again."""
    return _decide(engine, user, "withdraw", None, None, by, why)


def grant(
    engine: Engine, user: str, *, gpu_hours: float, cpu_hours: float, by: str, why: str
) -> Decision:
    """Add hours to the budget of `user` for one period from now."""
    return _decide(engine, user, "grant", gpu_hours, cpu_hours, by, why)


def _decide(
    engine: Engine,
    user: str,
    kind: str,
    gpu_hours: float | None,
    cpu_hours: float | None,
    by: str,
    why: str,
) -> Decision:
    require_text("user", user)
    require_text("by", by)
    require_text("why", why)
    for name, hours in (("gpu_hours", gpu_hours), ("cpu_hours", cpu_hours)):
        fits = hours is None or (math.isfinite(hours) and hours >= 0)
        require(fits, name, "be 0 or more", hours)
    decision = Decision(
        user=user,
        kind=kind,
        gpu_hours=gpu_hours,
        cpu_hours=cpu_hours,
        at=datetime.now(UTC),
        by=by,
        why=why,
    )
    row = dict(vars(decision))
    row["user_name"] = row.pop("user")
    with engine.begin() as connection:
        connection.execute(insert(BUDGETS).values(**row))
    return decision


def decisions(engine: Engine, user: str | None = None) -> list[Decision]:
    """All that admins decided, the oldest first; about one user, or about everybody."""
    found = select(BUDGETS).order_by(BUDGETS.c.id)
    if user is not None:
        found = found.where(BUDGETS.c.user_name == user)
    with engine.connect() as connection:
        return [
            Decision(
                user=row.user_name,
                kind=row.kind,
                gpu_hours=row.gpu_hours,
                cpu_hours=row.cpu_hours,
                at=row.at,
                by=row.by,
                why=row.why,
            )
            for row in connection.execute(found)
        ]


def budget_of(
    budgets: Budgets, groups: Collection[str], decided: Sequence[Decision], now: datetime
) -> Budget:
    """The budget that holds for a user.

    Parameters
    ----------
    budgets : Budgets
        Those of the settings.
    groups : collection of str
        The user's groups.
    decided : sequence of Decision
        What was decided about this user, the oldest first.
    now : datetime
        A grant counts for one period.

    Returns
    -------
    Budget
        Its name says where it comes from.
    """
    budget = _of_groups(budgets, groups)
    for decision in decided:
        if decision.kind == "override":
            budget = replace(
                budget,
                name="own",
                gpu_hours=decision.gpu_hours,
                cpu_hours=decision.cpu_hours,
            )
        elif decision.kind == "withdraw":
            budget = _of_groups(budgets, groups)
    for decision in decided:
        if decision.kind == "grant" and now - budgets.period < decision.at <= now:
            budget = replace(
                budget,
                gpu_hours=_sum(budget.gpu_hours, decision.gpu_hours),
                cpu_hours=_sum(budget.cpu_hours, decision.cpu_hours),
            )
    return budget


def _of_groups(budgets: Budgets, groups: Collection[str]) -> Budget:
    """The largest of the groups' budgets, for each resource by itself."""
    own = [budget for budget in budgets.groups if budget.name in groups]
    if not own:
        return budgets.everybody
    return Budget(
        name=", ".join(budget.name for budget in own),
        gpu_hours=_largest([budget.gpu_hours for budget in own]),
        cpu_hours=_largest([budget.cpu_hours for budget in own]),
        # A group that names none says nothing of storage.
        storage=max(
            filter(None, (budget.storage for budget in own)), key=n_bytes, default=None
        ),
    )


def _largest(hours: Sequence[float | None]) -> float | None:
    return None if None in hours else max(value for value in hours if value is not None)


def _sum(hours: float | None, more: float | None) -> float | None:
    return None if hours is None else hours + (more or 0.0)
