"""The exporter: what it reads from tables, cards and people, and what a failure hides."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from sqlalchemy import Engine, text

from hub.audit import Event, record
from hub.environments import load
from hub.gpus import Asked, Capacity, Leases, n_parts
from hub.quotas import Reading, RunningServer, meter, note_storage
from hub.services.exporter.cards import card_metrics
from hub.services.exporter.people import people_metrics
from hub.services.exporter.serving import settings_metrics
from hub.services.exporter.sources import Sources, gauge
from hub.services.exporter.tables import (
    AuditCounts,
    lease_metrics,
    service_metrics,
    use_metrics,
)
from tests.hub.databases import sqlite_database

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite_database(tmp_path) as engine:
        yield engine


def samples(found: Iterator[Metric]) -> dict[str, float]:
    """Every value by its name and labels, as Prometheus writes them."""
    values = {}
    for metric in found:
        for sample in metric.samples:
            labels = ",".join(f"{key}={value}" for key, value in sample.labels.items())
            values[f"{sample.name}{{{labels}}}"] = sample.value
    return values


def asked(user: str, parts: float) -> Asked:
    return Asked(
        user=user,
        server="",
        profile="gpu-large",
        parts=n_parts(parts),
        lasts=timedelta(hours=1),
    )


def test_leases_and_the_queue_are_told_by_card(engine: Engine) -> None:
    leases = Leases(engine, Capacity(devices=("GPU-1", "GPU-2"), parts=n_parts(0.4)))
    for user in ("ada", "bob", "eve"):
        leases.ask(asked(user, 0.4), NOW)

    found = samples(lease_metrics(leases, lambda: NOW + timedelta(minutes=5)))

    assert (
        found["mchub_gpu_leased{gpu=GPU-1}"] == found["mchub_gpu_leased{gpu=GPU-2}"] == 0.4
    )
    assert found["mchub_gpu_share{gpu=GPU-1}"] == 0.4
    assert found["mchub_leases{profile=gpu-large}"] == 2
    assert found["mchub_queue_length{}"] == 1
    assert found["mchub_queue_longest_seconds{}"] == 300


def test_a_card_that_nobody_leases_is_told_too(engine: Engine) -> None:
    leases = Leases(engine, Capacity(devices=("GPU-1",), parts=n_parts(0.4)))

    found = samples(lease_metrics(leases, lambda: NOW))

    assert found["mchub_gpu_leased{gpu=GPU-1}"] == 0
    assert found["mchub_queue_longest_seconds{}"] == 0


def test_hours_lie_in_the_windows_that_end_now(engine: Engine) -> None:
    server = RunningServer(
        user="ada",
        name="",
        started=NOW - timedelta(hours=30),
        profile="gpu-slice",
        gpu=0.5,
        cpus=2,
    )
    meter(engine, [server], Reading(at=NOW, boot="b", monotonic=1.0))
    note_storage(engine, "ada", 1234)

    found = samples(use_metrics(engine, lambda: NOW))

    assert found[
        "mchub_used_hours{user=ada,resource=gpu_hours,window=1d}"
    ] == pytest.approx(12)
    assert found[
        "mchub_used_hours{user=ada,resource=cpu_hours,window=7d}"
    ] == pytest.approx(60)
    assert found["mchub_active_analysts{window=1d}"] == 1
    assert found["mchub_storage_bytes{user=ada}"] == 1234


def test_nobody_worked_is_a_number_and_not_a_gap(engine: Engine) -> None:
    found = samples(use_metrics(engine, lambda: NOW))

    assert found["mchub_active_analysts{window=30d}"] == 0


def test_services_are_seen_by_when_they_asked_the_hub(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE services (id INTEGER, name TEXT)"))
        columns = "service_id INTEGER, last_activity TIMESTAMP"
        connection.execute(text(f"CREATE TABLE api_tokens ({columns})"))
        connection.execute(text("INSERT INTO services VALUES (1, 'steward'), (2, 'admin')"))
        rows = "(1, '2026-11-28 11:59:00'), (1, '2026-11-28 11:00:00'), (2, NULL)"
        connection.execute(text(f"INSERT INTO api_tokens VALUES {rows}"))

    found = samples(service_metrics(engine))

    told = {"mchub_service_asked_timestamp_seconds{service=steward}": NOW.timestamp() - 60}
    assert found == told


def test_the_audit_is_counted_from_now_on_and_never_falls(engine: Engine) -> None:
    def note(outcome: Any) -> None:
        record(engine, Event(actor="eve", action="sign-in", target="eve", outcome=outcome))

    note("refused")
    counts = AuditCounts(engine)
    before = samples(counts.metrics())
    note("refused")
    note("ok")
    after = samples(counts.metrics())

    refused = "mchub_audit_events_total{action=sign-in,outcome=refused}"
    assert (before[refused], after[refused]) == (0, 1)
    assert after["mchub_audit_events_total{action=sign-in,outcome=ok}"] == 1


def test_people_are_told_by_group_and_budget(engine: Engine) -> None:
    users = [{"name": "ada", "groups": ["quants"]}, {"name": "bob", "groups": []}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=users))
    hub = httpx.Client(transport=transport, base_url="http://hub/hub/api")
    budgets = load("staging", {}).budgets

    found = samples(people_metrics(engine, hub, budgets))

    assert found["mchub_user_group{user=ada,group=quants}"] == 1
    assert found["mchub_user_group{user=bob,group=none}"] == 1
    assert found["mchub_budget_used_ratio{user=ada,resource=gpu_hours}"] == 0


def test_a_card_that_is_away_is_absent_and_not_idle() -> None:
    # This machine has none, or has others than this one.
    found = samples(card_metrics(["GPU-of-the-settings"]))

    assert found["mchub_gpu_present{gpu=GPU-of-the-settings}"] == 0
    assert found["mchub_gpu_expected{gpu=GPU-of-the-settings}"] == 1
    assert not any("utilization_ratio{gpu=GPU-of-the-settings" in name for name in found)


class RecordedDriver(SimpleNamespace):
    """NVML as far as it is asked, with one card that has no sensor of its power."""

    NVML_MEMORY_ERROR_TYPE_UNCORRECTED = NVML_VOLATILE_ECC = 1

    class NVMLError(Exception):
        """The driver says no."""

    def __getattr__(self, name: str) -> Any:
        answers: dict[str, Any] = {
            "nvmlDeviceGetCount": 1,
            "nvmlDeviceGetHandleByIndex": "handle",
            "nvmlDeviceGetUUID": "GPU-1",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=10, total=100),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=37),
            "nvmlDeviceGetTemperature": 55,
            "nvmlDeviceGetTotalEccErrors": 0,
        }

        def answer(*_: object) -> Any:
            if name == "nvmlDeviceGetPowerUsage":
                raise self.NVMLError
            return answers.get(name)

        return answer


def test_a_card_tells_what_it_has_sensors_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", RecordedDriver())  # type: ignore[arg-type]

    found = samples(card_metrics([]))

    assert found["mchub_gpus{}"] == found["mchub_gpu_present{gpu=GPU-1}"] == 1
    assert found["mchub_gpu_utilization_ratio{gpu=GPU-1}"] == 0.37
    assert found["mchub_gpu_memory_used_bytes{gpu=GPU-1}"] == 10
    assert not any("power" in name for name in found)


def test_prices_and_limits_come_from_the_settings() -> None:
    found = samples(settings_metrics(load("production", {})))

    assert found["mchub_price{resource=gpu_hours,currency=EUR}"] == 2.5
    assert found["mchub_servers_at_most{}"] == 200


def test_a_source_that_fails_hides_no_other() -> None:
    def broken() -> list[Metric]:
        raise OSError

    good = gauge("mchub_good", "Good.", {(): 1.0})
    sources = Sources({"good": (lambda: [good], 60), "broken": (broken, 60)})

    assert (sources.read("good"), sources.read("broken")) == (True, False)

    found = samples(sources.collect())
    assert found["mchub_good{}"] == 1
    assert found["mchub_exporter_source_up{source=good}"] == 1
    assert found["mchub_exporter_source_up{source=broken}"] == 0


def test_what_is_stale_is_left_out() -> None:
    sources = Sources({"s": (lambda: [gauge("mchub_s", "S.", {(): 1.0})], 0.01)})
    sources.read("s")
    time.sleep(0.1)

    found = samples(sources.collect())

    assert "mchub_s{}" not in found
    assert found["mchub_exporter_source_up{source=s}"] == 0


def test_the_page_is_in_the_form_of_prometheus() -> None:
    sources = Sources({"s": (lambda: [gauge("mchub_s", "S.", {("a",): 1.0}, "x")], 60)})
    sources.read("s")
    registry = CollectorRegistry()
    registry.register(sources)

    assert 'mchub_s{x="a"} 1.0' in generate_latest(registry).decode()
