"""A real browser for a test, and the pictures it takes.

`MC_SCREENSHOTS` names a folder that keeps the pictures, for people to look at.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import CHROMIUM
from tests.integration.test_newcomer_browser import FLAGS, SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page


def pictures(folder: Path) -> Path:
    return Path(os.environ.get("MC_SCREENSHOTS") or folder / "screenshots")


@contextmanager
def browsing(folder: Path) -> Iterator["Page"]:
    """A page of a browser that knows nothing yet."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=program,
            args=FLAGS,
            viewport={"width": 1280, "height": 800},
        )
        page = browser.pages[0]
        page.set_default_timeout(60 * SECONDS)
        yield page
        browser.close()
