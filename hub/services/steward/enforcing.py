"""Budgets and lifetimes held while a server runs: a warning, a grace, an end.

Of storage a server's user is told, and no more.

When a server ends is written in minutes that it will have been charged for by then. So an
end that was announced comes neither sooner nor later when the steward restarts, or when
somebody sets the clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine

from hub.choices import Budgets
from hub.notices import post, withdraw
from hub.quotas import (
    REFUSED_ABOVE,
    RESOURCES,
    Account,
    Part,
    RunningServer,
    StorageUse,
    minutes_of,
)

__all__ = [
    "LIFETIME",
    "STORAGE_FULL",
    "STORAGE_WARNING",
    "End",
    "hold_budget",
    "hold_lifetime",
    "tell_of_storage",
]

LIFETIME: Final = "lifetime"
STORAGE_WARNING: Final = "storage.warning"
STORAGE_FULL: Final = "storage.full"

End = Callable[[RunningServer, str, str], None]
"""Ends a server, for a reason: its name in the audit, and in words."""

_MINUTE: Final = timedelta(minutes=1)
_WAY_OUT: Final = (
    "Delete what you don't need: `du -sh ~/* ~/.[!.]*` in a terminal shows what is large."
)


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """How a budget is held."""

    engine: Engine
    budgets: Budgets
    end: End


def hold_budget(
    engine: Engine,
    budgets: Budgets,
    account: Account,
    servers: tuple[RunningServer, ...],
    end: End,
) -> None:
    """Warn, and in the end stop, the servers that use what is used up."""
    rules = _Rules(engine=engine, budgets=budgets, end=end)
    for part in account.parts:
        for server in servers:
            each_hour = server.gpu if part.resource == "gpu_hours" else server.cpus
            if each_hour > 0:
                _hold_part(rules, part, server)


def _hold_part(rules: _Rules, part: Part, server: RunningServer) -> None:
    name, warned = RESOURCES[part.resource], f"{part.resource}.warning"
    gone = f"{part.resource}.gone"
    days = rules.budgets.period / timedelta(days=1)
    if part.limit is None or part.fraction < rules.budgets.warn_at:
        withdraw(rules.engine, server.run, warned)
        withdraw(rules.engine, server.run, gone)
        return
    told = (
        f"{part.used:.1f} of your {part.limit:g} {name} of the last {days:g} days are used"
    )
    grace = round(rules.budgets.grace / _MINUTE)
    if part.fraction < 1:
        withdraw(rules.engine, server.run, gone)
        text = f"{told}. When all are, this server is stopped {grace} minutes later."
        post(rules.engine, server.run, warned, text)
        return
    withdraw(rules.engine, server.run, warned)
    minutes = minutes_of(rules.engine, server)
    text = f"{told}: save your work. This server is stopped in {grace} minutes."
    # The minute that has begun is counted already, and is not part of the grace.
    due = minutes + grace + 1
    notice = post(rules.engine, server.run, gone, text, level="error", due_minutes=due)
    if minutes >= (notice.due_minutes or 0):
        rules.end(server, "budget.stop", told)


def hold_lifetime(
    engine: Engine,
    server: RunningServer,
    at_most: timedelta,
    warn_before: timedelta,
    end: End,
) -> None:
    """Stop a server that has run as long as its profile allows, after a warning."""
    minutes, whole = minutes_of(engine, server), at_most / _MINUTE
    warned = round(warn_before / _MINUTE)
    if minutes + warned < whole:
        return
    hours = at_most / timedelta(hours=1)
    told = f"A server of this kind runs for {hours:g} hours at most"
    # A warning that comes late, because nobody looked, is followed by its whole time.
    due = max(round(whole), minutes + warned)
    text = (
        f"{told}: save your work. This one is stopped in {due - minutes} minutes, and you "
        "can start another at once."
    )
    notice = post(engine, server.run, LIFETIME, text, due_minutes=due)
    if minutes >= (notice.due_minutes or 0):
        end(server, "lifetime.stop", told)


def tell_of_storage(
    engine: Engine,
    use: StorageUse | None,
    warn_at: float,
    servers: tuple[RunningServer, ...],
    *,
    is_held: bool,
) -> None:
    """Tell a user in each server how full their storage is; nothing is stopped for it.

    Parameters
    ----------
    engine : Engine
        The platform's tables.
    use : StorageUse or None
        What the user keeps; ``None`` if nobody knows.
    warn_at : float
        Fraction of the limit at which they are told first.
    servers : tuple of RunningServer
        Where they work.
    is_held : bool
        Whether a start may be refused for it: where there are profiles to choose from.
    """
    held = f", but above {REFUSED_ABOVE:.0%} only the smallest kind of server starts"
    fraction = use.fraction if use is not None else 0.0
    for server in servers:
        if use is None or fraction < warn_at:
            withdraw(engine, server.run, STORAGE_WARNING)
            withdraw(engine, server.run, STORAGE_FULL)
        elif fraction < 1:
            withdraw(engine, server.run, STORAGE_FULL)
            post(engine, server.run, STORAGE_WARNING, f"{use.told}. {_WAY_OUT}")
        else:
            withdraw(engine, server.run, STORAGE_WARNING)
            text = (
                f"{use.told}: that is all you may keep. {_WAY_OUT} Nothing is stopped or "
                f"deleted{held if is_held else ''}. If you need them all, ask an admin for "
                "more."
            )
            post(engine, server.run, STORAGE_FULL, text, level="error")
