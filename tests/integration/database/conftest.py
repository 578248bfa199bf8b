"""What was measured on the databases of these tests, told at the end of the run."""

from collections.abc import Callable

import pytest

Note = Callable[[str], None]
_MEASURED: list[str] = []


@pytest.fixture
def measured() -> Note:
    """Takes a line for the end of the test run."""
    return _MEASURED.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured, whether the tests passed or not."""
    if _MEASURED:
        terminalreporter.section("measured on the database")
        for line in _MEASURED:
            terminalreporter.line(line)
