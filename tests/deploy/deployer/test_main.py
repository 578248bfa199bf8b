"""The command line: statuses that scripts may depend on, and a line for each run."""

from pathlib import Path

import pytest

from deploy.deployer import __main__ as program
from deploy.deployer.journal import Journal
from deploy.deployer.options import OPTIONS
from deploy.deployer.outcomes import Failed, NeedsPerson, RolledBack
from deploy.deployer.verbs import VERBS, Run, Verb
from tests.architecture.checkout import ROOT


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCHUB_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(program, "interruptible", lambda: None)
    monkeypatch.setenv("PATH", "")
    return tmp_path / "state"


def _ending(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> None:
    def act(run: Run) -> None:
        run.story.change("containers", lambda: None)
        if error is not None:
            raise error

    monkeypatch.setitem(VERBS, "up", Verb(act=act, text="a test's own"))


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (None, 0, "DONE"),
        (Failed("no room"), 1, "NOTHING_CHANGED"),
        (RolledBack("no health"), 3, "ROLLED_BACK"),
        (NeedsPerson("no way back"), 4, "NEEDS_PERSON"),
        (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
    ],
)
def test_a_run_ends_with_its_status_and_leaves_a_line(
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | None,
    status: int,
    outcome: str,
) -> None:
    _ending(monkeypatch, error)

    assert program.main(["up", "production"]) == status

    [line] = Journal(state / "production").lines()
    assert (line["verb"], line["outcome"], line["done"]) == ("up", outcome, ["containers"])
    assert line["in_audit_log"] is False


def test_what_changed_nothing_says_what_it_left(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _ending(monkeypatch, Failed("no room"))

    program.main(["up", "production"])

    assert capsys.readouterr().err == "left as it was: everything\ndeployer: no room\n"


@pytest.mark.parametrize(
    "words", [["fly", "production"], ["up"], ["restore", "production"], ["up", "x", "y"]]
)
def test_another_command_line_is_2(state: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(words)

    assert ended.value.code == 2


def test_options_are_of_verbs_and_the_runbook_names_every_verb() -> None:
    text = (ROOT / "deploy" / "README.md").read_text()

    assert set(OPTIONS) <= set(VERBS)
    doors = {"deploy": "deploy-staging.sh", "rollback": "graceful-rollback.sh"}
    for verb in VERBS:
        assert doors.get(verb, verb) in text
