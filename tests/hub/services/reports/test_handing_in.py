"""What a run's server hands in, and when: the real client, and the service at a port."""

import asyncio
import hashlib
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.in_server import report_runs
from hub.services.reports import library
from hub.services.reports.application import reports_service
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import MADE, NOTEBOOK, ask, begin, names_in, publish
from tests.hub.services.reports.token_hub import TokenHub


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """What a run has left, but for the page on paper."""
    folder = tmp_path / "made"
    (folder / "data").mkdir(parents=True)
    for name, content in MADE.items():
        (folder / name).write_bytes(content)
    (folder / "data" / "result.parquet").write_bytes(b"numbers")
    return folder


def handed_in(desk: ReportsDesk, address: str, made: Path, printing: Any) -> Any:
    """Be the server of a job that has run; the version that comes of it."""
    job = publish(desk, "ada")
    begin(desk)
    number = job["job"]
    token = f"ada/report-{number}-1"
    ask(desk, token, "GET", f"/api/jobs/{number}/1/work")
    service = report_runs.Service(address, token, (number, 1))

    async def go() -> None:
        await report_runs._hand_in(made, service, asyncio.create_task(printing()))

    asyncio.run(go())
    with desk.engine.connect() as connection:
        return library.version_of(connection, job["report"], 1)


def test_a_page_is_printed_while_all_else_is_handed_in(
    desk: ReportsDesk, address: str, made: Path, tmp_path: Path
) -> None:
    others = {hashlib.sha256(content).hexdigest() for content in MADE.values()}

    async def printing() -> None:
        async with asyncio.timeout(30):
            while not others <= names_in(tmp_path / "store"):
                await asyncio.sleep(0.02)
        (made / "page.pdf").write_bytes(b"%PDF-")

    version = handed_in(desk, address, made, printing)

    assert set(version.files) == {*MADE, "data/result.parquet", "page.pdf"}


def test_a_page_that_could_not_be_printed_keeps_nothing_else_back(
    desk: ReportsDesk, address: str, made: Path
) -> None:
    async def printing() -> None:
        pass

    version = handed_in(desk, address, made, printing)

    assert set(version.files) == {*MADE, "data/result.parquet"}


def test_a_job_is_begun_when_it_is_handed_in_and_not_a_round_later(
    desk: ReportsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.services.reports.runner.EVERY", 3_600)

    at, headers = f"{desk.prefix}/api", {"Authorization": "token ada"}

    async def go() -> None:
        running = asyncio.create_task(Runner(desk).run())
        transport = httpx.ASGITransport(reports_service(desk), client=("127.0.0.1", 1))
        async with (
            asyncio.timeout(60),
            httpx.AsyncClient(transport=transport, base_url="http://hub") as client,
        ):
            # The round that comes first has nothing to do yet.
            await asyncio.sleep(1)
            told = {"title": "Risk", "notebook": NOTEBOOK}
            await client.post(f"{at}/reports", headers=headers, json=told)
            state = "queued"
            while state == "queued":
                await asyncio.sleep(0.05)
                answer = await client.get(f"{at}/jobs/1", headers=headers)
                state = answer.json()["state"]
        running.cancel()
        assert state == "starting"

    asyncio.run(go())


def test_a_run_goes_on_while_nobody_answers_and_ends_when_nobody_wants_it(
    desk: ReportsDesk, hub: TokenHub, address: str, tmp_path: Path
) -> None:
    job = publish(desk, "ada")
    begin(desk)
    number, token = job["job"], f"ada/report-{job['job']}-1"
    said, done = tmp_path / "said", tmp_path / "done"
    # It tells its progress, waits for what may end it, and leaves a mark.
    program = (
        "import sys, time, pathlib\n"
        'print(\'{"cell": 1, "of": 2}\', flush=True)\n'
        "time.sleep(float(sys.argv[1]))\n"
        "pathlib.Path(sys.argv[2]).touch()\n"
    )

    def run(at: str, seconds: float) -> int:
        service = report_runs.Service(at, token, (number, 1))
        command = [sys.executable, "-c", program, str(seconds), str(done)]
        return asyncio.run(report_runs._command(command, tmp_path, said, service))

    assert run("http://127.0.0.1:1", 0.1) == 0
    assert done.exists()
    done.unlink()
    # A hub whose database is away knows nobody's token.
    groups = hub.groups.pop("ada")
    assert run(address, 0.1) == 0
    assert done.exists()
    done.unlink()
    hub.groups["ada"] = groups
    ask(desk, "ada", "DELETE", f"/api/jobs/{number}")
    assert run(address, 600) == -signal.SIGTERM
    assert not done.exists()
