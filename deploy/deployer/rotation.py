"""Secrets exchanged for new ones while people work: which go together, in which order.

Users' servers have none of these and run on. What is exchanged, and what it costs:

==================== ==================================================================
``cookie-key``       everybody signs in again
``state-key``        nothing; the key before it still opens what it closed
``proxy-token``      connections break once, and come back by themselves
``database-password`` nothing; who is connected stays, the next connection has the new one
``service-tokens``   nothing; each service pauses for its restart
==================== ==================================================================
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.deployer.commands import Failed
from deploy.deployer.giving_secrets import Secrets
from deploy.deployer.part_secrets import names_by_part
from deploy.deployer.secret_sources import made_value
from hub.choices import Postgres
from hub.roles import ROLES
from hub.settings import Settings

__all__ = ["ROTATIONS", "Tools", "rotate"]

ROTATIONS: Final = (
    "cookie-key",
    "database-password",
    "proxy-token",
    "service-tokens",
    "state-key",
)
"""What can be rotated."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a rotation acts with.

    Attributes
    ----------
    settings : Settings
        The environment.
    secrets : Secrets
        Its secrets.
    compose : callable
        Runs `docker compose` for it, and returns what it says.
    database : callable
        Has the database take over the passwords that lie in its secrets by then.
    sql : callable
        Runs a statement in the platform's database.
    say : callable
        Is told each step.
    """

    settings: Settings
    secrets: Secrets
    compose: Callable[..., str]
    database: Callable[[], object]
    sql: Callable[[str], object]
    say: Callable[[str], object]


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
    names = _names(what, settings)
    made = {name: made_value() for name in names}
    if what == "state-key":
        newest = before["state_key"].split()[0]
        return {"state_key": f"{made['state_key']} {newest}"}
    return made


def rotate(what: str, tools: Tools) -> None:
    """Exchange secrets for new ones, and have every part that uses them take them over.

    Raises
    ------
    Failed
        If a step does not succeed. Before the parts were told nothing has changed; after
        that the new values are kept and given, and the same command goes on from there.
    """
    secrets, before = tools.secrets, tools.secrets.values()
    made = new_values(what, tools.settings, before)
    secrets.source.keep(made)
    tools.say(f"new: {', '.join(sorted(made))}")
    try:
        secrets.give()
        if what == "database-password":
            tools.database()
    except Failed:
        # Nobody uses the new ones yet.
        secrets.source.keep({name: before[name] for name in made})
        secrets.give()
        raise
    for services in _restarts(what, tools, made):
        tools.compose("restart", *services)
        tools.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *services)
        tools.say(f"started anew: {', '.join(services)}")
    if what == "service-tokens":
        tools.sql(_FORGET)
        tools.say("the tokens before them are forgotten")


# JupyterHub keeps every token that its settings ever held, and goes on taking it.
_FORGET: Final = """
DELETE FROM api_tokens WHERE service_id IS NOT NULL AND note = 'from config' AND id NOT IN (
    SELECT max(id) FROM api_tokens WHERE note = 'from config' GROUP BY service_id)
"""


def _names(what: str, settings: Settings) -> tuple[str, ...]:
    if what == "service-tokens":
        return tuple(f"{service.replace('-', '_')}_token" for service in ROLES)
    if what == "database-password":
        assert isinstance(settings.database, Postgres)
        return (settings.database.password,)
    return (what.replace("-", "_"),)


def _restarts(what: str, tools: Tools, changed: Collection[str]) -> list[list[str]]:
    """Services that start anew, group after group: hubs one by one, so one is there."""
    by_part = names_by_part(tools.settings)
    parts = {part for part, names in by_part.items() if set(names) & set(changed)}
    services = tools.compose("config", "--services").split()
    hubs = sorted(one for one in services if one == "hub" or one.startswith("hub-"))
    others = sorted((set(services) & parts) - set(hubs) - _databases(tools.settings))
    if what == "proxy-token":
        # A proxy and a hub with different tokens do nothing for each other.
        return [[*others, *hubs]]
    return [*([hub] for hub in hubs), *([others] if others else [])]


def _databases(settings: Settings) -> set[str]:
    """The parts that take a password over while they run."""
    if not isinstance(settings.database, Postgres):
        return set()
    host, replicas = settings.database.host, settings.database.replicas
    return {host, *(f"{host}-{1 + number}" for number in range(1 + replicas))}
