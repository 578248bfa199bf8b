"""Seeds that nobody names: drawn from the system, or those of an earlier report."""

import secrets
from collections import deque
from collections.abc import Iterable

MOST_KEPT = 10_000
"""Seeds of a process that are kept; those behind them can't be drawn again."""

_BITS = 53
"""As many as a JSON number holds in every language."""

_kept: list[int] = []
_again: deque[int] = deque()


def drawn() -> int:
    """Return the seed of a run that was given none."""
    seed = _again.popleft() if _again else secrets.randbits(_BITS)
    if len(_kept) < MOST_KEPT:
        _kept.append(seed)
    return seed


def draw_again(seeds: Iterable[int]) -> None:
    """Draw these next, in their order, before others come from the system."""
    _again.clear()
    _again.extend(seeds)
    _kept.clear()


def kept() -> list[int]:
    """Return the seeds that were drawn, in their order."""
    return list(_kept)
