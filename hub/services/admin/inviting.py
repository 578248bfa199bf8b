"""Inviting: users are made with their groups before they first sign in.

Doing it again changes nothing more: who is there stays, groups are added and none is left.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi.concurrency import run_in_threadpool

from hub.services.admin.desk import Desk, Person
from hub.services.admin.outcomes import Outcome, Report, State, for_each, note_outcome
from hub.services.admin.roster import Line
from hub.services.web.hub_api import HubRefusal
from hub.suspension import is_suspended

__all__ = ["invitation", "invite"]


def invitation(desk: Desk, name: str) -> str:
    """Address to send to a user: the sign-in, with the name filled in."""
    return f"{desk.public_url}/hub/login?{urlencode({'username': name})}"


async def invite(desk: Desk, person: Person, lines: Sequence[Line]) -> Report:
    """Make the users of `lines` who aren't there, and add all to their groups."""
    by_name = {line.name: line for line in lines}

    async def act(name: str) -> Outcome:
        return await _invite(desk, person, by_name[name])

    async def note(outcome: Outcome) -> None:
        await note_outcome(desk, person, "user.invite", outcome)

    return await for_each("Invite", list(by_name), act, note)


async def _invite(desk: Desk, person: Person, line: Line) -> Outcome:
    user = await person.hub.user(line.name)
    done = ["was there already" if user else "made"]
    if user is None:
        user = await person.hub.create_user(line.name)
    wrong = []
    for group in line.groups:
        if group in user.groups:
            continue
        try:
            await person.hub.add_to_group(group, [user.name])
            done.append(f"added to {group}")
        except HubRefusal as refusal:
            wrong.append(f"not added to {group}: {refusal.message}")
    if await run_in_threadpool(is_suspended, desk.engine, user.name):
        wrong.append("can't sign in before they are resumed")
    state: State = "partly" if wrong else "ok"
    return Outcome(name=user.name, state=state, said="; ".join(done + wrong))
