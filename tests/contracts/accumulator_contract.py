"""What every accumulator of records must keep: any split, any order, the same bits."""

from collections.abc import Callable

import numpy as np

from mclib.statistics.accumulator import Accumulator
from mclib.statistics.records import Floats

Make = Callable[[int], Accumulator]
"""Makes an empty accumulator for so many outputs."""


def check_any_split_gives_the_same_bits(make: Make, records: Floats, seed: int) -> None:
    """Ranges of any lengths, in any order, over any number of accumulators."""
    n_blocks, n_outputs = records.shape[:2]
    whole = make(n_outputs)
    whole.add(0, records)
    generator = np.random.default_rng(seed)
    for _ in range(5):
        cuts = np.sort(generator.choice(n_blocks, min(n_blocks, 9), replace=False))
        ranges = [part for part in np.split(np.arange(n_blocks), cuts) if len(part)]
        generator.shuffle(ranges)
        parts = [make(n_outputs) for _ in range(3)]
        for place, some in enumerate(ranges):
            parts[place % 3].add(int(some[0]), records[some])
        total = parts.pop()
        for part in parts:
            total.combine(part)

        _check_same(whole, total)


def check_looking_changes_nothing(make: Make, records: Floats) -> None:
    """Estimates so far may be asked for at any time."""
    n_blocks, n_outputs = records.shape[:2]
    whole, watched = make(n_outputs), make(n_outputs)
    whole.add(0, records)
    for block in range(0, n_blocks, max(1, n_blocks // 7)):
        watched.add(block, records[block : block + max(1, n_blocks // 7)])
        watched.totals()
        watched.groups()

    _check_same(whole, watched)


def check_nothing_is_an_identity(make: Make, records: Floats) -> None:
    """Combining with an empty accumulator, on either side."""
    n_outputs = records.shape[1]
    whole, left = make(n_outputs), make(n_outputs)
    whole.add(0, records)
    left.combine(whole)
    left.combine(make(n_outputs))

    _check_same(whole, left)


def _check_same(expected: Accumulator, found: Accumulator) -> None:
    assert np.array_equal(expected.totals(), found.totals())
    assert expected.non_finite == found.non_finite
    for output in range(expected.n_outputs):
        pairs = zip(expected.groups(output), found.groups(output), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
