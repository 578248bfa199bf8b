"""Floats as whole numbers in the same order.

The *key* of a float64 is a uint64; keys compare as their floats do. Zero has one key, that
of +0.0. The keys of NaN lie beyond those of both infinities, so that no range of finite
keys contains one.
"""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIGN = 1 << 63
_BIN_BITS = 12
_ALL = (1 << 64) - 1


def keys_of(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Keys of an array of float64, of the same shape."""
    # Adding +0.0 turns -0.0 into +0.0 and changes nothing else.
    bits = (values + 0.0).view(np.uint64)
    is_negative = bits >> np.uint64(63) != 0
    return bits ^ np.where(is_negative, np.uint64(_ALL), np.uint64(_SIGN))


def values_of(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Floats of an array of keys, of the same shape."""
    was_negative = keys >> np.uint64(63) == 0
    bits = keys ^ np.where(was_negative, np.uint64(_ALL), np.uint64(_SIGN))
    return bits.view(np.float64)


def key_of(value: float) -> int:
    """Key of one float."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", value + 0.0))
    return int(bits) ^ (_ALL if bits & _SIGN else _SIGN)


def value_of(key: int) -> float:
    """Float of one key."""
    bits = key ^ (_SIGN if key & _SIGN else _ALL)
    (value,) = struct.unpack("<d", struct.pack("<Q", bits))
    return float(value)


def keys_at(
    keys: NDArray[np.uint64], places: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return the keys that stand in some places once all are sorted.

    Keys are counted in bins of equal width, and only those bins that places lie in are
    sorted: a fifth of the time of sorting all, half of that of `np.partition`.

    Parameters
    ----------
    keys : array of shape (n,)
        In any order; at least one.
    places : sequence or array of int
        From 0 to n - 1.

    Returns
    -------
    array of shape (len(places),)
        In the order of the places.
    """
    lowest = keys.min()
    shift = max(0, int(keys.max() - lowest).bit_length() - _BIN_BITS)
    # As NumPy counts and looks up places, so that it needn't copy them for either.
    bins = ((keys - lowest) >> np.uint64(shift)).view(np.int64)
    counts = np.bincount(bins, minlength=1 << _BIN_BITS)
    upto = np.cumsum(counts)
    own = np.searchsorted(upto, places, side="right")
    wanted, at = np.unique(own, return_inverse=True)
    is_wanted = np.zeros(1 << _BIN_BITS, np.bool_)
    is_wanted[wanted] = True
    some = np.sort(keys[is_wanted.take(bins)])
    # What lies in bins that nobody wants is missing before each place.
    missing = (upto - counts)[wanted] - (np.cumsum(counts[wanted]) - counts[wanted])
    found: NDArray[np.uint64] = some[np.asarray(places) - missing[at]]
    return found


LOWEST = key_of(-np.finfo(np.float64).max)
"""Key of the lowest finite number."""

HIGHEST = key_of(np.finfo(np.float64).max)
"""Key of the highest finite number."""
