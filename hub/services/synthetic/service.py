"""The check again and again, and how it went as metrics."""

import logging
import time
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from hub.choices import Prometheus, SelfSigned
from hub.laws import n_bytes
from hub.logs import begin
from hub.network import SYNTHETIC_PORT, public_way
from hub.roles import SYNTHETIC
from hub.secret_files import service_token
from hub.services.synthetic.check import CheckFailed, Target, run_check
from hub.settings import Settings

__all__ = ["Results", "serve", "target_of"]

_LOG: Final = logging.getLogger("hub.synthetic")
# Over before the alert's window has forgotten the one before it.
_FIRST_AFTER: Final = 30.0


class Results:
    """How the checks went, for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._checks = Counter(
            "mchub_synthetic_checks",
            "Checks by how they ended.",
            ["outcome"],
            registry=registry,
        )
        # Both are there from the beginning: the first failure is an increase then.
        for outcome in ("ok", "failed"):
            self._checks.labels(outcome)
        self._seconds = Gauge(
            "mchub_synthetic_step_seconds",
            "How long a step of the last check took.",
            ["step"],
            registry=registry,
        )
        told = "Whether the last check succeeded."
        self._success = Gauge("mchub_synthetic_success", told, registry=registry)
        self._at = Gauge(
            "mchub_synthetic_timestamp_seconds", "When it ended.", registry=registry
        )

    def check(self, target: Target) -> bool:
        """Check once; whether that succeeded."""
        try:
            steps = run_check(target)
        except CheckFailed as failed:
            _LOG.warning("the check failed: %s", failed)
            steps, outcome = failed.done, "failed"
        else:
            outcome = "ok"
        self._checks.labels(outcome).inc()
        for step in steps:
            self._seconds.labels(step.name).set(step.seconds)
        self._success.set(outcome == "ok")
        self._at.set_to_current_time()
        return outcome == "ok"


def target_of(settings: Settings) -> Target:
    """The platform that `settings` describe, by its public address.

    From within, that address leads nowhere or out and in again; so the connection goes
    straight to what listens there, and is told the public name.
    """
    smallest = min(
        (one for one in settings.profiles if not one.gpu and not one.groups),
        key=lambda one: (n_bytes(one.memory), one.cpus),
        default=None,
    )
    return Target(
        url=settings.url,
        token=service_token(settings, SYNTHETIC),
        profile=smallest.name if smallest else "",
        connect_to=public_way(settings),
        any_certificate=isinstance(settings.tls, SelfSigned),
    )


def serve(settings: Settings) -> None:
    """Check until told to stop."""
    begin(SYNTHETIC)
    registry = CollectorRegistry()
    results, target = Results(registry), target_of(settings)
    start_http_server(SYNTHETIC_PORT, registry=registry)
    monitoring = settings.monitoring
    every = (
        monitoring.check_every
        if isinstance(monitoring, Prometheus)
        else timedelta(minutes=10)
    )
    due = time.monotonic() + min(_FIRST_AFTER, every.total_seconds())
    while True:
        time.sleep(max(0.0, due - time.monotonic()))
        due = time.monotonic() + every.total_seconds()
        results.check(target)
