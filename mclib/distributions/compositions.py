"""Distributions made of others: moved, cut off or joined."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution, stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.limits import Sides, between, draw_at, sides_of
from mclib.distributions.moments import moments_by_quadrature
from mclib.distributions.parts import has_numbers, numbered, seen, settle_parts
from mclib.errors import ArgumentError, law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import maximum, minimum, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Shifted(Distribution):
    """Another distribution, stretched and moved: ``shift + factor X``.

    Parameters
    ----------
    distribution : Distribution
        That of X. Its parameters may be traced or random.
    shift : float or traced value, default 0
        Added to every draw, in the draws' unit. It may be random.
    factor : float or traced value, default 1
        Multiplies every draw before, above 0. It may be random.

    Raises
    ------
    ArgumentError
        If `distribution` isn't one, or a number breaks its law.

    Examples
    --------
    >>> from mclib.distributions import Exponential
    >>> delay = Shifted(Exponential(mean=2), shift=5)
    >>> delay.mean, delay.support
    (7.0, (5.0, inf))
    """

    distribution: Distribution
    shift: Parameter = 0.0
    factor: Parameter = 1.0

    def __post_init__(self) -> None:
        settle_parts(self, "distribution")
        laws.settle(self, shift=laws.number, factor=laws.spread)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return stretched(self.distribution.draw(p), self.factor, self.shift)

    def _below(self, x: Floats) -> Floats:
        return np.asarray(self.distribution.cdf((x - self.shift) / self.factor))

    def _above(self, x: Floats) -> Floats:
        return np.asarray(
            self.distribution.probability_above((x - self.shift) / self.factor)
        )

    @property
    def mean(self) -> float:
        """``shift + factor`` times the mean of X."""
        self._require_numbers()
        return float(self.shift + self.factor * self.distribution.mean)

    @property
    def variance(self) -> float:
        """``factor**2`` times the variance of X."""
        self._require_numbers()
        return float(self.factor**2 * self.distribution.variance)

    @property
    def support(self) -> tuple[float, float]:
        """The support of X, stretched and moved."""
        self._require_numbers()
        low, high = self.distribution.support
        return self.shift + self.factor * low, self.shift + self.factor * high


@final
@dataclass(frozen=True, eq=False)
class Truncated(Distribution):
    """Another distribution, given that it lies between two limits.

    With F of the other one, the quantile function is ``F**-1(F(low) + u (F(high) -
    F(low)))``. Mean and variance are integrated.

    Parameters
    ----------
    distribution : Distribution
        The other one; its parameters may be traced or random. Of whole numbers, both limits
        are included.
    low, high : float or traced value, optional
        The limits, in the draws' unit, with some probability between them; none if left
        out. They may be random.

    Raises
    ------
    ArgumentError
        If `distribution` isn't one, or there is no probability between the limits.

    Notes
    -----
    Where something differs from trial to trial, F of a limit is searched for in each: that
    takes 60 draws of the other one for each limit. A trial without any probability between
    its limits is NaN.
    What lies beyond the limits is left out and the rest grows in proportion. To move it
    onto the limits instead, write `mc.clip` in the model. Within 1e-10 of the probability
    of a limit, what is drawn by table is held at the limit.

    Examples
    --------
    >>> from mclib.distributions import Normal
    >>> price = Truncated(Normal(mean=3, standard_deviation=2), low=0)
    >>> round(price.mean, 6), price.support
    (3.27758, (0.0, inf))
    """

    distribution: Distribution
    low: Parameter | None = None
    high: Parameter | None = None

    def __post_init__(self) -> None:
        settle_parts(self, "distribution")
        for name in ("low", "high"):
            if getattr(self, name) is not None:
                laws.settle(self, **{name: laws.number})
        if not has_numbers(self):
            return
        if not (self._ends[0] < self._ends[1] and self._share > 0.0):
            message = (
                "there must be some probability between `low` and `high`; got "
                f"low={self.low!r}, high={self.high!r} for {self.distribution!r}."
            )
            raise ArgumentError(message)

    @property
    def _ends(self) -> tuple[float, float]:
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    @cached_property
    def _outside(self) -> tuple[float, float]:
        """The probabilities below and above the limits."""
        below = self.distribution.cdf(np.nextafter(self._ends[0], -math.inf))
        return float(below), float(self.distribution.probability_above(self._ends[1]))

    @cached_property
    def _share(self) -> float:
        """The probability between the limits, both included."""
        before = np.nextafter(self._ends[0], -math.inf)
        return float(self.distribution.probability_between(before, self._ends[1]))

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        if not has_numbers(self):
            is_fixed = all(map(laws.is_fixed, self.parameters.values()))
            if is_fixed and has_numbers(self.distribution):
                return numbered(self).draw(p)
            return self._draw_in_trials(p)
        below, above = self._outside
        lower, upper = below + self._share * p.lower, above + self._share * p.upper
        x = self.distribution.draw(seen(lower, upper))
        return minimum(maximum(x, self.support[0]), self.support[1])  # type: ignore[no-any-return]

    def _draw_in_trials(self, p: Probability) -> Expression:
        """Return the quantile function where limits or parameters differ by trial."""
        low, high = self._ends
        first, last = Sides(0.0, 1.0), Sides(1.0, 0.0)
        if self.low is not None:
            first = sides_of(self.distribution, low, is_below=True)
        if self.high is not None:
            last = sides_of(self.distribution, high, is_below=False)
        share = between(first, last)
        x = draw_at(
            self.distribution,
            first.lower + share * p.lower,
            last.upper + share * p.upper,
        )
        return where(share > 0.0, minimum(maximum(x, low), high), math.nan)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        below, _ = self._outside
        if below > 0.5:
            return np.asarray(np.clip(1.0 - self._above(x), 0.0, 1.0))
        within = (self.distribution.cdf(x) - below) / self._share
        return np.where(x >= self._ends[1], 1.0, np.clip(within, 0.0, 1.0))

    def _above(self, x: Floats) -> Floats:
        below, above = self._outside
        if below <= 0.5 and above > 0.5:
            return np.asarray(np.clip(1.0 - self._below(x), 0.0, 1.0))
        within = (self.distribution.probability_above(x) - above) / self._share
        return np.where(
            x < self._ends[0],
            1.0,
            np.where(x >= self._ends[1], 0.0, np.clip(within, 0.0, 1.0)),
        )

    @cached_property
    def _moments(self) -> tuple[float, float]:
        return moments_by_quadrature(self)

    @property
    def mean(self) -> float:
        """The mean between the limits, integrated."""
        self._require_numbers()
        return self._moments[0]

    @property
    def variance(self) -> float:
        """The variance between the limits, integrated."""
        self._require_numbers()
        return self._moments[1]

    @property
    def support(self) -> tuple[float, float]:
        """The limits, or the ends of the other distribution where those are nearer."""
        self._require_numbers()
        low, high = self.distribution.support
        return max(self._ends[0], low), min(self._ends[1], high)


@final
@dataclass(frozen=True, eq=False)
class Spliced(Distribution):
    """One distribution below a threshold and another above: a body with a fitted tail.

    Below `threshold` it is `body`, given that it lies below; above it is `tail`, given that
    it lies above. Mean and variance are integrated.

    Parameters
    ----------
    body, tail : Distribution
        Their parameters may be traced or random.
    threshold : float or traced value
        Where they meet, in the draws' unit. It may be random.
    share_below : float or traced value, optional
        The probability of a draw below `threshold`, strictly between 0 and 1; that of
        `body` if left out.

    Raises
    ------
    ArgumentError
        If `body` has no probability below `threshold` or `tail` none above, or a number
        breaks its law.

    Notes
    -----
    Where something differs from trial to trial, what `body` and `tail` have on the sides of
    the threshold is searched for in each: that takes 60 draws of both. A trial in which
    there is none is NaN.

    References
    ----------
    .. [1] S. A. Klugman, H. H. Panjer, G. E. Willmot, "Loss Models", 5th ed., Wiley, 2019,
       ch. 5.

    Examples
    --------
    >>> from mclib.distributions import LogNormal, Pareto
    >>> loss = Spliced(LogNormal(median=10, spread=1), Pareto(shape=2.5, scale=30), 30)
    >>> round(float(loss.cdf(30)), 6), round(float(loss.quantile(0.99)), 4)
    (0.864031, 85.2112)
    """

    body: Distribution
    tail: Distribution
    threshold: Parameter
    share_below: Parameter | None = None

    def __post_init__(self) -> None:
        settle_parts(self, "body", "tail")
        laws.settle(self, threshold=laws.number)
        if self.share_below is not None:
            laws.settle(self, share_below=laws.chance)
        if not has_numbers(self):
            return
        under, over = self._reached
        if not (under > 0.0 and over > 0.0 and 0.0 < self._share < 1.0):
            must = "lie where `body` has probability below and `tail` above"
            raise law("threshold", must, self.threshold)

    @cached_property
    def _share(self) -> float:
        if self.share_below is None:
            return float(self.body.cdf(self.threshold))
        return float(self.share_below)

    @cached_property
    def _reached(self) -> tuple[float, float]:
        under = float(self.body.cdf(self.threshold))
        return under, float(self.tail.probability_above(self.threshold))

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        if has_numbers(self):
            return self._joined(p, *self._reached, self._share)
        is_settled = has_numbers(self.body) and has_numbers(self.tail)
        if is_settled and all(map(laws.is_fixed, self.parameters.values())):
            return numbered(self).draw(p)
        return self._draw_in_trials(p)

    def _draw_in_trials(self, p: Probability) -> Expression:
        """Return the quantile function where something differs by trial."""
        under = sides_of(self.body, self.threshold, is_below=False).lower
        over = sides_of(self.tail, self.threshold, is_below=False).upper
        share = under if self.share_below is None else self.share_below
        is_lawful = (under > 0.0) & (over > 0.0) & (share > 0.0) & (share < 1.0)
        return where(is_lawful, self._joined(p, under, over, share), math.nan)  # type: ignore[no-any-return]

    def _joined(self, p: Probability, under: Any, over: Any, share: Any) -> Expression:
        """Return the draw of `body` or of `tail`, each within its reach."""
        lower = minimum(p.lower * (under / share), under)
        upper = minimum(p.upper * (over / (1.0 - share)), over)
        low = draw_at(self.body, lower, 1.0 - lower)
        high = draw_at(self.tail, 1.0 - upper, upper)
        is_high = p.upper < 1.0 - share
        return where(is_high, maximum(high, self.threshold), minimum(low, self.threshold))  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        share, (under, _) = self._share, self._reached
        return np.where(
            x <= self.threshold, share * (self.body.cdf(x) / under), 1.0 - self._beyond(x)
        )

    def _above(self, x: Floats) -> Floats:
        share, (under, _) = self._share, self._reached
        return np.where(
            x <= self.threshold, 1.0 - share * (self.body.cdf(x) / under), self._beyond(x)
        )

    def _beyond(self, x: Floats) -> Floats:
        far = self.tail.probability_above(np.maximum(x, self.threshold))
        return (1.0 - self._share) * far / self._reached[1]  # type: ignore[no-any-return]

    @cached_property
    def _moments(self) -> tuple[float, float]:
        # Each part by itself: the quantile function bends where they meet.
        parts = (
            Truncated(self.body, high=self.threshold),
            Truncated(self.tail, self.threshold),
        )
        shares = np.array([self._share, 1.0 - self._share])
        means = np.array([part.mean for part in parts])
        mean = float(shares @ means)
        spreads = np.array([part.variance for part in parts]) + (means - mean) ** 2
        return mean, float(shares @ spreads)

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
        """The lower end of `body` and the upper end of `tail`."""
        self._require_numbers()
        return self.body.support[0], self.tail.support[1]
