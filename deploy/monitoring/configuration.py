"""Configuration of Prometheus, Alertmanager and the probe, as far as settings decide it.

Everything here is a plain function from settings to text or values; `write` puts them into
a folder, which the containers mount. Nothing in them is secret: secrets are files that they
name.
"""

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

from hub.choices import Mail, NoTls, Prometheus, Slack
from hub.network import ADMIN_PORT, PROXY_PORT, REPORTS_PORT, hub_addresses, public_way
from hub.settings import Settings
from hub.storage import checkout

__all__ = [
    "alertmanager",
    "logging_overlay",
    "probe",
    "prometheus",
    "seconds",
    "targets",
    "write",
]

_SECRETS: Final = "/run/secrets"
_PAGES: Final = ("/hub/login", "/api/health")


def seconds(length: timedelta) -> str:
    """A duration as Prometheus and Alertmanager write it."""
    return f"{max(1, round(length.total_seconds()))}s"


def prometheus(settings: Settings, monitoring: Prometheus) -> str:
    """``prometheus.yml`` of an environment."""
    template = checkout() / "deploy" / "monitoring" / "prometheus.yml"
    within = min(monitoring.read_every, timedelta(seconds=10))
    return Template(template.read_text(encoding="utf-8")).safe_substitute(
        ENVIRONMENT=settings.name,
        READ_EVERY=seconds(monitoring.read_every),
        READ_WITHIN=seconds(within),
    )


def targets(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """By job: the parts that this environment has, in the form of `file_sd_configs`."""
    has_front = not isinstance(settings.tls, NoTls)
    hosts: tuple[str, ...] = getattr(settings.database, "hosts", ())
    nodes = hosts if len(hosts) > 1 else ()
    # A profile of compose that a host with a card switches on.
    has_dcgm = "gpu" in os.environ.get("COMPOSE_PROFILES", "").split(",")
    pages = [
        {"targets": [address], "labels": {"page": page, "module": "public"}}
        for page, address in _public_pages(settings).items()
    ]
    admin = f"http://admin:{ADMIN_PORT}/services/admin/static/pages.css"
    reports = f"http://reports:{REPORTS_PORT}/services/reports/static/pages.css"
    return {
        "hub": _plain([urlsplit(url).netloc for url in hub_addresses(settings)]),
        "postgres": _plain(
            ["postgres-exporter:9187", "postgres-exporter-2:9187"][: len(hosts)]
        ),
        "patroni": _plain([f"{node}:8008" for node in nodes]),
        "backup": _plain(["backup:9107"] if settings.backup else []),
        "front": _plain(["front-exporter:9113"] if has_front else []),
        "dcgm": _plain(["dcgm-exporter:9400"] if has_dcgm else []),
        "public": pages,
        "parts": [
            {"targets": [address], "labels": {"page": page, "module": "part"}}
            for page, address in (("admin", admin), ("reports", reports))
        ],
    }


def _plain(addresses: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"targets": [address], "labels": {"instance": address.partition(":")[0]}}
        for address in addresses
    ]


def _public_pages(settings: Settings) -> dict[str, str]:
    way = public_way(settings)
    host, port = way or ("127.0.0.1", PROXY_PORT)
    return {page: f"{settings.address.scheme}://{host}:{port}{page}" for page in _PAGES}


def probe(settings: Settings) -> dict[str, Any]:
    """``blackbox.yml``: the connection goes straight to the front, by the public name."""
    plain = {"method": "GET", "preferred_ip_protocol": "ip4", "follow_redirects": False}
    public: dict[str, Any] = plain | {"headers": {"Host": settings.address.netloc}}
    if not isinstance(settings.tls, NoTls):
        public["fail_if_not_ssl"] = True
        # Who signed it is for the synthetic check to say; here its last day is read.
        public["tls_config"] = {
            "server_name": settings.address.hostname,
            "insecure_skip_verify": True,
        }
    return {
        "modules": {
            name: {"prober": "http", "timeout": "5s", "http": asked}
            for name, asked in (("public", public), ("part", plain))
        }
    }


