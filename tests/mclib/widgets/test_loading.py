import subprocess
import sys
from pathlib import Path

import pytest

import mclib as mc
from mclib.widgets.loading import status_line

PROGRAM = """
from ipykernel.zmqshell import InteractiveShell

# A shell changes its whole process, so this one has a process of its own.
InteractiveShell().run_line_magic("load_ext", "mclib")
"""


def test_loading_the_extension_says_what_runs_will_have(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    [line] = said.splitlines()
    assert line.startswith("mclib ")
    assert all(each in line for each in mc.devices())
    assert "GB of memory free" in line


@pytest.mark.parametrize(
    ("limit", "used", "said"),
    [("3000000000", "1000000000", "2.0 GB"), ("max", "5", "4.1 GB"), ("5", "9", "0.0 GB")],
)
def test_free_memory_is_the_containers_where_that_is_less(
    tmp_path: Path, limit: str, used: str, said: str
) -> None:
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n")
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text(used)

    assert f"{said} of memory free" in status_line(memory, tmp_path)


def test_where_nothing_tells_of_memory_nothing_is_said(tmp_path: Path) -> None:
    assert "memory" not in status_line(tmp_path / "none", tmp_path)
