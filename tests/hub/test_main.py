"""The command line: what it prints, and how it refuses."""

import subprocess
import sys

import pytest

from hub.__main__ import main
from hub.environments import ENVIRONMENTS
from tests.architecture.checkout import ROOT


def test_show_prints_all_environments_side_by_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["show"])

    head, *rows = capsys.readouterr().out.splitlines()
    assert status == 0
    assert head.split() == list(ENVIRONMENTS)
    assert rows[0].split()[:3] == ["≠", "url", "http://localhost:3000"]
    assert any(row.startswith("  network.api_port") for row in rows)


def test_show_of_one_environment_marks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["show", "staging"])

    assert "≠" not in capsys.readouterr().out


def test_diff_prints_only_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", "staging", "production"])

    _, *rows = capsys.readouterr().out.splitlines()
    assert all(row.startswith("≠") for row in rows)
    assert any(row.split() == ["≠", "gpu_share", "0.6", "0.8"] for row in rows)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_check_says_that_every_law_holds(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["check", name])

    assert status == 0
    assert capsys.readouterr().out == f"{name}: every law holds\n"


def test_compose_env_prints_one_value_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compose-env", "staging"])

    values = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert values["MC_ENVIRONMENT"] == "staging"
    assert values["MC_PORT"] == "8443"
    assert values["MC_KERNEL_IMAGE"] == "mc-kernel:gpu"


@pytest.mark.parametrize("verb", ["check", "show", "compose-env"])
def test_an_unknown_environment_is_one_line_on_stderr(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([verb, "prod"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    assert printed.err.startswith("MC_ENVIRONMENT: must be one of development, staging")


def test_run_refuses_an_environment_that_others_can_reach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MC_ENVIRONMENT", "staging")

    status = main(["run"])

    assert status == 1
    assert "staging.url: must be of this machine alone for `run`" in capsys.readouterr().err


def test_jupyterhub_without_an_environment_says_one_sentence() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "jupyterhub", "--config=jupyterhub_config.py"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("MC_ENVIRONMENT: must be one of development")
    assert "Traceback" not in outcome.stderr