def alertmanager(settings: Settings, monitoring: Prometheus) -> dict[str, Any]:
    """``alertmanager.yml``: who is told of what, by which channels.

    Critical and warning alerts go to every channel, information by mail alone. What follows
    from a critical alert of the same area isn't told besides it.
    """
    every = monitoring.read_every
    channels = {channel: _receiver(monitoring, channel) for channel in monitoring.alerts}
    everywhere: dict[str, Any] = {"name": "people"}
    for receiver in channels.values():
        everywhere |= receiver
    digest = {"name": "digest"} | channels.get("mail", {})
    routes = [
        {"matchers": ['alertname="Watchdog"'], "receiver": "watchdog"}
        | {"group_wait": "0s", "group_interval": "1m", "repeat_interval": "1m"},
        {"matchers": ['severity="critical"'], "receiver": "people"}
        | {"repeat_interval": "1h"},
        {"matchers": ['severity="info"'], "receiver": "digest", "repeat_interval": "7d"},
    ]
    follows = {
        "source_matchers": ['severity="critical"'],
        "target_matchers": ['severity="warning"'],
        "equal": ["environment", "area"],
    }
    watchdog: dict[str, Any] = {"name": "watchdog"}
    if monitoring.watchdog:
        url = {"url_file": f"{_SECRETS}/{monitoring.watchdog}", "send_resolved": False}
        watchdog["webhook_configs"] = [url]
    return {
        "route": {
            "receiver": "people",
            "group_by": ["alertname", "environment"],
            "group_wait": seconds(2 * every),
            "group_interval": seconds(20 * every),
            "repeat_interval": "12h",
            "routes": routes,
        },
        "inhibit_rules": [follows],
        "receivers": [everywhere, digest, watchdog],
        "templates": [],
    }


def _receiver(monitoring: Prometheus, channel: str) -> dict[str, Any]:
    part: Any = getattr(monitoring, channel)
    match part:
        case Mail():
            return {"email_configs": [_mail(part)]}
        case Slack():
            return {"slack_configs": [_slack(part)]}
        case _:
            message = f"no receiver is known for {channel!r}"
            raise ValueError(message)


def _mail(mail: Mail) -> dict[str, Any]:
    found: dict[str, Any] = {
        "to": mail.to,
        "from": mail.sender,
        "smarthost": mail.server,
        "require_tls": mail.encrypted,
        "send_resolved": True,
        "text": _TEXT,
        "headers": {"Subject": _SUBJECT},
    }
    if mail.user:
        found["auth_username"] = mail.user
        found["auth_password_file"] = f"{_SECRETS}/{mail.password}"
    return found


def _slack(slack: Slack) -> dict[str, Any]:
    return {
        "api_url_file": f"{_SECRETS}/{slack.webhook}",
        "channel": slack.channel,
        "send_resolved": True,
        "title": _SUBJECT,
        "text": _TEXT,
    }


_SUBJECT: Final = (
    "[{{ .Status | toUpper }}] {{ .CommonLabels.environment }}: "
    "{{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})"
)
_TEXT: Final = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n"
    "what to do: {{ .Annotations.runbook }}\n{{ end }}"
)


def logging_overlay(address: str, services: Sequence[str]) -> str:
    """A file for compose that has Docker send the lines of `services` to the collector.

    By UDP: a collector that is away delays nobody. `docker logs` shows them all the same.

    Parameters
    ----------
    address : str
        Of the collector.
    services : sequence of str
        All of the environment's; the collector itself keeps to Docker.
    """
    lines = ["services:"]
    for service in sorted(set(services) - {"logs"}):
        options = {
            "syslog-address": f"udp://{address}:5514",
            "syslog-format": "rfc5424micro",
            "tag": service,
            "cache-max-size": "20m",
        }
        told = json.dumps({"driver": "syslog", "options": options})
        lines.append(f"  {service}: {{logging: !override {told}}}")
    return "\n".join(lines) + "\n"


def write(settings: Settings, folder: Path) -> None:
    """Write everything into `folder`, each file only if it changed.

    Files are changed in place, because running containers have the folder mounted.
    """
    monitoring = settings.monitoring
    assert isinstance(monitoring, Prometheus)
    found: dict[str, str] = {
        "prometheus.yml": prometheus(settings, monitoring),
        "alertmanager.yml": _json(alertmanager(settings, monitoring)),
        "blackbox.yml": _json(probe(settings)),
    } | {f"targets/{job}.json": _json(some) for job, some in targets(settings).items()}
    for name, text in found.items():
        file = folder / name
        for made in (folder, file.parent):
            made.mkdir(exist_ok=True)
            # Another account reads it, and nothing in it is secret.
            made.chmod(0o755)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
        file.chmod(0o644)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
