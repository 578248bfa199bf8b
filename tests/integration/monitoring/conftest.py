"""What was measured while the platform was watched is said at the end of the tests."""

from collections.abc import Callable

import pytest

_MEASURED: list[str] = []


@pytest.fixture(scope="session")
def measured() -> Callable[[str], None]:
    """Takes a line for the end of the test run."""
    return _MEASURED.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured."""
    if _MEASURED:
        terminalreporter.section("measured by what watches")
        for line in _MEASURED:
            terminalreporter.line(line)
