"""The pages in a real browser, without a hub: for everybody who reads, on a phone too."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.services.reports import jobs, subscriptions
from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import ask, begin, hand_in, publish
from tests.hub.services.reports.planning import look
from tests.hub.services.reports.test_checks import OTHER, be_server, check
from tests.hub.services.reports.test_comparing import FIRST, SECOND
from tests.integration.apps import barriers
from tests.integration.browser import browser_page, pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHAPES = [("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)]
RATE = {
    "name": "rate",
    "type": "float",
    "default": 0.02,
    "help": "share",
    "minimum": 0.0,
    "maximum": 1.0,
}
MARKET = {
    "name": "market",
    "type": "str",
    "default": "home",
    "choices": ["home", "abroad"],
}


@pytest.fixture
def desk(desk: ReportsDesk) -> ReportsDesk:
    """A desk with a report of two versions, described, and checked with other numbers."""
    kept = replace(desk.reports, versions_kept_for=timedelta(days=30))
    desk = replace(desk, reports=kept)
    number = None
    for told in (FIRST, SECOND):
        job = publish(desk, "ada", "Q3 risk", report=number)
        begin(desk)
        report = json.dumps(told | {"parameters": [RATE, MARKET]}).encode()
        assert hand_in(desk, job["job"], **{"report.json": report}).is_success
        begin(desk)
        number = job["report"]
    about = {"description": "Losses of the quarter", "tags": ["risk", "q3"]}
    assert ask(desk, "ada", "PATCH", f"/api/reports/{number}", json=about).is_success
    for version in (1, 2):
        be_server(desk, check(desk, 1, version).json()["job"], OTHER)
        begin(desk)
    planned = {"cron": "0 7 * * MON-FRI", "zone": "America/Argentina/Buenos_Aires"}
    at = f"/api/reports/{number}/schedules"
    due = ask(desk, "ada", "POST", at, json=planned).json()["next"]
    look(desk, datetime.fromisoformat(due))
    [time] = ask(desk, "ada", "GET", f"{at}/1/times").json()
    assert ask(desk, "ada", "DELETE", f"/api/jobs/{time['job']}").is_success
    look(desk, datetime.fromisoformat(due))
    assert ask(desk, "ada", "POST", f"{at}/1/pause").is_success
    with desk.engine.begin() as connection:
        subscriptions.subscribe(connection, number or 0, "ada", datetime.now(UTC))
    return desk


@pytest.fixture
def ada(desk: ReportsDesk, address: str, tmp_path: Path) -> Iterator["Page"]:
    """Ada's browser, signed in."""
    with browser_page(tmp_path / "profile") as page:
        cookie = {"name": "mchub-reports", "value": desk.sessions.open("ada")}
        page.context.add_cookies([{**cookie, "url": address}])  # type: ignore[list-item]
        yield page


def test_every_page_is_for_everybody_at_every_width(
    ada: "Page", address: str, tmp_path: Path
) -> None:
    by_itself = ("/r/1/schedules", "/subscriptions")
    read = ("/", "/?tag=risk&search=nothing", "/r/1", "/r/1/v/1", "/r/1/compare")

    found = []
    for place in (*read, *by_itself):
        ada.goto(f"{address}{place}")
        found += wrong_with(ada, tmp_path, place.strip("/").replace("/", "-") or "list")

    assert found == []


def wrong_with(page: "Page", folder: Path, name: str) -> list[Any]:
    """What bars the way to a page, or is wider than it, in every shape; and pictures."""
    found: list[Any] = []
    for closed in page.locator("details:not([open]) > summary").all():
        closed.click()
    for scheme, width in SHAPES:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [(name, scheme, width, one) for one in barriers(page)]
        found += [(name, width, wide)] if wide > width else []
        shot = pictures(folder) / f"{name}-{scheme}-{width}.png"
        page.screenshot(path=shot, full_page=True)
    return found


LONG = "Überschuss<b>&" * 30
FAILURE = {"cell": 2, "of": 3, "source": "1 / 0", "name": "ZeroDivisionError", "text": "x"}


@pytest.fixture
def crowded(desk: ReportsDesk) -> ReportsDesk:
    """A desk with more: a long name that waits; failed; as it is; being printed."""
    publish(desk, "ada", LONG)
    failed = publish(desk, "ada", "Failed")["job"]
    kept = publish(desk, "ada", "As it is", as_it_is=True)["job"]
    printing = publish(desk, "ada", "Printing", users=["bob"])["job"]
    begin(replace(desk, reports=replace(desk.reports, at_once=8)))
    for_it = f"ada/report-{failed}-1", "POST", f"/api/jobs/{failed}/1/failed"
    ask(desk, for_it[0], "GET", f"/api/jobs/{failed}/1/work")
    told = {"why": "The notebook failed, so nothing was published.", "failure": FAILURE}
    assert ask(desk, *for_it, json=told).is_success
    assert hand_in(desk, kept).is_success
    assert hand_in(desk, printing, prints=True).is_success
    return desk


