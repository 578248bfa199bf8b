"""Records of many blocks, added in any order, with the same bits for any order.

Block records merge in one binary tree over the block's index: the node (level, index) is
the merge of (level - 1, 2 index) and (level - 1, 2 index + 1). A node is merged as soon as
both halves are there, never otherwise, so what is kept is a function of *which* blocks were
added, not of when, by whom or in which ranges. Merging stops at a level with at most 1,024
nodes, whose records serve standard errors by jackknife.
"""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mclib.errors import InternalError
from mclib.statistics.blocks import BLOCK
from mclib.statistics.moments import EMPTY, FIELDS, Record
from mclib.statistics.non_finite import NonFinite, finite_records
from mclib.statistics.records import (
    Floats,
    MergePairs,
    Places,
    doubtful_blocks,
    merge_pairs,
)

N_GROUPS_KEPT = 1024
"""Most records of subtrees kept for each output."""

_TOP_BITS = N_GROUPS_KEPT.bit_length() - 1
# Records that wait before they are merged: many at once cost little each, and so many
# still lie in cache.
_WAITING = 1 << 13
_FEWEST_WAITING = 512
# Blocks whose values are asked for at once, all outputs together.
_VALUES_AT_ONCE = 256

ValuesOf = Callable[[int, int], NDArray[np.floating]]
"""``values_of(first_block, n_blocks)``: values in trial order, (n_outputs, n_trials)."""

Indices = NDArray[np.int64]
Nodes = tuple[Indices, Floats]
"""Increasing indices, shape (n,), and their records, shape (7, n, n_outputs)."""


