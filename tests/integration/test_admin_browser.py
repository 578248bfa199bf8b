"""An admin's morning, in a real browser: invite from a list, look after, let one go.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.brisk_hub import BriskHub, brisk_hub
from tests.integration.browser import browser_page, pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ADMIN = "/services/admin"
PHONE, LAPTOP = {"width": 390, "height": 800}, {"width": 1280, "height": 800}
PLACES = ("users", "groups", "usage", "leases", "announcements", "offboardings", "audit")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BriskHub]:
    with brisk_hub(tmp_path_factory.mktemp("browsed", numbered=True)) as hub:
        yield hub


@pytest.fixture
def page(tmp_path: Path, hub: BriskHub) -> Iterator["Page"]:
    with browser_page(tmp_path / "profile") as page:
        page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
        page.goto(f"{hub.url}{ADMIN}/")
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(hub.secret("admin_password"))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{ADMIN}/users")
        yield page


def test_an_admin_walks_through_a_morning(
    hub: BriskHub, page: "Page", tmp_path: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    shots = pictures(tmp_path)

    _add_from_a_file(page, tmp_path, shots)
    _suspend_two(page, shots)
    _grant(page, shots)
    _announce(page, shots)
    _export(page, tmp_path)
    _let_one_go(page, hub, shots)

    assert complaints == []


def _add_from_a_file(page: "Page", tmp_path: Path, shots: Path) -> None:
    page.get_by_role("link", name="Groups", exact=True).click()
    page.get_by_label("New group").fill("quants")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("link", name="Add from CSV").click()
    roster = tmp_path / "roster.csv"
    roster.write_text("name;groups\nada;quants\nbob;quants\ncleo;\n", encoding="utf-8-sig")
    page.get_by_label("A file").set_input_files(roster)
    # The file is in the text below, to be seen before it is sent.
    page.wait_for_function("document.getElementById('text').value.includes('cleo')")
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_text("3 new", exact=True).wait_for()
    page.screenshot(path=shots / "admin-1-list.png")
    page.get_by_role("button", name="Add 3 users").click()
    page.get_by_role("heading", name="Invited").wait_for()
    assert page.get_by_label("Address for ada").input_value().endswith("?username=ada")


def _suspend_two(page: "Page", shots: Path) -> None:
    page.get_by_role("link", name="Back to the users").click()
    page.get_by_label("Choose ada").check()
    page.get_by_label("Choose bob").check()
    page.get_by_text("(2)").wait_for()
    page.screenshot(path=shots / "admin-2-users.png")
    page.get_by_role("button", name="Suspend").click()
    # Where a reason is asked for, one types at once.
    page.wait_for_function("document.activeElement.name === 'reason'")
    page.keyboard.type("on leave")
    page.screenshot(path=shots / "admin-3-sure.png")
    page.get_by_role("button", name="Suspend").click()
    page.get_by_text("2 done").wait_for()
    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_text("on leave").wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("may sign in again").wait_for()


def _grant(page: "Page", shots: Path) -> None:
    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_label("GPU hours").fill("2")
    page.get_by_label("Why").fill("the year's end")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("0.0 of 3.0").wait_for()
    page.screenshot(path=shots / "admin-4-user.png")


def _announce(page: "Page", shots: Path) -> None:
    page.get_by_role("link", name="Announcements").click()
    page.get_by_label("Text").fill("New GPUs on Monday.")
    page.locator("#preview", has_text="New GPUs on Monday.").wait_for()
    page.screenshot(path=shots / "admin-5-announcement.png")
    page.get_by_role("button", name="Announce").click()
    page.get_by_text("shown now").wait_for()


def _export(page: "Page", tmp_path: Path) -> None:
    page.get_by_role("link", name="Users", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    download.value.save_as(tmp_path / "users.csv")
    with (tmp_path / "users.csv").open(newline="") as opened:
        found = {row["name"]: row["state"] for row in csv.DictReader(opened)}
    assert found == {
        "ada": "active",
        "admin": "active",
        "bob": "suspended",
        "cleo": "active",
    }


def _let_one_go(page: "Page", hub: BriskHub, shots: Path) -> None:
    home = hub.state / "homes" / "cleo"
    home.mkdir(parents=True)
    (home / "notes.txt").write_text("all of them")
    page.get_by_label("Choose cleo").check()
    page.get_by_role("button", name="Offboard …").click()
    page.get_by_label("Then delete them for good").check()
    page.get_by_label("Type cleo to confirm").fill("cleo")
    page.screenshot(path=shots / "admin-6-offboard.png")
    page.get_by_role("button", name="Offboard").click()
    # The page looks again by itself until it is over.
    page.get_by_role("link", name="steps").wait_for()
    page.get_by_text("done", exact=True).wait_for()
    page.get_by_role("link", name="steps").click()
    page.get_by_text("deleted for good").wait_for()
    page.screenshot(path=shots / "admin-7-report.png")
    assert not home.exists()
    assert len(list((hub.state / "archives").glob("cleo-*.tar.gz"))) == 1


def test_no_page_is_wider_than_a_phone_or_a_laptop(
    hub: BriskHub, page: "Page", tmp_path: Path
) -> None:
    shots, wide = pictures(tmp_path), []

    for place in (*PLACES, "invite", "import", "user?name=admin"):
        for size in (PHONE, LAPTOP):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(f"{hub.url}{ADMIN}/{place}")
            page.screenshot(path=shots / f"admin-{place[:6]}-{size['width']}.png")
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wide.append((place, size["width"]))

    assert wide == []


def test_ten_thousand_lines_are_refused_before_a_person_loses_patience(
    hub: BriskHub, page: "Page", tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("name\n" + "".join(f"user{n}\n" for n in range(10_000)))
    page.goto(f"{hub.url}{ADMIN}/import")

    began = time.monotonic()
    page.get_by_label("A file").set_input_files(roster)
    page.wait_for_function("document.getElementById('text').value.includes('user9999')")
    page.get_by_role("button", name="Look at it first").click()
    said = page.get_by_role("alert").inner_text()

    assert "a list must have at most 5,000 users; got 10000." in said
    assert time.monotonic() - began < 30
    assert page.locator("#text").input_value().count("\n") == 10_001
