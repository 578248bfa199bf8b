"""The verbs: listed, explained, and helpful on a machine that lacks what they need."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, makefile_verbs

NEEDED = ("sh", "make", "awk", "env")
AWAY = "http://127.0.0.1:9"


def _make(
    *words: str, path: Path | None = None, cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run make as a newcomer would: no home folder, only a path."""
    search = str(path) if path else os.environ["PATH"]
    return subprocess.run(
        [shutil.which("make") or "make", *words],
        cwd=cwd,
        env={"PATH": search, "HOME": "", "LC_ALL": "C", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _path_with(folder: Path, **programs: str) -> Path:
    """A folder for PATH that holds the barest tools and the programs given as text."""
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def _checkout_without_environment(folder: Path) -> Path:
    """What set-up reads, in a folder of its own."""
    names = ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")
    for name in names:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    for name in ("login_provider", "axe"):
        tool = Path("tests", "tools", name)
        shutil.copytree(ROOT / tool, folder / tool)
    return folder


def test_help_lists_every_verb_with_one_line() -> None:
    outcome = _make("help")
    lines = outcome.stdout.splitlines()

    assert list(makefile_verbs()) == [line.split()[1] for line in lines]
    assert max(len(line) for line in lines) <= 92


def test_make_alone_shows_the_help() -> None:
    assert _make("help").stdout == _make().stdout


def test_every_public_verb_is_phony_and_explained() -> None:
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())

    assert {"setup-bench", "setup-gpu"} == phony - set(makefile_verbs())
    assert set(makefile_verbs()) <= phony


def test_contributing_explains_every_verb() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()

    assert [] == [verb for verb in makefile_verbs() if f"`make {verb}`" not in text]


def test_continuous_integration_runs_the_very_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert re.search(r"^MC_REQUIRE=\S+ make test$", script, re.MULTILINE)
    assert "make test\n" in (ROOT / "README.md").read_text()


def test_without_python_one_line_says_what_to_install(tmp_path: Path) -> None:
    path = _path_with(tmp_path / "bin")

    outcome = _make("setup", path=path)

    said = [line for line in outcome.stderr.splitlines() if not line.startswith("make:")]
    assert 2 == outcome.returncode
    assert 1 == len(said)
    assert (
        "needs Python 3.11 or newer, and there is no `python3` here: install it" in said[0]
    )


def test_an_old_python_is_named_with_its_version(tmp_path: Path) -> None:
    # The set-up's own check, shown a version that is too old.
    disguise = (
        "import sys, runpy\n"
        "sys.version_info = (3, 9, 2, 'final', 0)\n"
        "runpy.run_path('deploy/bootstrap.py', run_name='__main__')\n"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", disguise],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == outcome.returncode
    assert 1 == len(outcome.stderr.splitlines())
    assert "needs Python 3.11 or newer" in outcome.stderr
    assert "is Python 3.9: install a newer one" in outcome.stderr


def test_a_newer_python_is_found_behind_an_old_default(tmp_path: Path) -> None:
    old = '#!/bin/sh\necho "the old one was used" >&2\nexit 1\n'
    new = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    path = _path_with(tmp_path / "bin", **{"python3": old, "python3.12": new})

    # The environment is current, so the right interpreter has nothing to say.
    outcome = _make("--dry-run", "setup", path=path)
    chosen = subprocess.run(
        ["sh", "-c", outcome.stdout.replace("deploy/bootstrap.py", "--version")],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert chosen.stdout.startswith("Python 3.")
    assert "the old one was used" not in chosen.stderr


def test_python_without_venv_is_told_which_package_to_install(tmp_path: Path) -> None:
    checkout = _checkout_without_environment(tmp_path)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "ensurepip.py").write_text("raise ImportError\n")

    outcome = _make(
        "setup", cwd=checkout, PYTHONPATH=str(modules), PYTHON=sys._base_executable
    )

    said = [line for line in outcome.stderr.splitlines() if not line.startswith("make:")]
    assert 1 == len(said)
    assert "can't make virtual environments (no `ensurepip`)" in said[0]
    assert "apt install python3-venv" in said[0]


def test_an_interrupted_set_up_is_one_line(tmp_path: Path) -> None:
    checkout = _checkout_without_environment(tmp_path)
    modules = tmp_path / "modules"
    modules.mkdir()
    waiting = "import time\nprint('waiting', flush=True)\ntime.sleep(60)\n"
    (modules / "ensurepip.py").write_text(waiting)
    started = subprocess.Popen(
        [sys._base_executable, str(checkout / "deploy" / "bootstrap.py")],
        env={"PYTHONPATH": str(modules), "HOME": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert "waiting\n" == started.stdout.readline()

    started.send_signal(signal.SIGINT)

    _, said = started.communicate(timeout=20)
    assert 130 == started.returncode
    assert "mchub: interrupted; the same command goes on from here\n" == said


@pytest.mark.slow
def test_without_network_one_line_says_so(tmp_path: Path) -> None:
    checkout = _checkout_without_environment(tmp_path)

    outcome = _make(
        "setup",
        cwd=checkout,
        PYTHON=sys._base_executable,
        PIP_INDEX_URL=AWAY,
        PIP_CONFIG_FILE=os.devnull,
    )

    said = [line for line in outcome.stderr.splitlines() if not line.startswith("make:")]
    assert 2 == outcome.returncode
    assert 1 == len(said)
    assert "needs the network, and the package index can't be reached" in said[0]
