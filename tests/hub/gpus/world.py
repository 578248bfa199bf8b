"""A small world to try leases in: a hub, a Docker and users, with real tables.

What `ContainerServer` and the reconciler do to leases and queue is done here in the same
order; the hub may die between any two steps.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.gpus import Asked, Lease, Leases
from hub.gpus.queue import PATIENCE
from hub.gpus.reconciling import (
    Action,
    Adopt,
    DropPlace,
    EndLease,
    Remove,
    RestoreLease,
    Resume,
    Seen,
    reconcile,
)

Key = tuple[str, str]
LASTS = timedelta(hours=1)


@dataclass
class World:
    """Everything outside the tables; `lease_of` is what each start got and has not used."""

    leases: Leases
    now: datetime
    users: set[str]
    is_up: bool = True
    wishes: dict[Key, int] = field(default_factory=dict)
    starting: dict[Key, int] = field(default_factory=dict)
    granted: dict[Key, Lease] = field(default_factory=dict)
    ready: set[Key] = field(default_factory=set)
    containers: dict[Key, Seen] = field(default_factory=dict)

    @property
    def active(self) -> set[Key]:
        return self.ready | self.starting.keys()

    def start(self, key: Key, parts: int) -> None:
        """A user asks for a server; the hub takes it up."""
        if self.is_up and key not in self.active:
            self.wishes[key] = self.starting[key] = parts

    def ask(self, key: Key) -> Lease | None:
        """One round of a start that waits; a container that runs is taken over instead."""
        found = self.containers.get(key)
        if found and found.is_running:
            self.leases.restore(asked(key, found.parts), found.device, found.made)
            self._is_ready(key)
            return None
        self.containers.pop(key, None)
        answer = self.leases.ask(asked(key, self.starting[key]), self.now)
        if isinstance(answer, Lease):
            self.granted[key] = answer
            return answer
        return None

    def run(self, key: Key) -> None:
        """Docker starts the container of a start that has its lease."""
        lease = self.granted.pop(key)
        self.containers[key] = Seen(
            id=f"{key}{lease.id}",
            user=key[0],
            server=key[1],
            profile="gpu",
            device=lease.device,
            parts=lease.parts,
            made=self.now,
            is_running=True,
        )
        self._is_ready(key)

    def _is_ready(self, key: Key) -> None:
        self.starting.pop(key, None)
        self.ready.add(key)

    def stop(self, key: Key) -> None:
        """A user, the culler or the end of its time stops a server, or its start."""
        self.starting.pop(key, None)
        self.granted.pop(key, None)
        self.ready.discard(key)
        self.containers.pop(key, None)
        self.leases.leave(*key)
        self.leases.release(*key)

    def forget(self, key: Key) -> None:
        """A stop while Docker doesn't answer: the hub has let go, the container runs on."""
        self.ready.discard(key)

    def crash(self, key: Key) -> None:
        """A server ends by itself; the hub hasn't looked yet."""
        found = self.containers[key]
        self.containers[key] = Seen(**(vars(found) | {"is_running": False}))

    def look(self) -> None:
        """The hub looks at its servers, and stops those that have ended."""
        for key in sorted(self.ready):
            found = self.containers.get(key)
            if found is None or not found.is_running:
                self.stop(key)

    def die(self) -> None:
        """The hub is killed; what it was just doing is never ended."""
        self.is_up = False
        self.starting.clear()
        self.granted.clear()

    def rise(self) -> None:
        """The hub starts again, and finds the servers that it had written down."""
        self.is_up = True
        self.look()

    def reconcile(self) -> list[Action]:
        """A round of the reconciler."""
        actions = reconcile(
            self.leases.held(),
            list(self.containers.values()),
            self.leases.waiting(),
            self.active,
            self.users,
        )
        for action in actions:
            self._do(action)
        return actions

    def _do(self, action: Action) -> None:
        match action:
            case EndLease(lease):
                self.leases.end(lease)
            case RestoreLease(one):
                self.leases.restore(asked(_key(one), one.parts), one.device, one.made)
            case Adopt(one):
                self.starting[_key(one)] = one.parts
                self.ask(_key(one))
            case Remove(one):
                self.containers.pop(_key(one), None)
            case Resume(place):
                self.starting[(place.user, place.server)] = place.parts
            case DropPlace(place):
                self.leases.leave(place.user, place.server)

    def alive_before(self, key: Key) -> list[Key]:
        """Those whose starts are alive and stand before `key` in the queue."""
        line = [
            (one.user, one.server)
            for one in self.leases.waiting()
            if self.now - one.seen <= PATIENCE
        ]
        return line[: line.index(key)] if key in line else line


def asked(key: Key, parts: int) -> Asked:
    """What a server of this world asks for."""
    user, server = key
    return Asked(user=user, server=server, profile="gpu", parts=parts, lasts=LASTS)


def _key(one: Seen) -> Key:
    return one.user, one.server
