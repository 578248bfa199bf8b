"""What a process still does before it ends: acts that who needs one leaves here."""

import logging
from collections.abc import Callable
from typing import Final

__all__ = ["Act", "at_end", "end_all"]

Act = Callable[[], object]

_LOG: Final = logging.getLogger("hub.endings")
_ACTS: Final[list[Act]] = []


def at_end(act: Act) -> None:
    """Have `act` done before the process ends."""
    _ACTS.append(act)


def end_all() -> None:
    """Do what is to be done, each act once; what fails is logged and keeps no other."""
    while _ACTS:
        act = _ACTS.pop()
        try:
            act()
        except Exception:
            _LOG.exception("an act at the end failed: %r", act)
