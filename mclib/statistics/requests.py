"""What statistics ask of a run whose trials aren't stored: counts of outcomes, in one pass.

A pass computes all trials again, from the same draws, and answers several requests. Each
request says here, in NumPy, what its answer is and how the answers of separate trials
merge; engines have their own programs for it, which are judged by these lines. All answers
but those to `TailMoments` are whole numbers, which any split of the trials adds up to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.accumulator import Accumulator
from mclib.statistics.blocks import BLOCK, fill_blocks, to_lane_order
from mclib.statistics.keys import keys_of
from mclib.statistics.records import block_records

Floats = NDArray[np.float64]
Counts = NDArray[np.uint64]

MOST_BINS = 1 << 16
"""Bins that one request may have."""


class Request(Protocol):
    """A question about all outcomes of one output."""

    @property
    def output(self) -> int:
        """Which output, by its place."""

    def answer(self, values: Floats, first_block: int) -> Any:
        """Answer for trials with these values, in trial order, from a block's first on."""

    def merge(self, left: Any, right: Any) -> Any:
        """Answer for the trials of two answers together."""

    def finish(self, merged: Any) -> NDArray[Any]:
        """Turn the answer for all trials into an array."""


class Source(Protocol):
    """Whatever can go through its trials again."""

    @property
    def n_trials(self) -> int:
        """Trials in one pass."""

    def sweep(
        self, requests: Sequence[Request], n_trials: int | None = None
    ) -> list[NDArray[Any]]:
        """Answer the requests, in their order, in one pass over all trials.

        Or over the first `n_trials` of them, whole blocks.
        """


@dataclass(frozen=True)
class LinearBins:
    """How many outcomes lie in each of many bins of equal width, and beyond them.

    Outcome x falls into bin ``floor((x - low) * scale) + 1``, computed in float64, each
    operation rounded, and cut off to 0 and ``n_bins + 1``; NaN falls into none.

    Attributes
    ----------
    output : int
        Place of the output.
    low : float
        Where the first bin starts.
    scale : float
        Bins per unit; positive and finite.
    n_bins : int
        Bins between the two that hold what lies beyond.
    """

    output: int
    low: float
    scale: float
    n_bins: int

    def places(self, values: Floats) -> NDArray[np.int64]:
        """Bin of each value, none of which may be NaN."""
        with np.errstate(over="ignore"):
            scaled = np.floor((values - self.low) * self.scale) + 1.0
        return np.clip(scaled, 0.0, self.n_bins + 1.0).astype(np.int64)

    def answer(self, values: Floats, first_block: int = 0) -> Counts:
        """Counts, array of shape (n_bins + 2,)."""
        ordered = values[~np.isnan(values)]
        return _counts(self.places(ordered), self.n_bins + 2)

    def merge(self, left: Counts, right: Counts) -> Counts:
        """Add."""
        return left + right

    def finish(self, merged: Counts) -> Counts:
        """Leave as it is."""
        return merged


@dataclass(frozen=True)
class KeyBins:
    """How many outcomes have a key in each of many ranges of keys of equal width.

    A key from `first` to `last` falls into bin ``(key - first) >> shift``; others don't.

    Attributes
    ----------
    output : int
        Place of the output.
    first, last : int
        Lowest and highest key that count.
    shift : int
        Each bin is ``2**shift`` keys wide; there may be at most 65,536 bins.
    """

    output: int
    first: int
    last: int
    shift: int

    @property
    def n_bins(self) -> int:
        """How many bins there are."""
        return ((self.last - self.first) >> self.shift) + 1

    def answer(self, values: Floats, first_block: int = 0) -> Counts:
        """Counts, array of shape (n_bins,)."""
        keys = _within(values, self.first, self.last)
        places = (keys - np.uint64(self.first)) >> np.uint64(self.shift)
        return _counts(places.astype(np.int64), self.n_bins)

    def merge(self, left: Counts, right: Counts) -> Counts:
        """Add."""
        return left + right

    def finish(self, merged: Counts) -> Counts:
        """Leave as it is."""
        return merged


