"""A platform that is watched: every panel has an answer, every critical alert is heard.

What this machine hasn't got, a GPU, a pair, a front, copies, is answered from `recorded/`.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.monitoring.dashboards import BOARDS
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import Kernel
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    running_platform,
    wait_until,
)

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

HERE = Path(__file__).parent
PROMETHEUS = "http://127.0.0.1:9203/api/v1/query"
RULES = ROOT / "deploy" / "monitoring" / "rules" / "alerts.yml"
# Recorded metrics, the targets file that names them, and the job whose they seem to be.
RECORDED = (
    ("gpu", "dcgm", "dcgm"),
    ("pair", "patroni", "patroni"),
    ("front", "front", "front"),
    ("certificate", "front", "public"),
    ("backup", "backup", "backup"),
)
SECRETS = {
    "slack_webhook": "http://sink:8099/slack",
    "watchdog_url": "http://sink:8099/watchdog",
}
RUNS = """
import mclib as mc

@mc.model
def total(a=mc.Uniform(0, 1), b=mc.Normal(0, 1)):
    return a + b

for seed in range(10**6):
    mc.simulate(total, 100_000, seed=seed, progress=False)
"""

Note = Callable[[str], None]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    state = tmp_path_factory.mktemp("watched")
    secrets = state / SETTINGS.name / "secrets"
    secrets.mkdir(mode=0o700, parents=True)
    for name, value in SECRETS.items():
        (secrets / name).write_text(f"{value}\n")
        (secrets / name).chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCHUB_SITE", str(HERE / "site.toml"))
        patch.setenv("MC_OVERLAYS", str(HERE / "compose.yaml"))
        with running_platform(state) as platform:
            _answer_from_records(state / SETTINGS.name / "monitoring" / "targets")
            yield platform


def _answer_from_records(folder: Path) -> None:
    by_file: dict[str, list[dict[str, Any]]] = {}
    for record, file, job in RECORDED:
        labels = {"__metrics_path__": f"/recorded/{record}", "instance": record}
        found = {"targets": ["sink:8099"], "labels": labels | {"job": job}}
        by_file.setdefault(file, []).append(found)
    for file, targets in by_file.items():
        # In its place: the container has the folder mounted.
        (folder / f"{file}.json").write_text(json.dumps(targets))


def _ask(query: str) -> list[Any]:
    answer = httpx.get(PROMETHEUS, params={"query": query}, trust_env=False, timeout=10)
    told = answer.json()
    assert told["status"] == "success", (query, told)
    found: list[Any] = told["data"]["result"]
    return found


def _unanswered() -> set[str]:
    """Panels with a question to which Prometheus has no answer."""
    return {
        f"{board.name}: {panel.title}: {query}"
        for board in BOARDS
        for panel in board.panels
        for query, _ in panel.queries
        if not _ask(query)
    }


def _received(platform: LivePlatform) -> list[dict[str, Any]]:
    ask = ("curl", "-fsS", "http://127.0.0.1:8099/received")
    found: list[dict[str, Any]] = json.loads(docker("exec", platform.part("sink"), *ask))
    return found


def _critical() -> set[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {
        rule["alert"]
        for group in groups
        for rule in group["rules"]
        if rule.get("labels", {}).get("severity") == "critical"
    }


def test_every_panel_of_every_dashboard_has_an_answer(
    watched: LivePlatform, measured: Note
) -> None:
    with Member(watched, "mallory") as mallory:
        mallory.sign_in("mallory")
    began = time.monotonic()
    with Member(watched, "grace") as grace:
        grace.start("gpu-slice")
        with Kernel(watched, "grace", grace.token()) as kernel:
            kernel.begin(RUNS)
            # It measures what people keep when it starts, and then every ten minutes.
            docker("restart", watched.part("reconciler"))
            end = time.monotonic() + 240
            while (open_ := _unanswered()) and time.monotonic() < end:
                time.sleep(3)
        n_queries = sum(len(panel.queries) for board in BOARDS for panel in board.panels)
        took = time.monotonic() - began
        measured(f"panels: {n_queries} questions, all answered after {took:.0f} s")
        assert open_ == set()
        grace.stop()


def test_the_watchdog_calls_as_long_as_alerts_work(watched: LivePlatform) -> None:
    def called() -> bool:
        return any(one["by"] == "watchdog" for one in _received(watched))

    wait_until("the call", called, 90)


def test_every_critical_alert_reaches_mail_and_slack(
    watched: LivePlatform, measured: Note
) -> None:
    wanted, began = _critical(), time.time()
    worse = ("curl", "-fsS", "-d", "", "http://127.0.0.1:8099/worse")
    docker("exec", watched.part("sink"), *worse)
    parts = ("hub-blue", "hub-green", "proxy", "platform-api", "admin", "postgres")
    docker("stop", "--time=5", *map(watched.part, parts))

    def missing() -> set[str]:
        told = {"mail": "", "slack": ""}
        for one in _received(watched):
            told[one["by"]] = told.get(one["by"], "") + json.dumps(one["told"])
        return {
            f"{name} by {channel}"
            for channel in ("mail", "slack")
            for name in wanted
            if f"[FIRING] rehearsal: {name} (critical)" not in told[channel]
        }

    end = time.monotonic() + 240
    while (absent := missing()) and time.monotonic() < end:
        time.sleep(2)
    assert absent == set()
    heard = max(one["at"] for one in _received(watched) if one["by"] == "mail") - began
    measured(f"alerts: all {len(wanted)} critical ones heard after {heard:.0f} s")
    texts = [one["told"]["text"] for one in _received(watched) if one["by"] == "mail"]
    assert all("deploy/monitoring/runbooks.md#" in text for text in texts)
