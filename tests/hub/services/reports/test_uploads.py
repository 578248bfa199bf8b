"""What a job's server may say and hand in, and what it may not."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import (
    MADE,
    ask,
    go_round,
    hand_in,
    names_in,
    publish,
)


@pytest.fixture
def job(desk: ReportsDesk) -> int:
    """A job of ada's whose server has been started."""
    number: int = publish(desk, "ada")["job"]
    go_round(desk, Runner(desk), datetime.now(UTC))
    return number


@pytest.mark.parametrize(
    "token",
    ["ada", "ada/", "ada/report-2-1", "ada/report-1-2", "bob/report-1-1", "bob", "nobody"],
)
def test_nobody_but_its_own_server_speaks_for_a_job(
    desk: ReportsDesk, job: int, token: str
) -> None:
    at = f"/api/jobs/{job}/1"
    tried = [
        ask(desk, token, "GET", f"{at}/work"),
        ask(desk, token, "POST", f"{at}/progress", json={"cell": 1, "of": 2}),
        ask(desk, token, "PUT", f"{at}/files/page.html", content=b"x"),
        ask(desk, token, "POST", f"{at}/done", json={"files": []}),
        ask(desk, token, "POST", f"{at}/failed", json={"why": "x"}),
    ]

    assert {answer.status_code for answer in tried} <= {401, 403}
    assert ask(desk, "ada", "GET", f"/api/jobs/{job}").json()["state"] == "starting"


@pytest.mark.parametrize(
    "name",
    [
        "../page.html",
        "data/../../etc/passwd",
        "%2e%2e/%2e%2e/x",
        "data/a.parquet/../b",
        "data/a b.parquet",
        "data/.parquet",
        f"data/{'a' * 65}.parquet",
        "page.html%00",
        "page.zip",
        "PAGE.HTML",
        "",
    ],
)
def test_no_name_but_those_of_a_report_is_taken(
    desk: ReportsDesk, job: int, name: str, tmp_path: object
) -> None:
    before = names_in(desk.store.path("0" * 64).parent.parent)

    answer = ask(
        desk, f"ada/report-{job}-1", "PUT", f"/api/jobs/{job}/1/files/{name}", content=b"x"
    )

    assert answer.status_code in (404, 405, 422)
    assert names_in(desk.store.path("0" * 64).parent.parent) == before


def test_a_file_that_is_too_large_is_not_read_to_its_end(
    desk: ReportsDesk, job: int
) -> None:
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1/files/report.json"

    told = ask(desk, token, "PUT", at, content=b"x" * (4 * 2**20 + 1))

    assert told.status_code == 413
    assert "at most 4 MB" in told.json()["message"]


def test_a_file_that_was_never_handed_in_can_not_be_named(
    desk: ReportsDesk, job: int
) -> None:
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1"
    ask(desk, token, "GET", f"{at}/work")
    handed = [
        ask(desk, token, "PUT", f"{at}/files/{name}", content=content).json()
        for name, content in MADE.items()
    ]
    # What bob keeps is known by its digest, and that alone opens nothing.
    other = desk.store.put(b"of bob alone")

    for changed in ({"digest": other}, {"name": "data/x.parquet"}, {"bytes": 1}):
        files = [handed[0] | changed, *handed[1:]]
        assert ask(
            desk, token, "POST", f"{at}/done", json={"files": files}
        ).status_code in (
            409,
            422,
        )
    missing = ask(desk, token, "POST", f"{at}/done", json={"files": handed[:2]})
    assert missing.status_code == 422
    assert ask(desk, "ada", "GET", "/api/reports/1").json()["versions"] == 0


def test_an_end_told_twice_makes_one_version(desk: ReportsDesk, job: int) -> None:
    first = hand_in(desk, job)
    assert first.json() == {"version": 1}
    at = f"/api/jobs/{job}/1"
    handed = [
        ask(desk, "ada/report-1-1", "PUT", f"{at}/files/{name}", content=content).json()
        for name, content in MADE.items()
    ]

    again = ask(desk, "ada/report-1-1", "POST", f"{at}/done", json={"files": handed})

    assert again.json() == {"version": 1}
    assert ask(desk, "ada", "GET", "/api/reports/1").json()["versions"] == 1


def test_who_has_used_up_the_storage_hands_in_nothing(desk: ReportsDesk, job: int) -> None:
    answer = hand_in(desk, job, **{"page.html": b"x" * 2**20})
    assert answer.is_success, answer.text
    publish(desk, "ada", "Another")
    go_round(desk, Runner(desk), datetime.now(UTC))

    token, at = "ada/report-2-1", "/api/jobs/2/1"
    ask(desk, token, "GET", f"{at}/work")
    refused = ask(desk, token, "PUT", f"{at}/files/page.html", content=b"x")

    assert refused.status_code == 413
    assert "Delete some" in refused.json()["message"]


def test_a_failed_notebook_publishes_nothing_and_shows_its_cell(
    desk: ReportsDesk, job: int
) -> None:
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1"
    ask(desk, token, "GET", f"{at}/work")
    failure = {"cell": 3, "name": "ZeroDivisionError", "text": "<b>", "source": "1 / 0"}

    told = {"why": "The notebook failed.", "failure": failure}
    assert ask(desk, token, "POST", f"{at}/failed", json=told).status_code == 204

    page = ask(desk, "ada", "GET", "/r/1").text
    assert "Cell 3: ZeroDivisionError &lt;b&gt;" in page
    assert "1 / 0" in page
    assert "There is no version yet" in page
    assert hand_in(desk, job).status_code == 409


@pytest.mark.parametrize("notebook", [{}, {"nbformat": 3, "cells": []}, {"nbformat": 4}])
def test_what_is_no_notebook_is_refused(desk: ReportsDesk, notebook: object) -> None:
    told = {"title": "x", "notebook": notebook}

    assert ask(desk, "ada", "POST", "/api/reports", json=told).status_code == 422


def test_a_server_that_is_ready_and_takes_no_work_is_given_up(
    desk: ReportsDesk, job: int
) -> None:
    now, at = datetime.now(UTC), f"/api/jobs/{job}"

    go_round(desk, Runner(desk), now + timedelta(seconds=100))
    assert ask(desk, "ada", "GET", at).json()["state"] == "starting"
    go_round(desk, Runner(desk), now + timedelta(seconds=130))
    given_up = ask(desk, "ada", "GET", at).json()
    assert (given_up["state"], "did not take its work" in given_up["why"]) == (
        "queued",
        True,
    )
    go_round(desk, Runner(desk), now + timedelta(seconds=160))

    assert ask(desk, "ada", "GET", at).json()["attempt"] == 2
    assert hand_in(desk, job, 1).status_code == 409
    assert hand_in(desk, job, 2).json() == {"version": 1}