@pytest.mark.usefixtures("crowded")
def test_every_state_of_a_report_is_for_everybody_too(
    ada: "Page", address: str, tmp_path: Path
) -> None:
    found = []
    states = {"waits": "/r/2", "failed": "/r/3", "as-it-is": "/r/4", "printing": "/r/5"}
    states |= {"no-schedule": "/r/5/schedules", "one-version": "/r/4/compare"}
    refused = {"none": "/r/99", "no-version": "/r/1/v/99", "nowhere": "/nowhere"}
    for name, place in (states | refused).items():
        ada.goto(f"{address}{place}")
        found += wrong_with(ada, tmp_path, name)
        if name == "as-it-is":
            assert ada.get_by_text("not run again").is_visible()
        if name == "printing":
            assert ada.get_by_role("link", name="page.pdf, being made").is_visible()

    assert found == []


def test_every_refusal_of_a_form_is_for_everybody_too(
    ada: "Page", address: str, tmp_path: Path
) -> None:
    found = []
    ada.goto(f"{address}/r/1/schedules")
    ada.get_by_label("When:").fill("61 25 * * NONE")
    ada.get_by_label("By the clocks of").fill("Europe/Atlantis")
    ada.get_by_label("rate", exact=True).fill("3")
    ada.get_by_role("button", name="Make the schedule").click()
    ada.get_by_text("No schedule was made").wait_for()
    found += wrong_with(ada, tmp_path, "wrong-schedule")
    ada.goto(f"{address}/r/1")
    ada.get_by_label("Say something").fill(LONG)
    ada.get_by_role("button", name="Comment", exact=True).click()
    ada.get_by_label("rate", exact=True).fill("3")
    ada.get_by_role("button", name="Run version 2 again").click()
    ada.get_by_text("Nothing was run").wait_for()
    found += wrong_with(ada, tmp_path, "wrong-parameter")
    ada.goto(f"{address}/r/1")
    ada.get_by_label("Its title, to be sure").fill("another")
    ada.get_by_role("button", name="Delete all versions").click()
    ada.get_by_text("Type the title").wait_for()
    found += wrong_with(ada, tmp_path, "not-deleted")

    assert found == []


def test_what_other_readers_see_is_for_everybody_too(
    crowded: ReportsDesk, ada: "Page", address: str, tmp_path: Path
) -> None:
    ada.goto(f"{address}/r/1")
    ada.get_by_label("For whom").fill(LONG[:255])
    ada.get_by_role("button", name="Make a link").click()
    link = ada.locator("#link").input_value()
    found = wrong_with(ada, tmp_path, "link")

    ada.context.clear_cookies()
    for name, place in {"linked": link.rpartition("/")[2], "ended": "ended"}.items():
        ada.goto(f"{address}/l/{place}")
        found += wrong_with(ada, tmp_path, name)
    for user, read in {"bob": ("/r/5", "/r/1"), "carol": ("/", "/subscriptions")}.items():
        cookie = {"name": "mchub-reports", "value": crowded.sessions.open(user)}
        ada.context.add_cookies([{**cookie, "url": address}])  # type: ignore[list-item]
        for at, place in enumerate(read):
            ada.goto(f"{address}{place}")
            found += wrong_with(ada, tmp_path, f"{user}-{at}")

    assert found == []


def test_what_may_not_be_is_said_beside_its_field(ada: "Page", address: str) -> None:
    ada.goto(f"{address}/r/1")
    ada.get_by_label("rate", exact=True).fill("3")
    ada.get_by_label("market", exact=True).select_option("abroad")

    ada.get_by_role("button", name="Run version 2 again").click()

    ada.get_by_text("`rate` must be from 0 to 1; got 3.0.").wait_for()
    field = ada.get_by_label("rate", exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    assert (field.input_value(), barriers(ada)) == ("3", [])
    assert ada.get_by_label("market", exact=True).input_value() == "abroad"
    field.fill("0.5")
    ada.get_by_role("button", name="Run version 2 again").click()
    ada.get_by_text("queued").first.wait_for()


def test_a_page_says_how_its_run_goes_and_that_it_has_ended(
    crowded: ReportsDesk, ada: "Page", address: str
) -> None:
    def step(task: Any, *given: Any) -> None:
        with crowded.engine.begin() as connection:
            task(connection, *given, datetime.now(UTC))

    ada.goto(f"{address}/r/2")
    ada.get_by_text("A run goes on: starting.").wait_for()
    number = int(ada.locator("[data-watches]").get_attribute("data-watches").split("/")[-1])
    step(jobs.begin, number, 1)
    step(jobs.progress, number, 1, 2, 3)
    ada.get_by_text("A run goes on: running, cell 2 of 3.").wait_for()
    ada.get_by_label("Its title, to be sure").fill("I am typing")
    step(jobs.fail, number, 1, "It went wrong.")

    ada.get_by_text("The run has ended: failed.").wait_for()
    assert ada.get_by_label("Its title, to be sure").input_value() == "I am typing"
    ada.get_by_role("link", name="Look again").click()
    ada.get_by_text("It went wrong.").wait_for()
    assert ada.locator("[data-watches]").count() == 0


def test_tags_lead_to_the_list_and_words_into_it(ada: "Page", address: str) -> None:
    ada.goto(f"{address}/r/1")
    ada.get_by_label("Tags").fill("risk, Q4")
    ada.get_by_role("button", name="Save", exact=True).click()

    ada.get_by_role("link", name="q4", exact=True).click()
    ada.get_by_label("Words").fill("QUARTER ada")
    ada.get_by_role("button", name="Search").click()

    ada.get_by_role("link", name="Q3 risk").wait_for()
    assert "tag=q4" in ada.url
