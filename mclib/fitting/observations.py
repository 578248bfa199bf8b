"""What was observed: exact numbers, and numbers of which only bounds are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats
from mclib.errors import law


@dataclass(frozen=True, eq=False)
class Observations:
    """Numbers, each with bounds between which it lies, and with a weight.

    Attributes
    ----------
    low, high : array of shape (n,)
        Bounds in the data's unit: ``low < x <= high``, or ``x = low = high`` for one that
        is known exactly. Infinite where there is no bound.
    weights : array of shape (n,)
        How often each was observed, above 0.
    """

    low: Floats
    high: Floats
    weights: Floats

    @cached_property
    def is_exact(self) -> Any:
        """Which ones are known exactly, array of shape (n,)."""
        return self.low == self.high

    @cached_property
    def is_censored(self) -> bool:
        """Whether for some only bounds are known."""
        return not bool(np.all(self.is_exact))

    @cached_property
    def n(self) -> float:
        """How many there are, each as often as its weight says."""
        return float(self.weights.sum())

    @cached_property
    def exact(self) -> Floats:
        """Those that are known exactly."""
        return np.asarray(self.low[self.is_exact])

    @cached_property
    def exact_weights(self) -> Floats:
        """Their weights."""
        return np.asarray(self.weights[self.is_exact])

    @cached_property
    def typical(self) -> Floats:
        """One number for each: itself, the middle of its interval, or its only bound."""
        low = np.where(np.isfinite(self.low), self.low, self.high)
        high = np.where(np.isfinite(self.high), self.high, low)
        return np.asarray(low + (high - low) / 2.0)

    @cached_property
    def is_whole(self) -> bool:
        """Whether they look like counts.

        Those are whole numbers from 0 on, some of them equal, and not all of them round.
        """
        bounds = np.concatenate([self.low, self.high])
        known = bounds[np.isfinite(bounds)]
        is_whole = bool(np.all(known == np.rint(known)) and np.all(known >= 0.0))
        values = np.unique(self.typical)
        repeats = len(values) < len(self.low) or bool(np.any(self.weights > 1.0))
        is_round = bool(np.all(known % 10.0 == 0.0) and np.any(known > 0.0))
        return is_whole and repeats and not is_round

    def at(self, rows: Any) -> "Observations":
        """Return some of the observations, once each."""
        return Observations(self.low[rows], self.high[rows], np.ones(len(rows)))

    def moved(self, shift: float) -> "Observations":
        """Return them less `shift`."""
        return replace(self, low=self.low - shift, high=self.high - shift)


def observe(
    data: Any, left: Any = (), right: Any = (), intervals: Any = (), weights: Any = None
) -> Observations:
    """Return observations from data as people have them.

    Parameters
    ----------
    data : array_like of shape (n,), or scipy.stats.CensoredData
        Numbers that are known exactly.
    left, right : array_like
        Bounds of numbers that are at most, or more than, that.
    intervals : array_like of shape (m, 2)
        Bounds of numbers that lie above the first and at most at the second.
    weights : array_like, optional
        For data, left, right and intervals, in this order.

    Raises
    ------
    ArgumentError
        If they are no such numbers.
    """
    if hasattr(data, "_uncensored"):
        # SciPy's `CensoredData` shows its parts under these names only.
        left = [*_row("left", left), *data._left]
        right = [*_row("right", right), *data._right]
        intervals = [*_pairs(intervals), *np.reshape(data._interval, (-1, 2))]
        data = data._uncensored
    exact, at_most, above = _row("data", data), _row("left", left), _row("right", right)
    pairs = _pairs(intervals)
    low = [exact, np.full(len(at_most), -np.inf), above, pairs[:, 0]]
    high = [exact, at_most, np.full(len(above), np.inf), pairs[:, 1]]
    made = Observations(np.concatenate(low), np.concatenate(high), np.ones(0))
    n = len(made.low)
    if n < 2:
        raise law("data", "be two observations at least", n)
    if weights is None:
        return replace(made, weights=np.ones(n))
    row = _row("weights", weights)
    if len(row) != n or not np.all(row >= 0.0) or not np.any(row > 0.0):
        must = f"be a number of 0 or more for each of the {n} observations, not all 0"
        raise law("weights", must, weights)
    is_counted = row > 0.0
    return Observations(made.low[is_counted], made.high[is_counted], row[is_counted])


def _row(name: str, values: Any) -> Floats:
    try:
        row = np.atleast_1d(np.asarray(values, np.float64))
    except (TypeError, ValueError):
        raise law(name, "be a row of numbers", values) from None
    if row.ndim != 1:
        must, hint = "be one row of numbers", "fit each column by itself."
        raise law(name, must, f"shape {row.shape}", hint)
    if not np.all(np.isfinite(row)):
        hint = "leave out what is missing: `data[np.isfinite(data)]`."
        raise law(name, "be finite", float(row[~np.isfinite(row)][0]), hint)
    return row


def _pairs(values: Any) -> Floats:
    if isinstance(values, Sequence) and not values:
        return np.empty((0, 2))
    try:
        pairs = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise law("intervals", "be pairs of numbers", values) from None
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.all(pairs[:, 0] < pairs[:, 1]):
        must = "be pairs of numbers, the first below the second"
        raise law("intervals", must, values)
    if np.any(np.all(np.isinf(pairs), axis=1)):
        raise law("intervals", "have one finite bound each", values)
    return pairs
