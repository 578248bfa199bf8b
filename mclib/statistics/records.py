"""Records of blocks from arrays of values: what every engine's records are judged by."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.blocks import BLOCK, N_LANES, to_lane_order
from mclib.statistics.moments import FIELDS, Record, lane_record, merge

Floats = NDArray[np.float64]

Places = NDArray[np.intp]

MergePairs = Callable[[Floats, Places], Floats]
"""What does as `merge_pairs` does, to the bit."""

BlockRecords = Callable[[NDArray[Any]], Floats]
"""What does as `block_records` does, to the bit, for whole blocks of several outputs."""

# The lanes of so many blocks stay in cache while their turns are gone through.
_BLOCKS_AT_ONCE = 64
# Sums of 4th powers below this have lost digits to underflow in float32.
_FAINT = 2.0**-102


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

    A trial that doesn't count leaves everything as it was; a lane's pivot is the first of
    its values that does.

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
    lanes = (*values.shape[:-3], N_LANES)
    count = np.zeros(lanes)
    pivot, s1, s2, s3, s4 = (np.zeros(lanes, values.dtype) for _ in range(5))
    minimum = np.full(lanes, np.inf, values.dtype)
    maximum = np.full(lanes, -np.inf, values.dtype)
    with np.errstate(all="ignore"):
        for x, counts in zip(_turns(values), _turns(is_counted), strict=True):
            pivot = np.where(counts & (count == 0.0), x, pivot)
            count = count + counts
            d = x - pivot
            d2 = d * d
            s1 = np.where(counts, s1 + d, s1)
            s2 = np.where(counts, s2 + d2, s2)
            s3 = np.where(counts, s3 + d2 * d, s3)
            s4 = np.where(counts, s4 + d2 * d2, s4)
            minimum = np.where(counts & (x < minimum), x, minimum)
            maximum = np.where(counts & (maximum < x), x, maximum)
    return _merge_lanes(count, pivot, s1, s2, s3, s4, minimum, maximum)


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
        is_doubtful |= varies & (fourth < _FAINT)
    return np.flatnonzero(is_doubtful.any(axis=-1))


def _turns(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Values of shape (..., 8, 4, 32), one turn of all lanes after the other."""
    in_turn = values.reshape(*values.shape[:-3], -1, N_LANES)
    for turn in range(in_turn.shape[-2]):
        yield in_turn[..., turn, :]


def _whole_records(values: NDArray[Any]) -> Floats:
    turns = _turns(values)
    pivot = np.ascontiguousarray(next(turns))
    minimum = np.where(pivot < np.inf, pivot, np.inf).astype(pivot.dtype)
    maximum = np.where(-np.inf < pivot, pivot, -np.inf).astype(pivot.dtype)
    with np.errstate(all="ignore"):
        # The first turn adds its value less itself: 0, or NaN if it isn't finite.
        s1 = pivot - pivot
        s2, s3, s4 = s1 * s1, s1 * s1, s1 * s1
        for x in turns:
            d = x - pivot
            d2 = d * d
            s1 += d
            s2 += d2
            s3 += d2 * d
            s4 += d2 * d2
            minimum = np.where(x < minimum, x, minimum)
            maximum = np.where(maximum < x, x, maximum)
    count = np.full(pivot.shape, float(values.shape[-3] * values.shape[-2]))
    return _merge_lanes(count, pivot, s1, s2, s3, s4, minimum, maximum)


def _merge_lanes(count: Floats, *sums: NDArray[Any]) -> Floats:
    """Close the lanes and merge them in pairs: lane l with l + 16, then + 8, 4, 2, 1."""
    with np.errstate(all="ignore"):
        wide = (each.astype(np.float64, copy=False) for each in sums)
        record = lane_record(count, *wide, where=np.where)
        n_left = N_LANES // 2
        while n_left:
            left = [each[..., :n_left] for each in record]
            right = [each[..., n_left : 2 * n_left] for each in record]
            record = merge(left, right, where=np.where)
            n_left //= 2
    return pack(Record(*(each[..., 0] for each in record)))