class Accumulator:
    """The records of the blocks of a run, or of any part of it.

    Parameters
    ----------
    n_outputs : int
        Outputs in each record.
    merge : callable, optional
        Merges records in place of `merge_pairs`, with the same bits.

    Notes
    -----
    Memory is about 0.5 MB, and 90 kB for each output, whatever the number of blocks, if
    they are added nearly in order. Adding costs a copy; merging is put off until many
    records wait.
    """

    def __init__(self, n_outputs: int, merge: MergePairs = merge_pairs) -> None:
        self.n_outputs = n_outputs
        self._merge = merge
        self.non_finite: tuple[NonFinite, ...] = (NonFinite(),) * n_outputs
        self._waiting: list[tuple[int, int, Floats]] = []
        self._n_waiting = 0
        self._levels: list[Nodes] = [self._no_nodes()]
        self._highest = 0

    def add_merged(
        self,
        first_block: int,
        records: Floats,
        levels: int,
        one_by_one: Callable[[int, int], None],
    ) -> None:
        """Add records of neighbouring blocks that were merged already.

        Parameters
        ----------
        first_block : int
            Index of the first of them, a multiple of ``2**levels``.
        records : array of shape (n_records, n_outputs, 7), float64
            Each of ``2**levels`` blocks; they are copied.
        levels : int
            How many levels up they are.
        one_by_one : callable
            ``one_by_one(first_block, n_blocks)`` adds blocks by `add`. It is called where
            a record isn't finite: some block's can't be trusted, or the merge overflows.
        """
        records = np.array(records, dtype=np.float64)
        is_sound = np.logical_and.reduce(np.isfinite(records[:, :, (1, 4)]), axis=(1, 2))
        unit, first = 1 << levels, first_block >> levels
        ends = np.flatnonzero(np.diff(is_sound, prepend=not is_sound[0], append=False))
        starts = [*ends.tolist(), len(records)]
        for start, end in itertools.pairwise(starts):
            if start == end:
                continue
            if is_sound[start]:
                self.put(levels, first + start, records[start:end])
            else:
                one_by_one((first + start) * unit, (end - start) * unit)

    def add(
        self,
        first_block: int,
        records: Floats,
        values_of: ValuesOf | None = None,
        dtype: type[np.floating] = np.float64,
    ) -> Floats:
        """Add the records of neighbouring blocks, and return them as they were added.

        Parameters
        ----------
        first_block : int
            Index of the first of them.
        records : array of shape (n_blocks, n_outputs, 7), float64
            One record for each block and output; they are copied.
        values_of : callable, optional
            ``values_of(first_block, n_blocks)`` gives the values of blocks again, in trial
            order, (n_outputs, n_trials). It is asked for blocks whose record can't be
            trusted (see `doubtful_blocks`); theirs is then made from the finite trials.
        dtype : type, default float64
            In which type lanes were summed.

        Raises
        ------
        InternalError
            If a record can't be trusted and `values_of` isn't given.
        """
        records = np.array(records, dtype=np.float64)
        doubtful = doubtful_blocks(records, dtype)
        if doubtful.size:
            if values_of is None:
                message = (
                    f"the record of block {first_block + int(doubtful[0])} isn't finite, "
                    "and its values weren't offered; this is a bug in mclib."
                )
                raise InternalError(message)
            self._repair(first_block, records, doubtful, values_of)
        self.put(0, first_block, records)
        return records

    def put(self, level: int, first: int, records: Floats) -> None:
        """Let sound records wait until many are merged at once; they aren't copied."""
        most = max(_FEWEST_WAITING, _WAITING // self.n_outputs)
        for start in range(0, len(records), most):
            some = records[start : start + most]
            self._waiting.append((level, first + start, some))
            self._n_waiting += len(some)
            if self._n_waiting >= most:
                self._settle()

    def combine(self, other: "Accumulator") -> None:
        """Add all that `other` holds; it must be about other blocks and stays as it is."""
        other._settle()
        self.non_finite = tuple(
            mine.merge(theirs)
            for mine, theirs in zip(self.non_finite, other.non_finite, strict=True)
        )
        self._merge_levels(other._levels, other._highest)

    def total(self, output: int = 0) -> Record:
        """Record, of floats, of all finite trials of one output."""
        totals = self.totals()[output]
        return Record(*(float(each) for each in totals))

    def totals(self) -> Floats:
        """Records of all finite trials, array of shape (n_outputs, 7)."""
        indices, records = self._fold()
        while len(indices) > 1:
            indices, records = self._fold_level(indices, records)
        if not len(indices):
            return np.tile(np.array(EMPTY), (self.n_outputs, 1))
        return np.ascontiguousarray(records[:, 0, :].T)

    def groups(self, output: int = 0) -> Record:
        """Record of arrays, of at most 1,024 groups of neighbouring trials of one output.

        All groups but the last hold equally many trials, if all trials are finite and the
        blocks added are the run's first.
        """
        _, records = self._fold()
        return Record(*records[:, :, output])

    def _no_nodes(self) -> Nodes:
        return np.empty(0, np.int64), np.empty((len(FIELDS), 0, self.n_outputs))

    def _repair(
        self,
        first_block: int,
        records: Floats,
        doubtful: Places,
        values_of: ValuesOf,
    ) -> None:
        """Replace doubtful records by those of the finite trials, and count the others."""
        most = max(1, _VALUES_AT_ONCE // self.n_outputs)
        runs = np.split(doubtful, np.flatnonzero(np.diff(doubtful) > 1) + 1)
        for neighbours in runs:
            for start in range(0, len(neighbours), most):
                some = neighbours[start : start + most]
                block = first_block + int(some[0])
                values = values_of(block, len(some))
                mended, found = finite_records(values, block * BLOCK)
                records[some] = mended
                self.non_finite = tuple(
                    known.merge(new)
                    for known, new in zip(self.non_finite, found, strict=True)
                )

    def _settle(self) -> None:
        """Merge what waits into the tree."""
        if not self._waiting:
            return
        highest = 0
        levels = [self._no_nodes()] * (1 + max(level for level, _, _ in self._waiting))
        for level in {level for level, _, _ in self._waiting}:
            here = [(first, some) for at, first, some in self._waiting if at == level]
            indices = np.concatenate(
                [np.arange(first, first + len(some)) for first, some in here]
            )
            # Fields first: each is then one contiguous array to compute with.
            records = np.concatenate([np.moveaxis(some, -1, 0) for _, some in here], 1)
            levels[level] = _sorted(indices, records)
            highest = max(highest, ((int(indices.max()) + 1) << level) - 1)
        self._waiting, self._n_waiting = [], 0
        self._merge_levels(levels, highest)

    def _merge_levels(self, others: list[Nodes], highest: int) -> None:
        """Merge nodes of the levels from 0 up with those that are kept."""
        self._highest = max(self._highest, highest)
        # What came in merged can't be taken apart.
        given = [
            level
            for source in (self._levels, others)
            for level, (indices, _) in enumerate(source)
            if len(indices)
        ]
        top = max(0, *given, self._highest.bit_length() - _TOP_BITS)
        levels: list[Nodes] = []
        carried = self._no_nodes()
        for level in range(top + 1):
            nodes = carried
            for source in (self._levels, others):
                if level < len(source):
                    nodes = _union(nodes, source[level])
            if level < top:
                nodes, carried = self._merge_pairs(*nodes)
            levels.append(nodes)
        self._levels = levels

    def _fold(self) -> Nodes:
        """Every node at the top level; what lacks its other half has gone up alone."""
        self._settle()
        nodes = self._levels[0]
        for above in self._levels[1:]:
            nodes = _union(self._fold_level(*nodes), above)
        return nodes

    def _merge_pairs(self, indices: Indices, records: Floats) -> tuple[Nodes, Nodes]:
        """Split nodes into those without their other half and the merges one level up."""
        lefts = _pairs(indices)
        is_alone = np.ones(len(indices), np.bool_)
        is_alone[lefts] = is_alone[lefts + 1] = False
        alone = indices[is_alone], records[:, is_alone]
        return alone, (indices[lefts] >> 1, self._merge(records, lefts))

    def _fold_level(self, indices: Indices, records: Floats) -> Nodes:
        """All nodes one level up, merged where both halves are there."""
        lefts = _pairs(indices)
        folded = records.copy()
        folded[:, lefts] = self._merge(records, lefts)
        stays = np.ones(len(indices), np.bool_)
        stays[lefts + 1] = False
        return indices[stays] >> 1, folded[:, stays]


def _union(left: Nodes, right: Nodes) -> Nodes:
    """Nodes of the same level together, by index."""
    if not len(left[0]):
        return right
    if not len(right[0]):
        return left
    return _sorted(
        np.concatenate([left[0], right[0]]), np.concatenate([left[1], right[1]], axis=1)
    )


def _sorted(indices: Indices, records: Floats) -> Nodes:
    if np.all(indices[:-1] < indices[1:]):
        return indices, records
    order = np.argsort(indices, kind="stable")
    indices, records = indices[order], records[:, order]
    twice = np.flatnonzero(indices[:-1] == indices[1:])
    if twice.size:
        message = f"block {indices[twice[0]]} was added twice; this is a bug in mclib."
        raise InternalError(message)
    return indices, records


def _pairs(indices: Indices) -> Places:
    """Places of nodes whose other half comes next."""
    is_left = (indices[:-1] & 1) == 0
    return np.flatnonzero(is_left & (indices[1:] == indices[:-1] + 1))
