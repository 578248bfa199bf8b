"""What a launch is given: arguments in slots."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def pack(
    arguments: Sequence[Any], addresses: Sequence[int]
) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Return a program's slots: the arguments' bits, then the addresses of its tables."""
    slots = np.zeros(max(1, len(arguments) + len(addresses)), np.uint64)
    for place, value in enumerate(arguments):
        number = np.asarray(value)
        slots[place : place + 1].view(np.uint8)[: number.itemsize] = np.atleast_1d(
            number
        ).view(np.uint8)
    slots[len(arguments) : len(arguments) + len(addresses)] = addresses
    return slots
