"""The pages in a real browser, without a hub: for everybody who reads, on a phone too."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.services.reports import subscriptions
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
    found = []
    by_itself = ("/r/1/schedules", "/subscriptions")
    read = ("/", "/?tag=risk&search=nothing", "/r/1", "/r/1/v/1", "/r/1/compare")
    for place in (*read, *by_itself):
        ada.goto(f"{address}{place}")
        for closed in ada.locator("details:not([open]) > summary").all():
            closed.click()
        for scheme, width in SHAPES:
            ada.set_viewport_size({"width": width, "height": 800})
            ada.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            wide = ada.evaluate("document.documentElement.scrollWidth")
            found += [(place, scheme, width, one) for one in barriers(ada)]
            found += [(place, width, wide)] if wide > width else []
            name = f"{place.strip('/').replace('/', '-') or 'list'}-{scheme}-{width}.png"
            ada.screenshot(path=pictures(tmp_path) / name, full_page=True)

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


def test_tags_lead_to_the_list_and_words_into_it(ada: "Page", address: str) -> None:
    ada.goto(f"{address}/r/1")
    ada.get_by_label("Tags").fill("risk, Q4")
    ada.get_by_role("button", name="Save", exact=True).click()

    ada.get_by_role("link", name="q4", exact=True).click()
    ada.get_by_label("Words").fill("QUARTER ada")
    ada.get_by_role("button", name="Search").click()

    ada.get_by_role("link", name="Q3 risk").wait_for()
    assert "tag=q4" in ada.url
