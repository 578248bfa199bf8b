"""Records of independent repetitions of a run, whose blocks come in turn."""

import copy

import numpy as np

from mclib.statistics.accumulator import Accumulator
from mclib.statistics.moments import EMPTY, FIELDS
from mclib.statistics.records import Floats, MergePairs, merge_pairs


class Turns:
    """The records of each of a few replications; block b belongs to number ``b % n``.

    A round of blocks, one of each replication, is merged as if it were one block with so
    many times the outputs, so that replications cost little more than the run itself.

    Parameters
    ----------
    n_replications : int
        How many there are; with 0 nothing is kept.
    n_outputs : int
        Outputs in each record.
    merge : callable, optional
        As for `Accumulator`.
    """

    def __init__(
        self, n_replications: int, n_outputs: int, merge: MergePairs = merge_pairs
    ) -> None:
        self.n_replications = n_replications
        self._shape = n_outputs, len(FIELDS)
        self._rounds = Accumulator(max(n_replications, 1) * n_outputs, merge)
        self._rest: Floats = np.empty((0, *self._shape))
        self._n_rounds = 0

    def add(self, first_block: int, records: Floats) -> None:
        """Add sound records of the blocks that come next, (n_blocks, n_outputs, 7)."""
        n = self.n_replications
        if not n:
            return
        first_block -= len(self._rest)
        records = np.concatenate([self._rest, records])
        n_whole = len(records) // n
        self._rest = records[n_whole * n :].copy()
        rounds = records[: n_whole * n].reshape(n_whole, n * self._shape[0], len(FIELDS))
        self._n_rounds = first_block // n + n_whole
        if n_whole:
            self._rounds.put(0, first_block // n, rounds)

    def __bool__(self) -> bool:
        return self.n_replications > 0

    def totals(self) -> Floats:
        """Return the record of each, array of shape (n_replications, n_outputs, 7)."""
        rounds = self._rounds
        if len(self._rest):
            rest = np.tile(np.array(EMPTY), (self.n_replications, self._shape[0], 1))
            rest[: len(self._rest)] = self._rest
            rounds = copy.deepcopy(rounds)
            rounds.put(0, self._n_rounds, rest.reshape(1, -1, len(FIELDS)))
        return rounds.totals().reshape(self.n_replications, *self._shape)
