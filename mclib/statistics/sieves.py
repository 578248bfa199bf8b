"""A question that narrows down order statistics: how many lie where, and which ones there.

Its answer is whole numbers and keys, whatever the engine: any split of the trials adds up
to the same.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.keys import keys_of

Floats = NDArray[np.float64]
Counts = NDArray[np.uint64]

MOST_RANGES = 64
"""Ranges that one request may have."""


class Sifted(NamedTuple):
    """What a sieve found.

    Attributes
    ----------
    counts : array of shape (2, n_ranges), uint64
        Finite outcomes below each range, and within it.
    keys : array of uint64
        Keys of the outcomes in ranges that are kept, in any order.
    """

    counts: Counts
    keys: Counts


@dataclass(frozen=True)
class Sieve:
    """How many finite outcomes lie below and within ranges, and the keys in some of them.

    Attributes
    ----------
    output : int
        Place of the output.
    ranges : tuple of (float, float)
        Lowest and highest number of each range: finite, disjoint and rising; from 1 to 64.
    kept : tuple of bool
        Whether the keys of the outcomes in a range are wanted, of each range.
    """

    output: int
    ranges: tuple[tuple[float, float], ...]
    kept: tuple[bool, ...]

    def answer(self, values: Floats, first_block: int = 0) -> Sifted:
        """Compare with the ends of each range, as numbers: NaN lies nowhere."""
        counts = np.empty((2, len(self.ranges)), np.uint64)
        found = [np.empty(0)]
        for place, (low, high) in enumerate(self.ranges):
            is_within = (low <= values) & (values <= high)
            is_below = (-np.inf < values) & (values < low)
            counts[:, place] = np.count_nonzero(is_below), np.count_nonzero(is_within)
            if self.kept[place]:
                found.append(values[is_within])
        return Sifted(counts, keys_of(np.concatenate(found)))

    def merge(self, left: Sifted, right: Sifted) -> Sifted:
        """Add the counts and concatenate the keys."""
        return Sifted(left.counts + right.counts, np.concatenate([left.keys, right.keys]))

    def finish(self, merged: Sifted) -> Counts:
        """Put the counts in a row and the sorted keys behind them."""
        return self.in_a_row(merged._replace(keys=np.sort(merged.keys)))

    def in_a_row(self, merged: Sifted) -> Counts:
        """Put the counts in a row and the keys, as they are, behind them.

        A few order statistics are found among them sooner than they are sorted.
        """
        return np.concatenate([merged.counts.ravel(), merged.keys])

    def read(self, finished: NDArray[Any]) -> Sifted:
        """Undo what `finish` or `in_a_row` did."""
        n_counts = 2 * len(self.ranges)
        return Sifted(finished[:n_counts].reshape(2, -1), finished[n_counts:])
