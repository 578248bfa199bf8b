"""Versions that go with age, and those that never do."""

import asyncio
import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import audit
from hub.environments import load
from hub.laws import SettingsError
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import (
    ask,
    begin,
    hand_in,
    names_in,
    publish,
    signed_in,
)

MONTH = timedelta(days=30)


@pytest.fixture
def keeping(desk: ReportsDesk) -> ReportsDesk:
    """A desk whose versions are kept for a month."""
    return replace(desk, reports=replace(desk.reports, versions_kept_for=MONTH))


@pytest.fixture
def report(keeping: ReportsDesk) -> int:
    """A report of ada's with four versions, each with a page of its own."""
    number: int | None = None
    for at in range(1, 5):
        job = publish(keeping, "ada", report=number)
        begin(keeping)
        made = {"page.html": f"<p>version {at}".encode()}
        assert hand_in(keeping, job["job"], **made).is_success
        begin(keeping)
        number = job["report"]
    assert number is not None
    return number


def go_round(desk: ReportsDesk, after: timedelta) -> None:
    asyncio.run(Runner(desk).go_round(datetime.now(UTC) + after))


def there(desk: ReportsDesk, report: int) -> list[int]:
    at = f"/api/reports/{report}/versions"
    asked = {one: ask(desk, "ada", "GET", f"{at}/{one}/checks") for one in range(1, 5)}
    return [one for one, answer in asked.items() if answer.status_code == 200]


def test_without_the_setting_nothing_ever_goes(desk: ReportsDesk, report: int) -> None:
    assert load("production", {}).reports.versions_kept_for is None

    go_round(desk, timedelta(days=10_000))

    assert there(desk, report) == [1, 2, 3, 4]


def test_what_is_old_goes_but_the_newest_and_what_is_named_as_kept(
    keeping: ReportsDesk, report: int
) -> None:
    kept = f"/api/reports/{report}/versions/2/kept"
    assert ask(keeping, "ada", "PUT", kept).status_code == 204

    go_round(keeping, MONTH - timedelta(hours=1))
    assert there(keeping, report) == [1, 2, 3, 4]
    go_round(keeping, MONTH + timedelta(hours=1))

    assert there(keeping, report) == [2, 4]
    assert ask(keeping, "ada", "DELETE", kept).status_code == 204
    go_round(keeping, 2 * MONTH)
    assert there(keeping, report) == [4]
    assert ask(keeping, "ada", "GET", f"/r/{report}").status_code == 200


def test_what_a_link_opens_stays(keeping: ReportsDesk, report: int) -> None:
    headers, xsrf = signed_in(keeping, "ada")
    form = {"_xsrf": xsrf, "reader": "eve", "days": "30"}
    at = f"/r/{report}/links"
    html = ask(keeping, "", "POST", at, headers=headers, data=form).text
    secret = html.partition("/services/reports/l/")[2].partition("<")[0]

    go_round(keeping, MONTH + timedelta(hours=1))

    assert "version 4" in ask(keeping, "", "GET", f"/l/{secret}/page").text


def test_a_version_that_is_checked_just_now_stays(
    keeping: ReportsDesk, report: int
) -> None:
    checks = f"/api/reports/{report}/versions/1/checks"
    assert ask(keeping, "ada", "POST", checks).status_code == 202

    go_round(keeping, MONTH + timedelta(hours=1))

    assert there(keeping, report) == [1, 4]


def test_its_files_go_and_those_of_the_others_stay(
    keeping: ReportsDesk, report: int, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    for file in store.rglob("*"):
        if file.is_file():
            os.utime(file, (0, 0))
    before = len(names_in(store))

    go_round(keeping, MONTH + timedelta(hours=1))

    # Three pages of their own; notebook and report.json are the newest one's too.
    assert before - len(names_in(store)) == 3
    assert "version 4" in ask(keeping, "ada", "GET", f"/r/{report}/v/4/page").text


def test_the_notebooks_of_jobs_stay_while_something_is_run_with_them(
    keeping: ReportsDesk, tmp_path: Path
) -> None:
    def handed_in(text: str, report: int | None = None) -> tuple[dict[str, Any], str]:
        cells = [{"cell_type": "raw", "id": "a", "metadata": {}, "source": text}]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        job = publish(keeping, "ada", report=report, notebook=notebook)
        begin(keeping)
        return job, hashlib.sha256(json.dumps(notebook).encode()).hexdigest()

    first, of_the_first = handed_in("of a version that goes")
    assert hand_in(keeping, first["job"]).is_success
    second, of_the_newest = handed_in("of the newest version", first["report"])
    assert hand_in(keeping, second["job"]).is_success
    third, of_the_failed = handed_in("of a run that fails", first["report"])
    at, token = f"/api/jobs/{third['job']}/1", f"ada/report-{third['job']}-1"
    ask(keeping, token, "GET", f"{at}/work")
    ask(keeping, token, "POST", f"{at}/failed", json={"why": "It failed."})
    begin(keeping)
    _, of_the_open = handed_in("of a run that waits", first["report"])
    for file in (tmp_path / "store").rglob("*"):
        if file.is_file():
            os.utime(file, (0, 0))

    go_round(keeping, MONTH + timedelta(hours=1))

    notebooks = {of_the_first, of_the_newest, of_the_failed, of_the_open}
    assert notebooks & names_in(tmp_path / "store") == {of_the_newest, of_the_open}
    again = f"/api/reports/{first['report']}/versions/2/runs"
    assert ask(keeping, "ada", "POST", again, json={}).status_code == 202


def test_what_goes_is_recorded_once(keeping: ReportsDesk, report: int) -> None:
    for _ in range(2):
        go_round(keeping, MONTH + timedelta(hours=1))

    gone = [one for one in audit.read(keeping.engine) if one.action == "report.expire"]

    assert {(one.actor, one.target) for one in gone} == {
        ("reports", f"report/{report}/{at}") for at in (1, 2, 3)
    }
    assert len(gone) == 3
    assert json.loads(gone[0].detail)["owner"] == "ada"


def test_the_page_says_when_and_lets_its_owner_keep_it(
    keeping: ReportsDesk, report: int
) -> None:
    headers, xsrf = signed_in(keeping, "ada")
    at, form = f"/r/{report}", {"_xsrf": xsrf, "version": "1"}
    day = f"{datetime.now(UTC) + MONTH:%Y-%m-%d}"

    assert f"It is removed on {day}" in ask(keeping, "ada", "GET", f"{at}/v/1").text
    answer = ask(keeping, "", "POST", f"{at}/keep", headers=headers, data=form)

    assert answer.status_code == 303
    shown = ask(keeping, "ada", "GET", f"{at}/v/1").text
    assert "It is removed" not in shown
    assert "Let version 1 go with age" in shown
    assert "Keep version" not in ask(keeping, "ada", "GET", f"{at}/v/4").text
    ask(keeping, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    kept = f"/api/reports/{report}/versions/1/kept"
    assert ask(keeping, "bob", "DELETE", kept).status_code == 403


def test_versions_are_not_kept_for_less_than_no_time() -> None:
    reports = load("development", {}).reports

    with pytest.raises(SettingsError, match=r"reports\.versions_kept_for"):
        replace(reports, versions_kept_for=timedelta(0)).check("reports")
