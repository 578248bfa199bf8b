"""Many people at work at once, from one thread: requests, open connections, a stopwatch.

One client asks users' servers at an even pace, listens to kernels that stream numbers, and
asks the hub many times a second. It waits for no answer before it asks the next time,
so that how long nobody answered can be read from when the answers came; but where many are
owed to it, it holds back, so that a slow machine is not driven into the ground.
"""

import asyncio
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise

import aiohttp

from tests.integration.platform.live import LivePlatform, Member

PROBE_EVERY = 0.05
STREAM_EVERY = 0.2
AT_ONCE = 4
PROBES_AT_ONCE = 30
STREAM = f"""
import itertools, time
for number in itertools.count():
    print(number, flush=True)
    time.sleep({STREAM_EVERY})
"""


@dataclass
class Probe:
    """One question to the hub: when it was asked, how long it took, and who answered."""

    asked: float
    took: float
    status: str
    hub: str


@dataclass
class Stream:
    """A kernel's output, as it comes by an open connection."""

    numbers: list[int] = field(default_factory=list)
    is_open: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost, and the connection was never closed."""
        return self.is_open and self.numbers == list(range(len(self.numbers)))


class Crowd:
    """Work that goes on until the block ends.

    Parameters
    ----------
    platform : LivePlatform
        Where.
    people : sequence of Member
        Who have servers that run.
    per_second : int
        Requests to these servers, all together.
    n_streams : int
        Kernels that stream, all together.
    """

    def __init__(
        self,
        platform: LivePlatform,
        people: Sequence[Member],
        per_second: int,
        n_streams: int,
    ) -> None:
        self.url = platform.url
        self.answers: Counter[str] = Counter()
        self.probes: list[Probe] = []
        self.streams = [Stream() for _ in range(n_streams)]
        self._tokens = {member.name: member.token() for member in people}
        self._pause = len(people) / per_second
        self.has_begun = threading.Event()
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def failed(self) -> int:
        """Requests to servers that were not answered as they should be."""
        return self.answers.total() - self.answers["200"]

    def away(self, since: float) -> float:
        """Longest time without an answer of a hub to a question asked after `since`.

        From when the last was asked that was answered, to when the next was.
        """
        asked = sorted(each.asked for each in self.probes if each.status == "200")
        gaps = [later - before for before, later in pairwise(asked) if later >= since]
        return max(0.0, max(gaps) - PROBE_EVERY)

    def longest(self, since: float) -> float:
        """The longest that an answer took that was right."""
        later = [one for one in self.probes if one.asked >= since and one.status == "200"]
        return max(one.took for one in later)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=60)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:
            self._error = error

    async def _work(self) -> None:
        limits = aiohttp.ClientTimeout(total=30)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=limits, connector=connector) as client:
            names = list(self._tokens)
            listening = [
                asyncio.create_task(
                    self._listen(client, names[number % len(names)], stream)
                )
                for number, stream in enumerate(self.streams)
            ]
            # Kernels start alone: together with all else it takes a small machine minutes.
            while not all(len(stream.numbers) > 3 for stream in self.streams):
                for task in listening:
                    if task.done():
                        await task
                await asyncio.sleep(0.1)
            self.has_begun.set()
            asking = [asyncio.create_task(self._ask(client, name)) for name in names]
            await self._probe(client, names[0])
            await asyncio.gather(*asking)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)

    async def _ask(self, client: aiohttp.ClientSession, name: str) -> None:
        headers = {"Authorization": f"token {self._tokens[name]}"}
        running: set[asyncio.Task[None]] = set()
        while not self._over.is_set():
            if len(running) < AT_ONCE:
                one = asyncio.create_task(self._one(client, name, headers))
                running.add(one)
                one.add_done_callback(running.discard)
            await asyncio.sleep(self._pause)
        await asyncio.gather(*running)

    async def _one(
        self, client: aiohttp.ClientSession, name: str, headers: dict[str, str]
    ) -> None:
        try:
            url = f"{self.url}/user/{name}/api"
            async with client.get(url, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                self.answers[str(answer.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            self.answers[type(error).__name__] += 1

    async def _probe(self, client: aiohttp.ClientSession, name: str) -> None:
        running: set[asyncio.Task[None]] = set()
        while not self._over.is_set():
            if len(running) < PROBES_AT_ONCE:
                one = asyncio.create_task(self._probe_once(client, name))
                running.add(one)
                one.add_done_callback(running.discard)
            await asyncio.sleep(PROBE_EVERY)
        await asyncio.gather(*running)

    async def _probe_once(self, client: aiohttp.ClientSession, name: str) -> None:
        headers = {"Authorization": f"token {self._tokens[name]}"}
        asked, hub = time.monotonic(), ""
        try:
            # It takes the database: the token is looked up there.
            async with client.get(f"{self.url}/hub/api/user", headers=headers) as answer:
                await answer.read()
                status, hub = str(answer.status), answer.headers.get("X-MCHub-Hub", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            status = type(error).__name__
        took = time.monotonic() - asked
        self.probes.append(Probe(asked=asked, took=took, status=status, hub=hub))

    async def _listen(
        self, client: aiohttp.ClientSession, name: str, stream: Stream
    ) -> None:
        headers = {"Authorization": f"token {self._tokens[name]}"}
        api = f"{self.url}/user/{name}/api/kernels"
        async with client.post(api, headers=headers) as answer:
            answer.raise_for_status()
            kernel = (await answer.json())["id"]
        try:
            async with client.ws_connect(
                f"{api}/{kernel}/channels", headers=headers
            ) as opened:
                stream.is_open = True
                await opened.send_json(_execute(STREAM))
                async for message in opened:
                    said = json.loads(message.data)
                    if said["msg_type"] == "stream":
                        stream.numbers += map(int, said["content"]["text"].split())
        except asyncio.CancelledError:
            with suppress(aiohttp.ClientError):
                await client.delete(f"{api}/{kernel}", headers=headers)
            raise
        stream.is_open = False


def _execute(code: str) -> dict[str, object]:
    asked = uuid.uuid4().hex
    header = {"msg_id": asked, "msg_type": "execute_request", "version": "5.3"}
    return {
        "header": header | {"session": asked, "username": "test", "date": ""},
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {"code": code, "silent": False, "stop_on_error": True},
    }


@contextmanager
def crowd(
    platform: LivePlatform,
    people: Sequence[Member],
    per_second: int = 90,
    n_streams: int = 5,
) -> Iterator[Crowd]:
    """A crowd that works while the block runs; every stream has begun."""
    working = Crowd(platform, people, per_second, n_streams)
    working.start()
    try:
        if not working.has_begun.wait(120):
            message = "not every kernel streams within 120 s"
            raise AssertionError(message)
        yield working
    finally:
        working.stop()
