"""Reports in a real browser, at a live hub: published, shared, run again, taken back.

And a page that attacks: whatever it tries, it does nothing as its reader.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import insert, make_url

from hub.database import engine_at
from hub.services.reports import library
from hub.services.reports.folder_store import FolderStore
from hub.services.reports.library import Grant
from hub.services.reports.tables import JOBS, REPORTS, VERSIONS
from tests.integration.apps import barriers
from tests.integration.browser import browser_page, pictures
from tests.integration.live_hub import LiveHub, Person, running_hub

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AT = "/services/reports"
NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
    },
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Q3 risk"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {"tags": ["parameters"]},
            "source": "rate = 0.02  # of interest [0 to 1]",
            "outputs": [],
            "execution_count": None,
        },
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "source": "print(f'a rate of {rate:.2%}')",
            "outputs": [],
            "execution_count": None,
        },
    ],
}
ATTACK = """<!doctype html><title>Harmless</title><p id="said">begun</p>
<button onclick="location = '/hub/logout'">Leave</button>
<form id="form" method="post" action="/services/reports/r/1/share">
<input name="kind" value="user"><input name="name" value="mallory"></form>
<script>
const found = {};
const tried = async (name, act) => {
  const late = new Promise((_, refuse) => setTimeout(() => refuse("late"), 3000));
  try { found[name] = "did " + String(await Promise.race([act(), late])); }
  catch (error) { found[name] = "refused"; }
};
const loaded = (kind, src) => new Promise((done, refuse) => {
  const made = document.createElement(kind);
  made.onload = () => done("loaded"); made.onerror = refuse;
  made.src = src; document.body.append(made);
});
const ask = (path) => fetch(path, { credentials: "include" }).then((a) => a.status);
(async () => {
  await tried("cookies", () => document.cookie);
  await tried("storage", () => localStorage.length);
  await tried("the page around", () => parent.document.title);
  await tried("the hub's API", () => ask("/hub/api/user"));
  await tried("the reports' API", () => ask("/services/reports/api/reports"));
  await tried("a server elsewhere", () => ask("https://example.org/"));
  await tried("a service worker", () => navigator.serviceWorker.register("/sw.js"));
  await tried("a picture", () => loaded("img", "/hub/logo"));
  await tried("a script", () => loaded("script", "/services/reports/static/pages.js"));
  await tried("a socket", () => new Promise((done, refuse) => {
    const socket = new WebSocket(`ws://${location.host}/user/ada/api/kernels`);
    socket.onopen = done; socket.onerror = refuse;
  }));
  await tried("a window", () => window.open("/hub/home") || Promise.reject());
  await tried("the whole tab", () => { top.location = "/hub/logout"; return "went"; });
  await tried("a form", () => { document.getElementById("form").submit(); });
  document.getElementById("said").textContent = JSON.stringify(found);
})();
</script>"""
TRIED = 13


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        for name in ("ada", "bob", "carol"):
            with Person(hub, name) as person:
                person.sign_in(hub.secret("user_password"))
        with Person(hub, "admin") as admin:
            admin.sign_in(hub.secret("admin_password"))
            assert admin.ask("POST", "/groups/risk", json={}).status_code == 201
            put = admin.ask("POST", "/groups/risk/users", json={"users": ["bob"]})
            assert put.status_code == 200
        yield hub


def sign_in(page: "Page", hub: LiveHub, name: str, path: str) -> None:
    page.goto(f"{hub.url}{path}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(hub.secret("user_password"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")


def published(hub: LiveHub, **told: Any) -> int:
    """A report of ada's that has been run; its number."""
    with Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        headers = {"Authorization": f"token {ada.token()}"}
    with httpx.Client(
        base_url=f"{hub.url}{AT}/api", headers=headers, trust_env=False
    ) as api:
        content = {"title": "Q3 risk", "notebook": NOTEBOOK, **told}
        job = api.post("/reports", json=content).json()
        until = time.monotonic() + 240
        while job["state"] not in ("done", "failed", "canceled"):
            assert time.monotonic() < until, job
            time.sleep(0.5)
            job = api.get(f"/jobs/{job['job']}").json()
    assert job["state"] == "done", job
    number: int = job["report"]
    return number


