"""What a run tells as it goes: each step, what came out of it, how long it took.

A dry run looks at everything that can be looked at, and only says what it would change.
"""

import time
from collections.abc import Callable

__all__ = ["Say", "Story"]

Say = Callable[[str], None]
Act = Callable[[], object]

_WIDTH = 46


class Story:
    """Steps of one run, told one after the other.

    Parameters
    ----------
    say : callable
        Takes a line.
    dry_run : bool, default False
        Look, and change nothing.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    done : list of str
        Names of the steps that changed something.
    left : str
        What a failure would leave as it was, in words.
    """

    def __init__(
        self,
        say: Say,
        *,
        dry_run: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.say = say
        self.dry_run = dry_run
        self.done: list[str] = []
        self.left = "everything"
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return self._clock() - self._began

    def check(self, name: str, look: Act) -> None:
        """Look at something, in a dry run too; what `look` returns is the result."""
        self._told(name, look)

    def change(self, name: str, act: Act) -> None:
        """Change something, or say that it would be changed."""
        if self.dry_run:
            self.say(f"  {name:<{_WIDTH}} would be done")
            return
        self._told(name, act)
        self.done.append(name)

    def _told(self, name: str, act: Act) -> None:
        began = self._clock()
        try:
            result = act()
        except BaseException as error:
            how = "interrupted" if isinstance(error, KeyboardInterrupt) else "FAILED"
            self._line(name, how, began)
            raise
        self._line(name, str(result) if result else "ok", began)

    def _line(self, name: str, result: str, began: float) -> None:
        self.say(f"  {name:<{_WIDTH}} {self._clock() - began:6.1f} s  {result}")
