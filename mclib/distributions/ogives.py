"""Curves by points: histograms, and cumulative probabilities that an expert names."""

import itertools
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import where
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup

MOST_POINTS = 500


class ByPieces(Distribution):
    """A density that is constant between neighboring points."""

    @property
    @abstractmethod
    def _points(self) -> Floats:
        """Increasing numbers, at least 2."""

    @property
    @abstractmethod
    def _shares(self) -> Floats:
        """The probability between each point and the next; they add up to 1."""

    @final
    @cached_property
    def _up_to(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self._shares)[:-1], [1.0]])

    @final
    @cached_property
    def _beyond(self) -> Floats:
        return np.concatenate([[1.0], np.cumsum(self._shares[::-1])[::-1][1:], [0.0]])

    @final
    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: straight lines from point to point."""
        points, shares = self._points, self._shares
        has_share = np.flatnonzero(shares > 0.0)
        piece: Any = float(has_share[0])
        for before, k in itertools.pairwise(has_share):
            reached = where(
                p.side, p.tail < float(self._beyond[k]), p.tail > float(self._up_to[k])
            )
            piece = piece + where(reached, float(k - before), 0.0)
        slopes = np.divide(
            np.diff(points), shares, out=np.zeros_like(shares), where=shares > 0
        )
        slope = lookup(slopes, piece)
        left = lookup(points, piece) + slope * (p.tail - lookup(self._up_to, piece))
        over = slope * (p.tail - lookup(self._beyond, piece + 1.0))
        return where(p.side, lookup(points, piece + 1.0) - over, left)  # type: ignore[no-any-return]

    @final
    def _below(self, x: Floats) -> Floats:
        return np.interp(x, self._points, self._up_to)

    @final
    def _above(self, x: Floats) -> Floats:
        return np.interp(x, self._points, self._beyond)

    @property
    @final
    def mean(self) -> float:
        """The mean, in the draws' unit."""
        return float(self._shares @ (self._points[1:] + self._points[:-1])) / 2.0

    @property
    @final
    def variance(self) -> float:
        """The variance, in the draws' unit squared."""
        middles = (self._points[1:] + self._points[:-1]) / 2.0 - self.mean
        return float(self._shares @ (middles**2 + np.diff(self._points) ** 2 / 12.0))

    @property
    @final
    def support(self) -> tuple[float, float]:
        """The outermost points that have probability between them."""
        has_share = np.flatnonzero(self._shares > 0.0)
        return float(self._points[has_share[0]]), float(self._points[has_share[-1] + 1])


@final
@dataclass(frozen=True, eq=False)
class CumulativeOgive(ByPieces):
    """Values and the probability of staying below each, joined by straight lines.

    Parameters
    ----------
    values : array_like of shape (n,)
        Increasing, at least 2, in the draws' unit.
    probabilities : array_like of shape (n,)
        Of a draw of at most each value: from 0, never falling, to 1.

    Raises
    ------
    ArgumentError
        If the two break their laws.

    References
    ----------
    .. [1] D. Vose, "Risk Analysis: A Quantitative Guide", 3rd ed., Wiley, 2008, ch. 14.

    Examples
    --------
    >>> cost = CumulativeOgive([10, 15, 25, 60], [0, 0.25, 0.75, 1])
    >>> cost.mean, float(cost.quantile(0.5))
    (23.75, 20.0)
    """

    values: npt.ArrayLike
    probabilities: npt.ArrayLike

    def __post_init__(self) -> None:
        points = increasing(self, "values")
        up_to = row_of(self, "probabilities", points.size)
        is_lawful = up_to[0] == 0.0 and up_to[-1] == 1.0 and np.all(np.diff(up_to) >= 0.0)
        if not is_lawful:
            raise law("probabilities", "rise from 0 to 1 without falling", up_to.tolist())

    @property
    def _points(self) -> Floats:
        return np.asarray(self.values)

    @property
    def _shares(self) -> Floats:
        return np.diff(np.asarray(self.probabilities))


@final
@dataclass(frozen=True, eq=False)
class Histogram(ByPieces):
    """How much lies in each bin, evenly spread within it.

    Parameters
    ----------
    edges : array_like of shape (n + 1,)
        Increasing, in the draws' unit.
    weights : array_like of shape (n,)
        Of each bin, up to a common factor; 0 or more, not all 0.

    Raises
    ------
    ArgumentError
        If the two break their laws.

    Examples
    --------
    >>> age = Histogram(edges=[0, 10, 20, 50], weights=[1, 2, 1])
    >>> age.mean, float(age.quantile(0.5))
    (17.5, 15.0)
    """

    edges: npt.ArrayLike
    weights: npt.ArrayLike

    def __post_init__(self) -> None:
        points = increasing(self, "edges")
        weights = row_of(self, "weights", points.size - 1)
        if not (np.all(weights >= 0.0) and weights.sum() > 0.0):
            raise law("weights", "be 0 or more, and not all 0", weights.tolist())

    @property
    def _points(self) -> Floats:
        return np.asarray(self.edges)

    @property
    def _shares(self) -> Floats:
        weights = np.asarray(self.weights)
        return weights / weights.sum()  # type: ignore[no-any-return]


def increasing(distribution: Any, name: str) -> Floats:
    """Return the increasing numbers of an attribute, or say what they must be."""
    points = np.asarray(getattr(distribution, name))
    row = row_of(distribution, name, points.size)
    if not 2 <= row.size <= MOST_POINTS or not np.all(np.diff(row) > 0.0):
        must = f"be 2 to {MOST_POINTS} numbers that increase from each to the next"
        raise law(name, must, f"{row.size} numbers")
    return row


def row_of(distribution: Any, name: str, size: int) -> Floats:
    """Return an attribute's numbers, so many of them, or say what they must be."""
    given = np.asarray(getattr(distribution, name))
    if given.ndim != 1 or given.dtype.kind not in "fiub" or given.size != size:
        raise law(name, f"be one row of {size} numbers", f"shape {given.shape}")
    row = given.astype(np.float64)
    if not np.isfinite(row).all():
        raise law(name, "be finite", row.tolist())
    row.flags.writeable = False
    object.__setattr__(distribution, name, row)
    return row
