"""Starting where something is in the way, stopping, and starting again."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.integration.live_hub import Kernel, LiveHub, Person, running_hub

pytestmark = pytest.mark.slow


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path / "state")
    with socket.create_server(("127.0.0.1", hub.port)):
        law, hint = hub.refusal().splitlines()

    assert law == f"development.url: must be a free port; got {hub.port}."
    assert "another program uses it on 127.0.0.1; `make run PORT=3001`" in hint


def test_a_taken_port_of_the_platform_api_is_one_clear_line(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path / "state")
    with socket.create_server(("127.0.0.1", hub.api_port)):
        law, hint = hub.refusal().splitlines()

    assert law == f"development.network.api_port: must be a free port; got {hub.api_port}."
    assert "`--api-port 9091`" in hint


def test_a_second_hub_on_the_same_state_is_one_clear_line(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub:
        law, hint = LiveHub(hub.state).refusal().splitlines()

    assert law.startswith("MCHUB_STATE: must belong to one running hub at a time; got ")
    assert hub.url in hint


def test_the_end_of_a_hub_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ada.start_server()

        said = hub.stop()

        assert hub.processes() == []
    assert said.splitlines()[-1] == "everything has ended."


def test_a_restart_keeps_sign_in_files_and_ports(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ports = (hub.state / "ports.json").read_text()
        password = hub.secret("user_password")

        hub.stop(signal.SIGTERM)
        hub.start()

        assert ada.ask("GET", "/user").json()["name"] == "ada"
        assert hub.secret("user_password") == password
        assert (hub.state / "ports.json").read_text() == ports


def test_a_server_outlives_a_launcher_that_was_ended_by_force(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ada.start_server()
        with Kernel(hub, "ada", ada.token()) as kernel:
            pid = int(kernel.run("import os; print(os.getppid())"))
        orphans = [hub.pid_of(name) for name in ("proxy", "hub", "platform-api")]

        hub.kill()
        hub.start()

        assert psutil.pid_exists(pid)
        assert not any(psutil.pid_exists(orphan) for orphan in orphans)
        with Kernel(hub, "ada", ada.token()) as kernel:
            assert int(kernel.run("import os; print(os.getppid())")) == pid


def test_servers_outlive_a_hub_that_keeps_ending(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ada.start_server()
        with Kernel(hub, "ada", ada.token()) as kernel:
            pid = int(kernel.run("import os; print(os.getppid())"))
        proxy = hub.pid_of("proxy")

        while hub.is_running():
            with suppress(ProcessLookupError, KeyError, FileNotFoundError):
                os.kill(hub.pid_of("hub"), signal.SIGKILL)
            time.sleep(0.2)
        said = hub.wait()

        assert "restarts of hub in ten minutes did not help; nothing works" in said
        assert said.splitlines()[-1] == (
            "users' servers go on, and the next start adopts them."
        )
        assert not psutil.pid_exists(proxy)
        hub.start()
        with Kernel(hub, "ada", ada.token()) as kernel:
            assert int(kernel.run("import os; print(os.getppid())")) == pid


def test_an_admin_can_end_everything(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "admin") as admin:
        admin.sign_in(hub.secret("admin_password"))

        admin.ask("POST", "/shutdown", json={"proxy": True, "servers": True})
        said = hub.wait()

        assert hub.processes() == []
    assert "the hub was shut down by an admin." in said


def test_a_second_signal_ends_everything_at_once(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub, Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        ada.start_server()

        os.kill(hub.pid_of("hub"), signal.SIGSTOP)
        started = time.monotonic()
        hub.interrupt_twice()

        assert time.monotonic() - started < 15
        assert hub.processes() == []


def test_a_hub_that_hangs_is_waited_for_aloud(tmp_path: Path) -> None:
    with running_hub(tmp_path / "state") as hub:
        launcher = psutil.Process(hub.pid_of("hub")).parent()
        assert launcher is not None
        os.kill(hub.pid_of("hub"), signal.SIGSTOP)

        launcher.send_signal(signal.SIGINT)
        time.sleep(5)
        said = hub.stop()

    assert "waiting for hub to end; Ctrl-C again ends it at once." in said.splitlines()
