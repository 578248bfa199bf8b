"""The command line: what it prints, and how it refuses."""

import shutil
import subprocess
import sys
from pathlib import Path

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
    assert any(row.split() == ["≠", "gpus.share", "0.6", "0.8"] for row in rows)


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
    assert values["MC_USER_NETWORK"] == "mchub-staging"


@pytest.mark.parametrize("verb", ["check", "show", "compose-env"])
def test_an_unknown_environment_is_one_line_on_stderr(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([verb, "prod"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    assert printed.err.startswith("MC_ENVIRONMENT: must be one of development, rehearsal")


def test_run_refuses_an_environment_that_others_can_reach(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MC_ENVIRONMENT", "staging")

    status = main(["run"])

    assert status == 1
    assert "staging.url: must be of this machine alone for `run`" in capsys.readouterr().err


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of its own, whose environment files may be edited."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "hub", folder / "hub")
    for name in ("jupyterhub_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def edit(copy: Path, environment: str, old: str, new: str) -> None:
    """Put `new` for `old` in the file of an environment."""
    file = copy / "hub" / "environments" / f"{environment}.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def asked(copy: Path, *arguments: str, environment: str = "development") -> str:
    """What a program of `copy` says on stderr when it refuses."""
    outcome = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env={"PATH": "", "PYTHONPATH": str(copy), "MC_ENVIRONMENT": environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "Traceback" not in outcome.stderr
    return outcome.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("hub", "check", "development"),
        ("hub", "show"),
        ("hub", "diff", "development", "staging"),
        ("hub", "run"),
        ("jupyterhub", "--config=jupyterhub_config.py"),
    ],
    ids=" ".join,
)
def test_a_bad_setting_is_one_sentence_wherever_it_is_met(
    copy: Path, arguments: tuple[str, ...]
) -> None:
    edit(copy, "development", 'memory="4G"', 'memory="four"')

    said = asked(copy, *arguments)

    assert said == (
        "development.server.limits.memory: must be a size such as `512M`, `4G` or `1T`; "
        "got 'four'.\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("debug=True", "debugs=True", "unexpected keyword argument 'debugs'"),
        ("    debug=True,\n", "", "missing 1 required keyword-only argument: 'debug'"),
        ("choices.NoTls()", "choices.NoTsl()", "no attribute 'NoTsl'"),
        ("debug=True", "debug=true", "name 'true' is not defined"),
        ("debug=True,\n)", "debug=True,", "'(' was never closed"),
    ],
)
def test_a_literal_that_cannot_be_read_is_refused_with_its_file(
    copy: Path, old: str, new: str, found: str
) -> None:
    edit(copy, "development", old, new)

    sentence, hint = asked(copy, "hub", "check", "development").splitlines()

    law = "must be one literal of known settings, all given; got "
    assert sentence.startswith(f"hub/environments/development.py: {law}")
    assert found in sentence
    assert hint == "hint: every setting and its meaning is in `hub/README.md`."


def test_an_environment_is_called_as_its_file(copy: Path) -> None:
    edit(copy, "staging", 'name="staging"', 'name="trial"')

    said = asked(copy, "hub", "check", "staging")

    assert said == "staging.name: must be the name of its file; got 'trial'.\n"


def test_a_slip_in_one_environment_stops_no_other(copy: Path) -> None:
    edit(copy, "production", "debug=False", "debug=0")

    outcome = subprocess.run(
        [sys.executable, "-m", "hub", "check", "development"],
        cwd=copy,
        env={"PATH": "", "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert outcome.stdout == "development: every law holds\n"
    assert asked(copy, "hub", "check", "production").startswith("production.debug: must be")


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


def test_an_interrupted_start_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hub.launch.launch", interrupt)

    status = main(["run"])

    assert status == 130
    assert capsys.readouterr().err == "interrupted; the same command goes on from here\n"
