"""How much one launch does, and what it is given.

A launch holds the device alone as long as it runs. It is kept short, so that others who
share the device, Ctrl-C and progress are served between launches.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

SECONDS_WANTED = 0.03
"""Well below the 50 ms after which waiting is felt."""

MOST_BYTES = 1 << 26
"""Results of one launch that are brought here; two launches are under way at a time."""

MOST_BYTES_THERE = 1 << 28
"""Results of one launch that are counted where they lie."""

_GROWTH = 4.0


def pack(
    arguments: Sequence[Any], addresses: Sequence[int]
) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Return a program's slots: its arguments' bits, then the addresses of its tables."""
    slots = np.zeros(max(1, len(arguments) + len(addresses)), np.uint64)
    for place, value in enumerate(arguments):
        bits = np.asarray(value).tobytes()
        slots[place] = int.from_bytes(bits, "little")
    slots[len(arguments) : len(arguments) + len(addresses)] = addresses
    return slots


class LaunchSize:
    """How many blocks the next launch takes, by what the last ones took.

    Parameters
    ----------
    first : int
        Blocks of the first launch, before anything was timed.
    block_bytes : int
        Bytes of results per block.
    most_bytes : int
        Bytes of results of one launch.

    Attributes
    ----------
    blocks : int
        Blocks of the next launch, at least 1.
    """

    def __init__(self, first: int, block_bytes: int, most_bytes: int) -> None:
        self._most = max(1, most_bytes // block_bytes)
        self.blocks = min(first, self._most)

    def whole(self, levels: int) -> int:
        """Return blocks of the next launch, a whole multiple of ``2**levels``."""
        return max(1, self.blocks >> levels) << levels

    def took(self, n_blocks: int, seconds: float) -> None:
        """Learn from a launch; a device that was not full would grow too far at once."""
        fitting = n_blocks * SECONDS_WANTED / max(seconds, 1e-6)
        self.blocks = max(1, min(self._most, int(min(fitting, _GROWTH * n_blocks))))

    def halve(self) -> bool:
        """Take half of it from now on, for want of memory; whether that was possible."""
        if self.blocks == 1:
            return False
        self.blocks = self._most = self.blocks // 2
        return True
