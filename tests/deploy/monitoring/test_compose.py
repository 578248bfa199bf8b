"""Compose of what watches: as hardened as the rest, and whole in every environment."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.deployer.compose import compose, variables
from hub import load
from hub.choices import Prometheus
from tests.architecture.checkout import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
PARTS = {
    *("alertmanager", "exporter", "node-exporter", "postgres-exporter", "probe"),
    *("prometheus", "synthetic"),
}


def services_of(name: str, state: Path, **more: str) -> dict[str, Any]:
    """What compose makes of an environment's files."""
    settings = load(name, {})
    told = variables(settings, state, "0.1.0")
    command = compose(settings, told, ("config", "--format=json"))
    asked = subprocess.run(
        command.words, cwd=ROOT, env={**told, **more}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    services: dict[str, Any] = json.loads(asked.stdout)["services"]
    return services


def must_be_hardened(part: str, found: dict[str, Any]) -> None:
    assert found["read_only"] is True, part
    assert found["cap_drop"] == ["ALL"], part
    assert "cap_add" not in found, part
    assert found["security_opt"] == ["no-new-privileges:true"], part
    assert {"pids_limit", "mem_limit", "cpus"} <= set(found), part


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "besides"),
    [
        ("staging", {"front-exporter"}),
        ("production", {"front-exporter", "postgres-exporter-2"}),
    ],
)
def test_what_watches_is_hardened_and_whole(
    name: str, besides: set[str], tmp_path: Path
) -> None:
    services = services_of(name, tmp_path)
    assert PARTS | besides <= set(services)
    for part in PARTS | besides:
        must_be_hardened(part, services[part])
        assert services[part]["healthcheck"], part
    # Only who sends alerts reaches the world.
    outside = {part for part in PARTS if "outside" in services[part]["networks"]}
    assert outside == {"alertmanager"}


@pytest.mark.docker
def test_kept_logs_are_searched_by_who_may_only_read_them(tmp_path: Path) -> None:
    services = services_of("production", tmp_path, COMPOSE_PROFILES="log-search")
    kept = load("production", {}).monitoring
    assert isinstance(kept, Prometheus)

    for part in ("loki", "alloy"):
        must_be_hardened(part, services[part])
        assert set(services[part]["networks"]) == {"watch"}
    (logs,) = (one for one in services["alloy"]["volumes"] if one["source"] == "logs")
    assert logs["read_only"] is True
    assert services["alloy"]["user"] == services["logs"]["user"]
    days = services["loki"]["environment"]["MC_KEEP_LOGS_DAYS"]
    assert int(days) == kept.keep_logs.days
    retention = yaml.safe_load((MONITORING / "loki.yml").read_text(encoding="utf-8"))
    assert retention["compactor"]["retention_enabled"] is True
    assert retention["limits_config"]["retention_period"] == "${MC_KEEP_LOGS_DAYS}d"
