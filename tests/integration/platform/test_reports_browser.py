"""Two colleagues of different groups and one report, in a real browser and real containers.

Published from JupyterLab, refused, shared, commented on, subscribed to, run with other
parameters, checked to the bit, compared, scheduled, told by mail, and taken back.
`MC_SCREENSHOTS` names a folder that keeps the pictures.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.apps import barriers
from tests.integration.browser import browser_pages, pictures
from tests.integration.platform.live import (
    LivePlatform,
    Member,
    docker,
    signed_in,
    wait_until,
)
from tests.integration.platform.mails import MailServer, mail_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.alone,
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

AT = "/services/reports"
PARAMETERS = """\
rate = 0.02  # a year [0 to 1]
n = 20_000  # trials [from 1_000]"""
MODEL = """\
import mclib as mc

@mc.model
def reserve(loss=mc.Normal(mean=100, standard_deviation=30), rate=0.02):
    return {"reserve": loss / (1 + rate)}

mc.simulate(reserve, n, seed=7, parameters={"rate": rate})"""
WRITE = """\
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
parameters = new_code_cell({parameters!r}, metadata={{"tags": ["parameters"]}})
cells = [new_markdown_cell("# Reserves"), parameters, new_code_cell({model!r})]
kernel = {{"name": "python3", "display_name": "Python 3", "language": "python"}}
book = new_notebook(cells=cells, metadata={{"kernelspec": kernel}})
nbformat.write(book, "reserves.ipynb")
"""


@pytest.fixture(scope="module")
def author(platform: LivePlatform) -> Iterator[Member]:
    """An analyst whose small server has a notebook with parameters."""
    with ExitStack() as stack:
        platform.register("irene", "analysts")
        platform.register("quentin", "quants")
        member = stack.enter_context(Member(platform, "irene"))
        member.sign_in("irene")
        member.start_server(profile="cpu-small")
        stack.callback(member.stop)
        (server,) = (found["Id"] for found in platform.servers("irene"))
        code = WRITE.format(parameters=PARAMETERS, model=MODEL)
        docker("exec", "--workdir", "/home/analyst", server, "python", "-c", code)
        yield member


def published(page: "Page", shots: Path) -> str:
    """Publish the notebook that is open in the Lab; the address of its report."""
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-CodeCell").first.wait_for()
    panel.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Reserves of the year")
    page.screenshot(path=shots / "1-publish.png")
    dialog.get_by_role("button", name="Publish").click()
    toast = page.locator(".Toastify__toast", has_text="is being made")
    with page.expect_popup() as opened:
        toast.get_by_role("button", name="Open").click()
    report = opened.value
    report.get_by_text("Version 1 of 1").wait_for()
    address = report.url
    report.close()
    return address


def shared(page: "Page", address: str, group: str) -> None:
    page.goto(address)
    page.get_by_label("called").fill(group)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_text(f"group {group}").wait_for()


def commented(page: "Page", address: str, words: str) -> None:
    """Read a report and say something of it, and nothing here is one's own to change."""
    page.goto(address)
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Reserves").first.wait_for()
    page.get_by_label("Say something of version 1").fill(words)
    page.get_by_role("button", name="Comment").click()
    page.get_by_text(words).wait_for()
    assert page.get_by_role("button", name="Share", exact=True).count() == 0


def run_again_and_checked(page: "Page", address: str) -> None:
    """Run it with another rate, and once more to see whether the numbers are the same."""
    page.goto(address)
    page.get_by_label("rate", exact=True).fill("0.05")
    page.get_by_role("button", name="Run version 1 again").click()
    page.get_by_text("Version 2 of 2").wait_for()
    page.get_by_role("button", name="Check version 2").click()
    page.get_by_text("the same to the last bit").wait_for()
    assert barriers(page, inside="main") == []


def compared(page: "Page", address: str) -> None:
    page.goto(f"{address}/compare?a=1&b=2")
    row = page.get_by_role("row", name="rate")
    assert row.get_by_role("cell").all_text_contents() == ["0.02", "0.05"]
    mean = page.get_by_role("row", name="shown 1: reserve, mean")
    assert "±" in mean.get_by_role("cell").nth(2).inner_text()
    assert barriers(page, inside="main") == []


