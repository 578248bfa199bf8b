"""Distributions made of a beta: on [0, 1], as odds, and Student's t."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.betas import beta_below, beta_distance
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.forms import Between, Stretched
from mclib.distributions.iterated import log_odds_of_beta
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.tables import QuantileTable
from mclib.errors import ArgumentError
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, maximum, sqrt, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Beta(Between):
    """A share, or anything between two ends, in nearly any form.

    The density on [0, 1] is proportional to ``x**(a - 1) (1 - x)**(b - 1)``; the mean is
    ``a / (a + b)`` and the variance ``a b / ((a + b)**2 (a + b + 1))``.

    Parameters
    ----------
    a, b : float or traced value
        Shapes, above 0, without unit: `a` forms the lower end and `b` the upper one. Both
        may be random.
    low, high : float or traced value, default 0 and 1
        The ends, in the draws' unit. Both may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, a shape is not above 0 or `low` is not below `high`.

    Notes
    -----
    Shapes that are the same in every trial have a table, with a u-error below 1e-10; shapes
    that differ from trial to trial are met by a fixed number of iterations, to 1e-9 for
    shapes from 0.1 to 1e6, at some twenty times the cost.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 2, 2nd ed., Wiley, 1995, ch. 25.

    Examples
    --------
    >>> share = Beta(a=2, b=5)
    >>> round(share.mean, 6), round(float(share.quantile(0.95)), 6)
    (0.285714, 0.581803)
    """

    a: Parameter
    b: Parameter
    low: Parameter = 0.0
    high: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, a=laws.positive, b=laws.positive)
        self._settle_ends()

    @classmethod
    def from_mean(cls, mean: Parameter, standard_deviation: Parameter) -> Self:
        """Return the beta on [0, 1] whose draws have this mean and standard deviation.

        Parameters
        ----------
        mean : float or traced value
            Strictly between 0 and 1.
        standard_deviation : float or traced value
            Above 0; its square below ``mean (1 - mean)``.

        Raises
        ------
        ArgumentError
            If no beta has such a mean and standard deviation.

        Examples
        --------
        >>> share = Beta.from_mean(mean=0.2, standard_deviation=0.1)
        >>> round(share.a, 9), round(share.b, 9)
        (3.0, 12.0)
        """
        laws.number("mean", mean)
        laws.spread("standard_deviation", standard_deviation)
        both = mean * (1.0 - mean) / (standard_deviation * standard_deviation) - 1.0
        if laws.is_plain(both) and not both > 0.0:
            message = (
                "`standard_deviation` must be below the root of mean (1 - mean), and "
                f"`mean` between 0 and 1; got mean={mean!r}, "
                f"standard_deviation={standard_deviation!r}."
            )
            raise ArgumentError(message)
        return cls(mean * both, (1.0 - mean) * both)

    def _distance(self, p: Probability) -> Expression:
        return beta_distance(self.a, self.b, p)

    def _share_below(self, z: Floats) -> Floats:
        return beta_below(self.a, self.b, z)

    def _share_above(self, z: Floats) -> Floats:
        return beta_below(self.b, self.a, z)

    def _standard_moments(self) -> tuple[float, float]:
        n = self.a + self.b
        return self.a / n, (self.a / n) * (self.b / n) / (n + 1.0)


@final
@dataclass(frozen=True, eq=False)
class BetaPrime(Stretched):
    """The odds of a beta: a positive quantity with power laws at both ends.

    The mean is ``location + scale a / (b - 1)``, infinite for `b` of 1 or less; the
    variance is infinite for 2 or less.

    Parameters
    ----------
    a : float or traced value
        Exponent near the least value, above 0, without unit. It may be random.
    b : float or traced value
        Exponent of the upper tail, above 0, without unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `a`, `b` or `scale` is not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 2, 2nd ed., Wiley, 1995, ch. 25.

    Examples
    --------
    >>> odds = BetaPrime(a=2, b=5)
    >>> round(odds.mean, 6), round(float(odds.quantile(0.95)), 6)
    (0.5, 1.39122)
    """

    a: Parameter
    b: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, a=laws.positive, b=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return _odds(self.a, self.b, p)

    def _standard_below(self, z: Floats) -> Floats:
        return _odds_below(self.a, self.b, z)

    def _standard_above(self, z: Floats) -> Floats:
        return _odds_above(self.a, self.b, z)

    def _standard_moments(self) -> tuple[float, float]:
        return _odds_moments(self.a, self.b)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class FisherF(Stretched):
    """The ratio of two variances.

    It is ``(X / n) / (Y / d)`` with X and Y chi-square of n and d degrees of freedom; the
    mean is ``d / (d - 2)``, infinite for d of 2 or less.

    Parameters
    ----------
    numerator, denominator : float or traced value
        Degrees of freedom, above 0; need not be whole. Both may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 2, 2nd ed., Wiley, 1995, ch. 27.

    Examples
    --------
    >>> round(float(FisherF(numerator=3, denominator=10).quantile(0.95)), 4)
    3.7083
    """

    numerator: Parameter
    denominator: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, numerator=laws.positive, denominator=laws.positive)
        self._settle_stretch()

    def _shapes(self) -> tuple[Parameter, Parameter]:
        return 0.5 * self.numerator, 0.5 * self.denominator

    def _standard_draw(self, p: Probability) -> Expression:
        return _odds(*self._shapes(), p) * (self.denominator / self.numerator)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return _odds_below(*self._shapes(), z * (self.numerator / self.denominator))

    def _standard_above(self, z: Floats) -> Floats:
        return _odds_above(*self._shapes(), z * (self.numerator / self.denominator))

    def _standard_moments(self) -> tuple[float, float]:
        ratio = self.denominator / self.numerator
        mean, variance = _odds_moments(*self._shapes())
        return ratio * mean, ratio * ratio * variance

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class StudentT(Stretched):
    """A bell with power-law tails: a normal whose spread was itself estimated.

    The mean is `location`, none for 1 degree of freedom or less; the variance is ``scale**2
    n / (n - 2)`` for n degrees of freedom, infinite for 2 or less.

    Parameters
    ----------
    degrees_of_freedom : float or traced value
        Exponent of the tails, above 0; need not be whole. It may be random.
    location : float or traced value, default 0
        The median, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `degrees_of_freedom` or `scale` is not above 0.

    References
    ----------
    .. [1] Student, "The Probable Error of a Mean", Biometrika 6(1), 1908.

    Examples
    --------
    >>> change = StudentT(degrees_of_freedom=4)
    >>> round(float(change.quantile(0.95)), 8), change.variance
    (2.13184679, 2.0)
    """

    degrees_of_freedom: Parameter
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, degrees_of_freedom=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        n = self.degrees_of_freedom
        if laws.is_fixed(n):
            size = _student_table(float(n)).draw(p)
        else:
            # The share n / (n + t**2) is a beta, and both tails together lie below it.
            both = 2.0 * p.tail
            tail = maximum(where(both > 0.5, 1.0 - both, both), 2.0**-60)
            odds = log_odds_of_beta(0.5 * n, 0.5, Probability(tail, both > 0.5))
            size = sqrt(n) * exp(-0.5 * odds)
        return where(p.side, size, -size)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        from scipy.special import stdtr

        return np.asarray(stdtr(self.degrees_of_freedom, z))

    def _standard_above(self, z: Floats) -> Floats:
        return self._standard_below(-z)

    def _standard_moments(self) -> tuple[float, float]:
        n = self.degrees_of_freedom
        if n <= 1.0:
            return math.nan, math.nan
        return 0.0, n / (n - 2.0) if n > 2.0 else math.inf

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


def _odds(a: Parameter, b: Parameter, p: Probability) -> Expression:
    if not (laws.is_fixed(a) and laws.is_fixed(b)):
        return exp(log_odds_of_beta(a, b, p))  # type: ignore[no-any-return]
    distance = beta_distance(a, b, p)
    rest = 1.0 - distance
    return where(p.side, rest, distance) / where(p.side, distance, rest)  # type: ignore[no-any-return]


def _odds_below(a: float, b: float, z: Floats) -> Floats:
    held = np.maximum(z, 0.0)
    share = np.where(np.isinf(held), 1.0, held / (1.0 + held))
    return beta_below(a, b, share)


def _odds_above(a: float, b: float, z: Floats) -> Floats:
    return beta_below(b, a, 1.0 / (1.0 + np.maximum(z, 0.0)))


def _odds_moments(a: float, b: float) -> tuple[float, float]:
    if b <= 1.0:
        return math.inf, math.inf
    mean = a / (b - 1.0)
    return mean, mean * (a + b - 1.0) / ((b - 1.0) * (b - 2.0)) if b > 2.0 else math.inf


@lru_cache(maxsize=256)
def _student_table(n: float) -> QuantileTable:
    """Return the table of the size of a Student t, for either half."""
    from scipy.special import betaln, stdtr, stdtrit

    constant = -betaln(0.5 * n, 0.5) - 0.5 * math.log(n)

    def density(x: Floats) -> Floats:
        return np.asarray(np.exp(constant - 0.5 * (n + 1.0) * np.log1p(x * x / n)))

    half = Tail(
        lambda x: np.asarray(stdtr(n, -x)),
        lambda p: -np.asarray(stdtrit(n, p), np.float64),
        density,
    )
    return fit(half, half, f"a Student t of {n!r} degrees of freedom")
