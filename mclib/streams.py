"""The draw contract: (seed, stream, trial, step) -> uniform, in plain NumPy.

Philox4x32-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011, doi:10.1145/2063384.2063405) turns a counter of four 32-bit words and a
key of two into four random words. The key is the seed, low word first. A stream is a 32-bit
hash of a name. Contract version 1:

- *An input* has one draw in each trial. Draw of trial ``t``: word ``t & 3`` of counter
  ``(q low, q high, 0, stream)`` with ``q = t >> 2``.
- *A noise* has one draw in each step of a trial. Draw of step ``j`` of trial ``t``: word
  ``j & 3`` of counter ``(t low, t high, j >> 2, stream)``.
- *The word* is the high part of the uniform. The low part, of which a float64 takes 20 bits
  and a float32 none, is the same word as it stood after seven of the ten rounds:
  Philox4x32-7, random enough in itself, at no further cost.
- *The uniform* is the middle of the interval that the bits name: ``(k + 1/2) / 2**52`` with
  52-bit ``k = (word << 20) | (low >> 12)``, or ``(word + 1/2) / 2**32``. It lies strictly
  between 0 and 1, and a float32 draw is the float64 draw seen less sharply.

Nothing else enters: not the order of inputs, the chunk, the thread, the engine or the
device.
"""

import hashlib
from typing import Any

import numpy as np

CONTRACT_VERSION = 1

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
N_ROUNDS = 10
N_ROUNDS_LOW = 7
"""Rounds after which the low parts of float64 uniforms are read off."""

Words = np.ndarray[Any, np.dtype[np.uint32]]

_LOW_32 = np.uint64(0xFFFFFFFF)


def stream_of(name: str) -> int:
    """Return the 32-bit stream of a name; the same on every machine, for good."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "little")


def key_of(seed: int) -> tuple[int, int]:
    """Return the two key words of a 64-bit seed, low word first."""
    return seed & 0xFFFFFFFF, seed >> 32


def philox(counter: Any, key: tuple[int, int], n_rounds: int = N_ROUNDS) -> Words:
    """Return Philox4x32 words.

    Parameters
    ----------
    counter : array_like of shape (4, ...)
        Four 32-bit numbers; each may be an array.
    key : tuple of int
        Two 32-bit numbers.
    n_rounds : int, default 10
        How often to mix.

    Returns
    -------
    array of shape (4, ...)
        Four random words for each counter.

    Examples
    --------
    >>> [f"{word:08x}" for word in philox((0, 0, 0, 0), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(word, np.uint64) for word in counter))
    for turn in range(n_rounds):
        k0, k1 = (np.uint64((key[i] + turn * WEYL[i]) & 0xFFFFFFFF) for i in (0, 1))
        p0, p1 = c0 * np.uint64(MULTIPLIERS[0]), c2 * np.uint64(MULTIPLIERS[1])
        c0, c1 = (p1 >> np.uint64(32)) ^ c1 ^ k0, p1 & _LOW_32
        c2, c3 = (p0 >> np.uint64(32)) ^ c3 ^ k1, p0 & _LOW_32
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


def _choose(words: Words, place: Any) -> Words:
    return np.asarray(np.take_along_axis(words, np.asarray(place)[np.newaxis], axis=0)[0])


def _parts(counter: Any, key: tuple[int, int], place: Any) -> tuple[Words, Words]:
    high, low = (
        _choose(philox(counter, key, n_rounds), place)
        for n_rounds in (N_ROUNDS, N_ROUNDS_LOW)
    )
    return high, low


def input_words(seed: int, name: str, trials: Any) -> tuple[Words, Words]:
    """Return the high and low words of an input's draws, one for each trial."""
    index = np.asarray(trials, np.uint64)
    q = index >> np.uint64(2)
    counter = (q & _LOW_32, q >> np.uint64(32), 0, stream_of(name))
    return _parts(counter, key_of(seed), (index & np.uint64(3)).astype(np.intp))


def noise_words(seed: int, name: str, trials: Any, steps: Any) -> tuple[Words, Words]:
    """Return the high and low words of a noise's draws; trials and steps broadcast."""
    index, step = np.broadcast_arrays(
        np.asarray(trials, np.uint64), np.asarray(steps, np.uint64)
    )
    four = step >> np.uint64(2)
    counter = (index & _LOW_32, index >> np.uint64(32), four, stream_of(name))
    return _parts(counter, key_of(seed), (step & np.uint64(3)).astype(np.intp))


def uniforms(words: tuple[Words, Words]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the float64 uniforms in (0, 1) that high and low words name."""
    high, low = (word.astype(np.uint64) for word in words)
    bits = (high << np.uint64(20)) | (low >> np.uint64(12))
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-52)
