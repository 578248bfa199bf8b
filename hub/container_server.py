"""A user's server as a container, of a profile they chose, with a lease if it needs a GPU.

DockerSpawner creates, starts and stops the container. What is added here: who may choose
what, turns, leases, the words on the page while it starts, and that a Docker which doesn't
answer is not taken for a server that is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from docker.errors import APIError, DockerException
from dockerspawner import DockerSpawner
from requests import RequestException
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import object_session

from hub import containers
from hub.choices import Profile
from hub.database import connect
from hub.gpus import Asked, Capacity, Lease, Leases, Place, find_devices, n_parts
from hub.gpus.queue import ASK_EVERY
from hub.options_page import options_page
from hub.profile_server import ProfileServer
from hub.profiles import Wanted, asked_of, gpu_refusal, offered_profiles, offers
from hub.settings import Settings
from hub.start_refusals import refused

__all__ = ["Check", "ContainerServer", "leases_of"]

# A check says why a start is refused, or nothing.
Check = Callable[[Wanted], str | None]

_N_THREADS: Final = 32
_N_LINES: Final = 20
_NO_ANSWER: Final = (DockerException, RequestException)


def _checks(_settings: Settings) -> Sequence[Check]:
    """What may refuse a start before a lease is taken, asked in this order."""
    return ()


@cache
def leases_of(settings: Settings) -> Leases:
    """Leases and queue of this hub's environment, one object for each process."""
    devices = tuple(device.name for device in find_devices(settings.gpus))
    capacity = Capacity(devices=devices, parts=n_parts(settings.gpus.share))
    return Leases(connect(settings), capacity)


@cache
def _starting(_loop: asyncio.AbstractEventLoop, at_once: int) -> asyncio.Semaphore:
    return asyncio.Semaphore(at_once)


