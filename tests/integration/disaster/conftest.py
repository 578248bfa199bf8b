"""What the tests of disasters share with those of the platform."""

from tests.integration.platform.conftest import measured, pytest_terminal_summary

__all__ = ["measured", "pytest_terminal_summary"]
