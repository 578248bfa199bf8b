"""Acts on users: stop, suspend, resume, join and leave a group.

Each says what it did for its user. What takes several steps does them in the order in which
an interruption does least harm, and names the steps that failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi.concurrency import run_in_threadpool

from hub import suspension
from hub.services.admin.desk import Desk, Person
from hub.services.admin.outcomes import Act, Outcome, Report, for_each, note_outcome
from hub.services.web.hub_api import HubRefusal, User

__all__ = ["ACTS", "Doing", "end_tokens", "perform", "require_others", "stop_servers"]


@dataclass(frozen=True, kw_only=True)
class Doing:
    """An act as it is asked for: on whom, with which group or reason."""

    act: str
    names: tuple[str, ...]
    group: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """An act in words: on the button, in the question before it, and what it means."""

    label: str
    question: str
    meaning: str
    needs: str = ""


ACTS: Final[Mapping[str, Kind]] = {
    "stop": Kind(
        label="Stop servers",
        question="Stop all servers of",
        meaning="Running kernels end, and what they hold in memory is lost. Files stay.",
    ),
    "suspend": Kind(
        label="Suspend",
        question="Suspend",
        meaning=(
            "Their servers stop, their tokens are deleted, and they can't sign in until "
            "they are resumed. Files, groups and settings stay."
        ),
        needs="reason",
    ),
    "resume": Kind(
        label="Resume",
        question="Resume",
        meaning="They can sign in again. Deleted tokens don't come back.",
    ),
    "join": Kind(
        label="Add to group",
        question="Add to the group",
        meaning="What the group is offered is theirs at the next start of a server.",
        needs="group",
    ),
    "leave": Kind(
        label="Remove from group",
        question="Remove from the group",
        meaning="What the group alone is offered is no longer theirs.",
        needs="group",
    ),
}


async def perform(desk: Desk, person: Person, doing: Doing) -> Report:
    """Do what is asked for all its users."""
    kind, act = ACTS[doing.act], _BY_NAME[doing.act](desk, person, doing)
    title = f"{kind.label}{f' {doing.group}' if doing.group else ''}"
    detail = {"group": doing.group, "reason": doing.reason}

    async def note(outcome: Outcome) -> None:
        await note_outcome(desk, person, f"user.{doing.act}", outcome, **detail)

    return await for_each(title, doing.names, act, note)


async def require_others(desk: Desk, person: Person, name: str, user: User | None) -> None:
    """Refuse to shut out the one who acts, or the last admin who may sign in.

    Raises
    ------
    HubRefusal
        With the way out.
    """
    if name == person.name:
        raise HubRefusal(400, f"{name} is you, and only another admin can do this to you")
    if user is None or not user.is_admin:
        return
    suspended = await run_in_threadpool(suspension.all_suspensions, desk.engine)
    out = {name, *(one.user for one in suspended)}
    async for other in person.hub.every_user():
        if other.is_admin and other.name not in out:
            return
    raise HubRefusal(400, f"{name} is the last admin who may sign in; make another first")


async def stop_servers(person: Person, name: str) -> tuple[int, list[str]]:
    """Stop every server of a user; how many were stopped, and what was refused."""
    user = await person.hub.user(name)
    if user is None:
        raise HubRefusal(404, "there is no such user")
    n_stopped, refused = 0, []
    for server in user.servers:
        try:
            await person.hub.stop_server(name, server.name)
            n_stopped += 1
        except HubRefusal as refusal:
            title = f"server `{server.name}`" if server.name else "the server"
            refused.append(f"{title} was not stopped: {refusal.message}")
    return n_stopped, refused


async def end_tokens(person: Person, name: str) -> tuple[int, list[str]]:
    """Delete every token of a user; how many there were, and what was refused."""
    n_deleted, refused = 0, []
    for token_id in await person.hub.tokens(name):
        try:
            await person.hub.delete_token(name, token_id)
            n_deleted += 1
        except HubRefusal as refusal:
            refused.append(f"token {token_id} was not deleted: {refusal.message}")
    return n_deleted, refused


def _stop(_desk: Desk, person: Person, _doing: Doing) -> Act:
    async def act(name: str) -> Outcome:
        n_stopped, refused = await stop_servers(person, name)
        if refused:
            return _partly(name, [f"{_count(n_stopped, 'server')} stopped"], refused)
        said = f"{_count(n_stopped, 'server')} stopped" if n_stopped else "no server ran"
        return Outcome(name=name, state="ok", said=said)

    return act


def _suspend(desk: Desk, person: Person, doing: Doing) -> Act:
    async def act(name: str) -> Outcome:
        user = await person.hub.user(name)
        if user is None:
            raise HubRefusal(404, "there is no such user")
        async with desk.one_at_a_time:
            await require_others(desk, person, name, user)
            # First the row: what is ended after it can't be begun again.
            is_new = await run_in_threadpool(
                suspension.suspend, desk.engine, name, person.name, doing.reason
            )
        n_stopped, refused = await stop_servers(person, name)
        n_deleted, not_deleted = await end_tokens(person, name)
        done = [
            "suspended" if is_new else "was suspended already",
            f"{_count(n_stopped, 'server')} stopped",
            f"{_count(n_deleted, 'token')} deleted",
        ]
        return _partly(name, done, refused + not_deleted)

    return act


def _resume(desk: Desk, _person: Person, _doing: Doing) -> Act:
    async def act(name: str) -> Outcome:
        if not await run_in_threadpool(suspension.resume, desk.engine, name):
            return Outcome(name=name, state="ok", said="was not suspended")
        return Outcome(name=name, state="ok", said="may sign in again")

    return act


def _require_own_groups(desk: Desk) -> None:
    if not desk.manages_groups:
        message = "groups come from the provider of sign-in here, and are changed there"
        raise HubRefusal(403, message)


def _join(desk: Desk, person: Person, doing: Doing) -> Act:
    async def act(name: str) -> Outcome:
        _require_own_groups(desk)
        await person.hub.add_to_group(doing.group, [name])
        return Outcome(name=name, state="ok", said=f"is a member of {doing.group}")

    return act


def _leave(desk: Desk, person: Person, doing: Doing) -> Act:
    async def act(name: str) -> Outcome:
        _require_own_groups(desk)
        await person.hub.remove_from_group(doing.group, [name])
        return Outcome(name=name, state="ok", said=f"is no member of {doing.group}")

    return act


_BY_NAME: Final = {
    "stop": _stop,
    "suspend": _suspend,
    "resume": _resume,
    "join": _join,
    "leave": _leave,
}


def _partly(name: str, done: list[str], refused: list[str]) -> Outcome:
    said = "; ".join([*done, *refused])
    return Outcome(name=name, state="partly" if refused else "ok", said=said)


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
