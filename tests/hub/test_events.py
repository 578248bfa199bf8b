"""Events reach whoever listens, and a listener that fails stops nothing."""

import pytest

from hub import events


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LISTENERS", [])


def test_every_listener_is_told_once() -> None:
    told: list[object] = []

    def listener(*event: object) -> None:
        told.append(event)

    events.listen(listener)
    events.listen(listener)

    events.record("sign-in", "ada", "done", where="127.0.0.1")

    assert told == [("sign-in", "ada", "done", {"where": "127.0.0.1"})]


def test_a_listener_that_fails_stops_nobody() -> None:
    told: list[str] = []

    def broken(*_: object) -> None:
        message = "the disk is full"
        raise OSError(message)

    events.listen(broken)
    events.listen(lambda what, *_: told.append(what))

    events.record("sign-out", "ada", "done")

    assert told == ["sign-out"]
