"""A dashboard that is left open: neither the page nor the kernel grows with its updates."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.apps import DASHBOARDS, running_app, written_notebook
from tests.integration.browser import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

WARM, UPDATES = 300, 2_300
REFRESHED = """\
import threading

import ipywidgets

count = ipywidgets.HTML("0", tooltip="count")
count.add_class("count")


def refresh():
    for n in range(1, {n} + 1):
        desk.set(spot=90.0 + n % 41 / 2)
        desk.wait(600)
        count.value = str(n)


threading.Thread(target=refresh, daemon=True).start()
count"""
SECONDS = 3_000


@pytest.mark.timeout(2 * SECONDS)
def test_a_dashboard_left_open_does_not_grow(tmp_path: Path) -> None:
    notebook = json.loads((DASHBOARDS / "option-desk.ipynb").read_text())
    cells = ["".join(x["source"]) for x in notebook["cells"] if x["cell_type"] == "code"]
    cells.append(REFRESHED.format(n=UPDATES))
    path = written_notebook(tmp_path / "refreshed.ipynb", cells)

    with running_app(tmp_path, path) as app, browser_page(tmp_path / "profile") as page:
        page.set_default_timeout(SECONDS * 1_000)
        page.goto(app.url, wait_until="commit")
        tools = page.context.new_cdp_session(page)
        [(warm_page, warm_kernel), (last_page, last_kernel)] = [
            (_page_bytes(page, tools, n), app.kernels()[0].memory_info().rss)
            for n in (WARM, UPDATES)
        ]
        drawn = page.get_by_role("figure").count()

    n_updates = UPDATES - WARM
    print(  # noqa: T201 - what was measured, for the log
        f"{n_updates} updates: page {warm_page / 1e6:.1f} -> {last_page / 1e6:.1f} MB, "
        f"kernel {warm_kernel / 1e6:.1f} -> {last_kernel / 1e6:.1f} MB"
    )
    assert n_updates >= 2_000
    assert 1 == drawn
    # A leak of one redraw's numbers, some 3 KB, would be 6 MB.
    assert last_page - warm_page < 3e6
    assert last_kernel - warm_kernel < 10e6


def _page_bytes(page: "Page", tools: "CDPSession", n: int) -> int:
    """Bytes of the page's objects after its first `n` updates, garbage left out."""
    page.wait_for_function(
        "n => Number(document.querySelector('.count')?.textContent) >= n",
        arg=n,
        polling=500,
    )
    for _ in range(2):
        tools.send("HeapProfiler.collectGarbage")
    return int(tools.send("Runtime.getHeapUsage")["usedSize"])
