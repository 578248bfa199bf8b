"""Tails and quantiles of a smooth density that has no closed ones.

The density is met by polynomials in panels, dense enough that each sees it change by a few
powers of e. Their integrals are added up from both ends inwards, so that either tail keeps
its digits.
"""

import copy
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mclib.distributions.fitting import Tail, fit
from mclib.distributions.laws import Floats
from mclib.distributions.pieces import Piece, valleys
from mclib.distributions.tables import QuantileTable

_DEGREE = 23
_FALL = 110.0
"""Where a tail is cut off: far below any uniform."""

_MOST_CHANGE, _LEAST_CHANGE = 2.5, 1.0
_N_NEWTON = 40

LogDensity = Callable[[Floats], Floats]
Places = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]

_NODES = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
_TO_SERIES = np.linalg.inv(np.polynomial.chebyshev.chebvander(_NODES, _DEGREE))


class Integrated:
    """A density, integrated.

    Parameters
    ----------
    log_density : callable
        Logarithm of the density, up to a constant, for arrays.
    edges : array of shape (n + 1,)
        Ends of the panels, increasing; beyond the outer ones there is nothing.
    """

    def __init__(self, log_density: LogDensity, edges: Floats) -> None:
        self.edges = edges
        self._half = np.diff(edges) / 2.0
        self._middle = (edges[1:] + edges[:-1]) / 2.0
        places = self._middle[:, None] + self._half[:, None] * _NODES
        with np.errstate(all="ignore"):
            logs = np.nan_to_num(log_density(places), nan=-np.inf)
        values = np.exp(logs - np.max(logs))
        series = values @ _TO_SERIES.T
        integral = np.polynomial.chebyshev.chebint(series, lbnd=-1.0, axis=1)
        masses = integral.sum(axis=1) * self._half
        total = float(np.sum(masses))
        self._series, self._integral = series / total, integral / total
        self._masses = masses / total
        self._add_up()

    def below(self, x: Floats) -> Floats:
        """Return the probability below `x`."""
        panel, place = self._find(x)
        part = self._half[panel] * _sum(self._integral[panel], place)
        inside = np.clip(self._below[panel] + part, 0.0, 1.0)
        return np.where(x >= self.edges[-1], 1.0, np.where(x <= self.edges[0], 0.0, inside))

    def above(self, x: Floats) -> Floats:
        """Return the probability above `x`."""
        panel, place = self._find(x)
        part = self._masses[panel] - self._half[panel] * _sum(self._integral[panel], place)
        inside = np.clip(self._above[panel + 1] + part, 0.0, 1.0)
        return np.where(x >= self.edges[-1], 0.0, np.where(x <= self.edges[0], 1.0, inside))

    def density(self, x: Floats) -> Floats:
        """Return the density at `x`."""
        panel, place = self._find(x)
        return np.asarray(np.maximum(_sum(self._series[panel], place), 0.0))

    def from_below(self, p: Floats) -> Floats:
        """Return where the probability below is `p`."""
        panel = np.clip(np.searchsorted(self._below, p, side="right") - 1, 0, None)
        return self._solved(np.minimum(panel, len(self._half) - 1), p, self.below, 1.0)

    def from_above(self, p: Floats) -> Floats:
        """Return where the probability above is `p`."""
        panel = len(self._half) - np.searchsorted(self._above[::-1], p, side="right")
        panel = np.clip(panel, 0, len(self._half) - 1)
        return self._solved(panel, p, self.above, -1.0)

    def moments(self, value: Callable[[Floats], Floats]) -> tuple[float, float]:
        """Return mean and variance of a function of x."""
        points, weights = np.polynomial.legendre.leggauss(24)
        x = self._middle[:, None] + self._half[:, None] * points
        panels = np.broadcast_to(np.arange(len(self._half))[:, None], x.shape)
        masses = np.maximum(_sum(self._series[panels], np.broadcast_to(points, x.shape)), 0)
        masses = masses * weights * self._half[:, None]
        masses, values = masses / np.sum(masses), value(x)
        mean = float(np.sum(masses * values))
        return mean, float(np.sum(masses * (values - mean) ** 2))

    def pieces(self, name: str) -> list[Piece]:
        """Return the quantile function as tables between the valleys of the density."""
        inner = valleys(self.edges, self.density(self.edges))
        cuts = [0, *np.searchsorted(self.edges, inner).tolist(), len(self.edges) - 1]
        found = []
        for start, end in itertools.pairwise(cuts):
            part = self._part(start, end)
            share = float(np.sum(self._masses[start:end]))
            if share > 1e-15:
                is_first, is_last = start == 0, end == len(self.edges) - 1
                low = -math.inf if is_first else float(self.edges[start])
                high = math.inf if is_last else float(self.edges[end])
                below = 0.0 if is_first else float(self._below[start])
                above = 0.0 if is_last else float(self._above[end])
                found.append(Piece(low, high, below, share, above, part._table(name)))
        return found

    def _part(self, start: int, end: int) -> "Integrated":
        """Return what lies between two edges, as a distribution of its own."""
        part = copy.copy(self)
        share = float(np.sum(self._masses[start:end]))
        part.edges = self.edges[start : end + 1]
        part._half, part._middle = self._half[start:end], self._middle[start:end]
        part._series = self._series[start:end] / share
        part._integral = self._integral[start:end] / share
        part._masses = self._masses[start:end] / share
        part._add_up()
        return part

    def _add_up(self) -> None:
        self._below = np.concatenate([[0.0], np.cumsum(self._masses)])
        self._above = np.concatenate([np.cumsum(self._masses[::-1])[::-1], [0.0]])

    def _table(self, name: str) -> QuantileTable:
        lower = Tail(self.below, self.from_below, self.density)
        return fit(lower, Tail(self.above, self.from_above, self.density), name)

    def _find(self, x: Floats) -> tuple[Places, Floats]:
        held = np.clip(x, self.edges[0], self.edges[-1])
        panel = np.searchsorted(self.edges, held, side="right") - 1
        panel = np.clip(panel, 0, len(self._half) - 1)
        return panel, np.clip((held - self._middle[panel]) / self._half[panel], -1.0, 1.0)

    def _solved(
        self, panel: Places, p: Floats, tail: Callable[[Floats], Floats], sign: float
    ) -> Floats:
        low, high = self.edges[panel], self.edges[panel + 1]
        x = (low + high) / 2.0
        for _ in range(_N_NEWTON):
            gap = sign * (tail(x) - p)
            low, high = np.where(gap < 0.0, x, low), np.where(gap < 0.0, high, x)
            with np.errstate(all="ignore"):
                moved = x - gap / self.density(x)
            inside = (low < moved) & (moved < high)
            x = np.where(inside, moved, (low + high) / 2.0)
        return np.asarray(x)


