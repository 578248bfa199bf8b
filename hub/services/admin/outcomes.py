"""What became of an act, user by user: nothing is left half done without a word."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from hub.services.admin.desk import Desk, Person
from hub.services.web.hub_api import HubAway, HubRefusal

__all__ = ["Act", "Outcome", "Report", "State", "for_each", "note_outcome"]

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
Note = Callable[[Outcome], Awaitable[None]]


async def for_each(title: str, names: Sequence[str], act: Act, note: Note) -> Report:
    """Do `act` for one user after the other; a refusal stops only its own user.

    One after the other, because each stop of a server keeps the hub busy. Each outcome is
    told to `note` before the next user is touched.
    """
    outcomes = []
    for name in names:
        outcomes.append(await _one(name, act))
        await note(outcomes[-1])
    return Report(title=title, outcomes=tuple(outcomes))


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


_UNKNOWN: Final = "what was done is not known, look at the user again"


async def _one(name: str, act: Act) -> Outcome:
    try:
        return await act(name)
    except HubRefusal as refusal:
        return Outcome(name=name, state="refused", said=refusal.message)
    except HubAway as away:
        return Outcome(name=name, state="partly", said=f"{away}; {_UNKNOWN}")
    except SQLAlchemyError:
        said = f"the database did not answer; {_UNKNOWN}"
        return Outcome(name=name, state="partly", said=said)
