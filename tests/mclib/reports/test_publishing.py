"""The client, against a service that speaks HTTP as the hub's does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import mclib as mc
from mclib.errors import ArgumentError, MclibError
from mclib.reports import publishing, witness
from mclib.reports.__main__ import main
from tests.mclib.reports.books import PARAMETERS, book, code, text, written

BOOK = book(text("# A launch"), code(PARAMETERS, tags=("parameters",)), code("1"))


class Service(ThreadingHTTPServer):
    """What was asked, and what is to be answered next."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str | None, Any]] = []
        self.answers: list[tuple[int, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        content = json.loads(self.rfile.read(length)) if length else None
        token = self.headers.get("Authorization")
        self.server.asked.append((self.command, self.path, token, content))
        status, told = self.server.answers.pop(0)
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with Service() as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{service.server_port}/services/reports"
        monkeypatch.setenv("MCHUB_REPORTS_URL", address)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
        monkeypatch.setattr(publishing, "_SECONDS_BETWEEN", 0.01)
        yield service
        service.shutdown()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "risk").mkdir()
    return written(tmp_path / "risk" / "launch.ipynb", BOOK)


def _job(state: str, **more: Any) -> dict[str, Any]:
    page = "/services/reports/r/5"
    known = {"job": 3, "report": 5, "state": state, "cell": 0, "of": 0, "page": page}
    return {**known, "why": "", "failure": None, **more}


def test_the_notebook_itself_is_sent_with_the_servers_own_token(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    service.answers = [(202, _job("queued"))]

    published = mc.publish(groups=["risk"], parameters={"tax_rate": 0.3})

    [(method, address, token, content)] = service.asked
    assert ("POST", "/services/reports/api/reports") == (method, address)
    assert "token secret" == token
    assert {
        "title": "A launch",
        "notebook": BOOK,
        "parameters": {"tax_rate": 0.3},
        "groups": ["risk"],
        "users": [],
        "as_it_is": False,
        "folder": "risk",
    } == content
    assert ("/services/reports/r/5", 3) == (published.page, published.job)


def test_a_publication_says_how_it_is_until_it_is_done(
    service: Service, path: Path
) -> None:
    service.answers = [
        (202, _job("queued")),
        (200, _job("running", cell=2, of=9)),
        (200, _job("done", version=1)),
    ]

    published = mc.publish("Q3 risk", notebook=path)

    assert "running, cell 2 of 9: /services/reports/r/5" == str(published)
    assert "done" == published.wait().state
    assert ("GET", "/services/reports/api/jobs/3") == service.asked[-1][:2]
    assert "Q3 risk" in published._repr_html_()
    # What is done is asked for no more.
    assert 3 == len(service.asked)


def test_a_failed_run_says_which_cell(service: Service, path: Path) -> None:
    failure = {"cell": 2, "of": 4, "name": "ValueError", "text": "no"}
    service.answers = [(202, _job("queued")), (200, _job("failed", failure=failure))]

    with pytest.raises(MclibError, match="cell 2 of 4 raised ValueError: no"):
        mc.publish(notebook=path).wait()


def test_a_refusal_says_what_the_service_said(
    service: Service, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"message": "A notebook must have at most 64 MB; clear its outputs."}
    service.answers = [(413, told)]

    assert 2 == main(["publish", str(path), "--group", "risk"])

    said = capsys.readouterr().err
    assert "the reports service refused: A notebook must have at most 64 MB" in said


def test_a_service_that_is_away_is_said_to_be(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCHUB_REPORTS_URL", "http://127.0.0.1:9/services/reports")

    with pytest.raises(MclibError, match=r"(?s)must answer.*nothing was published"):
        mc.publish(notebook=path)


def test_outside_a_hub_the_way_out_is_a_page_here(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MCHUB_REPORTS_URL", raising=False)

    with pytest.raises(
        MclibError, match=r"(?s)`MCHUB_REPORTS_URL` isn't set.*mc\.report\(result"
    ):
        mc.publish(notebook=path)


def test_what_is_wrong_is_refused_before_anything_is_sent(
    service: Service, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    with pytest.raises(ArgumentError, match="`tax_rate` must be from 0 to 1; got 3"):
        mc.publish(notebook=path, parameters={"tax_rate": 3})
    with pytest.raises(ArgumentError, match=r"write `groups=\['risk'\]`"):
        mc.publish(notebook=path, groups="risk")
    with pytest.raises(ArgumentError, match="be named where Jupyter doesn't say"):
        mc.publish()
    assert [] == service.asked


def test_a_report_in_the_making_publishes_nothing_more(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "_is_watching", True)

    published = mc.publish("Q3 risk")

    assert "being made" == published.state == str(published)
    assert [] == service.asked
