"""Homes measured through Docker: whose they are, in which version, and after faults."""

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hub import containers, load
from hub.quotas import note_storage, storage_used
from hub.services.home_sizes import home_sizes, watch
from tests.hub.databases import sqlite_database

SETTINGS = load("rehearsal", {})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite_database(tmp_path) as engine:
        yield engine


class Disk(socketserver.ThreadingUnixStreamServer):
    """What stands in Docker's place: its version, and its answers in turn."""

    daemon_threads = True

    def __init__(self, socket: Path) -> None:
        super().__init__(str(socket), _Handler)
        self.api, self.asked = "1.41", list[str]()
        self.said: list[tuple[int, object]] = [(200, {"Volumes": None})]
        self.at_once = self.most_at_once = 0

    def answer(self, path: str) -> tuple[int, object]:
        if path.endswith("/version"):
            return 200, {"ApiVersion": self.api}
        self.asked.append(path)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.05)
        self.at_once -= 1
        return self.said[min(len(self.asked), len(self.said)) - 1]


class _Handler(BaseHTTPRequestHandler):
    server: Disk

    def do_GET(self) -> None:
        status, said = self.server.answer(self.path)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a unix socket's client has no address to log."""


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    socket = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    with Disk(socket) as disk:
        serving = threading.Thread(target=disk.serve_forever, args=(0.05,))
        serving.start()
        yield disk
        disk.shutdown()
        serving.join(10)


def homes(**sizes: int) -> dict[str, Any]:
    return {
        "Volumes": [
            {
                "Name": containers.volume_name(SETTINGS, user),
                "UsageData": {"Size": size},
            }
            for user, size in sizes.items()
        ]
    }


def test_each_users_home_is_told_and_no_other_volume(disk: Disk) -> None:
    said = homes(**{"ada": 5, "Eve@example.org": 7, "gus": -1})
    said["Volumes"].append({"Name": "mchub-rehearsal_postgres", "UsageData": {"Size": 9}})
    disk.said = [(200, said)]

    assert {"ada": 5, "Eve@example.org": 7, "gus": None} == home_sizes(SETTINGS)


@pytest.mark.parametrize(
    ("api", "asked"), [("1.41", "1.41"), ("1.51", "1.51"), ("1.52", "1.51")]
)
def test_docker_is_asked_in_a_version_whose_answer_is_known(
    disk: Disk, api: str, asked: str
) -> None:
    disk.api = api

    assert {} == home_sizes(SETTINGS)
    assert [f"/v{asked}/system/df?type=volume"] == disk.asked


def test_a_fault_leaves_what_was_noted_and_the_next_measurement_mends_it(
    disk: Disk, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    note_storage(engine, "ada", 3)
    faults = [(502, {"message": "busy"}), (200, {"no": "volumes"})]
    disk.said = [*faults, (200, homes(ada=4, eve=5))]
    ending, seen = threading.Event(), list[int]()

    every = timedelta(milliseconds=1)
    watching = threading.Thread(target=watch, args=(SETTINGS, engine, every, ending))
    watching.start()
    while len(disk.asked) < 5:
        noted = storage_used(engine).get("ada", (0, None))[0]
        seen += [noted] if noted not in seen else []
        ending.wait(0.005)
    ending.set()
    watching.join(10)

    assert [3, 4] == seen
    assert {"ada": 4, "eve": 5} == {
        u: stored for u, (stored, _) in storage_used(engine).items()
    }
    assert 1 == disk.most_at_once
    assert "homes are not measured now" in caplog.text
    assert "homes can't be measured" in caplog.text
