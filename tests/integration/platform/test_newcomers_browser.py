"""The platform in a real browser: sign in at the provider, choose a server, run a notebook.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.browser import browser_page, run_all_cells, wait_for_kernel
from tests.integration.platform.live import LivePlatform, Member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.alone,
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

NOTEBOOK = "00-five-minutes.ipynb"


@pytest.mark.parametrize(
    ("name", "profile", "kinds"),
    [
        ("ada", "CPU", ["cpu-small", "cpu-large", "gpu-slice"]),
        ("grace", "GPU, two fifths of a card", ["cpu-small", "gpu-large"]),
    ],
)
def test_a_member_chooses_a_server_and_runs_the_first_notebook(
    name: str, profile: str, kinds: list[str], platform: LivePlatform, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("MC_SCREENSHOTS") or tmp_path / "screenshots")
    with browser_page(tmp_path / "profile") as page:
        _sign_in(page, platform, name, pictures)
        offered = page.locator("input[name=profile]:enabled")
        assert set(kinds) <= {each.get_attribute("value") for each in offered.all()}
        page.get_by_text(profile, exact=True).click()
        page.screenshot(path=pictures / f"{name}-2-choice.png")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/spawn-pending/**")
        page.screenshot(path=pictures / f"{name}-3-starting.png")
        page.wait_for_url(f"**/user/{name}/lab**")
        _run_all_cells(page)
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        page.screenshot(path=pictures / f"{name}-4-notebook.png")
    with Member(platform, name) as member:
        member.sign_in(name)
        member.stop()


def _sign_in(page: "Page", platform: LivePlatform, name: str, pictures: Path) -> None:
    page.goto(f"{platform.url}/hub/spawn")
    page.screenshot(path=pictures / f"{name}-0-door.png")
    page.get_by_role("button", name=re.compile("Sign in with")).click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(name)
    page.screenshot(path=pictures / f"{name}-1-sign-in.png")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/hub/spawn**")


def _run_all_cells(page: "Page") -> None:
    panel = page.locator(".jp-NotebookPanel .jp-CodeCell")
    if not panel.count():
        page.goto(f"{page.url.split('/lab')[0]}/lab/tree/notebooks/{NOTEBOOK}")
    panel.first.wait_for()
    wait_for_kernel(page)
    run_all_cells(page)
