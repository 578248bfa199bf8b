"""A newcomer's first five minutes, in a real browser: sign in, run all, see the answer.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.browser import run_all_cells, wait_for_kernel
from tests.integration.live_hub import LiveHub, running_hub

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOK = "00-five-minutes.ipynb"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LiveHub]:
    with running_hub(tmp_path / "state") as hub:
        yield hub


def test_a_newcomer_signs_in_runs_the_first_notebook_and_sees_the_answer(
    hub: LiveHub, page: "Page", tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("MC_SCREENSHOTS") or tmp_path / "screenshots")
    strangers: list[str] = []
    page.on("request", lambda asked: strangers.append(asked.url))

    _sign_in(page, hub, pictures)
    _run_all_cells(page, pictures)
    _see_the_answer(page, pictures)

    assert _errors(hub) == []
    assert [
        url for url in strangers if not url.startswith((hub.url, "data:", "blob:"))
    ] == []


def _sign_in(page: "Page", hub: LiveHub, pictures: Path) -> None:
    page.goto(hub.url)
    page.get_by_label("Username").fill("ada")
    page.screenshot(path=pictures / "1-sign-in.png")
    page.get_by_label("Password").fill(hub.secret("user_password"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/spawn-pending/**")
    page.screenshot(path=pictures / "2-starting.png")


def _run_all_cells(page: "Page", pictures: Path) -> None:
    page.wait_for_url(f"**/lab/tree/notebooks/{NOTEBOOK}*")
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
    wait_for_kernel(page)
    page.screenshot(path=pictures / "3-notebook.png")
    run_all_cells(page)


def _see_the_answer(page: "Page", pictures: Path) -> None:
    histogram = page.locator(".js-plotly-plot .main-svg").first
    histogram.wait_for()
    histogram.scroll_into_view_if_needed()
    page.locator(".js-plotly-plot .bars .point path").first.wait_for(state="attached")
    page.screenshot(path=pictures / "4-histogram.png")
    answer = page.locator(".jp-OutputArea-output", has_text="±").first
    answer.scroll_into_view_if_needed()
    assert answer.is_visible()
    page.screenshot(path=pictures / "5-answer.png")
    page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").wait_for(state="detached")


def _errors(hub: LiveHub) -> list[dict[str, Any]]:
    """Error outputs in the notebook as it was saved."""
    saved = json.loads((hub.state / "homes" / "ada" / "notebooks" / NOTEBOOK).read_text())
    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", [])]
    assert outputs
    return [output for output in outputs if output["output_type"] == "error"]
