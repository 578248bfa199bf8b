"""The launcher: what it does about a process that keeps ending, and a spoiled state."""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hub import SettingsError, launch, load, processes, storage
from hub.environments import with_ports
from hub.ports import free_ports
from hub.processes import Plan

NAMES = ("proxy", "hub", "platform-api", "idle-culler")
STAYS = "import time; time.sleep(60)"
ENDS = "import sys; sys.exit('no luck')"


def plans_where(*ending: str) -> Callable[[object], list[Plan]]:
    """Plans of a hub whose processes `ending` end as soon as they start."""
    return lambda settings: [
        Plan(
            name=name,
            command=(sys.executable, "-c", ENDS if name in ending else STAYS),
            variables={},
            answers_at="",
            end_within=timedelta(seconds=5),
        )
        for name in NAMES
    ]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> launch.Settings:
    """Development on free ports, with no pause between the tries."""
    monkeypatch.setattr(processes.Restarts, "pause", without_pause)
    port, api_port = (str(port) for port in free_ports("127.0.0.1", 2))
    ports = {"MCHUB_PORT": port, "MCHUB_API_PORT": api_port}
    return with_ports(load("development", {}), ports)


def without_pause(
    restarts: processes.Restarts,
    now: float,
    pause: Callable[..., float | None] = processes.Restarts.pause,
) -> float | None:
    return None if pause(restarts, now) is None else 0.0


@pytest.mark.parametrize("name", ["platform-api", "idle-culler"])
def test_the_hub_goes_on_without_a_process_that_it_can_spare(
    name: str, settings: launch.Settings, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(launch, "plans", plans_where(name))
    launcher = launch.Launcher(
        settings, storage.state_folder(), said.append, lambda: "without it" in said[-1]
    )

    launcher.start()
    status = launcher.watch()

    running = json.loads((state / "running.json").read_text())
    launcher.end()
    assert status == 0
    assert list(running) == [other for other in NAMES if other != name]
    assert (
        f"5 restarts of {name} in ten minutes did not help; the hub goes on without it."
        in said
    )


@pytest.mark.parametrize("name", ["proxy", "hub"])
def test_a_hub_that_cannot_go_on_says_so_and_leaves_users_servers_alone(
    name: str, settings: launch.Settings, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(launch, "plans", plans_where(name))
    plan = plans_where()(None)[0]
    server = processes.Process(plan, storage.logs_folder(), state)
    started_at = launch.psutil.Process(server.pid).create_time()
    record = storage.servers_folder() / "ada.json"
    record.write_text(json.dumps([server.pid, started_at]))

    status = launch.launch(settings, said.append)

    is_alive = server.status() is None
    server.end()
    assert status == 1
    assert is_alive
    assert said[-1] == "users' servers go on, and the next start adopts them."
    assert (
        f"5 restarts of {name} in ten minutes did not help; nothing works without it."
        in said
    )


def test_every_process_has_tries_of_its_own(
    settings: launch.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(launch, "plans", plans_where("platform-api", "idle-culler"))
    launcher = launch.Launcher(
        settings,
        storage.state_folder(),
        said.append,
        lambda: sum("without it" in text for text in said) == 2,
    )

    launcher.start()
    launcher.watch()
    launcher.end()

    for name in ("platform-api", "idle-culler"):
        assert said.count(f"{name} runs again; users' servers were not touched.") == 5


def test_a_later_try_waits_longer(
    settings: launch.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(launch, "plans", plans_where("idle-culler"))
    monkeypatch.setattr(processes.Restarts, "pause", lambda self, now: 0.7)
    again = "idle-culler runs again; users' servers were not touched."
    launcher = launch.Launcher(
        settings, storage.state_folder(), said.append, lambda: again in said
    )

    launcher.start()
    started = time.monotonic()
    launcher.watch()
    took = time.monotonic() - started
    launcher.end()

    assert 0.7 <= took


@pytest.mark.parametrize(
    "content", ["", "{half a", "[]", '{"hub": 1}', '{"hub": ["x", 1]}']
)
def test_a_spoiled_record_of_processes_is_named_and_passed_over(
    content: str, state: Path
) -> None:
    file = storage.state_folder() / "running.json"
    file.write_text(content)
    said: list[str] = []

    launch._end_leftovers(state, said.append)

    (line,) = said
    assert line.startswith(f"{file} can't be read, so an earlier hub may have left")


@pytest.mark.parametrize("name", ["running.json", "run.lock", "ports.json"])
def test_a_state_that_cannot_be_written_is_one_refusal(
    name: str, settings: launch.Settings, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "plans", plans_where())
    folder = storage.state_folder()
    (folder / name).mkdir()

    with pytest.raises(SettingsError) as refused:
        launch.launch(settings, lambda text: None)

    law, hint = str(refused.value).splitlines()
    assert law == (
        f"MCHUB_STATE: must be a folder that a hub can write to; got '{folder / name}'."
    )
    assert hint == "hint: Is a directory"


def test_a_relative_state_folder_is_the_same_one_for_every_process(
    settings: launch.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCHUB_STATE", "here")
    code = "import os; print(os.environ['MCHUB_STATE'], flush=True)"
    (plan, *_) = plans_where()(None)
    told = Plan(**{**vars(plan), "name": "hub", "command": (sys.executable, "-c", code)})
    monkeypatch.setattr(launch, "plans", lambda settings: [told])

    launch.launch(settings, lambda text: None)

    assert (tmp_path / "here" / "logs" / "hub.log").read_text() == f"{tmp_path / 'here'}\n"
    assert os.environ["MCHUB_STATE"] == str(tmp_path / "here")
