"""The database of an environment from outside: its copies, its restore, and the drill.

Every function is told how to run `docker`, and finds the containers by the settings. What
is done within a container, `deploy.database` does.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from deploy.deployer.outcomes import Failed
from hub.choices import Postgres
from hub.settings import Settings

__all__ = [
    "DatabaseCopy",
    "Drilled",
    "backup_database",
    "database_backups",
    "drill_database",
    "primary",
    "restore_database",
    "switch_primary",
]

Docker = Callable[..., str]
"""Runs `docker` with words, and returns what it says."""

_PROGRAM: Final = ("python3", "-m", "deploy.database")
_SWITCH: Final = (
    *("patronictl", "-c", "/run/mchub/patroni.json"),
    *("switchover", "mchub", "--force"),
)
# Of the promise "less than five minutes" what the database may take.
_RESTORED_WITHIN: Final = 240.0


@dataclass(frozen=True, kw_only=True)
class DatabaseCopy:
    """A copy of the database.

    Attributes
    ----------
    label : str
        Its name, unique in its repository.
    repository : int
        1: on this host; 2: off-site.
    kind : str
        ``full`` or ``incr``.
    ended : datetime
        The database can be restored to any moment after this one.
    n_bytes : int
        What it takes in the repository.
    notes : mapping of str to str
        What whoever made it said: ``reason``, and ``release`` if it was a deployment.
    """

    label: str
    repository: int
    kind: str
    ended: datetime
    n_bytes: int
    notes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """What came of a restore that was tried aside.

    Attributes
    ----------
    to : datetime
        The moment that was restored.
    repository : int
        From where.
    seconds : float
        From an empty folder to a database that answers.
    versions : mapping of str to str
        Of JupyterHub's tables and of the platform's own.
    n_users : int
        Users in it.
    checksums : str
        What ``pg_checksums`` said after reading every page.
    """

    to: datetime
    repository: int
    seconds: float
    versions: Mapping[str, str]
    n_users: int
    checksums: str


def container(settings: Settings, part: str) -> str:
    """Name of the container of a part of an environment."""
    return f"mchub-{settings.name}-{part}-1"


def nodes(settings: Settings) -> tuple[str, ...]:
    """Names of the containers of the database."""
    database = settings.database
    assert isinstance(database, Postgres)
    return tuple(container(settings, host) for host in database.hosts)


def primary(docker: Docker, settings: Settings) -> str:
    """Name of the container whose data may be changed now.

    Raises
    ------
    Failed
        If there is none.
    """
    for node in nodes(settings):
        try:
            docker("exec", node, *_PROGRAM, "is-primary")
        except Failed:
            continue
        return node
    message = f"the database of {settings.name} must have a primary; no node is one."
    raise Failed(message)


def backup_database(
    docker: Docker,
    settings: Settings,
    *,
    reason: str,
    release: str | None = None,
    full: bool = False,
    repositories: Sequence[int] = (),
) -> list[DatabaseCopy]:
    """Make a copy now, on the primary, in every repository or in those named.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    settings : Settings
        The environment, in which copies are made.
    reason : str
        Why, in a word; it is kept with the copy.
    release : str, optional
        Release that runs, for an emergency that goes back to this copy.
    full : bool, default False
        The whole database again instead of what changed since the last copy.
    repositories : sequence of int, optional
        1: on this host; 2: off-site.

    Raises
    ------
    Failed
        If there is no primary, or a copy could not be made.
    """
    notes = {"reason": reason} | ({"release": release} if release else {})
    words = [f"--note={name}={text}" for name, text in notes.items()]
    words += [f"--repository={number}" for number in repositories]
    kind = "full" if full else "incr"
    node = primary(docker, settings)
    return _read(docker("exec", node, *_PROGRAM, "copy", f"--kind={kind}", *words))


def database_backups(docker: Docker, settings: Settings) -> list[DatabaseCopy]:
    """The copies there are in all repositories, the oldest first.

    Any node that runs can tell: it need not be the primary.

    Raises
    ------
    Failed
        If no node runs.
    """
    refused = Failed(f"the database of {settings.name} must run; no node does.")
    for node in nodes(settings):
        try:
            return _read(docker("exec", node, *_PROGRAM, "copies"))
        except Failed as error:
            refused = error
    raise refused


def restore_database(
    docker: Docker,
    settings: Settings,
    *,
    to: datetime | None,
    repository: int = 1,
    within: float = _RESTORED_WITHIN,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Put the database back as it was at a moment; what it is now is kept aside.

    Whoever writes to it must be stopped before. A copy of what is there is made first if
    the database still answers. If the restore fails, what was there is brought back.

    Parameters
    ----------
    docker : callable
        Runs `docker`.
    settings : Settings
        The environment; its containers exist, whether they run or not.
    to : datetime or None
        The moment, with its time zone; ``None``: the last that the repository knows, as on
        a new host.
    repository : int, default 1
        1: this host's copies; 2: those off-site.
    within : float, optional
        Seconds that each node may take until it answers.
    say : callable, optional
        Told each step.

    Returns
    -------
    str
        Where the data lies that was there before: its name within each node's volume.

    Raises
    ------
    Failed
        If there is no copy from before that moment, and nothing was changed; or if the
        restore failed, and the message says whether all is as it was.
    """
    if to is not None and to > datetime.now(UTC):
        message = f"`to` must lie in the past; got {to}."
        raise Failed(message)
    was_primary = _safety_copy(docker, settings, to, repository, say)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    moment = to and f"{to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
    order = json.dumps({"repository": repository, "to": moment})
    _empty(docker, settings, ("set-aside", stamp, order))
    say(f"data set aside as data.before.{stamp}")
    try:
        _start(docker, nodes(settings), within, say)
    except Failed as error:
        _empty(docker, settings, ("bring-back", stamp))
        order_of_start = sorted(nodes(settings), key=lambda node: node != was_primary)
        _start(docker, order_of_start, _RESTORED_WITHIN, say)
        message = f"{error}\nThe database is again as it was before the restore."
        raise Failed(message) from error
    for node in nodes(settings):
        docker("exec", node, *_PROGRAM, "forget-order")
    return f"data.before.{stamp}"


