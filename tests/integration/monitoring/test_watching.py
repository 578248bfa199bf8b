"""The watched platform: who is read, what dashboards show, who is told when parts fail.

The tests follow each other: people work, dashboards show it, and in the end all fails.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.monitoring.dashboards import BOARDS
from tests.architecture.checkout import ROOT
from tests.integration.live_hub import Kernel
from tests.integration.platform.live import (
    LivePlatform,
    Member,
    docker,
    running_platform,
    wait_until,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

Note = Callable[[str], None]

HERE = Path(__file__).parent
RULES = ROOT / "deploy" / "monitoring" / "rules"
SINK = "http://127.0.0.1:8099"
# In the place of the mail server and of Slack.
SECRETS = {
    "slack_webhook": "http://sink:8099/slack",
    "watchdog_url": "http://sink:8099/watchdog",
}
# Which recorded answers stand for what this platform hasn't got, and whose they are.
RECORDED = {"gpu": "exporter", "front": "public", "pair": "patroni", "backup": "backup"}


class Watched:
    """The rehearsal with everything that watches it."""

    def __init__(self, platform: LivePlatform) -> None:
        self.platform = platform

    def page(self, part: str, address: str, *words: str) -> str:
        return docker("exec", self.platform.part(part), "curl", "-fsS", *words, address)

    def ask(self, path: str, **parameters: str) -> Any:
        """What Prometheus answers, asked from its own network."""
        words = ["--get"] if parameters else []
        for name, value in parameters.items():
            words += ["--data-urlencode", f"{name}={value}"]
        url = f"http://prometheus:9090/api/v1/{path}"
        return json.loads(self.page("exporter", url, *words))["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def received(self, by: str) -> list[dict[str, Any]]:
        """What arrived by mail, at Slack's place or at the watchdog's."""
        found = json.loads(self.page("sink", f"{SINK}/received"))
        return [one["told"] for one in found if one["by"] == by]

    def add_recorded(self) -> None:
        """Have Prometheus read what stands for parts that this platform hasn't got."""
        mounts = json.loads(
            docker(
                "inspect", "--format", "{{json .Mounts}}", self.platform.part("prometheus")
            )
        )
        folder = next(one["Source"] for one in mounts if one["Destination"] == "/etc/mchub")
        recorded = [
            {
                "targets": ["sink:8099"],
                "labels": {
                    "__metrics_path__": f"/recorded/{name}",
                    "job": job,
                    "instance": f"recorded-{name}",
                },
            }
            for name, job in RECORDED.items()
        ]
        file = Path(folder) / "targets" / "dcgm.json"
        file.write_text(json.dumps(recorded), encoding="utf-8")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    state = tmp_path_factory.mktemp("watched")
    secrets = state / "rehearsal" / "secrets"
    secrets.mkdir(mode=0o700, parents=True)
    (state / "rehearsal").chmod(0o711)
    for name, value in SECRETS.items():
        (secrets / name).write_text(f"{value}\n", encoding="utf-8")
        (secrets / name).chmod(0o600)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MCHUB_SITE", str(HERE / "site.toml"))
        patched.setenv("MC_OVERLAYS", str(HERE / "compose.yaml"))
        with running_platform(state) as platform:
            watched = Watched(platform)
            watched.add_recorded()
            yield watched


@pytest.fixture(scope="module")
def ada(watched: Watched) -> Iterator[Member]:
    """An analyst at work; the drill ends the hub, and her server goes with the rest."""
    with Member(watched.platform, "ada") as ada:
        ada.start("cpu-small")
        yield ada


def test_everything_is_read_but_the_hub_that_stands_by(watched: Watched) -> None:
    def away() -> list[tuple[str, str, str]]:
        return [
            (one["labels"]["job"], one["labels"]["instance"], one["lastError"])
            for one in watched.ask("targets")["activeTargets"]
            if one["health"] != "up"
        ]

    wait_until("all but one hub is read", lambda: [one[0] for one in away()] == ["hub"], 60)
    jobs = {one["labels"]["job"] for one in watched.ask("targets")["activeTargets"]}
    assert {"hub", "proxy", "exporter", "node", "postgres", "public", "synthetic"} <= jobs


