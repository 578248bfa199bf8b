"""Records of blocks from arrays of values: what every engine's records are judged by."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.fused import fused_multiply_add as fma
from mclib.statistics.blocks import BLOCK, N_LANES, to_lane_order
from mclib.statistics.moments import FIELDS, Record, merge, record_of_sums

Floats = NDArray[np.float64]

Places = NDArray[np.intp]

MergePairs = Callable[[Floats, Places], Floats]
"""What does as `merge_pairs` does, to the bit."""

BlockRecords = Callable[..., Floats]
"""What does as `block_records` does, to the bit, for whole blocks of several outputs."""

# The lanes of so many blocks stay in cache while their turns are gone through.
_BLOCKS_AT_ONCE = 64
FAINT = 2.0**-102
"""Sums of 4th powers below this have lost digits to underflow in float32."""


def pack(record: Record) -> Floats:
    """Return a record of arrays of shape (...) as one array of shape (..., 7)."""
    return np.stack(np.broadcast_arrays(*record), axis=-1).astype(np.float64, copy=False)


def unpack(records: Floats) -> Record:
    """View an array of shape (..., 7) as a record of arrays of shape (...)."""
    return Record(*np.moveaxis(records, -1, 0))


def merge_pairs(records: Floats, lefts: Places) -> Floats:
    """Merge neighbouring records.

    Parameters
    ----------
    records : array of shape (7, n_records, n_outputs), float64
        Records, fields first.
    lefts : array of shape (n_pairs,)
        Places of the left records of pairs; their right records come next.

    Returns
    -------
    array of shape (7, n_pairs, n_outputs), float64
        What `mclib.statistics.moments.merge` makes of each pair.
    """
    with np.errstate(all="ignore"):
        left, right = records[:, lefts], records[:, lefts + 1]
        return np.stack(merge([*left], [*right], where=np.where))


def merge_up(records: Floats, levels: int, dtype: Any = np.float64) -> Floats:
    """Merge the records of neighbouring blocks, ``2**levels`` each.

    Parameters
    ----------
    records : array of shape (n_blocks, n_outputs, 7), float64
        Records of whole multiples of ``2**levels`` blocks.
    levels : int
        How many levels of the tree to go up.
    dtype : dtype, default float64
        Type in which lanes were summed.

    Returns
    -------
    array of shape (n_blocks >> levels, n_outputs, 7), float64
        Records; NaN where a block among them can't be trusted (see `doubtful_blocks`).
    """
    fields = np.moveaxis(records, -1, 0).copy()
    fields[1, doubtful_blocks(records, dtype)] = np.nan
    for _ in range(levels):
        fields = merge_pairs(fields, np.arange(0, fields.shape[1], 2))
    return np.ascontiguousarray(np.moveaxis(fields, 0, -1))


def block_records(values: NDArray[Any], n_trials: int | None = None) -> Floats:
    """Records of blocks, by the very operations that engines build into their programs.

    Parameters
    ----------
    values : array of shape (n_blocks, ..., 8, 4, 32), float32 or float64
        Values in lane order; axes between are outputs.
    n_trials : int, optional
        Only so many trials count, the first; all by default.

    Returns
    -------
    array of shape (n_blocks, ..., 7), float64
        Count, mean, m2, m3, m4, minimum and maximum of each block. Lanes are summed in the
        type of `values`; from there on everything is float64.
    """
    n_blocks = values.shape[0]
    wanted = n_blocks * BLOCK if n_trials is None else n_trials
    n_whole = wanted // BLOCK
    records = np.empty((n_blocks, *values.shape[1:-3], len(FIELDS)))
    for start in range(0, n_whole, _BLOCKS_AT_ONCE):
        some = slice(start, min(start + _BLOCKS_AT_ONCE, n_whole))
        records[some] = _whole_records(values[some])
    if n_whole < n_blocks:
        rest = values[n_whole:]
        trials = to_lane_order(np.arange((n_blocks - n_whole) * BLOCK))
        is_counted = trials < wanted - n_whole * BLOCK
        between = (1,) * (values.ndim - 4)
        shaped = is_counted.reshape(rest.shape[0], *between, *rest.shape[-3:])
        records[n_whole:] = counted_records(rest, np.broadcast_to(shaped, rest.shape))
    return records


def counted_records(values: NDArray[Any], is_counted: NDArray[np.bool_]) -> Floats:
    """Records of blocks of which only some trials count.

    A trial that doesn't count leaves everything as it was; the pivot is the first value
    that does, lane by lane within each turn.

    Parameters
    ----------
    values : array of shape (n_blocks, ..., 8, 4, 32), float32 or float64
        Values in lane order.
    is_counted : array of the same shape, bool
        Which of them count.

    Returns
    -------
    array of shape (n_blocks, ..., 7), float64
        Records; of a block in which nothing counts, an empty one.
    """
    turns, counted = _in_turns(values), _in_turns(is_counted)
    flat, flags = (each.reshape(*each.shape[:-2], BLOCK) for each in (turns, counted))
    first = np.argmax(flags, axis=-1)[..., None]
    pivot = np.where(
        flags.any(axis=-1, keepdims=True), np.take_along_axis(flat, first, -1), 0
    )
    # A value that does not count is as far from the pivot as the pivot itself.
    turns = np.where(counted, turns, pivot[..., None])
    low, high = (np.where(counted, turns, end) for end in (np.inf, -np.inf))
    sums = _sums(turns, pivot, low.astype(values.dtype), high.astype(values.dtype))
    return close(flags.sum(axis=-1, dtype=np.float64), pivot, *sums)


def doubtful_blocks(records: Floats, dtype: Any = np.float64) -> NDArray[np.intp]:
    """Blocks whose record can't be trusted, so that their values must be looked at.

    A value that isn't finite makes its block's ``m4`` so, and so does overflow of a 4th
    power. Underflow is found where it can be cured: in sums that were made in float32.

    Parameters
    ----------
    records : array of shape (n_blocks, n_outputs, 7)
        Records as an engine made them.
    dtype : dtype, default float64
        Type in which lanes were summed.

    Returns
    -------
    array of shape (n_doubtful,)
        Indices along the first axis, increasing.
    """
    fourth = records[..., 4]
    is_doubtful = ~(np.isfinite(fourth) & np.isfinite(records[..., 1]))
    if np.dtype(dtype) == np.float32:
        varies = records[..., 5] < records[..., 6]
        is_doubtful |= varies & (fourth < FAINT)
    return np.flatnonzero(is_doubtful.any(axis=-1))


def _in_turns(values: NDArray[Any]) -> NDArray[Any]:
    """View values of shape (..., 8, 4, 32) as turns of all lanes, shape (..., 32, 32)."""
    return values.reshape(*values.shape[:-3], -1, N_LANES)


def _whole_records(values: NDArray[Any]) -> Floats:
    turns = _in_turns(values)
    pivot = turns[..., 0, :1]
    count = np.full(turns.shape[:-2], float(BLOCK))
    return close(count, pivot, *_sums(turns, pivot, turns, turns))


def _sums(
    turns: NDArray[Any], pivot: NDArray[Any], low: NDArray[Any], high: NDArray[Any]
) -> list[NDArray[Any]]:
    """What the lanes have seen after all turns: sums of powers, smallest, largest.

    The smallest is looked for in `low` and the largest in `high`, which are `turns`, but
    for values that do not count.
    """
    lanes = (*turns.shape[:-2], N_LANES)
    s1, s2, s3, s4 = (np.zeros(lanes, turns.dtype) for _ in range(4))
    minimum = np.full(lanes, np.inf, turns.dtype)
    maximum = np.full(lanes, -np.inf, turns.dtype)
    with np.errstate(all="ignore"):
        for turn in range(turns.shape[-2]):
            d = turns[..., turn, :] - pivot
            d2 = d * d
            s1 += d
            s2, s3, s4 = fma(d, d, s2), fma(d2, d, s3), fma(d2, d2, s4)
            minimum = np.where(low[..., turn, :] < minimum, low[..., turn, :], minimum)
            maximum = np.where(maximum < high[..., turn, :], high[..., turn, :], maximum)
    return [s1, s2, s3, s4, minimum, maximum]


def close(count: Floats, pivot: NDArray[Any], *lanes: NDArray[Any]) -> Floats:
    """Return the records of what lanes have seen.

    Lanes are added up in pairs, lane l and l + 16, then + 8, 4, 2, 1.

    Parameters
    ----------
    count : array of shape (...), float64
        How many trials count.
    pivot : array of shape (..., 1)
        What sums are taken about.
    *lanes : array of shape (..., 32)
        Sums of the first four powers, the smallest and the largest value.
    """
    *sums, low, high = (each.astype(np.float64, copy=False) for each in lanes)
    with np.errstate(all="ignore"):
        n_left = N_LANES // 2
        while n_left:
            left, right = slice(0, n_left), slice(n_left, 2 * n_left)
            sums = [each[..., left] + each[..., right] for each in sums]
            low = np.where(
                low[..., right] < low[..., left], low[..., right], low[..., left]
            )
            higher = high[..., left] < high[..., right]
            high = np.where(higher, high[..., right], high[..., left])
            n_left //= 2
        # Of two zeros it is left open which is the smaller: the sign goes.
        ends = (low + 0.0, high + 0.0)
        closed = [each[..., 0] for each in (pivot.astype(np.float64), *sums, *ends)]
        return pack(record_of_sums(count, *closed, where=np.where))
