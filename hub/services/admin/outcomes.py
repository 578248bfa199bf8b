"""What became of an act, user by user: nothing is left half done without a word."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hub.services.admin.desk import Desk, Person
from hub.services.admin.hub_api import HubAway, HubRefusal

__all__ = ["Act", "Outcome", "Report", "for_each", "note_outcome"]

State = Literal["ok", "partly", "refused"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one user; `said` tells what was done or why it was not."""

    name: str
    state: State
    said: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of all."""

    title: str
    outcomes: tuple[Outcome, ...]

    def count(self, state: State) -> int:
        """How many users it went so for."""
        return sum(outcome.state == state for outcome in self.outcomes)


Act = Callable[[str], Awaitable[Outcome]]


async def for_each(title: str, names: Sequence[str], act: Act) -> Report:
    """Do `act` for one user after the other; a refusal stops only its own user.

    One after the other, because each stop of a server keeps the hub busy.
    """
    return Report(title=title, outcomes=tuple([await _one(name, act) for name in names]))


async def note_outcome(
    desk: Desk, person: Person, action: str, outcome: Outcome, **detail: str
) -> None:
    """Write `outcome` down for the audit log."""
    told = {"said": outcome.said, **{name: text for name, text in detail.items() if text}}
    await desk.note(person, action, outcome.name, _IN_AUDIT[outcome.state], told)


_IN_AUDIT: Final[Mapping[State, Literal["ok", "refused", "failed"]]] = {
    "ok": "ok",
    "partly": "failed",
    "refused": "refused",
}


async def _one(name: str, act: Act) -> Outcome:
    try:
        return await act(name)
    except HubRefusal as refusal:
        return Outcome(name=name, state="refused", said=refusal.message)
    except HubAway as away:
        said = f"{away}; what was done is not known, look at the user again"
        return Outcome(name=name, state="partly", said=said)
