"""How a quantile function that is known to all digits needed is cut for draws.

It comes as polynomials in the logarithm of the tail (`mclib.distributions.fitting`). Each
octave is cut into 16, 32, ... equal segments until the cubics through their
Chebyshev-Lobatto points err by little enough. Neighbors share their end points, so that the
whole is continuous.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Table
from mclib.expressions.tabulation import N_COEFFICIENTS, N_OCTAVES, Segments

GOAL = 2e-11
"""Error relative to the tail that a cut aims at, beside that of what it is given."""

Places = np.ndarray[Any, np.dtype[np.int64]]

_COARSEST_BITS, _FINEST_BITS = 4, 11
_UNIFORM_BITS = 7
"""With up to so many bits all octaves are cut alike, which saves a draw some operations."""

# Chebyshev-Lobatto points of [-1/2, 1/2], and between them the points where polynomials
# through those err most.
_DEGREE = N_COEFFICIENTS - 1
_POINTS = -np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE) / 2.0
_BETWEEN = -np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE) / 2.0
_TO_COEFFICIENTS = np.linalg.inv(np.vander(_POINTS, increasing=True)).T
_POWERS_BETWEEN = np.vander(_BETWEEN, _DEGREE + 1, increasing=True).T


class Curve:
    """One half of a distribution, octave by octave from the median outwards.

    Parameters
    ----------
    octaves : sequence of array of shape (n, degree + 1)
        Of each octave n polynomials in the place within equal parts of ``t =
        -log2(tail) - 1``, -1/2 to 1/2, lowest power first.
    """

    def __init__(self, octaves: Sequence[Floats]) -> None:
        self._polynomials = np.concatenate(octaves).T.copy()
        self._counts = np.array([len(each) for each in octaves])
        self._firsts = np.cumsum(self._counts) - self._counts

    def at(self, octaves: Places, significands: Floats) -> tuple[Floats, Floats]:
        """Return x and its slope in t, for tails ``significand 2**-(octave + 2)``.

        Parameters
        ----------
        octaves : array of shape (n,), int64
            Which octaves.
        significands : array of shape (...)
            Where in each of them, from 1 to 2.

        Returns
        -------
        x, slope : array of shape (n, ...)
            One of each for every octave and place.
        """
        shape = (-1, *(1,) * significands.ndim)
        counts = self._counts[octaves].reshape(shape)
        along = (1.0 - np.log2(significands)) * counts
        part = np.clip(along.astype(np.int64), 0, counts - 1)
        place = along - part - 0.5
        part += self._firsts[octaves].reshape(shape)
        highest, *others = self._polynomials[::-1]
        x, slope = highest[part], np.zeros_like(place)
        for coefficients in others:
            slope = slope * place + x
            x = x * place + coefficients[part]
        return x, slope * counts


def cut(halves: tuple[Curve, Curve]) -> tuple[Segments, list[Floats]]:
    """Return both halves cut for draws, and the errors that it adds in each octave.

    Parameters
    ----------
    halves : pair of Curve
        The lower and the upper half.

    Returns
    -------
    segments : Segments
        The table.
    errors : list of array of shape (N_OCTAVES,)
        For each half the largest error relative to the tail.
    """
    bits, errors = zip(*map(_bits_needed, halves), strict=True)
    n_near, near_bits, far_bits = _zones(np.maximum(*bits))
    # The tail rises: from the far end to the median.
    zones = (
        (np.arange(N_OCTAVES - 1, n_near - 1, -1), far_bits),
        (np.arange(n_near - 1, -1, -1), near_bits),
    )
    rows = [
        _cubics(half, octaves, n_bits)[0].ravel()
        for half in halves
        for octaves, n_bits in zones
        if octaves.size
    ]
    table = Table.of(np.concatenate(rows), Type.FLOAT64)
    return Segments(table, n_near, near_bits, far_bits), list(errors)


def _bits_needed(half: Curve) -> tuple[Places, Floats]:
    """Return how finely each octave must be cut, and the errors that are left then."""
    needed, errors = np.zeros(N_OCTAVES, np.int64), np.full(N_OCTAVES, np.inf)
    waiting = np.arange(N_OCTAVES)
    for n_bits in range(_COARSEST_BITS, _FINEST_BITS + 1):
        needed[waiting] = n_bits
        errors[waiting] = _cubics(half, waiting, n_bits)[1]
        waiting = waiting[errors[waiting] > GOAL]
        if not waiting.size:
            break
    return needed, errors


def _zones(bits: Places) -> tuple[int, int, int]:
    """Return how many octaves are near, and the bits of near and far, in least memory."""
    if bits.max() <= _UNIFORM_BITS:
        return 0, int(bits.max()), int(bits.max())
    choices = []
    for n_near in range(N_OCTAVES):
        near, far = int(bits[:n_near].max(initial=0)), int(bits[n_near:].max())
        size = (n_near << near) + ((N_OCTAVES - n_near) << far)
        choices.append((size, n_near, near, far))
    return min(choices)[1:]


def _cubics(half: Curve, octaves: Places, n_bits: int) -> tuple[Floats, Floats]:
    """Return the cubics of ``2**n_bits`` segments of octaves, and their errors.

    The tail rises within each octave; there is one error for each of them.
    """
    count = 1 << n_bits
    starts = 1.0 + np.arange(count)[:, None] / count
    values, _ = half.at(octaves, starts + (_POINTS + 0.5) / count)
    first = values[..., :1]
    coefficients = (values - first) @ _TO_COEFFICIENTS
    coefficients[..., :1] += first
    wanted, slope = half.at(octaves, starts + (_BETWEEN + 0.5) / count)
    between = coefficients @ _POWERS_BETWEEN
    apart = np.abs(between - wanted)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.log(2.0) * apart / np.abs(slope)
    errors = np.where(apart <= 4.0 * np.spacing(np.abs(wanted)), 0.0, errors)
    worst = errors.max(axis=(1, 2))
    return coefficients, np.where(_is_monotone(values, between), worst, np.inf)


def _is_monotone(values: Floats, between: Floats) -> Any:
    along = np.empty((*values.shape[:-1], 2 * N_COEFFICIENTS - 1))
    along[..., ::2], along[..., 1::2] = values, between
    rows = along.reshape(len(along), -1)
    steps, rounding = np.diff(rows), 4.0 * np.spacing(np.abs(rows[:, 1:]))
    falls, rises = (steps <= rounding).all(axis=1), (steps >= -rounding).all(axis=1)
    return np.logical_or(falls, rises)
