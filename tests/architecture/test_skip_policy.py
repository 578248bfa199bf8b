"""A skip is never silent: what a run requires, it fails without."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.checkout import ROOT

SUITE = """
import pytest

@pytest.mark.gpu
def test_on_a_gpu():
    pass

def test_that_skips_itself():
    pytest.skip("not today")

def test_that_fails(seed):
    assert 0 == seed
"""

NO_DEVICE = """
class cuda:
    class runtime:
        class CUDARuntimeError(Exception):
            pass

        @classmethod
        def getDeviceCount(cls):
            raise cls.CUDARuntimeError("no driver")
"""


def _run_suite(folder: Path, *arguments: str, require: str = "") -> str:
    shutil.copyfile(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    (folder / "test_suite.py").write_text(SUITE)
    # This module stands before an installed CuPy: there is no GPU, whatever the machine.
    (folder / "cupy.py").write_text(NO_DEVICE)
    outcome = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "test_suite.py",
            *arguments,
        ],
        cwd=folder,
        env={"MC_REQUIRE": require, "PATH": "", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.stdout + outcome.stderr


def test_a_missing_need_skips_with_its_reason(tmp_path: Path) -> None:
    said = _run_suite(tmp_path, "-k", "on_a_gpu")

    assert "1 skipped" in said
    assert "needs gpu: no NVIDIA device answers (no driver)" in said


def test_a_missing_need_fails_when_it_is_required(tmp_path: Path) -> None:
    said = _run_suite(tmp_path, "-k", "on_a_gpu", require="gpu")

    assert "1 error" in said
    assert "MC_REQUIRE names `gpu`, but no NVIDIA device answers" in said


def test_a_misspelled_requirement_is_refused(tmp_path: Path) -> None:
    said = _run_suite(tmp_path, require="gup")

    assert (
        "`MC_REQUIRE` must list needs among browser, compiler, daemon, docker, gpu" in said
    )
    assert "got 'gup'" in said


def test_a_test_that_needs_nothing_may_not_skip(tmp_path: Path) -> None:
    said = _run_suite(tmp_path, "-k", "skips_itself")

    assert "1 failed" in said
    assert "skipped, and may not" in said


def test_a_failure_shows_its_seed_and_the_seed_stays(tmp_path: Path) -> None:
    first = _run_suite(tmp_path, "-k", "that_fails")
    second = _run_suite(tmp_path, "-k", "that_fails")
    salted = _run_suite(tmp_path, "-k", "that_fails", "--seed-salt", "another")

    def shown(said: str) -> str:
        return said.split("- seed -")[1].split("\n")[1]

    assert shown(first).startswith("0x")
    assert shown(first) == shown(second)
    assert shown(first) != shown(salted)
