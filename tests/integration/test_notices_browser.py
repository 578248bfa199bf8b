"""A notice reaches a person in JupyterLab, and goes when its reason goes.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub import notices, quotas
from tests.integration.brisk_hub import BriskHub, brisk_hub

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[BriskHub]:
    state = tmp_path / "state"
    state.mkdir()
    with brisk_hub(state) as hub:
        yield hub


def test_a_budget_that_runs_out_is_told_in_the_lab_until_a_grant_comes(
    hub: BriskHub, page: "Page", tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("MC_SCREENSHOTS") or tmp_path / "screenshots")
    page.goto(hub.url)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(hub.secret("user_password"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/lab/tree/**")
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
    a_day_ago = datetime.now(UTC) - timedelta(days=1)
    server = quotas.RunningServer(
        user="ada", name="old", started=a_day_ago, profile="p", gpu=0, cpus=12
    )
    quotas.meter(hub.engine, [server], quotas.read_clocks())

    toast = page.locator(".Toastify__toast", has_text="CPU hours of the last 30 days")
    toast.wait_for()
    page.screenshot(path=pictures / "notice.png")
    [notice] = notices.current(hub.engine, "ada")
    shown = toast.inner_text()
    quotas.grant(
        hub.engine, "ada", gpu_hours=0, cpu_hours=9_000, by="admin", why="a deadline"
    )
    toast.wait_for(state="detached")

    assert notice.text in shown
    assert notices.current(hub.engine, "ada") == []