def test_the_hub_is_read_with_a_token_and_not_without(watched: Watched) -> None:
    address = f"{watched.platform.url}/hub/metrics"
    words = ("-s", "-o", "/dev/null", "-w", "%{http_code}")

    code = docker(
        "exec",
        watched.platform.part("proxy"),
        "curl",
        *words,
        address.replace("localhost:3300", "127.0.0.1:8000"),
    )

    assert code == "403"
    assert watched.query("jupyterhub_total_users")


def test_a_check_runs_a_notebook_through_the_public_address(watched: Watched) -> None:
    done = 'mchub_synthetic_checks_total{outcome="ok"} >= 1'

    wait_until("a check succeeded", lambda: watched.query(done), 120)

    steps = {one["metric"]["step"] for one in watched.query("mchub_synthetic_step_seconds")}
    assert {"server starts", "notebook runs", "dashboard", "server ends"} <= steps


def test_runs_of_mclib_arrive_by_user_and_engine(watched: Watched, ada: Member) -> None:
    code = """
import mclib as mc

@mc.model
def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    return a + b

print(mc.simulate(total, 10_000_000, seed=1).provenance.engine)
"""
    with Kernel(watched.platform, ada.name, ada.token()) as kernel:  # type: ignore[arg-type]
        engine = kernel.run(code).strip()

    asked = f'mchub_mclib_trials_total{{user="ada", engine="{engine}"}} >= 10000000'
    wait_until("the trials are counted", lambda: watched.query(asked), 60)


def test_every_panel_of_every_dashboard_shows_something(
    watched: Watched, ada: Member
) -> None:
    # The reconciler measures homes every ten minutes, and when it starts.
    docker("restart", "--time=1", watched.platform.part("reconciler"))
    waiting = {
        (board.name, panel.title, query)
        for board in BOARDS
        for panel in board.panels
        for query, _ in panel.queries
    }
    end = time.monotonic() + 180
    while waiting and time.monotonic() < end:
        waiting = {one for one in waiting if not watched.query(one[2])}
        time.sleep(2)

    assert waiting == set()


def test_lines_of_every_part_are_kept_and_ours_are_json(watched: Watched) -> None:
    read = "cat /var/log/mchub/hub-*/*.jsonl /var/log/mchub/proxy/*.jsonl"

    def told() -> list[dict[str, Any]]:
        found = docker("exec", watched.platform.part("logs"), "sh", "-c", read, check=False)
        return [json.loads(line) for line in found.splitlines()]

    wait_until("the hub's lines", lambda: any("told" in one for one in told()), 60)

    lines = told()
    assert {"proxy"} < {one["part"] for one in lines}
    ours = [one["told"] for one in lines if "told" in one]
    assert all({"time", "part", "level", "message"} <= set(one) for one in ours)


def test_the_watchdog_calls(watched: Watched) -> None:
    wait_until("the watchdog calls", lambda: watched.received("watchdog"), 60)

    [alert, *_] = watched.received("watchdog")[-1]["alerts"]
    assert alert["labels"]["alertname"] == "Watchdog"
    assert alert["labels"]["environment"] == "rehearsal"


def test_each_critical_alert_fires_and_is_told_by_mail_and_slack(
    watched: Watched, ada: Member, measured: Note
) -> None:
    text = (RULES / "alerts.yml").read_text(encoding="utf-8")
    critical = text.partition("- name: critical")[2].partition("- name: warning")[0]
    names = set(re.findall(r"- alert: (\w+)", critical))
    assert len(names) >= 9
    began = time.monotonic()

    watched.page("sink", f"{SINK}/worse", "--request", "POST")
    parts = ("hub-blue", "hub-green", "proxy", "postgres", "docker-policy")
    docker("stop", "--time=1", *(watched.platform.part(part) for part in parts))

    def told() -> tuple[set[str], set[str]]:
        mails = " ".join(mail["subject"] for mail in watched.received("mail"))
        posts = " ".join(
            post["attachments"][0]["title"] for post in watched.received("slack")
        )
        form = re.compile(r"\[FIRING\] rehearsal: (\w+) \(critical\)")
        return set(form.findall(mails)), set(form.findall(posts))

    try:
        wait_until("all are told", lambda: told() == (names, names), 180)
    except AssertionError:
        assert told() == (names, names)
    measured(f"every critical alert told after {time.monotonic() - began:.0f} s")
    assert all("runbooks.md#" in mail["text"] for mail in watched.received("mail"))
