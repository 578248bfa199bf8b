"""Chromium with a profile of its own, as every browser test drives it.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 1_000


def pictures(folder: Path) -> Path:
    """Where a test leaves its pictures: below its own folder, unless somebody asks."""
    return Path(os.environ.get("MC_SCREENSHOTS") or folder / "screenshots")


@contextmanager
def browser_page(profile: Path, *, flags: "Sequence[str]" = FLAGS) -> "Iterator[Page]":
    """A page that waits up to a minute for what it is asked for."""
    with browser_pages(profile, flags=flags) as (page,):
        yield page


@contextmanager
def browser_pages(
    *profiles: Path, flags: "Sequence[str]" = FLAGS
) -> "Iterator[tuple[Page, ...]]":
    """A page of each profile: people who don't share a session."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browsers = [
            playwright.chromium.launch_persistent_context(
                profile,
                executable_path=program,
                args=list(flags),
                viewport={"width": 1440, "height": 900},
            )
            for profile in profiles
        ]
        for browser in browsers:
            browser.pages[0].set_default_timeout(60 * SECONDS)
        yield tuple(browser.pages[0] for browser in browsers)
        for browser in browsers:
            browser.close()


def wait_for_kernel(page: "Page") -> None:
    """Wait until the notebook that is open has a kernel that waits for work."""
    # The round sign at the top says "idle" before there is a kernel at all.
    page.get_by_text(re.compile(r"^Python 3 .*\| Idle$")).wait_for()


def run_all_cells(page: "Page") -> None:
    """Run the notebook that is open, and wait until every cell has its number."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            const texts = prompts.map(prompt => prompt.textContent.trim());
            return texts.length > 0 && texts.every(text => /^\\[\\d+\\]:$/.test(text));
        }"""
    )
