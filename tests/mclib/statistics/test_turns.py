"""Replications kept in common: each as if it were alone, however blocks come."""

from itertools import pairwise
from typing import Any

import numpy as np

from mclib.statistics.accumulator import Accumulator
from mclib.statistics.blocks import BLOCK
from mclib.statistics.records import block_records
from mclib.statistics.turns import Turns


def records(n_blocks: int, n_outputs: int = 2) -> Any:
    values = np.random.default_rng(5).exponential(size=(n_blocks, n_outputs, BLOCK))
    return block_records(values.reshape(n_blocks, n_outputs, 8, 4, 32))


def test_each_replication_is_what_it_would_be_alone() -> None:
    n, given = 4, records(27)
    alone = []
    for k in range(n):
        mine = Accumulator(2)
        mine.add(0, given[k::n])
        alone.append(mine.totals())

    for cuts in ((0, 27), (0, 1, 2, 9, 10, 23, 27), (0, 4, 8, 24, 27), (*range(28),)):
        together = Turns(n, 2)
        for start, end in pairwise(cuts):
            together.add(start, given[start:end])
            together.totals()
        assert np.array_equal(np.stack(alone), together.totals())


def test_a_replication_without_a_block_is_empty_and_none_are_no_replications() -> None:
    few = Turns(4, 2)
    few.add(0, records(3))

    assert few.totals()[:, 0, 0].tolist() == [1024.0, 1024.0, 1024.0, 0.0]
    assert few
    assert not Turns(0, 2)
