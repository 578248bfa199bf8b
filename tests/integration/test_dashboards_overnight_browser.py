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

LOOKS = (100, 600, 1_100, 1_600, 2_100)
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
    # How long a run takes is not what is asked here.
    cells = [each.replace("n_trials=65_536", "n_trials=16_384") for each in cells]
    cells.append(REFRESHED.format(n=LOOKS[-1]))
    path = written_notebook(tmp_path / "refreshed.ipynb", cells)

    with running_app(tmp_path, path) as app, browser_page(tmp_path / "profile") as page:
        page.set_default_timeout(SECONDS * 1_000)
        page.goto(app.url, wait_until="commit")
        tools = page.context.new_cdp_session(page)
        looks = []
        for n in LOOKS:
            page_bytes = _page_bytes(page, tools, n)
            kernel_bytes = app.kernels()[0].memory_info().rss
            looks.append((page_bytes, kernel_bytes))
            print(  # noqa: T201 - what was measured, for the log
                f"{n} updates: page {page_bytes / 1e6:.1f} MB, "
                f"kernel {kernel_bytes / 1e6:.1f} MB",
                flush=True,
            )
        drawn = page.get_by_role("figure").count()

    (first_page, first_kernel), (last_page, last_kernel) = looks[0], looks[-1]
    assert LOOKS[-1] - LOOKS[0] >= 2_000
    assert 1 == drawn
    # A leak of one redraw's numbers, some 3 KB, would be 6 MB.
    assert last_page - first_page < 3e6
    assert last_kernel - first_kernel < 10e6


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
