"""What is said of every request: a line, a count, and a word to the audit."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

__all__ = ["Event", "Journal", "Sink", "post_to"]

Event = dict[str, Any]
# Takes one event; what it raises is counted, and stops nothing.
Sink = Callable[[Event], Awaitable[None]]
Outcome = Literal["allowed", "denied", "failed"]

_WAITING_AT_MOST: Final = 1_000
# These are told of when they are allowed, too: they change what runs.
_TOLD: Final = frozenset(("create", "start", "stop", "kill", "remove", "create volume"))


class Journal:
    """Writes events as JSON lines, counts them, and hands them to the audit.

    Parameters
    ----------
    sink : callable, optional
        Where events go besides. It is called in the background: a request never waits for
        the audit, and when a thousand events wait, further ones are counted as lost.
    out : text stream, optional
        Where lines go; standard output by default.
    """

    def __init__(self, sink: Sink | None = None, out: TextIO | None = None) -> None:
        self._sink = sink
        self._out = out or sys.stdout
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_WAITING_AT_MOST)
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "mchub_docker_policy_requests",
            "Requests, by what was asked and what came of it",
            ("rule", "outcome"),
            registry=self._registry,
        )
        self._lost = Counter(
            "mchub_docker_policy_audit_lost",
            "Events that the audit did not take",
            registry=self._registry,
        )
        Gauge(
            "mchub_docker_policy_audit_waiting",
            "Events that wait for the audit",
            registry=self._registry,
        ).set_function(self._waiting.qsize)

    def tell(self, rule: str, outcome: Outcome, **details: str) -> None:
        """Count a request; write and hand on what is worth to be known."""
        self._requests.labels(rule, outcome).inc()
        if outcome == "allowed" and rule not in _TOLD:
            return
        event = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": "docker-policy",
            "event": outcome,
            "rule": rule,
            **details,
        }
        # ASCII: a name can't end the line, nor paint the terminal.
        print(json.dumps(event), file=self._out, flush=True)
        if self._sink is not None:
            try:
                self._waiting.put_nowait(event)
            except asyncio.QueueFull:
                self._lost.inc()

    def metrics(self) -> bytes:
        """The counts, as Prometheus reads them."""
        return generate_latest(self._registry)

    async def run(self) -> None:
        """Hand events to the sink until cancelled."""
        while self._sink is not None:
            event = await self._waiting.get()
            try:
                await self._sink(event)
            except (aiohttp.ClientError, OSError, TimeoutError):
                self._lost.inc()


def post_to(client: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> Sink:
    """A sink that posts every event as JSON to `url`."""

    async def sink(event: Event) -> None:
        within = aiohttp.ClientTimeout(total=5)
        async with client.post(url, json=event, headers=headers, timeout=within) as answer:
            answer.raise_for_status()

    return sink
