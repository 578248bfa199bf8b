"""Leases, the queue, use, storage, and what the audit log records: read from the tables."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric
from sqlalchemy import Engine, func, select, text

from hub.audit.tables import AUDIT
from hub.gpus import Leases
from hub.gpus.shares import PARTS
from hub.quotas import RESOURCES, used
from hub.quotas.tables import METER, STORAGE
from hub.services.exporter.sources import gauge

__all__ = ["AuditCounts", "lease_metrics", "service_metrics", "use_metrics"]

WINDOWS: Final = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(30)}

Moment = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def lease_metrics(leases: Leases, now: Moment = _utc_now) -> Iterator[Metric]:
    """How much of each card is leased, and who waits since when."""
    held, waiting = leases.held(), leases.waiting()
    leased = {(device,): 0.0 for device in leases.capacity.devices}
    by_profile: dict[tuple[str, ...], float] = defaultdict(float)
    for lease in held:
        leased[(lease.device,)] = leased.get((lease.device,), 0.0) + lease.parts / PARTS
        by_profile[(lease.profile,)] += 1
    share = {(device,): leases.capacity.parts / PARTS for device in leases.capacity.devices}
    longest = max((now() - one.since for one in waiting), default=timedelta(0))
    told = "Fraction of a card that "
    yield gauge("mchub_gpu_share", f"{told}the environment owns.", share, "gpu")
    yield gauge("mchub_gpu_leased", f"{told}is leased.", leased, "gpu")
    yield gauge("mchub_leases", "Leases by profile.", by_profile, "profile")
    yield gauge("mchub_queue_length", "Starts that wait.", {(): len(waiting)})
    text = "Seconds that the first of them waits."
    yield gauge("mchub_queue_longest_seconds", text, {(): longest.total_seconds()})


def use_metrics(engine: Engine, now: Moment = _utc_now) -> Iterator[Metric]:
    """Hours of the last day, week and month by user, and what users keep on disk."""
    until = now()
    hours: dict[tuple[str, ...], float] = defaultdict(float)
    people = {}
    for name, length in WINDOWS.items():
        stretches = used(engine, until - length, until)
        people[(name,)] = float(len({one.user for one in stretches}))
        for one in stretches:
            lasted = one.hours(until - length, until)
            rates = {"gpu_hours": one.gpu, "cpu_hours": one.cpus}
            for resource in RESOURCES:
                hours[one.user, resource, name] += lasted * rates[resource]
    yield gauge(
        "mchub_used_hours",
        "Hours of a GPU or of a processor that a user's servers were charged.",
        hours,
        *("user", "resource", "window"),
    )
    told = "Users whose servers ran in the window up to now."
    yield gauge("mchub_active_analysts", told, people, "window")
    with engine.connect() as connection:
        stored = {
            (row.user_name,): float(row.used_bytes)
            for row in connection.execute(select(STORAGE))
        }
    yield gauge("mchub_storage_bytes", "What a user keeps on disk.", stored, "user")


_ASKED: Final = text(
    "SELECT services.name AS name, max(api_tokens.last_activity) AS at FROM api_tokens"
    " JOIN services ON services.id = api_tokens.service_id"
    " WHERE api_tokens.last_activity IS NOT NULL GROUP BY services.name"
)


def service_metrics(engine: Engine) -> Iterator[Metric]:
    """When each of the platform's services last asked the hub, and the meter last ran.

    Some listen to nobody, and so can't be asked; that they ask is how they are seen.
    """
    with engine.connect() as connection:
        asked = {
            (row.name,): _moment(row.at).timestamp() for row in connection.execute(_ASKED)
        }
        metered = connection.scalar(select(func.max(METER.c.at)))
    yield gauge(
        "mchub_service_asked_timestamp_seconds",
        "When a service last asked the hub.",
        asked,
        "service",
    )
    if metered is not None:
        told = "When use was last charged."
        values = {(): _moment(metered).timestamp()}
        yield gauge("mchub_meter_timestamp_seconds", told, values)


def _moment(found: datetime | str) -> datetime:
    """JupyterHub writes UTC without saying so."""
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class AuditCounts:
    """Counts what is recorded from now on.

    The log forgets its oldest records, and a counter must not fall. So records are counted
    as they come, from the last one there was at the first look.

    Parameters
    ----------
    engine : Engine
        The platform's tables.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: int | None = None
        self._counts: dict[tuple[str, str], int] = {
            # There from the beginning: the first failure is an increase then.
            ("sign-in", "refused"): 0,
            ("sign-in", "failed"): 0,
            ("docker.create", "refused"): 0,
        }
        self._lock = threading.Lock()

    def metrics(self) -> Iterator[Metric]:
        """Count what is new."""
        with self._lock, self._engine.connect() as connection:
            if self._last is None:
                self._last = connection.scalar(select(func.max(AUDIT.c.id))) or 0
            found = connection.execute(
                select(AUDIT.c.id, AUDIT.c.action, AUDIT.c.outcome)
                .where(AUDIT.c.id > self._last)
                .order_by(AUDIT.c.id)
            )
            for row in found:
                key = (row.action, row.outcome)
                self._counts[key] = self._counts.get(key, 0) + 1
                self._last = row.id
            counts = dict(self._counts)
        family = CounterMetricFamily(
            "mchub_audit_events", "Records of the audit log.", labels=("action", "outcome")
        )
        for words, count in counts.items():
            family.add_metric(words, count)
        yield family