@dataclass(frozen=True)
class KeysWithin:
    """The keys of all outcomes in a range of keys, asked for only where they are few.

    Attributes
    ----------
    output : int
        Place of the output.
    first, last : int
        Lowest and highest key wanted.
    is_sorted : bool, default True
        Whether they are wanted in order.
    """

    output: int
    first: int
    last: int
    is_sorted: bool = True

    def answer(self, values: Floats, first_block: int = 0) -> Counts:
        """Keys, in any order, equal ones as often as they come up."""
        return _within(values, self.first, self.last)

    def merge(self, left: Counts, right: Counts) -> Counts:
        """Concatenate."""
        return np.concatenate([left, right])

    def finish(self, merged: Counts) -> Counts:
        """Sort, if they are wanted in order."""
        return np.sort(merged) if self.is_sorted else merged


@dataclass(frozen=True)
class TailMoments:
    """Moments of how far outcomes lie beyond a pivot.

    The excess of outcome x is ``max(x - pivot, 0)`` for the upper tail and ``max(pivot - x,
    0)`` for the lower, in float64; where x isn't finite it is NaN, which isn't counted. Its
    moments are summed by canonical blocks, as an output's are, in float64 always.

    Attributes
    ----------
    output : int
        Place of the output.
    pivot : float
        Where the tail starts.
    upper : bool
        Whether the tail lies above the pivot.
    """

    output: int
    pivot: float
    upper: bool

    def excess(self, values: Floats) -> Floats:
        """Excess of each value."""
        with np.errstate(invalid="ignore"):
            beyond = values - self.pivot if self.upper else self.pivot - values
            excess = np.where(beyond > 0.0, beyond, 0.0)
        return np.where(np.isfinite(values), excess, np.nan)

    def answer(self, values: Floats, first_block: int) -> Accumulator:
        """Records of the blocks of `values`, which starts with a block's first trial."""
        excess = self.excess(values)
        blocks = np.moveaxis(to_lane_order(fill_blocks(excess[None])), -4, 0)
        accumulator = Accumulator(n_outputs=1)
        accumulator.add(
            first_block,
            block_records(blocks, len(values)),
            values_of=lambda first, n_blocks: excess[
                None,
                (first - first_block) * BLOCK : (first - first_block + n_blocks) * BLOCK,
            ],
        )
        return accumulator

    def merge(self, left: Accumulator, right: Accumulator) -> Accumulator:
        """Combine; `left` is changed."""
        left.combine(right)
        return left

    def finish(self, merged: Accumulator) -> Floats:
        """One record, array of shape (7,)."""
        record: Floats = merged.totals()[0]
        return record


def _within(values: Floats, first: int, last: int) -> Counts:
    keys = keys_of(values)
    return keys[(keys >= np.uint64(first)) & (keys <= np.uint64(last))]


def _counts(places: NDArray[np.int64], n_bins: int) -> Counts:
    return np.bincount(places, minlength=n_bins).astype(np.uint64)


def merged(requests: Sequence[Request], given: Iterable[list[Any]]) -> list[Any]:
    """Merge the answers to each of `requests`, given for chunks of the trials in order.

    Equally many chunks are merged with each other, so that no answer is copied more often
    than the number of chunks can be halved.
    """
    waiting: list[tuple[int, list[Any]]] = []
    for answers in given:
        n_chunks = 1
        while waiting and waiting[-1][0] == n_chunks:
            _, earlier = waiting.pop()
            answers = _pairs(requests, earlier, answers)  # noqa: PLW2901
            n_chunks *= 2
        waiting.append((n_chunks, answers))
    whole = waiting.pop()[1]
    while waiting:
        whole = _pairs(requests, waiting.pop()[1], whole)
    return whole


def _pairs(requests: Sequence[Request], left: list[Any], right: list[Any]) -> list[Any]:
    return [
        request.merge(one, other)
        for request, one, other in zip(requests, left, right, strict=True)
    ]
