"""Whether each part of the platform works, found out in the background.

A question is answered from the last look, so the answer takes no longer when a part hangs.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import httpx
import psutil

__all__ = ["Look", "Part", "State", "Watch", "ask_database", "ask_hub", "ask_proxy"]

State = Literal["ok", "degraded", "down"]
Look = Callable[[], Awaitable[tuple[State, str]]]

LOOK_EVERY: Final = 3.0
LOOK_WITHIN: Final = 2.0
# A look that is older than this says nothing about now.
FRESH_FOR: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the last look at one part found; `counted` is when, by a clock nobody sets."""

    state: State
    detail: str
    milliseconds: float
    looked_at: float
    counted: float

    def now(self, counted: float) -> "Part":
        """The finding as of the time `counted`: down, if it has grown too old."""
        age = counted - self.counted
        if age <= FRESH_FOR:
            return self
        return Part(
            state="down",
            detail=f"not looked at for {age:.0f} s",
            milliseconds=self.milliseconds,
            looked_at=self.looked_at,
            counted=self.counted,
        )


class Watch:
    """Looks at every part again and again, all at once, and keeps what it found.

    Parameters
    ----------
    looks : mapping
        For every part's name, how to look at it.
    """

    def __init__(self, looks: Mapping[str, Look]) -> None:
        self._looks = looks
        self._found: dict[str, Part] = {}

    def parts(self) -> dict[str, Part]:
        """What is known of every part now."""
        now = time.monotonic()
        return {name: part.now(now) for name, part in self._found.items()}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look at every part once."""
        found = await asyncio.gather(*(_look_at(look) for look in self._looks.values()))
        self._found = dict(zip(self._looks, found, strict=True))


async def _look_at(look: Look) -> Part:
    started = time.perf_counter()
    state: State
    try:
        async with asyncio.timeout(LOOK_WITHIN):
            state, detail = await look()
    except TimeoutError:
        state, detail = "down", f"no answer within {LOOK_WITHIN:.0f} s"
    except (httpx.HTTPError, OSError) as error:
        state, detail = "down", str(error) or type(error).__name__
    except Exception as error:
        # Whatever is wrong with one part, all are looked at again: a watch must not end.
        words = str(error).partition("\n")[0]
        state, detail = "down", f"{type(error).__name__}: {words}"
    milliseconds = round(1000 * (time.perf_counter() - started), 1)
    return Part(
        state=state,
        detail=detail,
        milliseconds=milliseconds,
        looked_at=time.time(),
        counted=time.monotonic(),
    )


def ask_proxy(client: httpx.AsyncClient, url: str) -> Look:
    """Ask the proxy's own health page."""

    async def look() -> tuple[State, str]:
        answer = await client.get(f"{url}/_chp_healthz")
        return (
            ("ok", "answers")
            if answer.is_success
            else ("down", f"HTTP {answer.status_code}")
        )

    return look


def ask_hub(client: httpx.AsyncClient, url: str) -> Look:
    """Ask the hub's own health page."""

    async def look() -> tuple[State, str]:
        answer = await client.get(f"{url}/hub/health")
        return (
            ("ok", "answers")
            if answer.is_success
            else ("down", f"HTTP {answer.status_code}")
        )

    return look


def ask_database(client: httpx.AsyncClient, url: str, token: str) -> Look:
    """Ask the hub whose token this is: it looks that up in its database."""
    headers = {"Authorization": f"token {token}"}

    async def look() -> tuple[State, str]:
        answer = await client.get(f"{url}/hub/api/user", headers=headers)
        if answer.is_success:
            return "ok", "answers the hub"
        return "down", f"the hub answers HTTP {answer.status_code}"

    return look


def look_at_disk(folder: Path) -> Look:
    """Room left for users' files and the hub's state."""

    async def look() -> tuple[State, str]:
        usage = shutil.disk_usage(folder)
        detail = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB free"
        if usage.free < 500e6:
            return "down", detail
        return ("degraded" if usage.free < 0.05 * usage.total else "ok"), detail

    return look


def look_at_memory() -> Look:
    """Memory left for users' servers."""

    async def look() -> tuple[State, str]:
        memory = psutil.virtual_memory()
        detail = f"{memory.available / 1e9:.1f} GB of {memory.total / 1e9:.0f} GB free"
        return ("degraded" if memory.available < 0.05 * memory.total else "ok"), detail

    return look


def look_at_cpu() -> Look:
    """Work waiting for the processors; a full machine is slow, not broken."""

    async def look() -> tuple[State, str]:
        load, n_cpus = os.getloadavg()[0], os.cpu_count() or 1
        detail = f"load {load:.1f} on {n_cpus} CPUs"
        return ("degraded" if load > 4 * n_cpus else "ok"), detail

    return look
