"""The policy file: a table of what is refused, and the words of the refusal."""

import json
import re
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hub.laws import SettingsError
from hub.services.docker_policy.__main__ import main
from hub.services.docker_policy.policy import load_policy, read_policy
from tests.architecture.checkout import ROOT, code_blocks
from tests.hub.services.docker_policy.lawful import POLICY

README = (ROOT / "hub" / "services" / "docker_policy" / "README.md").read_text()
GIVEN: dict[str, Any] = json.loads(json.dumps(asdict(POLICY)))


def test_a_policy_is_the_same_after_a_journey_through_its_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(GIVEN))

    assert POLICY == load_policy(file)


def test_the_readmes_policy_is_one() -> None:
    (example,) = code_blocks(README, "json")

    assert "production" == read_policy(json.loads(example)).environment


def test_the_readme_explains_every_field() -> None:
    table = README.split("## The policy")[1]

    assert [] == [field for field in GIVEN if f"| `{field}` |" not in table]


def test_the_readme_lists_every_rule() -> None:
    from hub.services.docker_policy.rules import RULES

    missing = [rule.name for rule in RULES if f"| {rule.name} |" not in README]

    assert [] == missing


@pytest.mark.parametrize(
    ("field", "value", "law"),
    [
        ("environment", "Production", "policy.environment: must be lower-case"),
        ("prefix", "", "policy.prefix: must be lower-case"),
        ("prefix", "mc/../x", "policy.prefix: must be lower-case"),
        ("images", [], "policy.images: must name at least one"),
        ("images", ["kernel"], "policy.images: must be names with a tag"),
        ("images", ["*:*"], "policy.images: must be names with a tag"),
        ("images", "kernel:1", "policy.images: must be a list"),
        ("images", [1], "policy.images: must hold texts"),
        ("network", "host", "policy.network: must be a network of its own"),
        ("network", "container:x", "policy.network: must be lower-case"),
        ("memory_bytes", 0, "policy.memory_bytes: must be a number above 0"),
        ("memory_bytes", "8G", "policy.memory_bytes: must be `int`"),
        ("cpus", -1, "policy.cpus: must be a number above 0"),
        ("pids", True, "policy.pids: must be `int`"),
        ("user", "root", "policy.user: must be `<uid>:<gid>`"),
        ("user", "0:100", "policy.user: must be `<uid>:<gid>`"),
        ("user", "1000:0", "policy.user: must be `<uid>:<gid>`"),
        ("home", "home/jovyan", "policy.home: must be an absolute folder"),
        ("home", "/home/../etc", "policy.home: must be an absolute folder"),
        ("tmpfs", ["/tmp", "/"], "policy.tmpfs: must be an absolute folder"),
        ("volume", "{user}", "policy.volume: must"),
        ("volume", "{prefix}-home", "policy.volume: must"),
        ("volume", "{prefix}-{user.__class__}", "policy.volume: must"),
        ("volume", "{prefix}-{user}/..", "policy.volume: must"),
        ("log_drivers", ["syslog"], "policy.log_drivers: must be among"),
        ("gpu_share", 1.5, "policy.gpu_share: must be between 0 and 1"),
        ("gpus", [{"id": "all", "memory_mib": 1}], "policy.gpus.0.id: must be the id"),
        ("gpus", [{"id": "0"}], "policy.gpus.0.memory_mib: must be given"),
        ("gpus", ["0"], "policy.gpus.0: must be an object"),
        ("gpus", 2 * GIVEN["gpus"], "policy.gpus: must name each device once"),
        ("privileged", True, "policy.privileged: must be a field of the policy"),
    ],
)
def test_a_policy_that_breaks_a_law_is_refused(field: str, value: object, law: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(law)}"):
        read_policy({**GIVEN, field: value})


def test_a_missing_field_is_named() -> None:
    given = {key: value for key, value in GIVEN.items() if key != "images"}

    with pytest.raises(SettingsError, match=r"^policy\.images: must be given"):
        read_policy(given)


def _taken_file(path: Path) -> list[str]:
    path.write_text("not a socket")
    return ["--socket", str(path)]


def _no_folder(path: Path) -> list[str]:
    return ["--socket", str(path / "missing" / "docker.sock")]


def _no_port(path: Path) -> list[str]:
    return ["--address", "127.0.0.1"]


@pytest.mark.parametrize(
    ("arguments", "law"),
    [
        (_taken_file, "--socket: must be a socket that nobody listens to"),
        (_no_folder, "--socket: must lie in a folder that this account may write"),
        (_no_port, "--address: must be `<host>:<port>`"),
    ],
)
def test_a_place_where_it_cannot_listen_is_refused(
    arguments: Callable[[Path], list[str]],
    law: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(GIVEN))

    assert 1 == main([f"--policy={file}", *arguments(tmp_path / "docker.sock")])
    assert law in capsys.readouterr().err


def test_a_socket_in_use_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, path = tmp_path / "policy.json", tmp_path / "docker.sock"
    file.write_text(json.dumps(GIVEN))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as taken:
        taken.bind(str(path))
        taken.listen()

        assert 1 == main([f"--policy={file}", f"--socket={path}"])
    assert "must be a socket that nobody listens to" in capsys.readouterr().err


def test_a_policy_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text("{")

    with pytest.raises(SettingsError, match=r"^policy: must be a readable JSON file"):
        load_policy(file)
