"""Who is stopped for being idle: nobody who works, and nobody without a warning."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from hub import notices
from hub.activity import say_no_tokens
from hub.activity.arbiter import Arbiter
from hub.activity.gpu_use import Sample, busy_servers, gpu_samples
from hub.database.connection import engine_at
from hub.environments.shared import IDLE
from hub.quotas import Reading
from tests.hub.databases import sqlite_database

LIMIT = int(IDLE.after.total_seconds())
STARTED = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite_database(tmp_path) as engine:
        yield engine


class Culler:
    """Asks the arbiter, as the idle culler does, minute by minute."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.seconds = engine, 0.0
        self.samples: list[Sample] = []
        self.clock = NOON
        self.arbiter = Arbiter(
            engine, IDLE, lambda: self.samples, lambda: self.seconds, self.clocks
        )

    def clocks(self) -> Reading:
        return Reading(at=self.clock, boot="a", monotonic=self.seconds)

    def passes(self, minutes: float, *, clock_set_by: float = 0.0) -> None:
        """Let time pass, in which somebody sets the clock, in minutes."""
        self.seconds += 60 * minutes
        self.clock += timedelta(minutes=minutes + clock_set_by)

    def ask(self, minutes_idle: float, used: str = "10:00", user: str = "ada") -> bool:
        server: dict[str, Any] = {
            "full_name": f"{user}/",
            "started": STARTED.isoformat(),
            "last_activity": used,
        }
        idle = timedelta(minutes=minutes_idle)
        return self.arbiter(inactive=idle, inactive_limit=LIMIT, server=server)

    def warned(self) -> list[str]:
        return [notice.text for notice in notices.current(self.engine, "ada")]


def test_a_used_server_is_left_alone(engine: Engine) -> None:
    culler = Culler(engine)

    assert not culler.ask(49)
    assert culler.warned() == []


def test_a_clock_that_is_set_forward_makes_nobody_idle(engine: Engine) -> None:
    culler = Culler(engine)
    culler.ask(5)

    culler.passes(1, clock_set_by=120)

    assert not culler.ask(126)
    assert culler.warned() == []


def test_a_server_that_is_idle_after_a_jump_is_warned_in_its_time(engine: Engine) -> None:
    culler = Culler(engine)
    culler.ask(5)
    culler.passes(1, clock_set_by=120)
    culler.ask(126)

    culler.passes(50)

    assert not culler.ask(176)
    assert len(culler.warned()) == 1
    culler.passes(10)
    assert culler.ask(186)


def test_what_is_used_after_a_jump_is_counted_from_then(engine: Engine) -> None:
    culler = Culler(engine)
    culler.ask(5)
    culler.passes(1, clock_set_by=120)
    culler.ask(126)
    culler.passes(60)

    assert not culler.ask(51, used="15:10")
    assert len(culler.warned()) == 1


def test_an_idle_server_is_warned_and_stopped_ten_minutes_later(engine: Engine) -> None:
    culler = Culler(engine)

    answers = []
    for minute in range(50, 62):
        culler.seconds = 60.0 * minute
        answers.append(culler.ask(minute))

    assert answers == 10 * [False] + [True, True]
    [text] = culler.warned()
    assert text == (
        "This server has not been used for nearly 60 minutes. "
        "It is stopped in 10 minutes unless you use it."
    )


def test_a_use_after_the_warning_takes_it_back(engine: Engine) -> None:
    culler = Culler(engine)
    culler.ask(55)

    answer = culler.ask(1, used="11:00")

    assert (answer, culler.warned()) == (False, [])


def test_a_short_use_between_two_looks_begins_the_time_anew(engine: Engine) -> None:
    culler = Culler(engine)
    culler.ask(55)
    culler.seconds = 3_600

    assert not culler.ask(55, used="11:00")
    assert not culler.ask(56, used="11:00")


def test_a_clock_set_forward_ends_nobody_who_is_not_warned_first(engine: Engine) -> None:
    culler = Culler(engine)

    first = culler.ask(10_000)
    culler.seconds = 599
    second = culler.ask(10_010)

    assert (first, second) == (False, False)
    assert len(culler.warned()) == 1


def test_a_server_whose_gpu_works_is_in_use(engine: Engine) -> None:
    variables = dict(os.environ, JUPYTERHUB_USER="ada", JUPYTERHUB_SERVER_NAME="")
    worker = subprocess.Popen([sys.executable, "-c", "input()"], env=variables, stdin=-1)
    culler = Culler(engine)
    culler.ask(10_000)
    culler.samples = [(worker.pid, 0.5)]
    culler.seconds = 10_000

    answer = culler.ask(10_000)

    worker.communicate(b"\n")
    assert (answer, culler.warned()) == (False, [])


def test_a_gpu_that_hardly_works_is_not_in_use() -> None:
    variables = {7: {"JUPYTERHUB_USER": "ada"}, 8: {"JUPYTERHUB_USER": "bob"}, 9: {}}

    busy = busy_servers([(7, 0.9), (8, 0.05), (9, 0.9)], 0.05, variables.__getitem__)

    assert busy == {("ada", "")}


def test_a_process_that_is_gone_keeps_nothing_alive() -> None:
    assert busy_servers([(2**22 + 1, 1.0)], 0.05) == set()


def test_a_machine_says_what_its_gpus_do() -> None:
    assert all(0 <= fraction <= 1 for _, fraction in gpu_samples())


def test_nobody_is_stopped_while_nobody_can_be_warned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = engine_at(make_url(f"sqlite:///{tmp_path}/empty.sqlite"))

    assert not Culler(nowhere).ask(10_000)

    nowhere.dispose()
    assert "no server is stopped: can't warn anybody" in caplog.text


def test_a_round_that_fails_is_told_without_what_it_was_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def round_of_the_culler(*, api_token: str) -> None:
        pass

    log = logging.getLogger("tornado.application")
    before = list(log.filters)
    say_no_tokens()
    try:
        callback = partial(round_of_the_culler, api_token="0f3c")
        log.error("Exception in callback %r", callback)
    finally:
        log.filters[:] = before

    assert "round_of_the_culler" in caplog.text
    assert "0f3c" not in caplog.text
