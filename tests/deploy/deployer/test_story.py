"""The story of a run: each step with its result, and a dry run that changes nothing."""

from itertools import count

import pytest

from deploy.deployer.story import Story


def _story(*, dry_run: bool = False) -> tuple[Story, list[str]]:
    lines: list[str] = []
    ticks = count()
    return Story(lines.append, dry_run=dry_run, clock=lambda: float(next(ticks))), lines


def test_each_step_tells_its_result_and_its_time() -> None:
    story, lines = _story()

    story.check("Docker answers", lambda: "20.10")
    story.change("containers", lambda: None)

    assert [line.split() for line in lines] == [
        ["Docker", "answers", "1.0", "s", "20.10"],
        ["containers", "1.0", "s", "ok"],
    ]
    assert story.done == ["containers"]


def test_a_dry_run_looks_and_only_says_what_it_would_change() -> None:
    story, lines = _story(dry_run=True)
    changed: list[str] = []

    story.check("room", lambda: "enough")
    story.change("containers", lambda: changed.append("containers"))

    assert changed == [] == story.done
    assert "enough" in lines[0]
    assert lines[1].split() == ["containers", "would", "be", "done"]


def test_a_step_that_fails_is_told_and_fails() -> None:
    story, lines = _story()

    with pytest.raises(ZeroDivisionError):
        story.change("containers", lambda: 1 / 0)

    assert lines[0].split() == ["containers", "1.0", "s", "FAILED"]
    assert story.done == []
