"""What a run's server hands in, and when: the real client, and the service at a port."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPClientError

from hub.in_server import report_runs
from hub.services.reports import library
from hub.services.reports.application import reports_service
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.library import Version
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import MADE, NOTEBOOK, ask, begin, publish
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


def taken(desk: ReportsDesk, address: str) -> tuple[report_runs.Service, int]:
    """The server of a job that has taken its work; the job."""
    job = publish(desk, "ada")
    begin(desk)
    number = job["job"]
    token = f"ada/report-{number}-1"
    ask(desk, token, "GET", f"/api/jobs/{number}/1/work")
    return report_runs.Service(address, token, (number, 1)), number


def version_by(desk: ReportsDesk, job: int) -> Version | None:
    with desk.engine.connect() as connection:
        number = library.version_by(connection, job)
        return None if number is None else library.version_of(connection, 1, number)


def printing(monkeypatch: pytest.MonkeyPatch, does: Callable[[Path], None]) -> None:
    """Let `does` be what prints a page, in the place of a Chromium."""

    async def print_page(page: Path, paper: Path) -> None:
        assert page.read_bytes() == MADE["page.html"]
        await asyncio.to_thread(does, paper)

    monkeypatch.setattr(report_runs, "_print_page", print_page)


def test_a_version_is_read_before_its_page_is_printed(
    desk: ReportsDesk, address: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, number = taken(desk, address)
    seen: list[Any] = []

    def print_page(paper: Path) -> None:
        seen.append(ask(desk, "ada", "GET", f"/api/jobs/{number}").json())
        seen.append(ask(desk, "ada", "GET", "/r/1").text)
        paper.write_bytes(b"%PDF-")

    printing(monkeypatch, print_page)
    asyncio.run(report_runs._hand_in(made, service))

    told, page = seen
    assert (told["state"], told["version"], told["is_printing"]) == ("done", 1, True)
    assert "page.pdf, being made" in page
    version = version_by(desk, number)
    assert version is not None
    assert set(version.files) == {*MADE, "data/result.parquet", "page.pdf"}
    assert version.bytes == sum(map(len, MADE.values())) + len(b"numbers") + len(b"%PDF-")
    told = ask(desk, "ada", "GET", f"/api/jobs/{number}").json()
    assert (told["state"], told["is_printing"]) == ("done", False)
    page = ask(desk, "ada", "GET", "/r/1").text
    assert ">page.pdf</a>" in page
    assert "being made" not in page


def test_a_page_that_could_not_be_printed_keeps_nothing_else_back(
    desk: ReportsDesk, address: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, number = taken(desk, address)
    printing(monkeypatch, lambda _paper: None)

    asyncio.run(report_runs._hand_in(made, service))

    version = version_by(desk, number)
    assert version is not None
    assert set(version.files) == {*MADE, "data/result.parquet"}
    assert not ask(desk, "ada", "GET", f"/api/jobs/{number}").json()["is_printing"]
    answer = ask(desk, "ada", "GET", "/r/1/v/1/files/page.pdf")
    assert answer.status_code == 404
    assert "page.pdf" not in ask(desk, "ada", "GET", "/r/1").text


def test_who_asks_for_a_pdf_that_is_being_made_waits_for_it_or_is_told(
    desk: ReportsDesk, address: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, _ = taken(desk, address)
    answers: list[httpx.Response] = []

    def ask_for_it() -> None:
        answers.append(ask(desk, "ada", "GET", "/r/1/v/1/files/page.pdf"))

    def print_page(paper: Path) -> None:
        monkeypatch.setattr("hub.services.reports.framed.PRINTED_WITHIN", 0.1)
        ask_for_it()
        monkeypatch.setattr("hub.services.reports.framed.PRINTED_WITHIN", 60.0)
        waiting.start()
        paper.write_bytes(b"%PDF-")

    waiting = threading.Thread(target=ask_for_it)
    printing(monkeypatch, print_page)
    asyncio.run(report_runs._hand_in(made, service))
    waiting.join(60)

    told, waited = answers
    assert told.status_code == 503
    assert "The PDF of version 1 is still being made" in told.json()["message"]
    assert (waited.status_code, waited.content) == (200, b"%PDF-")


def test_a_server_lost_while_it_prints_is_followed_by_one_that_prints_only(
    desk: ReportsDesk,
    hub: TokenHub,
    address: str,
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, number = taken(desk, address)

    def die(_paper: Path) -> None:
        raise KeyboardInterrupt

    printing(monkeypatch, die)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(report_runs._hand_in(made, service))
    hub.servers.clear()
    monkeypatch.setenv("HOME", str(made.parent))
    printing(monkeypatch, lambda paper: [paper.write_bytes(b"%PDF-")].clear())

    begin(desk, timedelta(minutes=1))
    begin(desk, timedelta(minutes=2))
    again = report_runs.Service(address, f"ada/report-{number}-2", (number, 2))
    asyncio.run(report_runs.do_run(again))

    version = version_by(desk, number)
    assert version is not None
    assert (version.number, "page.pdf" in version.files) == (1, True)
    told = ask(desk, "ada", "GET", f"/api/jobs/{number}").json()
    assert (told["state"], told["attempt"], told["is_printing"]) == ("done", 2, False)


def test_whoever_ends_the_printing_has_a_version_without_a_pdf(
    desk: ReportsDesk, address: str, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, number = taken(desk, address)

    def end_it(paper: Path) -> None:
        assert ask(desk, "ada", "DELETE", f"/api/jobs/{number}").status_code == 204
        paper.write_bytes(b"%PDF-")

    printing(monkeypatch, end_it)
    with pytest.raises(HTTPClientError, match="409"):
        asyncio.run(report_runs._hand_in(made, service))

    told = ask(desk, "ada", "GET", f"/api/jobs/{number}").json()
    assert (told["state"], told["version"]) == ("done", 1)
    assert told["why"] == "Its version has no PDF. ada ended it."
    assert "page.pdf" not in ask(desk, "ada", "GET", "/r/1").text


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
