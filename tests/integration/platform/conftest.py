"""One rehearsal for all tests of the platform, which takes most of a minute to start."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.platform.live import (
    LivePlatform,
    Member,
    running_platform,
)
from tests.integration.platform.mails import MAILS

Note = Callable[[str], None]
SITE = f"""\
[rehearsal.reports.mails]
kind = "Mails"
sender = "reports@example.org"
server = "{MAILS}:2525"
encrypted = false
[rehearsal.login.provider]
scopes = ["openid", "profile", "groups", "email", "offline_access"]
"""
_MEASURED: list[str] = []


@pytest.fixture
def measured() -> Note:
    """Takes a line for the end of the test run."""
    return _MEASURED.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured, whether the tests passed or not."""
    if _MEASURED:
        terminalreporter.section("measured on the platform")
        for line in _MEASURED:
            terminalreporter.line(line)


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    folder = tmp_path_factory.mktemp("platform")
    (folder / "site.toml").write_text(SITE)
    state = folder / "state"
    state.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCHUB_SITE", str(folder / "site.toml"))
        with running_platform(state) as platform:
            yield platform


@pytest.fixture(scope="module")
def ada(platform: LivePlatform) -> Iterator[Member]:
    """An analyst with a small server."""
    with Member(platform, "ada") as ada:
        ada.start("cpu-small")
        yield ada
        ada.stop()


@pytest.fixture(scope="module")
def grace(platform: LivePlatform) -> Iterator[Member]:
    """A quant with a large server."""
    with Member(platform, "grace") as grace:
        grace.start("cpu-large")
        yield grace
        grace.stop()
