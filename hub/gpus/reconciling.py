"""Three accounts of what runs: the leases, Docker's containers, the hub's servers.

They differ after a crash, an outage or a deleted user. What to do about it is decided here,
from three lists and nothing else.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from hub.gpus.shares import Lease, Waiting

__all__ = [
    "Action",
    "Adopt",
    "DropPlace",
    "EndLease",
    "Key",
    "Remove",
    "RestoreLease",
    "Resume",
    "Seen",
    "reconcile",
]

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A container of this environment, by its labels; without a GPU `device` is empty."""

    id: str
    user: str
    server: str
    profile: str
    device: str
    parts: int
    made: datetime
    is_running: bool


@dataclass(frozen=True)
class EndLease:
    """Nothing runs by this lease, and nothing is about to."""

    lease: Lease


@dataclass(frozen=True)
class RestoreLease:
    """A container holds a part of a device, and no lease says so."""

    container: Seen


@dataclass(frozen=True)
class Adopt:
    """A server runs that the hub has forgotten; a start takes it over as it is."""

    container: Seen


@dataclass(frozen=True)
class Remove:
    """A container has ended and nobody has cleared it away, or its user is deleted."""

    container: Seen


@dataclass(frozen=True)
class Resume:
    """A place in the queue whose start ended with its hub; it is asked for again."""

    waiting: Waiting


@dataclass(frozen=True)
class DropPlace:
    """A place in the queue whose user is deleted."""

    waiting: Waiting


Action = EndLease | RestoreLease | Adopt | Remove | Resume | DropPlace


def reconcile(
    leases: Iterable[Lease],
    containers: Sequence[Seen],
    queue: Iterable[Waiting],
    active: Set[Key],
    users: Set[str],
) -> list[Action]:
    """What must be done so that the three accounts agree again.

    Parameters
    ----------
    leases, queue : iterables
        Read first: what is added to them later is not judged.
    containers : sequence of Seen
        Read after them, running or not.
    active : set of (user, server)
        What the hub says runs, starts or stops; read last. A start is active from before
        its lease until after its container runs, so that a lease without both is over.
    users : set of str
        All users of the hub.

    Returns
    -------
    list of Action
    """
    running = {_key(one): one for one in containers if one.is_running}
    leases = list(leases)
    leased = {_key(lease) for lease in leases}
    actions: list[Action] = [
        EndLease(lease)
        for lease in leases
        if _key(lease) not in running and _key(lease) not in active
    ]
    for one in containers:
        if one.user not in users or (not one.is_running and _key(one) not in active):
            actions.append(Remove(one))
            continue
        if one.is_running and one.device and _key(one) not in leased:
            actions.append(RestoreLease(one))
        if one.is_running and _key(one) not in active:
            actions.append(Adopt(one))
    for place in queue:
        if place.user not in users:
            actions.append(DropPlace(place))
        elif _key(place) not in active and _key(place) not in running:
            actions.append(Resume(place))
    return actions


def _key(one: Lease | Seen | Waiting) -> Key:
    return one.user, one.server
