"""Random lives of jobs: whatever is killed, and when, nothing is lost and nothing twice.

The hub, the servers and the table are real but for their processes: servers take work and
tell its end through the service, the runner goes its rounds, and any of them may stop in
the middle of what it does.
"""

import asyncio
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Engine, select
from sqlalchemy.engine import make_url

from hub.database import METADATA
from hub.database.connection import engine_at
from hub.environments import load
from hub.services.reports import jobs, library
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.folder_store import FolderStore
from hub.services.reports.jobs import MOST_TRIES, TooLate, Wanted
from hub.services.reports.runner import Runner
from hub.services.reports.tables import JOBS, REPORTS, VERSIONS
from hub.services.web.hub_api import HubAway
from tests.hub.services.reports.token_hub import TokenHub

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DIGEST = "0" * 64
USERS = ("ada", "bob")
FILES = {"page.html": DIGEST}
PDF = ("page.pdf", DIGEST, 1)


class Killed(BaseException):
    """The process ends here, whatever it was doing."""


class KillableHub(TokenHub):
    """A hub that can be cut off before or after it has done what it was asked."""

    cut_before: int | None = None
    cut_after: int | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.cut_before is not None and len(self.asked) >= self.cut_before:
            raise Killed
        answer = super().answer(request)
        if self.cut_after is not None and len(self.asked) > self.cut_after:
            raise Killed
        return answer


