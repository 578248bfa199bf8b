"""Chromium with a profile of its own, as every browser test drives it.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def browser_page(profile: Path) -> "Iterator[Page]":
    """A page that waits up to a minute for what it is asked for."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            args=FLAGS,
            viewport={"width": 1440, "height": 900},
        )
        page = browser.pages[0]
        page.set_default_timeout(60 * SECONDS)
        yield page
        browser.close()