def test_a_report_is_published_shared_run_again_and_taken_back(
    hub: LiveHub, tmp_path: Path
) -> None:
    number = published(hub, parameters={"rate": 0.05})
    at, shots = f"{AT}/r/{number}", pictures(tmp_path)
    with browser_page(tmp_path / "bob") as bob:
        sign_in(bob, hub, "bob", at)
        bob.get_by_text(f"There is no report {number}").wait_for()

    with browser_page(tmp_path / "ada") as ada:
        sign_in(ada, hub, "ada", at)
        ada.frame_locator("iframe").get_by_text("a rate of 5.00%").wait_for()
        ada.get_by_label("called").fill("risk")
        ada.get_by_role("button", name="Share", exact=True).click()
        ada.get_by_text("group risk").wait_for()
        ada.get_by_label("rate", exact=True).fill("0.03")
        ada.get_by_role("button", name="Run version 1 again").click()
        ada.get_by_text("Version 2 of 2").wait_for(timeout=240_000)
        ada.frame_locator("iframe").get_by_text("a rate of 3.00%").wait_for()
        ada.screenshot(path=shots / "report.png")
        with ada.expect_download() as downloaded:
            ada.get_by_role("link", name="page.pdf").click()
        assert downloaded.value.suggested_filename == f"report-{number}-2-page.pdf"
        assert downloaded.value.path().read_bytes().startswith(b"%PDF")

    with browser_page(tmp_path / "bob") as bob:
        bob.goto(f"{hub.url}{at}")
        bob.frame_locator("iframe").get_by_text("a rate of 3.00%").wait_for()
        bob.goto(f"{hub.url}{at}/v/1")
        bob.frame_locator("iframe").get_by_text("a rate of 5.00%").wait_for()
        # Nothing here is bob's to change.
        assert bob.get_by_role("button", name="Share", exact=True).count() == 0

    with browser_page(tmp_path / "ada") as ada:
        ada.goto(f"{hub.url}{at}")
        ada.get_by_role("button", name="End the access of group risk").click()
        ada.get_by_text("and nobody else").wait_for()

    with browser_page(tmp_path / "bob") as bob:
        bob.goto(f"{hub.url}{at}")
        bob.get_by_text(f"There is no report {number}").wait_for()
        bob.screenshot(path=shots / "refused.png")


def test_a_notebook_is_published_from_the_lab(hub: LiveHub, tmp_path: Path) -> None:
    with browser_page(tmp_path / "ada") as ada:
        ada.set_default_timeout(120_000)
        ada.goto(hub.url)
        ada.get_by_label("Username").fill("ada")
        ada.get_by_label("Password").fill(hub.secret("user_password"))
        ada.get_by_role("button", name="Sign in").click()
        ada.wait_for_url("**/lab/tree/**")
        panel = ada.locator(".jp-NotebookPanel:visible")
        panel.locator(".jp-CodeCell").first.wait_for()
        panel.get_by_role("button", name="Publish", exact=True).click()
        dialog = ada.get_by_role("dialog")
        dialog.get_by_label("Title").fill("From the Lab" * 100)
        ada.screenshot(path=pictures(tmp_path) / "publish.png")
        dialog.get_by_role("button", name="Publish").click()
        refused = ada.locator(".Toastify__toast", has_text="Nothing was published")
        refused.wait_for()
        assert "title" in refused.inner_text()

        panel.get_by_role("button", name="Publish", exact=True).click()
        dialog.get_by_label("Title").fill("From the Lab")
        dialog.get_by_label("Groups that may read it").fill("risk")
        dialog.get_by_label("What is published").select_option("as it is")
        dialog.get_by_role("button", name="Publish").click()
        toast = ada.locator(".Toastify__toast", has_text="From the Lab is being made")
        toast.wait_for()
        ada.screenshot(path=pictures(tmp_path) / "published.png")
        with ada.expect_popup() as opened:
            toast.get_by_role("button", name="Open").click()
        report = opened.value
        report.get_by_role("heading", name="From the Lab").first.wait_for()
        report.get_by_text("group risk").wait_for()
        report.get_by_text("Version 1 of 1").wait_for(timeout=240_000)
        report.screenshot(path=pictures(tmp_path) / "from-the-lab.png")


