"""Configuration of what watches: each setting is found in it, and nothing secret is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.monitoring.configuration import (
    alertmanager,
    logging_overlay,
    probe,
    prometheus,
    targets,
    write,
)
from hub import SettingsError, load
from hub.choices import Prometheus
from hub.settings import Settings


def watched(name: str = "production", **changes: Any) -> tuple[Settings, Prometheus]:
    settings = load(name, {})
    monitoring = settings.monitoring
    assert isinstance(monitoring, Prometheus)
    monitoring = replace(monitoring, **changes)
    return replace(settings, monitoring=monitoring), monitoring


def receivers(monitoring: Prometheus) -> dict[str, dict[str, Any]]:
    found = alertmanager(load("production", {}), monitoring)["receivers"]
    return {receiver.pop("name"): receiver for receiver in found}


def test_people_are_told_by_every_channel_and_of_information_by_mail_alone() -> None:
    _, monitoring = watched()

    found = receivers(monitoring)

    assert set(found["people"]) == {"email_configs", "slack_configs"}
    assert set(found["digest"]) == {"email_configs"}
    assert found["people"]["email_configs"][0]["to"] == "oncall@example.org"
    assert found["people"]["slack_configs"][0]["channel"] == "#mchub"


def test_without_channels_alerts_are_on_the_page_alone() -> None:
    _, monitoring = watched("staging")

    assert receivers(monitoring) == {"people": {}, "digest": {}, "watchdog": {}}


def test_secrets_are_named_by_their_files() -> None:
    _, monitoring = watched(watchdog="watchdog_url")

    found = receivers(monitoring)

    mail, slack = (found["people"][kind][0] for kind in ("email_configs", "slack_configs"))
    assert mail["auth_password_file"] == "/run/secrets/smtp_password"
    assert slack["api_url_file"] == "/run/secrets/slack_webhook"
    assert (
        found["watchdog"]["webhook_configs"][0]["url_file"] == "/run/secrets/watchdog_url"
    )


def test_a_mail_server_that_asks_for_no_name_is_told_none() -> None:
    _, monitoring = watched()
    assert monitoring.mail is not None

    found = receivers(replace(monitoring, mail=replace(monitoring.mail, user="")))

    assert "auth_password_file" not in found["people"]["email_configs"][0]


def test_a_channel_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"monitoring\.slack: must be set where"):
        watched(slack=None)
    with pytest.raises(SettingsError, match=r"monitoring\.alerts: must hold only mail and"):
        watched(alerts=("pager",))


def test_metrics_are_read_as_often_as_the_settings_say() -> None:
    settings, monitoring = watched()

    text = prometheus(settings, monitoring)

    assert "scrape_interval: 15s" in text
    assert "scrape_timeout: 10s" in text
    assert "environment: production" in text
    assert "${" not in text


def test_targets_are_the_parts_that_an_environment_has() -> None:
    production, rehearsal = (
        targets(load(name, {})) for name in ("production", "rehearsal")
    )

    def addresses(found: dict[str, Any], job: str) -> list[str]:
        return [one["targets"][0] for one in found[job]]

    assert addresses(production, "patroni") == ["postgres-1:8008", "postgres-2:8008"]
    assert addresses(production, "postgres")[1] == "postgres-exporter-2:9187"
    assert addresses(production, "front") == ["front-exporter:9113"]
    assert addresses(production, "backup") == ["backup:9107"]
    assert addresses(rehearsal, "patroni") == addresses(rehearsal, "front") == []
    assert addresses(rehearsal, "public")[0] == "http://proxy:8000/hub/login"
    assert addresses(production, "public")[0] == "https://front:8443/hub/login"
    assert all(address.endswith(":8081") for address in addresses(production, "hub"))


def test_the_front_is_asked_by_its_public_name() -> None:
    public = probe(load("production", {}))["modules"]["public"]["http"]

    assert public["headers"] == {"Host": "mc.example.org"}
    assert public["tls_config"]["server_name"] == "mc.example.org"
    assert public["fail_if_not_ssl"] is True


def test_what_is_written_is_readable_by_other_accounts_and_changed_in_place(
    tmp_path: Path,
) -> None:
    settings, _ = watched()

    write(settings, tmp_path / "monitoring")
    first = (tmp_path / "monitoring" / "prometheus.yml").stat()
    write(settings, tmp_path / "monitoring")

    files = [file for file in (tmp_path / "monitoring").rglob("*") if file.is_file()]
    second = (tmp_path / "monitoring" / "prometheus.yml").stat()
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o644"}
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)
    assert json.loads((tmp_path / "monitoring" / "targets" / "hub.json").read_text())


def test_lines_of_all_parts_go_to_the_collector_but_its_own() -> None:
    text = logging_overlay("10.205.252.2", ["steward", "logs", "admin"])

    services = [line.split(":")[0].strip() for line in text.splitlines()[1:]]
    assert services == ["admin", "steward"]
    assert text.count("!override") == 2
    assert '"syslog-address": "udp://10.205.252.2:5514", ' in text
