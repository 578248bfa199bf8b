"""What may not be asked for, typed or handed in is refused in words, whatever it is."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from hub.services.reports.api import MOST_WAITING
from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import NOTEBOOK, ask, begin, publish, signed_in

NUL, TURNED, LINES = "a\0b", "\u202eksir", "a\nb"
HUGE = ("2147483648", "9223372036854775808", "1" + "0" * 30)
NUMBERED = (
    "/r/{}",
    "/r/1/v/{}",
    "/r/1/v/{}/page",
    "/r/1/v/{}/files/page.html",
    "/r/{}/schedules",
    "/api/reports/{}",
    "/api/reports/1/versions/{}/parameters",
    "/api/jobs/{}",
    "/api/jobs/{}/1/work",
    "/api/reports/1/schedules/{}",
)


@pytest.fixture
def filled(desk: ReportsDesk, report: int) -> ReportsDesk:
    """A desk with a report of ada's, of one version."""
    assert report == 1
    return desk


def typed(desk: ReportsDesk, path: str, **fields: str) -> httpx.Response:
    """Send a form as ada's browser does."""
    cookie, xsrf = signed_in(desk, "ada")
    headers = cookie | {"Origin": "http://hub", "Sec-Fetch-Site": "same-origin"}
    told = {"_xsrf": xsrf, **fields}
    return ask(desk, "", "POST", path, data=told, headers=headers)


@pytest.mark.parametrize("number", HUGE)
def test_a_number_that_no_table_holds_is_that_of_nothing(
    filled: ReportsDesk, number: str
) -> None:
    codes = {
        at: ask(filled, "ada", "GET", at.format(number)).status_code for at in NUMBERED
    }

    assert codes == dict.fromkeys(NUMBERED, 404)
    compared = ask(filled, "ada", "GET", f"/r/1/compare?a={number}&b=1")
    assert compared.status_code == 422
    assert typed(filled, "/r/1/links", end=number).status_code == 422
    assert typed(filled, "/r/1/run", version=number).status_code == 422
    assert typed(filled, "/r/1/check", version=number).status_code == 422
    assert typed(filled, "/r/1/keep", version=number).status_code == 422
    assert typed(filled, "/r/1/comments", end=number, text="x").status_code == 422
    assert typed(filled, f"/r/1/schedules/{number}", to="pause").status_code == 404


@pytest.mark.parametrize("text", ["", " ", NUL, TURNED, LINES, "x" * 501])
def test_a_title_is_one_line_that_can_be_read(desk: ReportsDesk, text: str) -> None:
    told = {"title": text, "notebook": NOTEBOOK}

    answer = ask(desk, "ada", "POST", "/api/reports", json=told)

    assert answer.status_code == 422
    law = "`title`: must be one line with something to read."
    assert answer.json()["message"] == law or len(text) in (0, 501)


@pytest.mark.parametrize("name", [" ", NUL, TURNED, LINES, "x" * 256])
def test_a_report_is_shared_with_names_alone(filled: ReportsDesk, name: str) -> None:
    told = {"title": "Risk", "notebook": NOTEBOOK, "groups": [name]}
    published = ask(filled, "ada", "POST", "/api/reports", json=told)
    granted = ask(filled, "ada", "PUT", f"/api/reports/1/grants/user/{quote(name)}")

    assert published.status_code == 422
    assert granted.status_code == 404
    assert typed(filled, "/r/1/share", kind="user", name=name).status_code == 422
    link = typed(filled, "/r/1/links", reader=name, days="1")
    # A reader's name is cut where it is too long.
    assert link.status_code == (200 if len(name) > 255 else 422)


def test_no_text_has_a_nul_character(filled: ReportsDesk) -> None:
    said: dict[str, Any] = {"version": 1, "text": NUL}

    answers = [
        ask(filled, "ada", "PATCH", "/api/reports/1", json={"description": NUL}),
        ask(filled, "ada", "POST", "/api/reports/1/comments", json=said),
        ask(filled, "ada", "GET", "/api/reports", params={"search": NUL}),
        ask(filled, "ada", "GET", "/", params={"tag": NUL}),
        typed(filled, "/r/1/about", description=NUL),
        typed(filled, "/r/1/comments", version="1", text=NUL),
    ]

    assert [one.status_code for one in answers] == [422] * len(answers)


@pytest.mark.parametrize("text", ["[1]", "{", "NaN", '{"rate": 1e999}', "[" * 100_000])
def test_parameters_are_an_object_of_finite_numbers(filled: ReportsDesk, text: str) -> None:
    planned = {"cron": "0 7 * * *", "zone": "UTC", "parameters": text}

    assert typed(filled, "/r/1/run", version="1", parameters=text).status_code == 422
    assert typed(filled, "/r/1/schedules", **planned).status_code == 422
    told = json.dumps({"title": "x", "notebook": NOTEBOOK, "parameters": {"a": 1}})
    body = told.replace('{"a": 1}', text).encode()
    kind = {"Content-Type": "application/json"}
    answer = ask(filled, "ada", "POST", "/api/reports", content=body, headers=kind)
    assert answer.status_code in (400, 422)


def test_nobody_fills_the_queue(desk: ReportsDesk) -> None:
    for _ in range(MOST_WAITING):
        publish(desk, "ada")
    told = {"title": "One more", "notebook": NOTEBOOK}

    answer = ask(desk, "ada", "POST", "/api/reports", json=told)

    assert answer.status_code == 429
    assert f"ada may have {MOST_WAITING} runs" in answer.json()["message"]
    assert ask(desk, "bob", "POST", "/api/reports", json=told).status_code == 202


def test_what_a_program_printed_last_is_kept_whatever_it_is(desk: ReportsDesk) -> None:
    job = publish(desk, "ada")["job"]
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1"
    begin(desk)
    ask(desk, token, "GET", f"{at}/work")

    assert ask(desk, token, "POST", f"{at}/failed", json={"why": NUL}).is_success

    assert ask(desk, "ada", "GET", f"/api/jobs/{job}").json()["why"] == "a\ufffdb"