class Lives(RuleBasedStateMachine):
    """Jobs of two users, a runner, a hub, and servers that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.engine: Engine = engine_at(make_url(f"sqlite:///{folder}/hub.sqlite"))
        METADATA.create_all(self.engine)
        self.hub = KillableHub(groups={name: set() for name in USERS})
        self.desk = ReportsDesk(
            client=self.hub.client(),
            engine=self.engine,
            service="reports",
            token="token",
            public_url="http://hub",
            store=FolderStore(folder / "store"),
            reports=load("development", {}).reports,
        )
        self.runner = Runner(self.desk)
        self.now = NOON
        self.submitted: set[int] = set()
        self.told: dict[int, int] = {}

    def teardown(self) -> None:
        """Without more trouble every job comes to its end, and no server is left."""
        try:
            self.come_to_the_end()
        finally:
            self.engine.dispose()
            self.folder.cleanup()

    def come_to_the_end(self) -> None:
        calm = Runner(self.desk)
        for _ in range(10 + 8 * len(self.submitted)):
            if not self.do(jobs.open_jobs):
                break
            self.now += timedelta(seconds=31)
            asyncio.run(calm.go_round(self.now))
            for _, name in sorted(self.hub.servers):
                self.finish_by(name)
        self.a_job_that_is_done_made_one_version_and_one_that_failed_none()
        assert (self.do(jobs.open_jobs), self.hub.servers) == ([], set())

    def finish_by(self, server: str) -> None:
        _, number, attempt = server.split("-")
        own = (int(number), int(attempt))
        made: dict[str, Any] = {"title": "Risk", "files": FILES, "n_bytes": 1}
        with suppress(TooLate):
            self.do(jobs.begin, *own, self.now)
            self.do(jobs.finish, *own, **made, now=self.now, prints=True)
            self.do(jobs.printed, *own, PDF, self.now)

    def do(self, step: Any, *given: Any, **named: Any) -> Any:
        with self.engine.begin() as connection:
            return step(connection, *given, **named)

    def job(self, number: int) -> jobs.Job:
        found = self.do(jobs.job_of, number)
        assert found is not None
        return found

    # --- what happens

    @initialize()
    def two_runs_have_begun(self) -> None:
        """So that few steps lead to what is rare."""
        for user in USERS:
            self.submit(user)
        asyncio.run(self.runner.go_round(self.now))

    @rule(user=st.sampled_from(USERS))
    def submit(self, user: str) -> None:
        report = self.do(library.create, user, "Risk", self.now)
        wanted = Wanted(
            report=report, owner=user, asked_by=user, notebook=DIGEST, parameters={}
        )
        self.submitted.add(self.do(jobs.submit, wanted, self.now))

    @rule(seconds=st.integers(0, 90))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_runner_goes_a_round(self) -> None:
        asyncio.run(self.runner.go_round(self.now))

    @rule(requests=st.integers(0, 4), after=st.booleans())
    def the_runner_is_killed_in_a_round(self, requests: int, after: bool) -> None:
        count = len(self.hub.asked) + requests
        self.hub.cut_before, self.hub.cut_after = (None, count) if after else (count, None)
        with suppress(Killed):
            asyncio.run(self.runner.go_round(self.now))
        self.hub.cut_before = self.hub.cut_after = None
        # The next one remembers nothing.
        self.runner = Runner(self.desk)

    @rule()
    def the_hub_is_away_in_a_round(self) -> None:
        self.hub.is_away = True
        with suppress(HubAway):
            asyncio.run(self.runner.go_round(self.now))
        self.hub.is_away = False

    @rule()
    def the_hub_is_full_in_a_round(self) -> None:
        self.hub.refuses = (429, "too many servers")
        asyncio.run(self.runner.go_round(self.now))
        self.hub.refuses = None

    @precondition(lambda self: self.hub.servers)
    @rule(data=st.data())
    def a_server_is_killed(self, data: st.DataObject) -> None:
        self.hub.servers.remove(data.draw(st.sampled_from(sorted(self.hub.servers))))

    @precondition(lambda self: self.hub.servers)
    @rule(data=st.data())
    def a_server_takes_its_work(self, data: st.DataObject) -> None:
        number, attempt = self.drawn(data)
        try:
            self.do(jobs.begin, number, attempt, self.now)
        except TooLate:
            self.require_other_try(number, attempt)

    @precondition(lambda self: self.hub.servers)
    @rule(data=st.data(), times=st.integers(1, 3), prints=st.booleans())
    def a_server_tells_that_it_is_done(
        self, data: st.DataObject, times: int, prints: bool
    ) -> None:
        number, attempt = self.drawn(data)
        for _ in range(times):
            try:
                version = self.do(
                    jobs.finish,
                    number,
                    attempt,
                    title="Risk",
                    files=FILES,
                    n_bytes=1,
                    now=self.now,
                    prints=prints,
                )
            except TooLate:
                assert self.job(number).state != "done"
            else:
                assert self.told.setdefault(number, version) == version

    @precondition(lambda self: self.hub.servers)
    @rule(data=st.data(), pdf=st.sampled_from([PDF, None]))
    def a_server_tells_that_it_has_printed(
        self, data: st.DataObject, pdf: tuple[str, str, int] | None
    ) -> None:
        number, attempt = self.drawn(data)
        try:
            self.do(jobs.printed, number, attempt, pdf, self.now)
        except TooLate:
            job = self.job(number)
            is_at_it = (job.state, job.attempt) == ("running", attempt)
            assert number not in self.told or not is_at_it
        else:
            assert self.job(number).state == "done"

    @precondition(lambda self: self.hub.servers)
    @rule(data=st.data())
    def a_server_tells_that_its_notebook_failed(self, data: st.DataObject) -> None:
        number, attempt = self.drawn(data)
        try:
            self.do(jobs.fail, number, attempt, "1 / 0", self.now, {"cell": 1})
        except TooLate:
            self.require_other_try(number, attempt)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data())
    def its_owner_ends_a_job(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.submitted)))
        try:
            self.do(jobs.cancel, number, "ended", self.now)
        except TooLate:
            assert not self.job(number).is_open

    def drawn(self, data: st.DataObject) -> tuple[int, int]:
        _, name = data.draw(st.sampled_from(sorted(self.hub.servers)))
        _, number, attempt = name.split("-")
        return int(number), int(attempt)

    def require_other_try(self, number: int, attempt: int) -> None:
        job = self.job(number)
        assert (job.state, job.attempt) not in {
            ("starting", attempt),
            ("running", attempt),
        }

    # --- what always holds

    @invariant()
    def a_job_that_is_done_made_one_version_and_one_that_failed_none(self) -> None:
        with self.engine.connect() as connection:
            rows = connection.execute(select(JOBS.c.id, JOBS.c.state)).all()
            made = list(connection.scalars(select(VERSIONS.c.job)))
            counted = connection.execute(select(REPORTS.c.id, REPORTS.c.n_versions)).all()
            owners = connection.execute(select(VERSIONS.c.report)).scalars().all()
        states = {row.id: row.state for row in rows}
        assert set(states) == self.submitted
        # One that is open, and has made its version, prints.
        assert len(made) == len(set(made))
        assert not [n for n in made if states[n] in ("failed", "canceled")]
        assert {n for n, state in states.items() if state == "done"} <= set(made)
        for report in counted:
            assert owners.count(report.id) == report.n_versions
        assert set(self.told) <= set(made)

    @invariant()
    def nobody_has_more_runs_than_allowed(self) -> None:
        with self.engine.connect() as connection:
            working = JOBS.c.state.in_(("starting", "running"))
            owners = list(connection.scalars(select(JOBS.c.owner).where(working)))
            tries = list(connection.scalars(select(JOBS.c.attempt)))
        allowed = self.desk.reports
        assert len(owners) <= allowed.of_all
        assert all(owners.count(user) <= allowed.at_once for user in USERS)
        assert all(0 <= attempt <= MOST_TRIES for attempt in tries)


Lives.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLives = pytest.mark.slow(Lives.TestCase)
