"""How a quantile function that is known to all digits needed is cut for draws.

It comes as polynomials in the logarithm of the tail (`mclib.distributions.fitting`). Each
octave is cut into 1, 2, 4, ... equal segments until the cubics through their
Chebyshev-Lobatto points err by little enough. Neighbors share their end points, so that the
whole is continuous.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Table
from mclib.expressions.tabulation import N_COEFFICIENTS, N_OCTAVES, Segments

GOAL = 2e-11
"""Error relative to the tail that a cut aims at, beside that of what it is given."""

_FINEST_BITS = 11
_UNIFORM_BITS = 7
"""With up to so many bits all octaves are cut alike, which saves a draw some operations."""

# Chebyshev-Lobatto points of [-1/2, 1/2], and between them the points where polynomials
# through those err most.
_DEGREE = N_COEFFICIENTS - 1
_POINTS = -np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE) / 2.0
_BETWEEN = -np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE) / 2.0
_TO_COEFFICIENTS = np.linalg.inv(np.vander(_POINTS, increasing=True)).T
_POWERS_BETWEEN = np.vander(_BETWEEN, _DEGREE + 1, increasing=True).T


@dataclass(frozen=True)
class Curve:
    """One half of a distribution, octave by octave from the median outwards.

    Attributes
    ----------
    octaves : list of array of shape (n, degree + 1)
        Of each octave n polynomials in the place within equal parts of ``t =
        -log2(tail) - 1``, -1/2 to 1/2, lowest power first.
    """

    octaves: list[Floats]

    def at(self, octave: int, significand: Floats) -> tuple[Floats, Floats]:
        """Return x and its slope in t, for the tail ``significand 2**-(octave + 2)``."""
        polynomials = self.octaves[octave]
        count = len(polynomials)
        along = (1.0 - np.log2(significand)) * count
        part = np.clip(np.floor(along).astype(np.int64), 0, count - 1)
        place = along - part - 0.5
        highest, *others = polynomials.T[::-1]
        x, slope = highest[part], np.zeros_like(place)
        for coefficients in others:
            slope = slope * place + x
            x = x * place + coefficients[part]
        return x, slope * count


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
    wanted = np.where(np.arange(N_OCTAVES) < n_near, near_bits, far_bits)
    rows = [
        _cubics(half, octave, int(wanted[octave]))[0]
        for half in halves
        for octave in reversed(range(N_OCTAVES))
    ]
    table = Table.of(np.concatenate(rows).ravel(), Type.FLOAT64)
    return Segments(table, n_near, near_bits, far_bits), list(errors)


def _bits_needed(half: Curve) -> tuple[Any, Floats]:
    """Return how finely each octave must be cut, and the errors that are left then."""
    needed, errors = np.zeros(N_OCTAVES, np.int64), np.zeros(N_OCTAVES)
    n_bits = 0
    for octave in range(N_OCTAVES):
        # Neighboring octaves need about the same: the search begins one step below.
        n_bits = max(n_bits - 1, 0)
        error = _cubics(half, octave, n_bits)[1]
        while error > GOAL and n_bits < _FINEST_BITS:
            n_bits += 1
            error = _cubics(half, octave, n_bits)[1]
        needed[octave], errors[octave] = n_bits, error
    return needed, errors


def _zones(bits: "np.ndarray[Any, np.dtype[np.int64]]") -> tuple[int, int, int]:
    """Return how many octaves are near, and the bits of near and far, in least memory."""
    if bits.max() <= _UNIFORM_BITS:
        return 0, int(bits.max()), int(bits.max())
    choices = []
    for n_near in range(N_OCTAVES):
        near, far = int(bits[:n_near].max(initial=0)), int(bits[n_near:].max())
        size = (n_near << near) + ((N_OCTAVES - n_near) << far)
        choices.append((size, n_near, near, far))
    return min(choices)[1:]


def _cubics(half: Curve, octave: int, n_bits: int) -> tuple[Floats, float]:
    """Return the cubics of ``2**n_bits`` segments, the tail rising, and their error."""
    starts = 1.0 + np.arange(1 << n_bits)[:, None] / (1 << n_bits)
    values, _ = half.at(octave, starts + (_POINTS + 0.5) / (1 << n_bits))
    first = values[:, :1]
    coefficients = (values - first) @ _TO_COEFFICIENTS
    coefficients[:, :1] += first
    wanted, slope = half.at(octave, starts + (_BETWEEN + 0.5) / (1 << n_bits))
    between = coefficients @ _POWERS_BETWEEN
    apart = np.abs(between - wanted)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.log(2.0) * apart / np.abs(slope)
    errors = np.where(apart <= 4.0 * np.spacing(np.abs(wanted)), 0.0, errors)
    error = float(errors.max()) if _is_monotone(values, between) else np.inf
    return coefficients, error


def _is_monotone(values: Floats, between: Floats) -> bool:
    along = np.empty((len(values), 2 * N_COEFFICIENTS - 1))
    along[:, ::2], along[:, 1::2] = values, between
    row = along.ravel()
    steps, rounding = np.diff(row), 4.0 * np.spacing(np.abs(row[1:]))
    return bool(np.all(steps <= rounding) or np.all(steps >= -rounding))
