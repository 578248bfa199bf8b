"""Draws from data."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.distributions.shares import Shares
from mclib.errors import ArgumentError, law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import ceil, floor, where
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup


@final
@dataclass(frozen=True, eq=False, repr=False)
class Empirical(Distribution):
    """Draws from data: one of the values, or a point between two neighbours.

    Without `interpolate` a draw is one of the values: the quantile function is the smallest
    value that at least a fraction u of the weight does not exceed. With it, the quantile
    function is the straight line through the sorted values ``x[0] ... x[n - 1]`` at
    ``u = 0, 1 / (n - 1), ..., 1``, so that draws fill the gaps and never leave the range.

    Parameters
    ----------
    data : array_like of shape (n,)
        Finite numbers in the draws' unit, in any order; at least one.
    interpolate : bool, default False
        Whether to draw between the values too.
    weights : array_like of shape (n,), optional
        How likely each value is, up to a common factor; 0 or more, not all 0. All the same
        if left out. Not together with `interpolate`.

    Raises
    ------
    ArgumentError
        If the data are empty, not one row, or not finite, or the weights break their law.

    Notes
    -----
    Nothing beyond the largest value is ever drawn: for tails, fit a family. The mean and
    the variance are those of the distribution (divisor n), not estimates of what the data
    were drawn from. Memory is that of the data. Weighted draws search a guide table, as in
    [1]_; two or three lookups unless some weights are very small and close together.

    References
    ----------
    .. [1] H.-C. Chen, Y. Asau, "On Generating Random Variates from an Empirical
       Distribution", AIIE Transactions 6(2), 1974.

    Examples
    --------
    >>> lead_time = Empirical([9, 4, 5, 4])
    >>> lead_time
    Empirical(4 values from 4.0 to 9.0)
    >>> lead_time.quantile([0.5, 0.75, 0.76])
    array([4., 5., 9.])
    >>> float(Empirical([4, 5, 9], interpolate=True).quantile(0.75))
    7.0
    """

    data: npt.ArrayLike
    interpolate: bool = False
    weights: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        values = _row("data", self.data)
        order = np.argsort(values, kind="stable")
        _set_array(self, "data", values[order])
        if self.weights is None:
            return
        if self.interpolate:
            message = (
                "`weights` must be left out where `interpolate` is true: between values of "
                "different weights there is no one straight line."
            )
            raise ArgumentError(message)
        weights = _row("weights", self.weights)
        if weights.shape != values.shape:
            must = f"have one number for each of the {values.size} values"
            raise law("weights", must, f"{weights.size} numbers")
        if weights.min() < 0.0:
            raise law("weights", "be 0 or more", float(weights.min()))
        if not 0.0 < weights.sum() < math.inf:
            raise law("weights", "have a sum above 0, and finite", float(weights.sum()))
        _set_array(self, "weights", weights[order])

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, counted from the nearer end."""
        if self.weights is not None:
            return self._shares.draw(p)
        if self.interpolate:
            return self._between(p)
        n = len(self._values)
        share = float(n) * p.tail
        index = where(p.side, float(n - 1) - floor(share), ceil(share) - 1.0)
        return lookup(self._values, index)  # type: ignore[no-any-return]

    def _between(self, p: Probability) -> Expression:
        last = float(len(self._values) - 1)
        place = last * p.tail
        whole = floor(place)
        near = lookup(self._values, where(p.side, last - whole, whole))
        next_ = lookup(self._values, where(p.side, last - 1.0 - whole, whole + 1.0))
        return near + (place - whole) * (next_ - near)  # type: ignore[no-any-return]

    @property
    def _values(self) -> Floats:
        return np.asarray(self.data)

    @property
    def _weights(self) -> Floats:
        return (
            np.ones(len(self._values)) if self.weights is None else np.asarray(self.weights)
        )

    @cached_property
    def _shares(self) -> Shares:
        return Shares.of(self._values, self._weights)

    def _below(self, x: Floats) -> Floats:
        if self.interpolate:
            return self._place(x) / max(len(self._values) - 1, 1)
        return self._shares.up_to[np.searchsorted(self._shares.values, x, side="right")]

    def _above(self, x: Floats) -> Floats:
        if self.interpolate:
            last = max(len(self._values) - 1, 1)
            return (last - self._place(x)) / last
        return self._shares.beyond[np.searchsorted(self._shares.values, x, side="right")]

    def _place(self, x: Floats) -> Floats:
        """Return where `x` lies among the sorted values, counted from the first."""
        values = self._values
        if values.size == 1:
            return np.where(x < values[0], 0.0, 1.0)
        inside = np.clip(x, values[0], values[-1])
        index = np.searchsorted(values, inside, side="right") - 1
        left = np.minimum(index, values.size - 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (inside - values[left]) / (values[left + 1] - values[left])
        place = np.where(index == left, left + part, values.size - 1.0)
        return np.where(x < values[0], 0.0, place)

    @property
    def mean(self) -> float:
        """The (weighted) mean of the values, or of the line through them."""
        if self.interpolate:
            return float(np.mean(_middles(self._values)))
        return float(np.average(self._values, weights=self._weights))

    @property
    def variance(self) -> float:
        """The (weighted) mean squared distance from the mean."""
        if self.interpolate:
            within = np.diff(self._values) ** 2 / 12.0
            squares = (_middles(self._values) - self.mean) ** 2
            return float(np.mean(squares) + (np.mean(within) if within.size else 0.0))
        return float(np.average((self._values - self.mean) ** 2, weights=self._weights))

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that has weight."""
        if self.weights is None:
            return float(self._values[0]), float(self._values[-1])
        return float(self._shares.values[0]), float(self._shares.values[-1])

    def __repr__(self) -> str:
        first, last = float(self._values[0]), float(self._values[-1])
        count = f"{len(self._values):,} value{'s' if len(self._values) > 1 else ''}"
        more = "".join(
            f", {text}"
            for text, holds in (
                ("interpolate=True", self.interpolate),
                ("weighted", self.weights is not None),
            )
            if holds
        )
        return f"Empirical({count} from {first!r} to {last!r}{more})"


def _row(name: str, values: npt.ArrayLike) -> Floats:
    row = np.asarray(values)
    if row.ndim != 1 or row.size == 0 or row.dtype.kind not in "fiub":
        raise law(name, "be one row of at least one number", _shape(row))
    row = row.astype(np.float64)
    if not np.isfinite(row).all():
        index = int(np.argmin(np.isfinite(row)))
        raise law(name, "be finite", f"{row[index]} at index {index}")
    return row


def _shape(row: "np.ndarray[Any, Any]") -> str:
    return f"shape {row.shape} of {row.dtype}"


def _set_array(to: Empirical, name: str, values: Floats) -> None:
    values.flags.writeable = False
    object.__setattr__(to, name, values)


def _middles(values: Floats) -> Floats:
    return values if values.size == 1 else (values[1:] + values[:-1]) / 2.0
