"""Secrets exchanged for new ones while people work: which go together, in which order.

Users' servers hold none of these and run on. What is exchanged, and what that costs:

===================== =================================================================
``cookie-key``        everybody signs in again
``state-key``         nothing: the key before it still opens what it closed
``proxy-token``       connections break once, and come back by themselves
``database-password`` nothing: who is connected stays, new connections bring the new one
``service-tokens``    nothing: each service pauses for its restart
===================== =================================================================
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Final

from deploy.deployer.database import primary
from deploy.deployer.giving_secrets import Secrets
from deploy.deployer.hub_switch import found
from deploy.deployer.outcomes import Failed, NeedsPerson
from deploy.deployer.part_secrets import names_by_part
from deploy.deployer.programs import Programs
from deploy.deployer.secret_sources import made_value
from deploy.deployer.story import Story
from hub.choices import Postgres
from hub.roles import ROLES
from hub.settings import Settings

__all__ = ["ROTATIONS", "new_values", "restart_order", "rotate"]

ROTATIONS: Final = (
    "cookie-key",
    "database-password",
    "proxy-token",
    "service-tokens",
    "state-key",
)
"""What can be rotated."""

# JupyterHub keeps every token that its settings ever held, and goes on taking it.
_FORGET: Final = (
    "DELETE FROM api_tokens WHERE service_id IS NOT NULL AND note = 'from config' "
    "AND id NOT IN (SELECT max(id) FROM api_tokens WHERE note = 'from config' "
    "GROUP BY service_id)"
)


def rotate(what: str, programs: Programs, secrets: Secrets, story: Story) -> None:
    """Exchange secrets for new ones, and have every part that uses them take them over.

    Parameters
    ----------
    what : str
        One of `ROTATIONS`.
    programs : Programs
        The environment, which runs.
    secrets : Secrets
        Its secrets.
    story : Story
        Is told each step.

    Raises
    ------
    Failed
        If no part was told yet; all is as it was.
    NeedsPerson
        If a part did not take it over. The new values are kept and given: `up`, or the same
        command, goes on from there.
    """
    settings, before = programs.settings, secrets.values()
    made = new_values(what, settings, before)

    def exchange() -> str:
        secrets.source.keep(made)
        try:
            secrets.give()
            if what == "database-password":
                _tell_database(programs)
        except Failed:
            secrets.source.keep({name: before[name] for name in made})
            secrets.give()
            raise
        return ", ".join(sorted(made))

    story.change("new values, given to their parts", exchange)
    services = programs.compose("config", "--services").split()
    try:
        active = found(programs).active
        last = f"hub-{active.color}" if active else ""
        for group in restart_order(what, settings, services, last):
            story.change(f"{', '.join(group)}: anew", _starter(programs, group))
        if what == "service-tokens":
            story.change("the tokens before are forgotten", lambda: _forget(programs))
        detail = json.dumps({"what": what})
        story.change(
            "the audit log says so", lambda: programs.note("secret.rotate", what, detail)
        )
    except Failed as error:
        message = f"{error}\nThe new values are kept and given; `up` goes on from here."
        raise NeedsPerson(message) from error


def new_values(what: str, settings: Settings, before: Mapping[str, str]) -> dict[str, str]:
    """What the secrets of a rotation are afterwards, by name.

    A key that encrypts keeps the one before it behind it, and only that one: what is older
    was written anew meanwhile.

    Examples
    --------
    >>> from hub import load
    >>> made = new_values("state-key", load("rehearsal", {}), {"state_key": "b a"})
    >>> made["state_key"][-2:]
    ' b'
    """
    made = {name: made_value() for name in _names(what, settings)}
    if what == "state-key":
        newest = before["state_key"].split()[0]
        return {"state_key": f"{made['state_key']} {newest}"}
    return made


def restart_order(
    what: str, settings: Settings, services: Collection[str], active: str
) -> list[list[str]]:
    """Services that start anew, group after group: hubs one by one, so one is there.

    The active one comes last, and hands over to one that has the new values already.
    """
    changed = set(_names(what, settings))
    by_part = names_by_part(settings)
    parts = {part for part, names in by_part.items() if changed & set(names)}
    hubs = sorted(one for one in services if one.startswith("hub-"))
    hubs.sort(key=lambda hub: hub == active)
    others = sorted((set(services) & parts) - set(hubs) - _databases(settings))
    if what == "proxy-token":
        # A proxy and a hub with different tokens do nothing for each other: a hub that has
        # the new one waits already when the other ends together with the proxy.
        waiting = [hub for hub in hubs if hub != active]
        return [*([hub] for hub in waiting), [*others, *hubs[len(waiting) :]]]
    return [*([hub] for hub in hubs), *([others] if others else [])]


def _names(what: str, settings: Settings) -> tuple[str, ...]:
    if what == "service-tokens":
        return tuple(f"{service.replace('-', '_')}_token" for service in ROLES)
    if what == "database-password":
        assert isinstance(settings.database, Postgres)
        return (settings.database.password,)
    return (what.replace("-", "_"),)


def _databases(settings: Settings) -> set[str]:
    """The parts that take a password over while they run."""
    assert isinstance(settings.database, Postgres)
    return set(settings.database.hosts)


def _starter(programs: Programs, services: list[str]) -> Callable[[], object]:
    def start() -> None:
        programs.compose("restart", *services)
        # Waits until they are well, and changes nothing else about them.
        words = ("--detach", "--wait", "--no-deps", "--no-recreate")
        programs.compose("up", *words, *services)

    return start


def _tell_database(programs: Programs) -> None:
    node = primary(programs.docker, programs.settings)
    programs.docker("exec", node, "python3", "-m", "deploy.database", "roles")


def _forget(programs: Programs) -> str:
    node = primary(programs.docker, programs.settings)
    psql = ("psql", "--no-psqlrc", "--dbname=mchub", f"--command={_FORGET}")
    return programs.docker("exec", node, *psql).strip()
