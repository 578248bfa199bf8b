"""How a quantile function becomes a table.

A segment is the polynomial through the quantiles at its Chebyshev-Lobatto points. Neighbors
share their end points, so that the whole is continuous. Octaves are halved until the
errors, measured between the points by the distribution's own probabilities, are small.

The idea is that of G. Derflinger, W. Hörmann, J. Leydold, "Random Variate Generation by
Numerical Inversion When Only the Density Is Known", ACM Transactions on Modeling and
Computer Simulation 20(4), 2010. Segments in octaves of the tail add relative accuracy in
both tails.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.distributions.cutting import Curve, cut
from mclib.distributions.laws import Floats
from mclib.distributions.tables import QuantileTable
from mclib.errors import ArgumentError
from mclib.expressions.tabulation import N_OCTAVES

DEGREE = 5
"""Of the polynomials that are fitted, and cut into shorter ones at last."""

U_ERROR = 1e-10
"""What every table keeps to: |cdf(draw) - u|, up to the rounding of the draw itself."""

_TAILS = 2.0 ** -(1.0 + np.arange(N_OCTAVES))
"""The largest tail of each octave."""

_GOAL = U_ERROR / 2
_FINEST = 1024
_FAR = 2.0**-34
"""A tail that may be cut off: half of what `U_ERROR` allows."""

_TAIL_ERROR = 1e-4
"""The relative error from which on it is cut off: its functions have lost it."""


@dataclass(frozen=True)
class Tail:
    """One half of a distribution, measured from its end inwards.

    Attributes
    ----------
    probability : callable
        From x to the probability of everything further out than x.
    inverse : callable
        From such a probability, at most 1/2, to x.
    density : callable
        The size of the derivative of `probability`.
    """

    probability: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]


@dataclass(frozen=True)
class _Half:
    """The polynomials of one half, and their largest errors relative to the tail.

    An octave that is held has one, a constant, and the error 1.
    """

    octaves: list[Floats]
    errors: Floats

    @property
    def counts(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """How many segments each octave needs."""
        return np.array([len(each) for each in self.octaves])


def fit(lower: Tail, upper: Tail, name: str) -> QuantileTable:
    """Return the table of a distribution.

    Parameters
    ----------
    lower, upper : Tail
        Its halves. They may measure x from different origins.
    name : str
        What it is called in messages.

    Returns
    -------
    QuantileTable
        Verified between the points that it was fitted at.

    Raises
    ------
    ArgumentError
        If `U_ERROR` can't be met: the quantile function has a kink, a jump or a flat piece
        (an atom) other than at the median, or the functions of `lower` and `upper`
        contradict each other.
    """
    halves = [_fit_half(lower, name, "u"), _fit_half(upper, name, "1 - u")]
    first, second = (Curve(half.octaves) for half in halves)
    segments, added = cut((first, second))
    errors = [half.errors + more for half, more in zip(halves, added, strict=True)]
    for side, each in zip(("u", "1 - u"), errors, strict=True):
        worst = int(np.argmax(each * _TAILS))
        if each[worst] * _TAILS[worst] > U_ERROR:
            raise _cannot_be_met(name, side, _TAILS[worst], each[worst])
    return QuantileTable(
        segments,
        u_error=max(float(np.max(each * _TAILS)) for each in errors),
        tail_error=max(float(np.max(each[_TAILS >= 1e-12])) for each in errors),
    )


def _constant(coefficients: Floats) -> Floats:
    """Return the polynomial that holds the outer end of another."""
    held = np.zeros((1, DEGREE + 1))
    held[0, 0] = coefficients @ 0.5 ** np.arange(DEGREE + 1)
    return held


# Chebyshev-Lobatto points of [-1/2, 1/2], and between them the points where polynomials
# through those err most.
_POINTS = -np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE) / 2.0
_BETWEEN = -np.cos(np.pi * (np.arange(DEGREE) + 0.5) / DEGREE) / 2.0
_TO_COEFFICIENTS = np.linalg.inv(np.vander(_POINTS, increasing=True)).T
_POWERS_BETWEEN = np.vander(_BETWEEN, DEGREE + 1, increasing=True).T


@dataclass
class _Octaves:
    """The best polynomials found so far for each octave of one half."""

    coefficients: list[Floats | None]
    errors: Floats

    def offer(self, octave: int, coefficients: Floats, error: float) -> bool:
        """Take polynomials if they are better; say whether the next finer ones may pay.

        A smooth function gains a factor of 2**6 from each halving. One that gains less than
        4 has met the limits of its own arithmetic, which is good enough within the law.
        """
        before = self.errors[octave]
        if error < before:
            self.coefficients[octave], self.errors[octave] = coefficients, error
        reached, tail = self.errors[octave], 2.0 ** -(1.0 + octave)
        is_lawful = tail <= _FAR or reached * tail <= _GOAL
        has_stalled = len(coefficients) >= 4 and not error < before / 4.0
        return bool(reached > _GOAL and not (is_lawful and has_stalled))

    def end(self) -> int:
        """Return the first octave that is cut off if nothing better is found for it."""
        is_kept = self.errors * _TAILS <= U_ERROR
        # Beyond the reach of a distribution's own functions its tail is held.
        is_kept &= (_TAILS > _FAR) | (self.errors <= _TAIL_ERROR)
        return N_OCTAVES if is_kept.all() else int(np.argmin(is_kept))


def _fit_half(tail: Tail, name: str, side: str) -> _Half:
    best = _Octaves([None] * N_OCTAVES, np.full(N_OCTAVES, np.inf))
    waiting = np.arange(N_OCTAVES)
    count = 1
    while waiting.size and count <= _FINEST:
        coefficients, errors = _polynomials(tail, waiting, count)
        goes_on = [
            best.offer(octave, *each)
            for octave, *each in zip(waiting.tolist(), coefficients, errors, strict=True)
        ]
        given_up = waiting[~np.array(goes_on)]
        waiting = waiting[np.array(goes_on)]
        # What lies beyond an octave that is cut off is cut off with it.
        is_lost = (best.errors[given_up] > _TAIL_ERROR) & (_TAILS[given_up] <= _FAR)
        waiting = waiting[waiting < given_up[is_lost].min(initial=N_OCTAVES)]
        count *= 2
    return _assembled(best, name, side)


def _polynomials(tail: Tail, octaves: Any, count: int) -> tuple[Floats, Floats]:
    """Return `count` polynomials for each octave, and the largest error in each."""
    with np.errstate(all="ignore"):
        return _fitted(tail, octaves, count)


def _fitted(tail: Tail, octaves: Any, count: int) -> tuple[Floats, Floats]:
    centers = octaves[:, None] + (np.arange(count) + 0.5) / count
    values = _quantiles(tail, 2.0 ** -(1.0 + centers[..., None] + _POINTS / count))
    starts = values[..., :1]
    coefficients = (values - starts) @ _TO_COEFFICIENTS
    coefficients[..., :1] += starts
    between = coefficients @ _POWERS_BETWEEN
    wanted = 2.0 ** -(1.0 + centers[..., None] + _BETWEEN / count)
    errors = _relative_errors(tail, between, wanted).max(axis=(1, 2))
    errors[~_is_monotone(values, between)] = np.inf
    return coefficients, errors


def _quantiles(tail: Tail, p: Floats) -> Floats:
    """Return the quantiles at `p`, polished by Newton's method where that helps.

    Ready-made inverses often come of a search that stops early, or of subtracting from 1.
    """
    x = np.asarray(tail.inverse(p), np.float64)
    at_x = tail.probability(x)
    # In a lower half the probability grows with x, in an upper half it may fall.
    sign = np.sign(at_x[..., :1] - at_x[..., -1:]) * np.sign(x[..., :1] - x[..., -1:])
    for _ in range(2):
        moved = x - (at_x - p) / (sign * tail.density(x))
        at_moved = tail.probability(moved)
        is_better = np.abs(at_moved - p) < np.abs(at_x - p)
        x, at_x = np.where(is_better, moved, x), np.where(is_better, at_moved, at_x)
    return x


def _relative_errors(tail: Tail, x: Floats, p: Floats) -> Floats:
    """Return how far the probability at `x` is from `p`, relative to `p`.

    Where p lies between the probabilities a few roundings of x away, x is as good as a
    float can be: floats near 5 are too coarse for a distribution that begins at 5 steeply.
    """
    errors = np.abs(tail.probability(x) - p) / p
    rounding = 4.0 * np.spacing(np.abs(x))
    ends = tail.probability(x - rounding), tail.probability(x + rounding)
    is_rounding = (np.minimum(*ends) <= p) & (p <= np.maximum(*ends))
    return np.where(is_rounding, 0.0, np.where(np.isnan(errors), np.inf, errors))


def _is_monotone(values: Floats, between: Floats) -> Any:
    along = np.empty((*values.shape[:-1], values.shape[-1] + between.shape[-1]))
    along[..., ::2], along[..., 1::2] = values, between
    along = along.reshape(len(along), -1)
    steps = np.diff(along, axis=-1)
    rounding = 4.0 * np.spacing(np.abs(along[:, 1:]))
    falls, rises = (steps <= rounding).all(axis=-1), (steps >= -rounding).all(axis=-1)
    return (falls | rises) & np.isfinite(along).all(axis=-1)


def _assembled(best: _Octaves, name: str, side: str) -> _Half:
    n_kept = best.end()
    if n_kept < N_OCTAVES and _TAILS[n_kept] > _FAR:
        raise _cannot_be_met(name, side, _TAILS[n_kept], best.errors[n_kept])
    kept = [each for each in best.coefficients[:n_kept] if each is not None]
    held = [_constant(kept[-1][-1])] * (N_OCTAVES - n_kept)
    errors = np.where(np.arange(N_OCTAVES) < n_kept, best.errors, 1.0)
    return _Half(kept + held, errors)


def _cannot_be_met(name: str, side: str, tail: float, error: float) -> ArgumentError:
    found = f"{error * tail:.1g}" if math.isfinite(error) else "no increasing finite value"
    message = (
        "`distribution` must have a quantile function that is smooth within each half, for "
        f"draws with a u-error of at most {U_ERROR:g}; got {name}, with {found} for {side} "
        f"between {tail / 2.0:g} and {tail:g}."
    )
    hint = "for a density with corners or gaps use `Empirical(data, interpolate=True)`."
    return ArgumentError(f"{message}\nhint: {hint}")
