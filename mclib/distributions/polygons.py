"""A density drawn by points: values and how likely each is beside the others."""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.distributions.ogives import increasing, row_of
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import maximum, minimum, sqrt, where
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup

_NOTHING = 1e-300
"""In place of a density and a probability that are both 0."""


@final
@dataclass(frozen=True, eq=False)
class RelativeOgive(Distribution):
    """Values and how likely each is beside the others, joined by straight lines.

    The density goes in straight lines from point to point: between ``x0`` and ``x1`` it is
    ``h0 + (h1 - h0) (x - x0) / (x1 - x0)``, up to a common factor.

    Parameters
    ----------
    values : array_like of shape (n,)
        Increasing, at least 2, in the draws' unit; the first and the last are the ends.
    heights : array_like of shape (n,)
        Of the density at each, up to a common factor; 0 or more, not all 0.

    Raises
    ------
    ArgumentError
        If the two break their laws.

    See Also
    --------
    CumulativeOgive : Of probabilities of staying below each value.
    Histogram : Of a density that is constant between values.

    References
    ----------
    .. [1] D. Vose, "Risk Analysis: A Quantitative Guide", 3rd ed., Wiley, 2008, ch. 14.

    Examples
    --------
    >>> cost = RelativeOgive([0, 10, 20, 40], [0, 3, 1, 0])
    >>> round(cost.mean, 6), round(float(cost.quantile(0.5)), 6)
    (14.444444, 12.752551)
    """

    values: npt.ArrayLike
    heights: npt.ArrayLike

    def __post_init__(self) -> None:
        points = increasing(self, "values")
        heights = row_of(self, "heights", points.size)
        if not (np.all(heights >= 0.0) and heights.sum() > 0.0):
            raise law("heights", "be 0 or more, and not all 0", heights.tolist())

    @cached_property
    def _points(self) -> Floats:
        return np.asarray(self.values, np.float64)

    @cached_property
    def _widths(self) -> Floats:
        return np.diff(self._points)

    @cached_property
    def _density(self) -> Floats:
        """The heights, so that probabilities add up to 1."""
        heights = np.asarray(self.heights, np.float64)
        heights = heights / heights.max()
        area = float((heights[1:] + heights[:-1]) @ self._widths) / 2.0
        return np.asarray(heights / area)

    @cached_property
    def _slopes(self) -> Floats:
        return np.diff(self._density) / self._widths

    @cached_property
    def _shares(self) -> Floats:
        return (self._density[1:] + self._density[:-1]) * self._widths / 2.0

    @cached_property
    def _up_to(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self._shares)[:-1], [1.0]])

    @cached_property
    def _beyond(self) -> Floats:
        return np.concatenate([[1.0], np.cumsum(self._shares[::-1])[::-1][1:], [0.0]])

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: a root in each piece."""
        has_share = np.flatnonzero(self._shares > 0.0)
        piece: Any = float(has_share[0])
        for before, k in itertools.pairwise(has_share):
            reached = where(
                p.side, p.tail < float(self._beyond[k]), p.tail > float(self._up_to[k])
            )
            piece = piece + where(reached, float(k - before), 0.0)
        left, right = lookup(self._points, piece), lookup(self._points, piece + 1.0)
        own = where(p.side, lookup(self._beyond, piece + 1.0), lookup(self._up_to, piece))
        at = where(p.side, piece + 1.0, piece)
        height = lookup(self._density, at)
        slope = lookup(self._slopes, piece)
        slope = where(p.side, -slope, slope)
        rest = maximum(p.tail - own, 0.0)
        # Of the two ways to write a root, the one in which nothing cancels.
        root = height + sqrt(maximum(height * height + 2.0 * slope * rest, 0.0))
        way = 2.0 * rest / maximum(root, _NOTHING)
        return where(p.side, maximum(right - way, left), minimum(left + way, right))  # type: ignore[no-any-return]

    def _piece(self, x: Floats) -> npt.NDArray[np.intp]:
        found = np.searchsorted(self._points, x, side="right") - 1
        return np.clip(found, 0, self._widths.size - 1)

    def _below(self, x: Floats) -> Floats:
        x = np.clip(x, self._points[0], self._points[-1])
        k = self._piece(x)
        way = x - self._points[k]
        rise = self._density[k] + 0.5 * self._slopes[k] * way
        return np.where(x < self._points[-1], self._up_to[k] + way * rise, x * 0.0 + 1.0)

    def _above(self, x: Floats) -> Floats:
        x = np.clip(x, self._points[0], self._points[-1])
        k = self._piece(x)
        way = self._points[k + 1] - x
        drop = self._density[k + 1] - 0.5 * self._slopes[k] * way
        above = self._beyond[k + 1] + way * drop
        return np.where(x > self._points[0], above, x * 0.0 + 1.0)

    def _moment(self, center: float, power: int) -> float:
        """Return the mean of ``(x - center) ** power``, of powers 1 and 2."""
        w, h, m = self._widths, self._density[:-1], self._slopes
        first = h * w**2 / 2.0 + m * w**3 / 3.0
        second = h * w**3 / 3.0 + m * w**4 / 4.0
        apart = self._points[:-1] - center
        if power == 1:
            return float(np.sum(apart * self._shares + first))
        return float(np.sum(apart**2 * self._shares + 2.0 * apart * first + second))

    @property
    def mean(self) -> float:
        """The mean, in the draws' unit."""
        center = float(self._points[0])
        return center + self._moment(center, 1)

    @property
    def variance(self) -> float:
        """The variance, in the draws' unit squared."""
        return self._moment(self.mean, 2)

    @property
    def support(self) -> tuple[float, float]:
        """The outermost points that have probability between them."""
        has_share = np.flatnonzero(self._shares > 0.0)
        return float(self._points[has_share[0]]), float(self._points[has_share[-1] + 1])