def scheduled(page: "Page", address: str) -> None:
    """Have it run every minute with a rate of its own, and end that after the first."""
    page.goto(f"{address}/schedules")
    page.get_by_label("When: minute, hour").fill("* * * * *")
    page.get_by_label("By the clocks of").fill("Europe/Berlin")
    page.get_by_label("rate", exact=True).fill("0.04")
    page.get_by_role("button", name="Make the schedule").click()
    page.get_by_role("heading", name="* * * * * Europe/Berlin active").wait_for()
    assert barriers(page, inside="main") == []
    wait_until("the schedule made a version", lambda: _is_done(page), 240)


def _is_done(page: "Page") -> bool:
    page.reload()
    return page.get_by_role("row", name="done").count() > 0


def ended(page: "Page", address: str) -> None:
    page.goto(f"{address}/schedules")
    page.get_by_role("button", name="Delete schedule * * * * * with its history").click()
    page.get_by_text("It has no schedule").wait_for()


def taken_back(page: "Page", reader: "Page", address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="End the access of group quants").click()
    page.get_by_text("and nobody else").wait_for()
    reader.goto(address)
    reader.get_by_text("There is no report").wait_for()
    for version in (1, 2):
        answer = reader.goto(f"{address}/v/{version}/page")
        assert answer is not None
        assert answer.status == 404


@pytest.fixture(scope="module")
def mails(platform: LivePlatform) -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_two_colleagues_publish_read_compare_and_end(
    author: Member, mails: MailServer, platform: LivePlatform, tmp_path: Path
) -> None:
    shots = pictures(tmp_path)
    with browser_pages(tmp_path / "irene", tmp_path / "quentin") as (irene, quentin):
        signed_in(irene, platform, "irene", "/user/irene/lab/tree/reserves.ipynb")
        address = published(irene, shots)

        signed_in(quentin, platform, "quentin", address.removeprefix(platform.url))
        quentin.get_by_text("There is no report").wait_for()
        quentin.screenshot(path=shots / "2-refused.png")

        shared(irene, address, "quants")
        commented(quentin, address, "Is 2 % a year enough?")
        quentin.get_by_role("button", name="Subscribe by mail").click()
        quentin.get_by_role("button", name="Unsubscribe").wait_for()
        quentin.screenshot(path=shots / "3-read.png", full_page=True)

        run_again_and_checked(irene, address)
        irene.get_by_text("Is 2 % a year enough?").wait_for()
        irene.screenshot(path=shots / "4-checked.png", full_page=True)

        compared(quentin, address)
        quentin.screenshot(path=shots / "5-compared.png", full_page=True)

        scheduled(irene, address)
        irene.screenshot(path=shots / "6-scheduled.png", full_page=True)
        quentin.goto(address)
        quentin.get_by_text("Version 3 of").wait_for()
        wait_until("two mails came", lambda: len(_told(mails)) >= 2, 60)
        for mail in _told(mails)[:2]:
            assert mail["subject"] == "New version of “Reserves of the year”"
            assert address in mail["text"]

        ended(irene, address)
        taken_back(irene, quentin, address)
    read = _audited(platform, "quentin")
    assert ["report.read", "ok"] in read
    assert ["report.comment", "ok"] in read
    assert read[-1] == ["report.read", "refused"]


def _told(mails: MailServer) -> list[dict[str, Any]]:
    """What the reader was told by mail; the author gets no mail of what goes well."""
    assert mails.to("irene@example.org") == []
    return mails.to("quentin@example.org")


def _audited(platform: LivePlatform, actor: str) -> list[list[str]]:
    """What somebody did with reports, and how it ended, in the order of time."""
    asked = f"SELECT action, outcome FROM mchub_audit WHERE actor = {actor!r} "
    return platform.sql(f"{asked} AND action LIKE 'report.%' ORDER BY id")
