"""Who is in which group, and how much of a budget is used: asked of the hub's API."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from prometheus_client.core import Metric
from sqlalchemy import Engine

from hub.choices import Budgets
from hub.quotas import account_of
from hub.services.exporter.sources import gauge

__all__ = ["people_metrics"]

_PAGE: Final = 200
NO_GROUP: Final = "none"


def people_metrics(
    engine: Engine, hub: httpx.Client, budgets: Budgets | None
) -> Iterator[Metric]:
    """Groups of every user, and the used fraction of their budgets."""
    groups = {user["name"]: tuple(user["groups"]) for user in _users(hub)}
    members = {
        (name, group): 1.0 for name, mine in groups.items() for group in mine or (NO_GROUP,)
    }
    told = "1 for every group that a user is in; `none` for who is in none."
    yield gauge("mchub_user_group", told, members, "user", "group")
    if budgets is not None:
        now = datetime.now(UTC)
        used = {}
        for name, mine in groups.items():
            for part in account_of(engine, budgets, name, mine, now).parts:
                used[name, part.resource] = part.fraction
        told = "Fraction of a user's budget that is used."
        yield gauge("mchub_budget_used_ratio", told, used, "user", "resource")


def _users(hub: httpx.Client) -> Iterator[Mapping[str, Any]]:
    offset = 0
    while True:
        page = hub.get("/users", params={"limit": _PAGE, "offset": offset})
        page.raise_for_status()
        users = page.json()
        yield from users
        if len(users) < _PAGE:
            return
        offset += _PAGE
