"""What is scarce: leases of GPUs, the queue behind them, budgets, and time to start."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from statistics import median, quantiles
from typing import Any

import httpx
import pytest

from tests.integration.platform.conftest import Note
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    wait_until,
)

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

DEVICES = [device.name for device in SETTINGS.gpus.devices]
AT_ONCE = 20


@contextmanager
def _members(
    platform: LivePlatform, names: list[str], group: str
) -> Iterator[list[Member]]:
    """People who are signed in; their servers end with the block."""
    with ExitStack() as stack:
        people = []
        for name in names:
            platform.register(name, group)
            member = stack.enter_context(Member(platform, name))
            member.sign_in(name)
            stack.callback(member.stop)
            people.append(member)
        yield people


def _told(platform: LivePlatform, member: Member, profile: str) -> list[dict[str, Any]]:
    """Begin a start; what its page is told, filled in the background to the end."""
    path = f"/users/{member.name}/server"
    answer = member.ask("POST", path, json={"user_options": {"profile": profile}})
    assert answer.status_code in (201, 202), answer.text
    told: list[dict[str, Any]] = []

    def listen() -> None:
        page = f"/hub/api/users/{member.name}/server/progress"
        # A hub that ends breaks its pages off, and so does a person who leaves.
        with (
            suppress(httpx.HTTPError),
            member.client.stream("GET", page, timeout=120) as lines,
        ):
            told.extend(
                json.loads(line.removeprefix("data: "))
                for line in lines.iter_lines()
                if line.startswith("data: ")
            )

    threading.Thread(target=listen, daemon=True).start()
    return told


def _device(platform: LivePlatform, member: Member) -> str:
    (found,) = platform.servers(member.name)
    (asked,) = found["HostConfig"]["DeviceRequests"]
    (device,) = asked["DeviceIDs"]
    return str(device)


def test_gpus_are_leased_up_to_the_share_and_then_there_is_a_queue(
    platform: LivePlatform,
) -> None:
    queue = "SELECT user_name FROM mchub_queue ORDER BY rank"
    with _members(platform, ["emmy", "felix", "karl", "sofia"], "quants") as people:
        emmy, felix, karl, sofia = people
        for member in (emmy, felix):
            member.start_server(profile="gpu-large")
        assert sorted(_device(platform, each) for each in (emmy, felix)) == sorted(DEVICES)

        told = _told(platform, karl, "gpu-large")
        wait_until("Karl has a place", lambda: platform.sql(queue) == [["karl"]])
        _told(platform, sofia, "gpu-large")
        wait_until("Sofia too", lambda: platform.sql(queue) == [["karl"], ["sofia"]])
        wait_until("the page says so", lambda: "Place 1 in the queue" in str(told))
        assert "your turn comes within" in str(told)

        # Places outlive the hub, and end when a person wishes it.
        docker("restart", "--time", "20", platform.part(platform.active_hub()))
        wait_until("the hub is back", lambda: emmy.ask("GET", "/user").is_success, 90)
        assert platform.sql(queue) == [["karl"], ["sofia"]]
        wait_until("Sofia is asked for again", sofia.servers, 90)
        assert sofia.ask("DELETE", "/users/sofia/server").is_success
        wait_until("Sofia has left", lambda: platform.sql(queue) == [["karl"]])
        wait_until("Karl is asked for again", karl.servers, 90)
        freed = _device(platform, felix)
        felix.stop()
        wait_until("Karl's turn comes", lambda: karl.servers().get("", {}).get("ready"), 90)
        assert _device(platform, karl) == freed
        assert platform.sql(queue) == []
    assert platform.sql("SELECT count(*) FROM mchub_leases") == [["0"]]


def test_a_start_beyond_the_budget_is_refused_with_the_numbers(
    platform: LivePlatform,
) -> None:
    spent = (
        "from hub import load\n"
        "from hub.database import connect\n"
        "from hub.quotas import override\n"
        "engine = connect(load('rehearsal'))\n"
        "override(engine, 'blaise', gpu_hours=1, cpu_hours=0.1, by='olivia', why='a test')"
    )
    with _members(platform, ["blaise"], "analysts") as (blaise,):
        docker("exec", platform.part("steward"), "python", "-c", spent)

        told = _told(platform, blaise, "cpu-small")

        wait_until("the start ended", lambda: any(each.get("failed") for each in told))
        said = str(told)
        assert "0.10 are left: 0.0 of 0.1 CPU hours were used in the last 30 days" in said
        assert "Ask an admin for more" in said
        assert not blaise.servers()


def test_twenty_servers_start_at_once(platform: LivePlatform, measured: Note) -> None:
    names = [f"crowd-{number:02}" for number in range(AT_ONCE)]
    with _members(platform, names, "analysts") as people:
        people[0].start_server(profile="cpu-small")
        people[0].stop()
        alone = []
        for _ in range(3):
            began = time.monotonic()
            people[0].start_server(profile="cpu-small")
            alone.append(time.monotonic() - began)
            people[0].stop()

        def start(member: Member) -> float:
            began = time.monotonic()
            member.start_server(within=180, profile="cpu-small")
            return time.monotonic() - began

        with ThreadPoolExecutor(AT_ONCE) as crowd:
            took = sorted(crowd.map(start, people))

        p95 = quantiles(took, n=20)[-1]
        measured(
            f"start of a server: alone {median(alone):.1f} s; {AT_ONCE} at once: median "
            f"{median(took):.1f} s, p95 {p95:.1f} s, longest {took[-1]:.1f} s, 0 failed"
        )
        assert len(platform.servers()) >= AT_ONCE


def test_a_hub_with_rows_of_a_hundred_users_starts_and_stays_small(
    platform: LivePlatform, measured: Note
) -> None:
    with Member(platform, "olivia") as olivia:
        olivia.sign_in("olivia")
        names = [f"row-{number:03}" for number in range(100)]
        answer = olivia.ask("POST", "/users", json={"usernames": names})
        assert answer.status_code == 201, answer.text

        began = time.monotonic()
        docker("restart", "--time", "20", platform.part(platform.active_hub()))
        wait_until("the hub is back", lambda: olivia.ask("GET", "/user").is_success, 120)
        took = time.monotonic() - began
        form = [
            "stats",
            "--no-stream",
            "--format",
            "{{.MemUsage}}",
            platform.part(platform.active_hub()),
        ]
        measured(f"hub with 100 users' rows: back in {took:.1f} s, {docker(*form).strip()}")
        for name in names:
            olivia.ask("DELETE", f"/users/{name}")
    assert took < 60
