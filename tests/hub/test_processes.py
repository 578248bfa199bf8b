"""Processes: known to work, ended with their helpers, told apart from strangers."""

import sys
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from hub import SettingsError, processes
from hub.processes import RESTARTS, RESTARTS_COUNTED_FOR, Plan, Process, Restarts

QUICKLY = timedelta(seconds=5)


def plan(code: str, answers_at: str = "", end_within: timedelta = QUICKLY) -> Plan:
    return Plan(
        name="example",
        command=(sys.executable, "-c", code),
        variables={"SAID": "by a variable"},
        answers_at=answers_at,
        end_within=end_within,
    )


def test_a_process_that_ends_says_its_last_words(tmp_path: Path) -> None:
    code = "import os, sys; sys.exit(os.environ['SAID'])"
    process = Process(plan(code, answers_at="http://127.0.0.1:9"), tmp_path, tmp_path)

    with pytest.raises(SettingsError) as refused:
        process.wait_until_it_answers(timedelta(seconds=20), lambda: False)

    assert str(refused.value) == (
        "example ended with status 1.\n"
        "    by a variable\n"
        f"hint: see {tmp_path / 'example.log'}"
    )


def test_a_process_that_does_not_answer_in_time_is_refused(tmp_path: Path) -> None:
    code = "import time; time.sleep(60)"
    process = Process(plan(code, answers_at="http://127.0.0.1:9"), tmp_path, tmp_path)

    with pytest.raises(SettingsError, match="example must answer within 0 s"):
        process.wait_until_it_answers(timedelta(0), lambda: False)

    process.end()
    assert process.status() is not None


def test_waiting_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    code = "import time; time.sleep(60)"
    process = Process(plan(code, answers_at="http://127.0.0.1:9"), tmp_path, tmp_path)

    process.wait_until_it_answers(timedelta(seconds=60), lambda: True)

    assert process.status() is None
    process.end(is_urgent=lambda: True)


def test_helpers_end_with_their_process(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time;"
        "helper = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(helper.pid, flush=True); time.sleep(60)"
    )
    process = Process(plan(code), tmp_path, tmp_path)
    while not process.log.read_text():
        assert process.status() is None
    helper = psutil.Process(int(process.log.read_text()))

    process.end()

    helper.wait(timeout=5)
    assert not helper.is_running()


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    process = Process(plan(code, end_within=timedelta(seconds=0.2)), tmp_path, tmp_path)
    while not process.log.read_text():
        assert process.status() is None

    process.end()

    assert process.status() == -9


def test_a_process_that_takes_long_to_end_is_waited_for_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "SILENT_FOR", 0.2)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    process = Process(plan(code, end_within=timedelta(seconds=1)), tmp_path, tmp_path)
    while not process.log.read_text():
        assert process.status() is None
    said: list[str] = []

    process.end(say_slow=lambda: said.append("waiting"))

    assert said == ["waiting"]


def test_tries_that_are_long_past_are_forgotten() -> None:
    restarts = Restarts()
    for _ in range(RESTARTS):
        restarts.pause(now=0.0)

    assert restarts.pause(now=RESTARTS_COUNTED_FOR - 1) is None
    assert restarts.pause(now=RESTARTS_COUNTED_FOR) == 0.0
