"""Progress says how far a run is; long runs show a bar, on standard error."""

import subprocess
import sys
from typing import Any

import pytest

import mclib as mc


@mc.model
def spread(x: Any = mc.Normal(0.0, 1.0)) -> Any:
    return {"y": x}


def test_words_come_in_order_and_end_at_the_end() -> None:
    words = list(mc.iterate(spread, 300_000, seed=1, interval=0.0, chunk_size=4096))
    done = [word.n_trials_done for word in words]

    assert done == sorted(set(done))
    assert done[-1] == words[-1].n_trials == 300_000
    assert words[-1].fraction == 1.0
    assert words[-1].remaining == 0.0


def test_a_word_says_how_fast_and_how_long() -> None:
    first = next(iter(mc.iterate(spread, 300_000, seed=1, interval=0.0, chunk_size=4096)))

    assert 0.0 < first.fraction < 1.0
    assert first.elapsed > 0.0
    assert first.trials_per_second == pytest.approx(first.n_trials_done / first.elapsed)
    assert first.remaining == pytest.approx(
        (300_000 - first.n_trials_done) / first.trials_per_second
    )
    assert repr(first).startswith("<Progress 4,096 of 300,000 trials, ")


def test_a_quick_run_says_only_its_last_word() -> None:
    words = list(mc.iterate(spread, 5000, seed=1, interval=60.0))

    assert [word.n_trials_done for word in words] == [5000]


def test_estimates_come_nearer_while_it_runs() -> None:
    words = mc.iterate(spread, 200_000, seed=1, interval=0.0, chunk_size=8192)
    errors = [word.result["y"].mean.standard_error for word in words]

    assert errors == sorted(errors, reverse=True)


def test_a_short_run_shows_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    mc.simulate(spread, 10_000, seed=1)

    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_asked_for_is_shown_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mc.simulate(spread, 50_000, seed=1, progress=True, chunk_size=1024)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "trials" in shown.err


LONG = """
import time
import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine

@mc.model(trace=False)
def slow(x=mc.Normal(0.0, 1.0)):
    time.sleep(0.1)
    return {"y": x}

one = LlvmEngine(1)
mc.simulate(slow, 20 * 1024, seed=1, chunk_size=1024, engine=one, progress=PROGRESS)
"""


@pytest.mark.parametrize(("progress", "is_shown"), [(None, True), (False, False)])
def test_a_run_over_a_second_shows_a_bar_unless_told_not_to(
    progress: bool | None, is_shown: bool
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LONG.replace("PROGRESS", repr(progress))],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == ""
    assert ("trials" in ran.stderr) is is_shown