def _safety_copy(
    docker: Docker,
    settings: Settings,
    to: datetime | None,
    repository: int,
    say: Callable[[str], None],
) -> str | None:
    """The primary, after a copy of what it holds; nothing if it is not to be had."""
    try:
        node = primary(docker, settings)
    except Failed:
        say("no copy of what is there: the database doesn't answer")
        return None
    copies = [
        copy for copy in database_backups(docker, settings) if copy.repository == repository
    ]
    if to is not None and not any(copy.ended < to for copy in copies):
        oldest = min((copy.ended for copy in copies), default=None)
        message = (
            f"`to` must lie after the oldest copy in repository {repository}, "
            f"{oldest or 'of which there is none'}; got {to}."
        )
        raise Failed(message)
    backup_database(docker, settings, reason="before-restore", repositories=[repository])
    say("a copy of what is there is made")
    return node


def _empty(docker: Docker, settings: Settings, verb: Sequence[str]) -> None:
    """Stop all nodes, act on their volumes, and forget which of them was the primary."""
    docker("stop", "--time=60", *nodes(settings))
    for node in nodes(settings):
        _beside(docker, node, verb, "--network=none")
    if len(nodes(settings)) > 1:
        etcd = container(settings, "etcd")
        docker("exec", etcd, "etcdctl", "del", "--prefix", "/service/mchub/")


def _start(
    docker: Docker, order: Sequence[str], within: float, say: Callable[[str], None]
) -> None:
    first, *others = order
    docker("start", first)
    _wait(
        lambda: docker("exec", first, *_PROGRAM, "is-primary"),
        f"{first} is the primary",
        within,
    )
    say(f"{first} is the primary")
    for node in others:
        docker("start", node)
        asked = ("curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8008/synchronous")
        _wait(partial(docker, "exec", node, *asked), f"{node} stands by", within)
        say(f"{node} stands by")


def switch_primary(docker: Docker, settings: Settings) -> str:
    """Have the standby take over, as before work on the primary; its container's name.

    Raises
    ------
    Failed
        If there is no standby, or it does not take over.
    """
    before = primary(docker, settings)
    others = [node for node in nodes(settings) if node != before]
    if not others:
        message = f"{settings.name}.database.replicas: must be 1 to switch; got 0."
        raise Failed(message)
    docker("exec", before, *_SWITCH)
    _wait(lambda: docker("exec", others[0], *_PROGRAM, "is-primary"), "the other took over")
    return others[0]


def drill_database(docker: Docker, settings: Settings, *, repository: int = 1) -> Drilled:
    """Restore to a moment of just now in a container of its own, and look at what is there.

    Two marks are written, and the database restored to a moment between them: the first
    must be there and the second must not.

    Raises
    ------
    Failed
        If anything of that is otherwise.
    """
    node = primary(docker, settings)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    docker("exec", node, *_PROGRAM, "mark", f"{name}-before")
    time.sleep(0.5)
    to = datetime.now(UTC)
    time.sleep(0.5)
    docker("exec", node, *_PROGRAM, "mark", f"{name}-after")
    docker("exec", node, *_PROGRAM, "push")
    order = {"repository": repository, "to": f"{to:%Y-%m-%d %H:%M:%S.%f}+00"}
    network = f"mchub-{settings.name}_off-site" if repository == 2 else "none"
    told = _beside(
        docker, node, ("drill", json.dumps(order)), f"--network={network}", "--volume=/tmp"
    )
    found: dict[str, Any] = json.loads(told)
    marks = [mark for mark in found["marks"] if mark.startswith(name)]
    if marks != [f"{name}-before"]:
        message = f"a restore to {to} must hold the mark before it alone; got {marks}."
        raise Failed(message)
    del found["marks"]
    return Drilled(to=to, repository=repository, **found)


def _beside(docker: Docker, node: str, verb: Sequence[str], *options: str) -> str:
    """Act on a node's volumes in a container of its own."""
    inspected = json.loads(docker("inspect", node))[0]["Config"]
    variables = [each for each in inspected["Env"] if each.startswith("MC_")]
    return docker(
        *("run", "--rm", "--read-only", "--cap-drop=ALL", "--memory=1g"),
        *("--security-opt=no-new-privileges", f"--volumes-from={node}", *options),
        "--tmpfs=/run/mchub:uid=999,gid=999,mode=0700",
        *(f"--env={each}" for each in variables),
        *(inspected["Image"], *verb),
    )


def _wait(ask: Callable[[], object], what: str, within: float = _RESTORED_WITHIN) -> None:
    end = time.monotonic() + within
    while True:
        try:
            ask()
        except Failed as error:
            if time.monotonic() > end:
                message = f"{what}: not within {within:.0f} s. {error}"
                raise Failed(message) from error
            time.sleep(0.5)
        else:
            return


def _read(told: str) -> list[DatabaseCopy]:
    return [
        DatabaseCopy(
            label=each["label"],
            repository=each["repository"],
            kind=each["kind"],
            ended=datetime.fromtimestamp(each["ended"], UTC),
            n_bytes=each["n_bytes"],
            notes=each["notes"],
        )
        for each in json.loads(told)
    ]