def panels(
    log_density: LogDensity, mode: float, low: float, high: float, width: float
) -> Floats:
    """Return edges that go outwards from a mode until the density has all but vanished.

    Parameters
    ----------
    log_density : callable
        Falling on either side of the mode.
    mode, low, high : float
        The mode, and the ends of the support.
    width : float
        Of the widest panel.
    """

    def log_at(x: float) -> float:
        return float(log_density(np.array([x]))[0])

    top = log_at(mode)
    sides = []
    for end in (low, high):
        edges, here, step = [mode], top, width
        while here > top - _FALL and edges[-1] != end:
            step = min(step * 1.5, width, abs(end - edges[-1]))
            while True:
                following = edges[-1] + math.copysign(step, end - mode)
                following = end if step >= abs(end - edges[-1]) else following
                there = log_at(following)
                if here - there <= _MOST_CHANGE or step < 1e-12 * width:
                    break
                step /= 2.0
            edges.append(following)
            here = there
        sides.append(edges)
    return np.array([*sides[0][:0:-1], *sides[1]])


def _sum(series: Floats, place: Floats) -> Floats:
    """Return sums of Chebyshev series along the last axis, by Clenshaw's recurrence."""
    ahead = before = np.zeros(np.shape(place))
    for k in range(series.shape[-1] - 1, 0, -1):
        ahead, before = series[..., k] + 2.0 * place * ahead - before, ahead
    return np.asarray(series[..., 0] + place * ahead - before)
