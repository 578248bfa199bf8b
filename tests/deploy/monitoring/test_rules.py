"""Rules: promtool and amtool agree with them, and every alert says what to do."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.monitoring.configuration import write
from hub import load
from tests.architecture.checkout import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
ALERTS = (MONITORING / "rules" / "alerts.yml").read_text(encoding="utf-8")
CASES = Path(__file__).parent / "rules_test.yml"


def alerts() -> dict[str, str]:
    """Text of every alert by its name."""
    _, *found = re.split(r"^ {6}- alert: ", ALERTS, flags=re.MULTILINE)
    return {text.split("\n", 1)[0]: text for text in found}


def run(image: str, program: str, *words: str, folders: dict[str, Path]) -> str:
    mounts = [f"--volume={path}:{at}:ro" for at, path in folders.items()]
    command = ["docker", "run", "--rm", "--network=none", *mounts, "--entrypoint", program]
    asked = subprocess.run(
        [*command, image, *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    return asked.stdout + asked.stderr


def test_every_alert_has_a_runbook_that_exists() -> None:
    runbooks = (MONITORING / "runbooks.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)$", runbooks, re.MULTILINE)
    anchors = {heading.lower() for heading in headings}

    for name, text in alerts().items():
        assert f"runbook: deploy/monitoring/runbooks.md#{name.lower()}" in text, name
        assert name.lower() in anchors, name
    assert anchors == {name.lower() for name in alerts()}


def test_alerts_are_of_three_severities_and_the_watchdog_of_none() -> None:
    severity = {
        name: re.findall(r"severity: (\w+)", text)[0] for name, text in alerts().items()
    }

    assert set(severity.values()) == {"critical", "warning", "info", "none"}
    assert [name for name, one in severity.items() if one == "none"] == ["Watchdog"]


def test_every_alert_that_the_cases_name_exists_and_the_other_way_round() -> None:
    tested = set(re.findall(r"alertname: (\w+)", CASES.read_text(encoding="utf-8")))

    assert tested == set(alerts())


@pytest.mark.docker
def test_promtool_finds_each_alert_firing_when_it_should_and_not_before() -> None:
    folders = {"/rules": MONITORING / "rules", "/cases": CASES.parent}

    said = run(
        *("mchub/prometheus:0.1.0", "promtool", "test", "rules", "/cases/rules_test.yml"),
        folders=folders,
    )

    assert "SUCCESS" in said


@pytest.mark.docker
@pytest.mark.parametrize("name", ["staging", "production"])
def test_what_is_written_is_configuration_to_its_programs(
    name: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    write(load(name, {}), tmp_path / "monitoring")
    folders = {
        "/etc/mchub": tmp_path / "monitoring",
        "/etc/mchub-rules": MONITORING / "rules",
    }

    prometheus = (
        "promtool",
        "check",
        "config",
        "--syntax-only",
        "/etc/mchub/prometheus.yml",
    )
    run("mchub/prometheus:0.1.0", *prometheus, folders=folders)
    alertmanager = ("amtool", "check-config", "/etc/mchub/alertmanager.yml")
    run("mchub/alertmanager:0.1.0", *alertmanager, folders=folders)
    probe = (
        "/bin/blackbox_exporter",
        "--config.check",
        "--config.file=/etc/mchub/blackbox.yml",
    )
    run("mchub/blackbox-exporter:0.1.0", *probe, folders=folders)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("severity=critical alertname=HubDown", "people"),
        ("severity=warning alertname=ErrorRate", "people"),
        ("severity=info alertname=CertificateEnds", "digest"),
        ("severity=none alertname=Watchdog", "watchdog"),
    ],
)
def test_each_severity_goes_where_it_should(
    labels: str, receiver: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    write(load("production", {}), tmp_path / "monitoring")
    file = "--config.file=/etc/mchub/alertmanager.yml"
    words = ("config", "routes", "test", file, f"--verify.receivers={receiver}")

    said = run(
        *("mchub/alertmanager:0.1.0", "amtool", *words, *labels.split()),
        folders={"/etc/mchub": tmp_path / "monitoring"},
    )

    assert said.split()[0] == receiver


def test_dashboards_and_rules_hold_no_address_of_a_machine() -> None:
    boards = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in (MONITORING / "grafana" / "dashboards").iterdir()
    ]

    assert not re.search(r"\b\d+\.\d+\.\d+\.\d+\b", json.dumps(boards) + ALERTS)
