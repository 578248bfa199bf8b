"""The exporter as a process: its sources, and the page that Prometheus reads."""

import threading
from collections.abc import Iterator

import httpx
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric

from hub.container_server import leases_of
from hub.database import connect
from hub.logs import begin
from hub.network import EXPORTER_PORT, hub_url
from hub.release import release
from hub.roles import EXPORTER
from hub.secret_files import service_token
from hub.services.exporter.cards import card_metrics
from hub.services.exporter.people import people_metrics
from hub.services.exporter.servers import Servers
from hub.services.exporter.sources import Read, Sources, gauge
from hub.services.exporter.tables import (
    AuditCounts,
    lease_metrics,
    service_metrics,
    use_metrics,
)
from hub.settings import Settings

__all__ = ["serve", "sources"]


def serve(settings: Settings) -> None:
    """Read and answer until told to stop."""
    begin(EXPORTER)
    registry = CollectorRegistry()
    found = sources(settings)
    found.begin()
    registry.register(found)
    start_http_server(EXPORTER_PORT, registry=registry)
    threading.Event().wait()


def sources(settings: Settings) -> Sources:
    """Everything that the exporter reads, and how often."""
    engine = connect(settings)
    hub = httpx.Client(
        base_url=f"{hub_url(settings)}/hub/api",
        headers={"Authorization": f"token {service_token(settings, EXPORTER)}"},
        timeout=30,
        trust_env=False,
    )
    leases, audit = leases_of(settings), AuditCounts(engine)
    reads: dict[str, tuple[Read, float]] = {
        "leases": (lambda: lease_metrics(leases), 10),
        "use": (lambda: use_metrics(engine), 30),
        "services": (lambda: service_metrics(engine), 15),
        "people": (lambda: people_metrics(engine, hub, settings.budgets), 60),
        "servers": (Servers(settings.name).metrics, 15),
        "gpus": (lambda: card_metrics([one.name for one in settings.gpus.devices]), 10),
        "settings": (lambda: settings_metrics(settings), 60),
    }
    if settings.audit:
        reads["audit"] = (audit.metrics, 10)
    return Sources(reads)


def settings_metrics(settings: Settings) -> Iterator[Metric]:
    """Limits and prices, so that rules and dashboards hold no number of their own."""
    running = {(settings.name, release()): 1.0}
    yield gauge("mchub_info", "What runs here.", running, "environment", "release")
    most = {(): float(settings.server.at_most)}
    yield gauge("mchub_servers_at_most", "Servers that may run at once.", most)
    prices = getattr(settings.monitoring, "prices", None)
    if prices is not None:
        told = {
            ("gpu_hours", prices.currency): prices.gpu_hour,
            ("cpu_hours", prices.currency): prices.cpu_hour,
        }
        yield gauge("mchub_price", "What an hour costs.", told, "resource", "currency")
