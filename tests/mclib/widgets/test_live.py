"""Stale runs end, the newest wish alone is drawn in full, and a long run can be stopped."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from mclib.widgets.live import COARSE, Listeners, LiveRuns


@dataclass
class Told:
    n_trials_done: int
    n_trials: int
    name: str

    @property
    def result(self) -> tuple[str, int]:
        return self.name, self.n_trials_done


@dataclass
class SlowWish:
    """A run that goes on step by step, each when it is let."""

    name: str
    n_trials: int = 8 * COARSE
    steps: int = 8
    let: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    begun: threading.Event = field(default_factory=threading.Event)
    n_done: int = 0

    def iterate(self, n_trials: int, interval: float) -> Iterator[Told]:
        for step in range(1, self.steps + 1):
            self.begun.set()
            assert self.let.acquire(timeout=30)
            self.n_done += 1
            yield Told(step * n_trials // self.steps, n_trials, self.name)


class Record:
    def __init__(self) -> None:
        self.drawn: list[tuple[tuple[str, int], bool]] = []
        self.failed: list[Exception] = []
        self.runs = LiveRuns(
            Listeners(
                lambda result, is_full: self.drawn.append((result, is_full)),
                lambda progress: None,
                self.failed.append,
            )
        )


def test_a_coarse_run_is_drawn_before_the_full_one() -> None:
    record, wish = Record(), SlowWish("a", steps=1)
    wish.let.release(2)

    record.runs.wish(wish)

    assert record.runs.wait(30)
    assert [(("a", COARSE), False), (("a", 8 * COARSE), True)] == record.drawn
    record.runs.close()


def test_a_hand_that_moves_on_is_given_no_full_run() -> None:
    record = Record()
    first, second = SlowWish("first", steps=1), SlowWish("second", steps=1)
    first.let.release(2)
    second.let.release(2)
    has_moved = threading.Event()

    def move_on(result: tuple[str, int], is_full: bool) -> None:
        record.drawn.append((result, is_full))
        if not has_moved.is_set():
            has_moved.set()
            runs.wish(second)

    runs = LiveRuns(Listeners(move_on, lambda progress: None, record.failed.append))
    runs.wish(first)

    assert has_moved.wait(30)
    assert runs.wait(30)
    assert [("first", COARSE), ("second", COARSE), ("second", 8 * COARSE)] == [
        result for result, _ in record.drawn
    ]
    assert 1 == first.n_done
    runs.close()


def test_charts_grow_while_trials_double() -> None:
    record, wish = Record(), SlowWish("a")
    wish.let.release(16)

    record.runs.wish(wish)

    assert record.runs.wait(30)
    full = [done for (_, done), _ in record.drawn if done > COARSE or _ is True]
    assert [COARSE * each for each in (2, 4, 8)] == [n for n in full if n > COARSE]
    record.runs.close()


def test_a_newer_wish_ends_the_run_at_hand_and_nothing_is_queued() -> None:
    record = Record()
    first, second, third = SlowWish("first"), SlowWish("second"), SlowWish("third", steps=1)
    record.runs.wish(first)
    assert first.begun.wait(30)

    record.runs.wish(second)
    record.runs.wish(third)
    first.let.release(1)
    third.let.release(2)

    assert record.runs.wait(30)
    assert 1 == first.n_done
    assert 0 == second.n_done
    assert {"third"} == {name for (name, _), _ in record.drawn}
    record.runs.close()


def test_a_stopped_run_shows_what_it_has() -> None:
    record, wish = Record(), SlowWish("a")
    wish.let.release(8 + 3)
    record.runs.wish(wish)
    while wish.n_done < 8 + 3:
        wish.begun.wait(0.01)

    record.runs.stop()
    wish.let.release(1)

    assert record.runs.wait(30)
    assert ((("a", 4 * COARSE)), False) == record.drawn[-1]
    record.runs.close()


def test_a_failure_is_told_and_the_next_wish_runs() -> None:
    class Failing(SlowWish):
        def iterate(self, n_trials: int, interval: float) -> Iterator[Told]:
            message = "not today"
            raise RuntimeError(message)

    record, wish = Record(), SlowWish("b", steps=1)
    wish.let.release(2)

    record.runs.wish(Failing("a"))
    assert record.runs.wait(30)
    record.runs.wish(wish)
    assert record.runs.wait(30)

    assert ["not today"] == [str(each) for each in record.failed]
    assert (("b", 8 * COARSE), True) == record.drawn[-1]
    record.runs.close()
