"""A user's server as a local process: its folders, and which process it is."""

import json
from pathlib import Path

import psutil
import pytest
from jupyterhub.spawner import SpawnException

from hub import local_server, storage
from hub.local_server import running_servers


def test_only_the_very_process_that_was_started_counts_as_running(state: Path) -> None:
    own = psutil.Process()
    records = {
        "running": [own.pid, own.create_time()],
        "same-id-other-process": [own.pid, own.create_time() - 1_000],
        "gone": [2**22 + 1, 1.0],
    }
    for name, record in records.items():
        (storage.servers_folder() / f"{name}.json").write_text(json.dumps(record))

    found = running_servers(print)

    left = [record.stem for record in storage.servers_folder().iterdir()]
    assert [process.pid for process in found] == [own.pid]
    assert left == ["running"]


@pytest.mark.parametrize("content", ["", "[1", "{}", "[1]", '["x", 1]', "3"])
def test_a_spoiled_record_of_a_server_is_named_and_passed_over(content: str) -> None:
    own = psutil.Process()
    whole, spoiled = (storage.servers_folder() / name for name in ("a.json", "b.json"))
    whole.write_text(json.dumps([own.pid, own.create_time()]))
    spoiled.write_text(content)
    said: list[str] = []

    found = running_servers(said.append)

    (line,) = said
    assert [process.pid for process in found] == [own.pid]
    assert line.startswith(f"{spoiled} can't be read, so its server may be left running")


def test_a_users_variables_point_into_the_users_folder(tmp_path: Path) -> None:
    variables = local_server._user_variables("ada", tmp_path / "ada")

    own = {name for name, value in variables.items() if value.startswith(str(tmp_path))}
    assert own == {
        "HOME",
        "IPYTHONDIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
    }
    assert variables["USER"] == "ada"


def test_the_first_page_is_the_first_notebook_while_it_is_there(tmp_path: Path) -> None:
    notebook = tmp_path / "notebooks" / "00-five-minutes.ipynb"
    assert local_server._first_page(tmp_path) == "/lab"

    notebook.parent.mkdir()
    assert local_server._first_page(tmp_path) == "/lab/tree/notebooks"

    notebook.write_text("{}")
    assert local_server._first_page(tmp_path) == "/lab/tree/notebooks/00-five-minutes.ipynb"


def test_a_full_disk_is_a_refusal_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "LEAST_FREE_BYTES", 10**18)

    with pytest.raises(SpawnException) as refused:
        local_server._prepare(tmp_path / "ada")

    assert refused.value.reason == "disk"
    assert "MB of free disk to start" in refused.value.jupyterhub_message


def test_a_home_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SpawnException, match="home folder of this server can't be used"):
        local_server._prepare(tmp_path / "file" / "ada")


def test_jupyterlab_asks_nobody_for_news() -> None:
    folder = Path(local_server.__file__).parent / "jupyter"
    overrides = json.loads(
        (folder / "labconfig" / "default_setting_overrides.json").read_text()
    )
    server = json.loads((folder / "jupyter_server_config.json").read_text())

    notification = overrides["@jupyterlab/apputils-extension:notification"]
    assert notification == {"checkForUpdates": False, "fetchNews": "false"}
    assert server["LabApp"]["extension_manager"] == "readonly"
