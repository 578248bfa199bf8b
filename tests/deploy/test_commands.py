"""Commands: what is said when one does not succeed."""

import sys
from pathlib import Path

import pytest

from deploy.deployer.commands import Command, Failed, run


def test_what_a_program_wrote_is_returned(tmp_path: Path) -> None:
    command = Command(words=(sys.executable, "-c", "print(input()[::-1])"), stdin=b"abc\n")

    assert run(command, tmp_path) == "cba\n"


def test_a_program_sees_only_the_variables_that_it_is_given(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('HOME'), os.environ['COLOR'])"
    command = Command(words=(sys.executable, "-c", code), variables={"COLOR": "red"})

    assert run(command, tmp_path) == "None red\n"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Command(words=("no-such-program",)), "`no-such-program` is not installed."),
        (
            Command(words=(sys.executable, "-c", "raise SystemExit('no room')")),
            "ended with status 1:\nno room",
        ),
        (
            Command(words=(sys.executable, "-c", "import time; time.sleep(9)"), within=0.2),
            "took longer than 0.2 s.",
        ),
    ],
)
def test_a_failure_names_the_program_and_its_last_words(
    command: Command, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Failed) as failed:
        run(command, tmp_path)

    assert str(failed.value).endswith(sentence)
