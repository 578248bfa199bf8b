"""One run at a time, and a line for each."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.deployer.journal import Journal
from deploy.deployer.locking import only_run
from deploy.deployer.outcomes import Busy, Outcome
from tests.architecture.checkout import ROOT


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with only_run(tmp_path, "deploy staging"):
        with pytest.raises(Busy) as busy, only_run(tmp_path, "backup staging"):
            pass

        assert str(busy.value).startswith("`deploy staging` of 2")
        assert busy.value.outcome == Outcome.BUSY == 5

    with only_run(tmp_path, "backup staging"):
        pass


def test_a_run_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from deploy.deployer.locking import only_run\n"
        "with only_run(pathlib.Path(sys.argv[1]), 'deploy staging'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False
    )
    assert killed.returncode == -9

    with only_run(tmp_path, "deploy staging"):
        pass


def test_lines_are_kept_for_this_account_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MC_OPERATOR", "olivia@host")
    journal = Journal(tmp_path)
    assert journal.lines() == []

    journal.append({"verb": "deploy", "outcome": "DONE"})
    journal.append({"verb": "backup", "outcome": "DONE"})

    assert [line["verb"] for line in journal.lines()] == ["deploy", "backup"]
    assert {line["by"] for line in journal.lines()} == {"olivia@host"}
    assert journal.file.stat().st_mode & 0o777 == 0o600
