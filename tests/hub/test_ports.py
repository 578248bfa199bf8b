"""Ports: taken ones are refused, free ones are found and remembered."""

import socket
from pathlib import Path

import pytest

from hub import SettingsError
from hub.ports import free_ports, remembered_ports, require_free

NAMES = ("hub", "proxy")


def test_a_free_port_passes() -> None:
    (port,) = free_ports("127.0.0.1", 1)

    require_free("development.url", "localhost", "127.0.0.1", port, "take another")


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            require_free("development.url", "localhost", "127.0.0.1", port, "take another")

    assert str(refused.value) == (
        f"development.url: must be a free port; got {port}.\n"
        "hint: another program uses it on 127.0.0.1; take another"
    )


def test_free_ports_differ() -> None:
    assert len(set(free_ports("127.0.0.1", 20))) == 20


def test_ports_are_remembered_while_they_are_free(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = remembered_ports(file, "127.0.0.1", NAMES)

    assert remembered_ports(file, "127.0.0.1", NAMES) == first
    with socket.create_server(("127.0.0.1", first["hub"])):
        assert remembered_ports(file, "127.0.0.1", NAMES)["hub"] != first["hub"]


@pytest.mark.parametrize("content", ["", "[]", '{"hub": 1}', '{"hub": "x", "proxy": 2}'])
def test_a_spoiled_memory_of_ports_is_made_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(content)

    assert set(remembered_ports(file, "127.0.0.1", NAMES)) == set(NAMES)