class ContainerServer(ProfileServer, DockerSpawner):  # type: ignore[misc]
    """A container for each server; `settings` say what it may be."""

    _executor: ThreadPoolExecutor | None = None
    _turns: Final[set[asyncio.Event]] = set()

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._at_docker = asyncio.Lock()
        self._lease: Lease | None = None
        self._is_started_here = False
        self._steps: list[dict[str, Any]] = []
        self._stepped = asyncio.Event()

    # --- what is chosen

    async def get_options_form(self) -> str:
        """The cards to choose from, with what is free now."""
        wanted = [self.wanted(one) for one in offered_profiles(self.settings, self.groups)]
        leases = leases_of(self.settings)
        now = datetime.now(UTC)
        found = await asyncio.to_thread(offers, self.settings, wanted, leases, now)
        chosen = self.user_options.get("profile") if self.user_options else None
        return options_page(found, chosen, now)

    # --- the start

    async def run_pre_spawn_hook(self) -> None:
        """What may refuse the start; from here on it is this hub's own."""
        self._is_started_here = True
        await super().run_pre_spawn_hook() if self.pre_spawn_hook else None

    async def start(self) -> tuple[str, int]:
        """Start the server: choose, check, wait for a turn, create, wait until it listens.

        A container of this server that runs already is taken over as it is.
        """
        self._steps, self._lease = [], None
        if found := await self.get_object():
            if found["State"]["Running"] and self._is_ours(found):
                return await self._adopt(found)
            await self.docker("remove_container", found["Id"], force=True)
        profile = self.chosen_profile()
        await self._check(profile)
        await self._find_image(profile)
        if profile.gpu:
            self._lease = await self._wait_for_lease(profile)
        turns = _starting(asyncio.get_running_loop(), self.settings.server.start.at_once)
        if turns.locked():
            self._say(30, "Waiting for other servers that are starting")
        async with turns:
            self._say(35, "The container is being made")
            within = self.settings.server.start.within.total_seconds()
            try:
                async with asyncio.timeout(within):
                    return await self._run(profile)
            except TimeoutError:
                message = (
                    f"The server did not listen within {within:g} s. {await self._words()}"
                )
                raise refused(message, "timeout") from None

    async def _check(self, profile: Profile) -> None:
        leases = leases_of(self.settings)
        if refusal := gpu_refusal(profile, leases):
            raise refused(f"`{profile.name}` can't start here. {refusal}", "gpu")
        for check in _checks(self.settings):
            why = await asyncio.to_thread(check, self.wanted(profile))
            if why:
                raise refused(why, "check")

    async def _find_image(self, profile: Profile) -> None:
        try:
            await self.docker("inspect_image", profile.image)
        except APIError as error:
            if error.status_code != 404:
                raise
            message = (
                f"The image `{profile.image}` of `{profile.name}` is not on this host, and "
                "none is fetched while you wait. Tell an administrator."
            )
            raise refused(message, "image") from error
        self._say(10, f"{profile.title}: the image {profile.image} is there")

    async def _wait_for_lease(self, profile: Profile) -> Lease:
        leases, asked = (
            leases_of(self.settings),
            asked_of(self.wanted(profile), self.settings),
        )
        turn = asyncio.Event()
        self._turns.add(turn)
        try:
            while True:
                answer = await self._ask(leases, asked)
                if isinstance(answer, Lease):
                    self._say(25, f"Leased {profile.gpu:.0%} of the GPU {answer.device}")
                    return answer
                if answer is not None:
                    self._say(15, _in_words(answer))
                turn.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(turn.wait(), ASK_EVERY.total_seconds())
        finally:
            self._turns.discard(turn)

    async def _ask(self, leases: Leases, asked: Asked) -> Lease | Place | None:
        try:
            return await asyncio.to_thread(leases.ask, asked, datetime.now(UTC))
        except (InterfaceError, OperationalError) as error:
            # The database is starting again, say; the place in the queue is kept there.
            self.log.warning("asking for a GPU again, the database said %s", error)
            return None

    async def _run(self, profile: Profile) -> tuple[str, int]:
        self._prepare(profile)
        # To the end, even if the start is cancelled meanwhile: a container that Docker is
        # just starting would otherwise be found neither by the stop nor by the lease.
        work = asyncio.ensure_future(self._create())
        try:
            address = await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise
        self._say(60, "The container has started")
        await self._until_it_listens(*address)
        self._say(90, "The server listens")
        return address

    def _prepare(self, profile: Profile) -> None:
        user = self.user.name
        # Here and not in the configuration, where they would be read before any choice.
        self.image = profile.image
        self.mem_limit, self.cpu_limit = profile.memory, profile.cpus
        self.volumes = {containers.volume_name(self.settings, user): containers.HOME}
        label = containers.labels(self.settings, user, self.name, profile, self._lease)
        self.extra_create_kwargs = {"labels": label}
        self.extra_host_config = containers.host_config(self.settings, profile, self._lease)

    async def _create(self) -> tuple[str, int]:
        async with self._at_docker:
            user = self.user.name
            await self.docker(
                "create_volume",
                containers.volume_name(self.settings, user),
                labels={
                    containers.USER_LABEL: containers.plain_name(user),
                    containers.ENVIRONMENT_LABEL: self.settings.name,
                },
            )
            created = await self.create_object()
            self.object_id = created[self.object_id_key]
            self._say(40, "The container is made")
            await self.start_object()
            address: tuple[str, int] = await self.get_ip_and_port()
            # Before it listens: a hub that is started anew meanwhile must find it.
            self.server.ip, self.server.port = address
            self.orm_spawner.state = self.get_state()
            session = object_session(self.orm_spawner)
            if session is not None:
                session.commit()
            return address

    async def _until_it_listens(self, ip: str, port: int) -> None:
        while not await _listens(ip, port):
            found = await self.get_object()
            if found is None or not found["State"]["Running"]:
                message = f"The server ended while it was starting. {await self._words()}"
                raise refused(message, "ended")
            await asyncio.sleep(0.25)

    async def _words(self) -> str:
        try:
            said = await self.docker("logs", self.object_id, tail=_N_LINES)
        except _NO_ANSWER:
            return "Its log can't be read."
        return f"The last lines of its log:\n{said.decode(errors='replace')}"

    def get_env(self) -> dict[str, str]:
        """JupyterHub's variables, which app, and which part of which GPU."""
        devices = {device.name: device for device in find_devices(self.settings.gpus)}
        variables: dict[str, str] = super().get_env()
        own = self.app_variables() | containers.gpu_variables(self._lease, devices)
        return variables | own

    # --- what is there already

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        label = found["Config"]["Labels"] or {}
        own = {
            containers.ENVIRONMENT_LABEL: self.settings.name,
            containers.USER_LABEL: containers.plain_name(self.user.name),
            containers.SERVER_LABEL: self.name,
        }
        return all(label.get(name) == value for name, value in own.items())

    async def _adopt(self, found: Mapping[str, Any]) -> tuple[str, int]:
        self._say(50, "Your server runs already; it is taken over as it is")
        variables = dict(text.split("=", 1) for text in found["Config"]["Env"])
        self.api_token = variables["JUPYTERHUB_API_TOKEN"]
        self.user_options = {"profile": found["Config"]["Labels"][containers.PROFILE_LABEL]}
        address: tuple[str, int] = await self.get_ip_and_port()
        return address

    async def get_object(self) -> Mapping[str, Any] | None:
        """The container as Docker describes it; ``None`` only if Docker says it is gone."""
        try:
            found: Mapping[str, Any] = await self.docker(
                "inspect_container", self.object_name
            )
        except APIError as error:
            # Anything else than 404 is Docker's trouble and no word about the container.
            if error.status_code != 404:
                raise
            self.object_id = ""
            return None
        self.object_id = found[self.object_id_key]
        return found

    async def poll(self) -> int | str | None:
        """``None`` while the server runs, or while Docker can't say that it doesn't."""
        try:
            status: int | str | None = await super().poll()
        except _NO_ANSWER as error:
            if not self.object_id:
                return 0
            self.log.warning("%s: taken to run on, %s", self._log_name, error)
            return None
        return status

    # --- the end

    async def leave_queue(self) -> None:
        """Give up the place in the queue: somebody wishes this server's end."""
        leases, own = leases_of(self.settings), (self.user.name, self.name)
        await asyncio.to_thread(leases.leave, *own)

    async def run_post_stop_hook(self) -> None:
        """Give back what the server held, once its container is gone for certain."""
        await super().run_post_stop_hook() if self.post_stop_hook else None
        async with self._at_docker:
            try:
                if found := await self.get_object():
                    await self.docker("remove_container", found["Id"], force=True)
            except _NO_ANSWER as error:
                # The reconciler ends the lease when Docker answers again.
                self.log.warning("%s: its lease stays, %s", self._log_name, error)
                return
        # A start of an earlier hub that waits ended with that hub, and its place is kept:
        # the reconciler asks for it again. A wish for its end comes by `WishedEnd`.
        if self._is_started_here:
            await self.leave_queue()
        leases, own = leases_of(self.settings), (self.user.name, self.name)
        if await asyncio.to_thread(leases.release, *own):
            for turn in self._turns:
                turn.set()

    # --- the page while it starts

    def _say(self, progress: int, message: str) -> None:
        step = {"progress": progress, "message": message}
        if step not in self._steps[-1:]:
            self._steps.append(step)
            self._stepped.set()

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What has happened and what happens; JupyterHub ends it with the start."""
        told = 0
        while True:
            for step in self._steps[told:]:
                yield step
            told = len(self._steps)
            self._stepped.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stepped.wait(), 1)

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Threads for Docker's answers; with one alone, every server waits for all."""
        kind = type(self)
        if kind._executor is None:
            kind._executor = ThreadPoolExecutor(_N_THREADS, "docker")
        return kind._executor


def _in_words(place: Place) -> str:
    words = f"Place {place.number} in the queue for a GPU"
    if place.expected is None:
        return f"{words}. Your place is kept if you close this page."
    minutes = max(0, int((place.expected - datetime.now(UTC)).total_seconds() // 60))
    return (
        f"{words}; your turn comes within {minutes} min, when a server that runs now must "
        "end. Your place is kept if you close this page."
    )


async def _listens(ip: str, port: int) -> bool:
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(ip, port)
    except OSError:
        return False
    writer.close()
    return True
