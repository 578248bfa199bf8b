"""The stream of questions: counted by the clock, held to the promise."""

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.deployer.outcomes import Failed
from deploy.deployer.performance import Answers, ask, calm, held_to


class _Api(BaseHTTPRequestHandler):
    """Answers at once, late, or not well, by the path."""

    def do_GET(self) -> None:
        if self.path == "/late":
            time.sleep(0.3)
        fits = self.headers["Authorization"] == "token x"
        fits = fits and self.headers["Host"] == "mc.example.org"
        self.send_response(200 if fits and self.path != "/broken" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _ask(api: str, *paths: str) -> Answers:
    url = "http://mc.example.org"
    return asyncio.run(ask(url, "x", paths, api, rate=20, seconds=1))


def test_questions_come_at_the_address_with_name_and_token(api: str) -> None:
    found = _ask(api, "/", "/other")

    assert (found.n, found.failed) == (20, 0)
    assert found.p50 <= found.p95 < 0.5
    assert held_to(found).startswith("20 answers, 0 failed, p50 ")


def test_late_answers_do_not_slow_the_questions(api: str) -> None:
    began = time.monotonic()

    found = _ask(api, "/late")

    # One after the other they would take six seconds.
    assert time.monotonic() - began < 4
    assert found.p50 >= 0.3


def test_an_answer_that_is_no_success_is_named(api: str) -> None:
    found = _ask(api, "/", "/broken")

    assert (found.failed, found.worst) == (10, "/broken: HTTP 500")


@pytest.mark.parametrize(
    "answers",
    [
        Answers(n=100, failed=0, p50=0.01, p95=0.5),
        Answers(n=100, failed=1, p50=0.01, p95=0.02, worst="/: HTTP 500"),
    ],
)
def test_what_breaks_the_promise_is_refused(answers: Answers) -> None:
    with pytest.raises(Failed) as failed:
        held_to(answers)

    assert "answer all 100 questions, 95 % of them within 0.5 s" in str(failed.value)
    assert str(failed.value).endswith(answers.worst or str(answers) + ".")


LATE = Answers(n=20, failed=0, p50=0.6, p95=0.9)
IN_TIME = Answers(n=20, failed=0, p50=0.02, p95=0.1)
FAILED = Answers(n=20, failed=1, p50=0.02, p95=0.9, worst="/: HTTP 500")


@pytest.mark.parametrize(
    ("found", "told", "n_asked"),
    [
        ([IN_TIME], IN_TIME, 1),
        ([LATE, IN_TIME], IN_TIME, 2),
        ([LATE, LATE, LATE], LATE, 3),
        ([FAILED, IN_TIME], FAILED, 1),
        ([LATE, FAILED, IN_TIME], FAILED, 2),
    ],
)
def test_late_answers_are_looked_at_again_and_failures_are_not(
    found: list[Answers], told: Answers, n_asked: int
) -> None:
    pauses: list[float] = []
    left = iter(found)

    assert calm(lambda: next(left), pauses.append) is told
    assert len(pauses) == n_asked - 1
    assert len(list(left)) == len(found) - n_asked
