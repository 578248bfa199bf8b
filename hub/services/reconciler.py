"""The reconciler: leases, containers and the hub's servers are made to agree.

A round is made at the start, every minute, and whenever the hub answers again after it did
not. The hub has forgotten its queue then, and may have forgotten servers.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import docker
import httpx
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from hub import containers
from hub.gpus import Asked, Leases, Waiting, n_parts
from hub.gpus.reconciling import (
    Action,
    Adopt,
    DropPlace,
    EndLease,
    Key,
    Remove,
    RestoreLease,
    Resume,
    Seen,
    reconcile,
)
from hub.settings import Settings

__all__ = ["Reconciler", "run"]

EVERY: Final = timedelta(minutes=1)
_LOOK_EVERY: Final = timedelta(seconds=3)
_PAGE: Final = 200
_TROUBLE: Final = (httpx.HTTPError, DockerException, RequestException, SQLAlchemyError)

Say = Callable[[str], None]


class Reconciler:
    """What a round needs: the tables, Docker, and the hub's API with a token of its own."""

    def __init__(
        self, settings: Settings, leases: Leases, hub: httpx.Client, say: Say
    ) -> None:
        self._settings, self._leases, self._hub, self._say = settings, leases, hub, say
        self._docker = docker.APIClient(version="auto", timeout=30, **kwargs_from_env())

    def round(self) -> list[Action]:
        """Compare once and do what is to be done; what was done."""
        # In this order; `reconcile` says why.
        leases, queue = self._leases.held(), self._leases.waiting()
        found = self._containers()
        users, active = self._users()
        actions = reconcile(leases, found, queue, active, users)
        for action in actions:
            self._do(action)
        return actions

    def _containers(self) -> list[Seen]:
        label = f"{containers.ENVIRONMENT_LABEL}={self._settings.name}"
        listed = self._docker.containers(all=True, filters={"label": label})
        return [_seen(one) for one in listed]

    def _users(self) -> tuple[set[str], set[Key]]:
        users, active = set(), set()
        for user in self._pages():
            users.add(user["name"])
            active |= {(user["name"], server) for server in user.get("servers", {})}
        return users, active

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        offset = 0
        while True:
            page = self._hub.get("/users", params={"limit": _PAGE, "offset": offset})
            page.raise_for_status()
            users = page.json()
            yield from users
            if len(users) < _PAGE:
                return
            offset += _PAGE

    def _do(self, action: Action) -> None:
        match action:
            case EndLease(lease):
                done = self._leases.end(lease)
                self._say(f"lease of {lease.user} ended: nothing runs by it ({done=})")
            case RestoreLease(one):
                self._leases.restore(self._asked(one), one.device, one.made)
                self._say(f"lease of {one.user} restored from its container's labels")
            case Adopt(one):
                if self._runs(one.id):
                    self._start(one.user, one.server, "runs unknown to the hub")
            case Remove(one):
                self._remove(one)
            case Resume(place):
                if self._waits(place):
                    self._start(place.user, place.server, "waits in the queue")
            case DropPlace(place):
                self._leases.leave(place.user, place.server)
                self._say(f"{place.user} is deleted and waits no more")

    def _asked(self, one: Seen) -> Asked:
        # A profile that the settings no longer have ends as soon as it can.
        lasts = next(
            (p.at_most for p in self._settings.profiles if p.name == one.profile),
            timedelta(0),
        )
        return Asked(
            user=one.user,
            server=one.server,
            profile=one.profile,
            parts=one.parts,
            lasts=lasts,
        )

    def _runs(self, container: str) -> bool:
        try:
            found = self._docker.inspect_container(container)
        except APIError as error:
            if error.status_code == 404:
                return False
            raise
        return bool(found["State"]["Running"])

    def _waits(self, place: Waiting) -> bool:
        # Who has left since the round began isn't asked for.
        return place.id in {one.id for one in self._leases.waiting()}

    def _remove(self, one: Seen) -> None:
        try:
            self._docker.remove_container(one.id, force=True)
        except APIError as error:
            if error.status_code not in (404, 409):
                raise
        self._say(f"container of {one.user} removed: ended, or its user is deleted")

    def _start(self, user: str, server: str, why: str) -> None:
        # Without options: the hub takes those that it saved.
        path = f"/users/{quote(user, safe='')}"
        path += f"/servers/{quote(server, safe='')}" if server else "/server"
        answer = self._hub.post(path)
        self._say(f"server of {user} asked for, it {why}: {answer.status_code}")


def _seen(one: Mapping[str, Any]) -> Seen:
    label = one["Labels"]
    fraction = label.get(containers.FRACTION_LABEL, "0")
    return Seen(
        id=one["Id"],
        user=containers.user_of(label.get(containers.USER_LABEL, "")),
        server=label.get(containers.SERVER_LABEL, ""),
        profile=label.get(containers.PROFILE_LABEL, ""),
        device=label.get(containers.DEVICE_LABEL, ""),
        parts=n_parts(float(fraction)),
        made=datetime.fromtimestamp(one["Created"], UTC),
        is_running=one["State"] in ("running", "paused", "restarting"),
    )


def run(settings: Settings, leases: Leases, hub: httpx.Client, say: Say) -> None:
    """Rounds without an end; what can't be reached is waited for."""
    reconciler = None
    due = 0.0
    while True:
        if time.monotonic() >= due:
            try:
                reconciler = reconciler or Reconciler(settings, leases, hub, say)
                reconciler.round()
                due = time.monotonic() + EVERY.total_seconds()
            except _TROUBLE as error:
                say(f"no round now, another soon: {error!r}")
        elif not _answers(hub):
            due = 0.0
        time.sleep(_LOOK_EVERY.total_seconds())


def _answers(hub: httpx.Client) -> bool:
    try:
        return hub.get("/").is_success
    except httpx.HTTPError:
        return False
