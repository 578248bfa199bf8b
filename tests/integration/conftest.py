"""What lies here is not only tests: some files are read by other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.browser import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A hub's configuration, and code that is sent to a kernel: they don't stand by themselves.
collect_ignore = [
    "container_hub_config.py",
    "platform/intruder.py",
    "people/hub_config.py",
]


@pytest.fixture
def page(tmp_path: Path) -> Iterator["Page"]:
    """An empty page in a browser that nobody used before."""
    with browser_page(tmp_path / "profile") as page:
        yield page
