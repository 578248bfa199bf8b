"""The README keeps its word: what it prints is printed, what it tells to run runs."""

import contextlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, code_blocks, project_files

README = (ROOT / "README.md").read_text()

# Every command on the page, with the test that runs it.
RUN_BY = {
    "make run": "test_make_run_answers_at_its_address_and_ends_at_ctrl_c",
    "make platform": "test_every_part_of_the_platform_is_well",
    "make platform-down": "test_every_part_of_the_platform_is_well",
    "make test": "test_continuous_integration_runs_the_very_test_command_of_the_readme",
    "make help": "test_help_lists_every_verb_with_one_line",
    "python3 -m pip install .": "test_the_wheel_holds_mclib_alone_and_works",
    'python3 -m pip install ".[gpu]"': "test_the_gpu_extra_is_locked",
}


def _commands() -> set[str]:
    blocks = "\n".join(code_blocks(README, "sh")).splitlines()
    inline = re.findall(r"`((?:make|python3?|pip|uv|git) [^`]+)`", README)
    return {line.split("#")[0].strip() for line in [*blocks, *inline] if line.strip()}


def test_the_readme_fits_on_110_lines() -> None:
    assert len(README.splitlines()) <= 110


def test_every_command_on_the_readme_is_run_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    assert set(RUN_BY) == _commands()
    assert [] == [name for name in RUN_BY.values() if f"def {name}(" not in tests]


@pytest.mark.parametrize(
    "page",
    [str(path.relative_to(ROOT)) for path in project_files() if path.suffix == ".md"],
)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text())

    assert [] == [link for link in links if not (path.parent / link).exists()]


def test_the_python_example_prints_what_the_readme_says() -> None:
    [program], [expected] = code_blocks(README, "python"), code_blocks(README, "text")
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {"__name__": "readme"})

    assert expected == printed.getvalue()


def test_every_promise_is_kept_by_a_test() -> None:
    section = README.split("## What you can rely on")[1].split("\n## ")[0]
    promised = set(re.findall(r"`(test_\w+)` \|", section))
    tests = (ROOT / "tests" / "architecture" / "test_promises.py").read_text()

    assert promised <= set(re.findall(r"^def (test_\w+)\(", tests, re.MULTILINE))
    assert len(promised) == section.count("\n| ") - 2


@pytest.mark.slow
def test_the_wheel_holds_mclib_alone_and_works(tmp_path: Path) -> None:
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *build, "-w", str(tmp_path), "."], cwd=ROOT, check=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
        archive.extractall(tmp_path / "installed")

    where = subprocess.run(
        [sys.executable, "-P", "-c", "import mclib; print(mclib.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert {"mclib"} == {name for name in folders if not name.endswith(".dist-info")}
    assert where.startswith(str(tmp_path))


def test_the_gpu_extra_is_locked() -> None:
    lock = (ROOT / "requirements-gpu.lock").read_text()

    assert "\ncupy-cuda12x==" in lock


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as page:
            return page.status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_make_run_answers_at_its_address_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    address = f"http://localhost:{_free_port()}"
    state = {"MCHUB_STATE": str(tmp_path / "state"), "HOME": str(tmp_path)}
    said = ""
    with subprocess.Popen(
        [shutil.which("make") or "make", "run", f"PORT={address.rsplit(':')[-1]}"],
        cwd=ROOT,
        env={**os.environ, **state},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C at a terminal reaches make and everything that it started.
        start_new_session=True,
    ) as hub:
        try:
            assert hub.stdout is not None
            for line in hub.stdout:
                said += line
                if address in line:
                    break
            answered = _answers(f"{address}/hub/login")
            os.killpg(hub.pid, signal.SIGINT)
            said += hub.stdout.read()
            hub.wait(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(hub.pid, signal.SIGKILL)

    assert answered, said
    assert "password" in said
    assert not _answers(f"{address}/hub/login")