def test_a_report_is_described_found_and_not_run_with_what_may_not_be(
    hub: LiveHub, tmp_path: Path
) -> None:
    at = f"{AT}/r/{published(hub)}"
    with browser_page(tmp_path / "ada") as ada:
        sign_in(ada, hub, "ada", at)
        # As wide as a phone.
        ada.set_viewport_size({"width": 360, "height": 740})
        ada.get_by_label("rate", exact=True).fill("3")
        ada.get_by_role("button", name="Run version 1 again").click()
        ada.get_by_text("`rate` must be from 0 to 1; got 3.0.").wait_for()
        assert ada.get_by_label("rate", exact=True).input_value() == "3"
        assert barriers(ada, inside="main") == []
        ada.get_by_label("Description").fill("Losses of the quarter")
        ada.get_by_label("Tags").fill("risk, q3")
        ada.get_by_role("button", name="Save", exact=True).click()
        ada.get_by_role("link", name="q3", exact=True).click()
        ada.get_by_label("Words").fill("QUARTER ada")
        ada.get_by_role("button", name="Search").click()
        assert barriers(ada) == []
        ada.get_by_role("link", name="Q3 risk").first.click()
        ada.get_by_role("heading", name="Q3 risk").first.wait_for()
        assert ada.evaluate("document.documentElement.scrollWidth") <= 360


def test_versions_are_held_against_each_other_and_run_anew(
    hub: LiveHub, tmp_path: Path
) -> None:
    number = published(hub, parameters={"rate": 0.05})
    published(hub, parameters={"rate": 0.03}, report=number)
    at = f"{AT}/r/{number}"

    with browser_page(tmp_path / "ada") as ada:
        sign_in(ada, hub, "ada", at)
        ada.get_by_role("link", name="Compare versions").click()
        ada.get_by_role("heading", name="Versions 1 and 2 of Q3 risk").wait_for()
        ada.get_by_role("row", name="rate 0.05 0.03").wait_for()
        assert barriers(ada) == []
        ada.goto(f"{hub.url}{at}")
        ada.get_by_role("button", name="Check version 2").click()
        ada.get_by_text("no numbers").wait_for(timeout=240_000)
        assert barriers(ada, inside="main > section") == []


def attacking_report(hub: LiveHub) -> int:
    """A report of mallory's whose page attacks, shared with ada; its number."""
    digest = FolderStore(hub.state / "reports").put(ATTACK.encode())
    engine = engine_at(make_url(f"sqlite:///{hub.state}/jupyterhub.sqlite"))
    now = datetime.now(UTC)
    with engine.begin() as connection:
        number = library.create(connection, "mallory", "Harmless", now)
        job = connection.execute(
            insert(JOBS).values(
                report=number,
                owner="mallory",
                asked_by="mallory",
                notebook=digest,
                parameters="{}",
                profile="",
                folder="",
                is_as_it_is=0,
                state="done",
                attempt=1,
                cell=0,
                of_cells=0,
                why="",
                failure="",
                asked=now,
                due=now,
                changed=now,
                is_cleared=1,
            )
        )
        connection.execute(
            insert(VERSIONS).values(
                report=number,
                number=1,
                job=job.inserted_primary_key[0],
                title="Harmless",
                by="mallory",
                at=now,
                parameters="{}",
                files=json.dumps({"page.html": digest}),
                bytes=len(ATTACK),
            )
        )
        connection.execute(
            REPORTS.update().where(REPORTS.c.id == number), {"n_versions": 1}
        )
        library.grant(connection, number, Grant(kind="user", name="ada"), now)
    engine.dispose()
    return number


def test_a_page_that_attacks_does_nothing_as_its_reader(
    hub: LiveHub, tmp_path: Path
) -> None:
    at = f"{AT}/r/{attacking_report(hub)}"
    with browser_page(tmp_path / "profile") as page:
        sign_in(page, hub, "ada", at)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        said = page.frame_locator("iframe").locator("#said")
        said.get_by_text("cookies").wait_for()

        found = json.loads(said.inner_text())

        # A form that is not sent says nothing; whether it was, the requests tell.
        assert found.pop("a form").startswith("did")
        assert len(found) == TRIED - 1
        assert {name for name, what in found.items() if what != "refused"} == set()
        # It leads itself to the hub's way out, and does not get there.
        page.frame_locator("iframe").get_by_role("button", name="Leave").click()
        page.wait_for_timeout(2_000)
        paths = {url.removeprefix(hub.url).partition("?")[0] for url in asked}
        assert paths <= {
            at,
            f"{at}/v/1/page",
            "/hub/logo",
            f"{AT}/static/pages.css",
            f"{AT}/static/pages.js",
        } | {path for path in paths if path.startswith("data:")}
        page.goto(f"{hub.url}{AT}/")
        page.get_by_role("link", name="Harmless").first.wait_for()

        # Opened by itself it could lead its tab away: it is shown in its frame instead.
        page.goto(f"{hub.url}{at}/v/1/page")
        assert page.url == f"{hub.url}{at}/v/1"
