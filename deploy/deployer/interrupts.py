"""Ctrl-C and its like: an end in order, and none in the middle of the way back."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["interruptible", "uninterrupted"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interruptible() -> None:
    """Have whoever ends this process do as much as Ctrl-C does, from now on."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


@contextmanager
def uninterrupted(say: Callable[[str], None]) -> Iterator[None]:
    """Go on to the end of this block whatever signal comes, and say so."""

    def told(_number: int, _frame: FrameType | None) -> None:
        say("  this step goes on to its end: half of it would leave nothing that works")

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
