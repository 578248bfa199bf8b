"""Service, hub and database killed in the middle of a report's run, as real programs.

The lives of jobs are tried at random, and by the thousand, in
`tests/hub/services/reports/test_lives_of_jobs.py`; here every part is a process of its own,
ended by SIGKILL, and PostgreSQL with all its backends.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from hub.plans import HUB, PROXY
from hub.roles import REPORTS
from hub.services.reports.tables import JOBS, VERSIONS
from tests.integration.brisk_hub import BriskHub, brisk_hub, people, until
from tests.integration.live_hub import Person
from tests.postgres import Postgres, running_postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]

DATABASE = "database"
PARTS = (PROXY, HUB, REPORTS)
SOURCE = """
import os, time
from pathlib import Path
with Path({ran!r}).open("a") as file:
    file.write("ran\\n")
while not Path({go!r}).exists():
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        before = os.environ.get("PGPORT")
        os.environ["PGPORT"] = str(server.port)
        yield server
        if before is None:
            del os.environ["PGPORT"]
        else:
            os.environ["PGPORT"] = before


@pytest.fixture(scope="module")
def hub(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BriskHub]:
    folder = tmp_path_factory.mktemp("killed", numbered=True)
    with brisk_hub(folder, PARTS, timedelta(minutes=4)) as hub:
        until(lambda: is_led_to(hub))
        yield hub
        _end_unknown_servers(hub)


def _end_unknown_servers(hub: BriskHub) -> None:
    """End what a hub had just started when it, or its database, was killed.

    No record tells of that; a container has a name by which the next start finds it, and a
    process hasn't. Such a server's token was never written down, so that it gets no work.
    """
    parts = {process.pid for process in hub.started.values()}
    for process in hub.processes():
        if process.pid not in parts:
            with suppress(psutil.Error):
                process.kill()


def is_led_to(hub: BriskHub) -> bool:
    """Whether the proxy leads people to the hub."""
    return httpx.get(f"{hub.url}/hub/login", trust_env=False).is_success


@pytest.fixture
def ada(hub: BriskHub) -> Iterator[Person]:
    with people(hub) as person:
        yield person("ada")


@pytest.fixture
def api(hub: BriskHub, ada: Person) -> Iterator["Api"]:
    with Api(hub, ada.token()) as api:
        yield api


class Api:
    """The reports as ada's programs ask for them; one that is away is asked again."""

    def __init__(self, hub: BriskHub, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{hub.url}/services/reports/api",
            headers={"Authorization": f"token {token}"},
            trust_env=False,
            timeout=30,
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def publish(self, folder: Path) -> dict[str, Any]:
        source = SOURCE.format(ran=str(folder / "ran"), go=str(folder / "go"))
        folder.mkdir()
        cell = {
            "cell_type": "code", "id": "a", "metadata": {}, "outputs": [],
            "execution_count": None, "source": source,
        }  # fmt: skip
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
        told = {"title": folder.name, "notebook": notebook}
        answer = self._client.post("/reports", json=told)
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def job(self, number: int) -> dict[str, Any]:
        """How a job is; nothing while nobody answers."""
        try:
            answer = self._client.get(f"/jobs/{number}")
        except httpx.TransportError:
            return {"state": "?"}
        found: dict[str, Any] = answer.json() if answer.is_success else {"state": "?"}
        return found

    def pdf(self, report: int) -> bytes:
        """The first version of a report on paper."""
        at = self._client.base_url.join(f"../r/{report}/v/1/files/page.pdf")
        return self._client.get(at).raise_for_status().content


@contextmanager
def killed(part: str, hub: BriskHub, postgres: Postgres) -> Iterator[None]:
    """The part is dead in this block, and there again behind it."""
    if part == DATABASE:
        postgres.kill()
        yield
        postgres.start()
    else:
        os.killpg(hub.pid_of(part), signal.SIGKILL)
        yield
        hub.start_again(part)


@pytest.mark.parametrize(
    "part", [REPORTS, HUB, pytest.param(DATABASE, marks=pytest.mark.thorough)]
)
def test_what_runs_and_what_waits_comes_to_its_end_once_whatever_is_killed(
    part: str,
    hub: BriskHub,
    postgres: Postgres,
    ada: Person,
    api: "Api",
    tmp_path: Path,
) -> None:
    runs = api.publish(tmp_path / "runs")
    until((tmp_path / "runs" / "ran").exists)
    waits = api.publish(tmp_path / "waits")

    with killed(part, hub, postgres):
        (tmp_path / "runs" / "go").touch()
        (tmp_path / "waits" / "go").touch()

    until(lambda: have_ended(hub, api, runs["job"], waits["job"]), 300)
    # What ran went on while the part was away, and was not run again.
    assert (tmp_path / "runs" / "ran").read_text() == "ran\n"
    assert (api.job(runs["job"])["state"], api.job(runs["job"])["attempt"]) == ("done", 1)
    ended = api.job(waits["job"])
    tries = (tmp_path / "waits" / "ran").read_text().count("ran")
    # A try whose server the hub only believed to have started ran nothing.
    assert ended["state"] == "done"
    assert 1 <= tries <= ended["attempt"]
    with hub.engine.connect() as connection:
        made = connection.execute(VERSIONS.select()).all()
    numbers = [row.job for row in made if row.job in (runs["job"], waits["job"])]
    assert sorted(numbers) == [runs["job"], waits["job"]]
    until(lambda: is_cleared(hub, runs["job"], waits["job"]), 240)
    until(lambda: is_led_to(hub))
    assert ada.ask("GET", "/users/ada").json()["servers"] == {}


@pytest.mark.browser
def test_a_server_killed_while_it_prints_is_followed_by_one_that_prints_only(
    hub: BriskHub, api: "Api", tmp_path: Path
) -> None:
    folder = tmp_path / "printed"
    number = api.publish(folder)["job"]
    (folder / "go").touch()
    until(lambda: api.job(number)["state"] == "done")
    assert api.job(number)["is_printing"]

    for process in hub.processes():
        if "hub.in_server.report_server" in process.cmdline():
            process.kill()

    until(lambda: not api.job(number)["is_printing"], 300)
    ended = api.job(number)
    assert (ended["state"], ended["attempt"], ended["version"]) == ("done", 2, 1)
    assert (folder / "ran").read_text() == "ran\n"
    assert api.pdf(ended["report"]).startswith(b"%PDF")
    until(lambda: is_cleared(hub, number), 240)


def have_ended(hub: BriskHub, api: Api, *jobs: int) -> bool:
    """Whether jobs have ended."""
    revive(hub)
    return all(api.job(one)["state"] in ("done", "failed", "canceled") for one in jobs)


def revive(hub: BriskHub) -> None:
    """Start parts anew that ended for want of another, as whoever runs a hub does."""
    for name, process in list(hub.started.items()):
        if process.status() is not None:
            hub.start_again(name)


def is_cleared(hub: BriskHub, *jobs: int) -> bool:
    revive(hub)
    with hub.engine.connect() as connection:
        found = connection.execute(JOBS.select().where(JOBS.c.id.in_(jobs))).all()
    return all(row.is_cleared for row in found)
