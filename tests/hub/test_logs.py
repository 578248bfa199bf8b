"""Logs: lines of JSON with the id of the request, where they are collected."""

import json
import logging

import pytest

from hub import load
from hub.logs import REQUEST_ID, VARIABLE, JsonLines, begin, in_traitlets
from hub.plans import plan_of


def line(message: str, *, error: bool = False) -> dict[str, str]:
    info = (ValueError, ValueError("no"), None) if error else None
    record = logging.LogRecord("hub.test", logging.WARNING, __file__, 1, message, (), info)
    found: dict[str, str] = json.loads(JsonLines("steward").format(record))
    return found


def test_a_line_says_who_when_and_what() -> None:
    found = line("two\nlines")

    assert (found["part"], found["level"], found["logger"]) == (
        "steward",
        "warning",
        "hub.test",
    )
    assert found["message"] == "two\nlines"
    assert found["time"].endswith("+00:00")
    assert "request_id" not in found


def test_a_line_names_the_request_that_it_came_about_with() -> None:
    token = REQUEST_ID.set("a1b2")
    try:
        found = line("answered")
    finally:
        REQUEST_ID.reset(token)

    assert found["request_id"] == "a1b2"


def test_an_exception_stays_in_its_line() -> None:
    assert "ValueError: no" in line("failed", error=True)["exception"]


def test_parts_log_in_json_where_lines_are_collected(
    state: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    development = plan_of(load("development", {"MCHUB_HUB_PORT": "8081"}), "steward")

    assert VARIABLE not in development.variables


def test_who_reads_a_terminal_gets_no_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.delenv(VARIABLE, raising=False)

    begin("steward")
    logging.getLogger("hub.test").warning("hello")

    assert "hub.test: hello" in capsys.readouterr().err


def test_jupyterhub_takes_the_same_form() -> None:
    from jupyterhub.app import JupyterHub
    from traitlets.config import Config

    config = Config()
    config.JupyterHub.logging_config = in_traitlets("hub-blue")
    hub = JupyterHub(config=config, log_level="INFO")

    [handler] = hub.log.handlers
    assert isinstance(handler.formatter, JsonLines)
