"""Inviting: users are made with their groups before they first sign in.

Doing it again changes nothing more: who is there stays, groups are added and none is left.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from hub.services.admin.desk import Desk, Person
from hub.services.admin.outcomes import Outcome, Report, for_each, note_outcome
from hub.services.admin.roster import Line

__all__ = ["invitation", "invite"]


def invitation(desk: Desk, name: str) -> str:
    """Address to send to a user: the sign-in, with the name filled in."""
    return f"{desk.public_url}/hub/login?{urlencode({'username': name})}"


async def invite(desk: Desk, person: Person, lines: Sequence[Line]) -> Report:
    """Make the users of `lines` who aren't there, and add all to their groups."""
    by_name = {line.name: line for line in lines}

    async def act(name: str) -> Outcome:
        return await _invite(person, by_name[name])

    report = await for_each("Invite", list(by_name), act)
    for outcome in report.outcomes:
        await note_outcome(desk, person, "user.invite", outcome)
    return report


async def _invite(person: Person, line: Line) -> Outcome:
    user = await person.hub.user(line.name)
    done = ["was there already" if user else "made"]
    if user is None:
        user = await person.hub.create_user(line.name)
    for group in line.groups:
        if group not in user.groups:
            await person.hub.add_to_group(group, [user.name])
            done.append(f"added to {group}")
    return Outcome(name=user.name, state="ok", said="; ".join(done))
