"""Runs of mclib by user and engine, as users' servers tell them, for Prometheus.

A server tells totals since it began, so nothing is lost or counted twice when an answer is.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from pydantic import BaseModel, Field

from hub.services.identities import Asking, Identify, Identity, who_asks

__all__ = ["RunCounts", "Told", "runs_and_metrics"]

# What a user's server may call an engine becomes a label, and labels are for ever.
_ENGINES: Final = ("cuda", "llvm", "reference")
_OTHER: Final = "other"
_MOST_SESSIONS: Final = 5_000
_FORGET_AFTER: Final = 86_400.0


class Counts(BaseModel):
    """What one engine did."""

    runs: int = Field(ge=0, le=10**12)
    trials: int = Field(ge=0, le=10**18)


class Told(BaseModel):
    """What one server did since it began."""

    session: str = Field(
        max_length=64, description="tells one start of a server from the next"
    )
    began: float = Field(description="when it began, in seconds since 1970")
    engines: dict[str, Counts] = Field(max_length=8)


class RunCounts:
    """Adds up what servers tell; a collector of the Prometheus client.

    Parameters
    ----------
    began : float, optional
        When this process began. What servers did before that was counted by another.
    """

    def __init__(self, began: float | None = None) -> None:
        self._began = time.time() if began is None else began
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, str], Counts] = defaultdict(
            lambda: Counts(runs=0, trials=0)
        )
        self._last: dict[tuple[str, str, str], tuple[float, Counts]] = {}

    def add(self, user: str, told: Told) -> None:
        """Count what is new since this session told last."""
        now = time.monotonic()
        with self._lock:
            self._forget(now)
            for name, counts in told.engines.items():
                engine = name if name in _ENGINES else _OTHER
                key = (user, told.session, engine)
                before = self._before(key, told, counts)
                self._last[key] = now, counts
                sums = self._sums[user, engine]
                sums.runs += max(0, counts.runs - before.runs)
                sums.trials += max(0, counts.trials - before.trials)

    def _before(self, key: tuple[str, str, str], told: Told, counts: Counts) -> Counts:
        if key in self._last:
            return self._last[key][1]
        # A server that is older than this process begins from where it is.
        return counts if told.began < self._began else Counts(runs=0, trials=0)

    def _forget(self, now: float) -> None:
        if len(self._last) > _MOST_SESSIONS:
            limit = now - _FORGET_AFTER
            self._last = {key: held for key, held in self._last.items() if held[0] > limit}

    def collect(self) -> Iterator[Metric]:
        """The sums."""
        labels = ("user", "engine")
        runs = CounterMetricFamily("mchub_mclib_runs", "Runs begun.", labels=labels)
        trials = CounterMetricFamily("mchub_mclib_trials", "Trials done.", labels=labels)
        with self._lock:
            for words, sums in self._sums.items():
                runs.add_metric(words, sums.runs)
                trials.add_metric(words, sums.trials)
        yield runs
        yield trials


def runs_and_metrics(identify: Identify, counts: RunCounts) -> list[APIRouter]:
    """Where servers tell, and where Prometheus reads; the second isn't below ``/api``.

    The proxy leads to ``/api`` alone, so that nobody outside sees who computes what.
    """
    told = APIRouter(prefix="/api", tags=["own use"])
    _add_telling(told, who_asks(identify), counts)
    registry = CollectorRegistry()
    registry.register(counts)
    read = APIRouter(include_in_schema=False)

    @read.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return [told, read]


def _add_telling(router: APIRouter, asking: Asking, counts: RunCounts) -> None:
    @router.post("/runs", summary="What did my server compute?", status_code=204)
    def runs(who: Annotated[Identity, Depends(asking)], told: Told) -> None:
        """Runs and trials of the asking user's server, in all since it began."""
        if who.kind != "user":
            raise HTTPException(403, "only users' servers compute")
        counts.add(who.name, told)
