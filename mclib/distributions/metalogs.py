"""Metalog distributions: any shape, from percentiles or data."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mclib.arrays import floats
from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.distributions.moments import moments_of
from mclib.errors import ArgumentError, law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, log1p, where
from mclib.expressions.probability import Probability

MOST_TERMS = 16
_CHECKED = np.concatenate([np.geomspace(1e-9, 0.5, 400), 1 - np.geomspace(0.5, 1e-9, 400)])
_TAILS = np.minimum(
    _CHECKED, np.concatenate([np.full(400, 1.0), np.geomspace(0.5, 1e-9, 400)])
)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Metalog(Distribution):
    """A distribution of any shape, by what experts or data say of its quantiles.

    With ``L = log(u / (1 - u))`` and ``c = u - 1/2`` the quantile function is ``a1 + a2 L +
    a3 c L + a4 c + a5 c**2 + a6 c**2 L + ...``. With a `low` end it is ``low +
    exp(...)``, with a `high` end ``high - exp(-...)``, with both ``low + (high - low) / (1
    + exp(-...))``.

    Parameters
    ----------
    coefficients : array_like of shape (n,)
        a1, a2, ..., 2 to 16 of them; in the draws' unit where there is no end.
    low, high : float, optional
        The ends, in the draws' unit; none if left out.

    Raises
    ------
    ArgumentError
        If the quantile function so written does not increase everywhere, or a number breaks
        its law.

    See Also
    --------
    Metalog.from_quantiles : From percentiles.
    Metalog.from_data : From data.

    References
    ----------
    .. [1] T. W. Keelin, "The Metalog Distributions", Decision Analysis 13(4), 2016.

    Examples
    --------
    >>> demand = Metalog.from_quantiles({0.1: 10, 0.5: 20, 0.9: 40})
    >>> demand.quantile([0.01, 0.95]).round(6)
    array([ 1.439454, 47.638984])
    >>> demand = Metalog.from_quantiles({0.1: 10, 0.5: 20, 0.9: 40}, low=0)
    >>> demand.quantile([0.01, 0.95]).round(6)
    array([ 4.693288, 50.632788])
    """

    coefficients: npt.ArrayLike
    low: Any = None
    high: Any = None

    def __post_init__(self) -> None:
        must = f"be 2 to {MOST_TERMS} finite numbers"
        row = np.atleast_1d(floats("coefficients", self.coefficients, must))
        if row.ndim != 1 or not 2 <= row.size <= MOST_TERMS or not np.isfinite(row).all():
            raise law("coefficients", must, self.coefficients)
        row.flags.writeable = False
        object.__setattr__(self, "coefficients", row)
        for name in ("low", "high"):
            if getattr(self, name) is not None:
                laws.settle(self, **{name: laws.number})
        if self.low is not None and self.high is not None:
            laws.interval(self.low, self.high)
        slopes = _slopes(_CHECKED, _TAILS, row.size) @ row
        if not np.all(slopes > 0.0):
            place = float(_CHECKED[int(np.argmin(slopes))])
            message = (
                "`coefficients` must make a quantile function that increases everywhere; "
                f"it falls near u={place:.3g}.\n"
                "hint: take fewer terms, or quantiles that are less at odds."
            )
            raise ArgumentError(message)

    @classmethod
    def from_quantiles(
        cls,
        quantiles: Mapping[float, float],
        *,
        low: float | None = None,
        high: float | None = None,
        n_terms: int | None = None,
    ) -> Self:
        """Return the metalog through quantiles, or nearest to them in least squares.

        Parameters
        ----------
        quantiles : mapping of float to float
            Value for each probability strictly between 0 and 1, at least 2, increasing.
        low, high : float, optional
            The ends, in the draws' unit.
        n_terms : int, optional
            At most the number of quantiles; that number, up to 16, if left out.

        Raises
        ------
        ArgumentError
            If the quantiles don't increase, lie beyond an end, or no metalog of so many
            terms increases through them.
        """
        if not isinstance(quantiles, Mapping):
            hint = "write `{0.1: 10, 0.5: 20, 0.9: 40}`."
            raise law("quantiles", "map probabilities to values", quantiles, hint)
        must = "map numbers to numbers"
        u, x = floats("quantiles", list(quantiles.items()) or [(0.0, 0.0)], must).T
        order = np.argsort(u)
        u, x = u[order], x[order]
        if u.size < 2 or not (np.all(u > 0.0) and np.all(u < 1.0)):
            must = "have 2 or more probabilities strictly between 0 and 1"
            raise law("quantiles", must, dict(quantiles), "write P10 as 0.1.")
        if not np.all(np.diff(x) > 0.0):
            raise law("quantiles", "increase with their probabilities", dict(quantiles))
        return cls._fitted(u, x, low, high, min(n_terms or u.size, u.size, MOST_TERMS))

    @classmethod
    def from_data(
        cls,
        data: Sequence[float] | npt.ArrayLike,
        *,
        n_terms: int = 5,
        low: float | None = None,
        high: float | None = None,
    ) -> Self:
        """Return the metalog nearest to data in least squares of quantiles.

        Value number k of n, in order, is taken as the quantile at ``(k - 1/2) / n``.

        Parameters
        ----------
        data : array_like of shape (n,)
            Finite numbers in the draws' unit, in any order.
        n_terms : int, default 5
            2 to 16; the more, the closer, and the sooner it fails to increase.
        low, high : float, optional
            The ends, in the draws' unit.

        Raises
        ------
        ArgumentError
            If the data break their law, or the fit does not increase.

        Examples
        --------
        >>> ages = Metalog.from_data([1, 2, 2.5, 3, 3.2, 4, 5, 7], n_terms=3)
        >>> round(float(ages.quantile(0.5)), 4)
        3.1227
        """
        must = f"be at least {n_terms} finite numbers, one for each term"
        x = np.sort(floats("data", data, must).ravel())
        if x.size < n_terms or not np.isfinite(x).all():
            raise law("data", must, f"{x.size} numbers")
        return cls._fitted((np.arange(x.size) + 0.5) / x.size, x, low, high, n_terms)

    @classmethod
    def _fitted(
        cls, u: Floats, x: Floats, low: float | None, high: float | None, n_terms: int
    ) -> Self:
        is_inside = (low is None or x[0] > low) and (high is None or x[-1] < high)
        if not is_inside:
            message = (
                "every value must lie between `low` and `high`; got values from "
                f"{float(x[0])!r} to {float(x[-1])!r} with low={low!r}, high={high!r}."
            )
            raise ArgumentError(message)
        terms = _terms(u, np.minimum(u, 1.0 - u), n_terms)
        seen = _unbounded(x, low, high)
        return cls(np.linalg.lstsq(terms, seen, rcond=None)[0], low, high)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        odds = log(p.tail) - log1p(-p.tail)
        odds = where(p.side, -odds, odds)
        center = where(p.side, 0.5 - p.tail, p.tail - 0.5)
        total: Any = 0.0
        for place, a in enumerate(self._row):
            power, has_odds = _TERMS[place]
            term = float(a)
            for _ in range(power):
                term = term * center
            total = total + (term * odds if has_odds else term)
        if self.low is None and self.high is None:
            return total  # type: ignore[no-any-return]
        if self.high is None:
            return self.low + exp(total)  # type: ignore[no-any-return]
        if self.low is None:
            return self.high - exp(-total)  # type: ignore[no-any-return]
        width = self.high - self.low
        share = width / (1.0 + exp(where(p.side, total, -total)))
        return where(p.side, self.high - share, self.low + share)  # type: ignore[no-any-return]

    @property
    def _row(self) -> Floats:
        return np.asarray(self.coefficients)

    def _below(self, x: Floats) -> Floats:
        return self._sides(x)[0]

    def _above(self, x: Floats) -> Floats:
        return self._sides(x)[1]

    def _sides(self, x: Floats) -> tuple[Floats, Floats]:
        """Return both probabilities: the log-odds are bisected until floats meet."""
        with np.errstate(all="ignore"):
            wanted = _unbounded(x, self.low, self.high)
            left, right = np.full(np.shape(x), -720.0), np.full(np.shape(x), 720.0)
            for _ in range(70):
                middle = (left + right) / 2.0
                is_left = _at_odds(middle, self._row) < wanted
                left, right = (
                    np.where(is_left, middle, left),
                    np.where(is_left, right, middle),
                )
            below, above = 1.0 / (1.0 + np.exp(-right)), 1.0 / (1.0 + np.exp(right))
        low, high = self.support
        below = np.where(x <= low, 0.0, np.where(x >= high, 1.0, below))
        return below, np.where(x <= low, 1.0, np.where(x >= high, 0.0, above))

    def log_density(self, x: npt.ArrayLike) -> Floats:
        """Return the logarithm of the density at x: minus infinity beyond the ends."""
        places = laws.reals("x", x)
        below, above = self._sides(places)
        low, high = self.support
        with np.errstate(all="ignore"):
            rise = _slopes(below, np.minimum(below, above), self._row.size) @ self._row
            # By the log-odds; then of the exponential that keeps draws within the ends.
            found = np.log(below) + np.log(above) - np.log(rise)
            if self.low is not None:
                found = found - np.log(places - low)
            if self.high is not None:
                found = found - np.log(high - places)
            if self.low is not None and self.high is not None:
                found = found + np.log(high - low)
        return np.where((low < places) & (places < high), found, -np.inf)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        return moments_of(self.quantile, self.quantile_from_above)

    @property
    def mean(self) -> float:
        """The mean, integrated."""
        self._require_numbers()
        return self._moments[0]

    @property
    def variance(self) -> float:
        """The variance, integrated."""
        self._require_numbers()
        return self._moments[1]

    @property
    def support(self) -> tuple[float, float]:
        """The ends, minus infinity and infinity where there are none."""
        self._require_numbers()
        return (
            -math.inf if self.low is None else float(self.low),
            math.inf if self.high is None else float(self.high),
        )

    def __repr__(self) -> str:
        ends = [
            f"{n}={getattr(self, n)!r}"
            for n in ("low", "high")
            if getattr(self, n) is not None
        ]
        numbers = ", ".join(f"{a:.6g}" for a in self._row)
        return f"Metalog([{numbers}]{''.join(f', {end}' for end in ends)})"


_TERMS = [
    (0, False),
    (0, True),
    (1, True),
    (1, False),
    *(((n - 1) // 2, n % 2 == 0) for n in range(5, MOST_TERMS + 1)),
]
"""For each coefficient the power of c, and whether L multiplies it."""


def _terms(u: Floats, tail: Floats, n_terms: int) -> Floats:
    odds = np.sign(u - 0.5) * (np.log1p(-tail) - np.log(tail))
    center = np.sign(u - 0.5) * (0.5 - tail)
    columns = [center**k * (odds if has_odds else 1.0) for k, has_odds in _TERMS[:n_terms]]
    return np.stack(columns, axis=-1)


def _slopes(u: Floats, tail: Floats, n_terms: int) -> Floats:
    """Return the derivatives of the terms by the log-odds."""
    odds = np.sign(u - 0.5) * (np.log1p(-tail) - np.log(tail))
    center = np.sign(u - 0.5) * (0.5 - tail)
    by_center = tail * (1.0 - tail)
    columns = []
    for k, has_odds in _TERMS[:n_terms]:
        rise = k * center ** max(k - 1, 0) * by_center
        columns.append(rise * odds + center**k if has_odds else rise)
    return np.stack(columns, axis=-1)


def _at_odds(odds: Floats, row: Floats) -> Floats:
    """Return the metalog without ends at log-odds."""
    center = 0.5 * np.tanh(odds / 2.0)
    total = np.zeros_like(odds)
    for a, (k, has_odds) in zip(row, _TERMS, strict=False):
        total = total + a * center**k * (odds if has_odds else 1.0)
    return total


def _unbounded(x: Floats, low: Any, high: Any) -> Floats:
    if low is None and high is None:
        return x
    if high is None:
        return np.log(x - low)  # type: ignore[no-any-return]
    if low is None:
        return -np.log(high - x)  # type: ignore[no-any-return]
    return np.log(x - low) - np.log(high - x)  # type: ignore[no-any-return]
