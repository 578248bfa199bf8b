"""Curves between two ends, with closed quantile functions."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.forms import Between
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.waiting_times import standard_exponential
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, expm1, log, log1p, sin, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Kumaraswamy(Between):
    """Nearly a beta, with a closed quantile function.

    It is ``low + (high - low) (1 - (1 - u)**(1 / b))**(1 / a)``; moment number r of the
    standard form is ``b B(1 + r / a, b)``.

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

    References
    ----------
    .. [1] M. C. Jones, "Kumaraswamy's distribution: A beta-type distribution with some
       tractability advantages", Statistical Methodology 6(1), 2009.

    Examples
    --------
    >>> level = Kumaraswamy(a=2, b=5, high=100)
    >>> round(level.mean, 4), round(float(level.quantile(0.95)), 4)
    (36.9408, 67.1357)
    """

    a: Parameter
    b: Parameter
    low: Parameter = 0.0
    high: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, a=laws.positive, b=laws.positive)
        self._settle_ends()

    def _distance(self, p: Probability) -> Expression:
        grown = -standard_exponential(p) / self.b
        # The logarithm of 1 - exp(grown), without cancellation on either side.
        log_of_power = where(grown > -0.7, log(-expm1(grown)), log1p(-exp(grown)))
        log_of_share = log_of_power / self.a
        return where(p.side, -expm1(log_of_share), exp(log_of_share))  # type: ignore[no-any-return]

    def _share_below(self, z: Floats) -> Floats:
        return -np.expm1(self.b * np.log1p(-(z**self.a)))  # type: ignore[no-any-return]

    def _share_above(self, z: Floats) -> Floats:
        return np.exp(self.b * np.log(-np.expm1(self.a * np.log1p(-z))))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        from scipy.special import beta

        first, second = (float(self.b * beta(1.0 + r / self.a, self.b)) for r in (1, 2))
        return first, second - first**2


@final
@dataclass(frozen=True, eq=False)
class PowerFunction(Between):
    """A density that rises or falls as a power between two ends.

    The quantile function is ``low + (high - low) u**(1 / shape)``; the mean is ``low +
    (high - low) shape / (shape + 1)``.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit; 1 is the uniform, 2 a rising triangle. It may be random.
    low, high : float or traced value, default 0 and 1
        The ends, in the draws' unit. Both may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, `shape` is not above 0 or `low` is not below `high`.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 2, 2nd ed., Wiley, 1995, ch. 25.

    Examples
    --------
    >>> share = PowerFunction(shape=3, high=100)
    >>> share.mean, round(float(share.quantile(0.5)), 4)
    (75.0, 79.3701)
    """

    shape: Parameter
    low: Parameter = 0.0
    high: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_ends()

    def _distance(self, p: Probability) -> Expression:
        log_of_share = -standard_exponential(p.reversed()) / self.shape
        return where(p.side, -expm1(log_of_share), exp(log_of_share))  # type: ignore[no-any-return]

    def _share_below(self, z: Floats) -> Floats:
        return z**self.shape  # type: ignore[no-any-return]

    def _share_above(self, z: Floats) -> Floats:
        return -np.expm1(self.shape * np.log1p(-z))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        a = self.shape
        return a / (a + 1.0), a / ((a + 1.0) ** 2 * (a + 2.0))


@final
@dataclass(frozen=True, eq=False)
class Arcsine(Between):
    """The place of a swinging pendulum: most likely near its two ends.

    The quantile function is ``low + (high - low) sin(pi u / 2)**2``; the variance is
    ``(high - low)**2 / 8``.

    Parameters
    ----------
    low, high : float or traced value, default 0 and 1
        The ends, in the draws' unit. Both may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `low` is not below `high`.

    References
    ----------
    .. [1] W. Feller, "An Introduction to Probability Theory and Its Applications", vol. 2,
       2nd ed., Wiley, 1971, ch. II.4.

    Examples
    --------
    >>> voltage = Arcsine(low=-325, high=325)
    >>> voltage.mean, round(float(voltage.quantile(0.9)), 4)
    (0.0, 309.0934)
    """

    low: Parameter = 0.0
    high: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_ends()

    def _distance(self, p: Probability) -> Expression:
        root = sin(p.tail * (math.pi / 2.0))
        return root * root  # type: ignore[no-any-return]

    def _share_below(self, z: Floats) -> Floats:
        return np.arctan2(np.sqrt(z), np.sqrt(1.0 - z)) * (2.0 / math.pi)

    def _share_above(self, z: Floats) -> Floats:
        return self._share_below(z)

    def _standard_moments(self) -> tuple[float, float]:
        return 0.5, 0.125


@final
@dataclass(frozen=True, eq=False)
class LogUniform(Distribution):
    """Every order of magnitude between two ends, equally likely.

    The quantile function is ``low (high / low)**u``; the mean is ``(high - low) / log(high
    / low)``.

    Parameters
    ----------
    low, high : float or traced value
        The ends, above 0, `low` below `high`, in the draws' unit. Both may be random.

    Raises
    ------
    ArgumentError
        If an end is not finite or not above 0, or `low` is not below `high`.

    References
    ----------
    .. [1] R. W. Hamming, "On the Distribution of Numbers", Bell System Technical Journal
       49(8), 1970.

    Examples
    --------
    >>> permeability = LogUniform(low=1, high=1_000)
    >>> round(permeability.mean, 4), round(float(permeability.quantile(0.5)), 4)
    (144.6201, 31.6228)
    """

    low: Parameter
    high: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, low=laws.positive, high=laws.positive)
        laws.interval(self.low, self.high)
        if laws.is_plain(self.low) and laws.is_plain(self.high):
            ratio = self.high / self.low
            if math.isinf(ratio):
                raise law("high / low", "be finite", ratio)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, measured from the nearer end."""
        width = log(self.high / self.low)
        step = width * p.tail
        return where(p.side, self.high * exp(-step), self.low * exp(step))  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        inside = np.clip(x, self.low, self.high)
        return np.clip(_log_ratio(inside, self.low) / _log_ratio(self.high, self.low), 0, 1)

    def _above(self, x: Floats) -> Floats:
        inside = np.clip(x, self.low, self.high)
        return np.clip(
            _log_ratio(self.high, inside) / _log_ratio(self.high, self.low), 0, 1
        )

    @property
    def mean(self) -> float:
        """``(high - low) / log(high / low)``."""
        self._require_numbers()
        return float((self.high - self.low) / _log_ratio(self.high, self.low))

    @property
    def variance(self) -> float:
        """``(high**2 - low**2) / (2 log(high / low))`` less the mean squared."""
        self._require_numbers()
        width = self.high - self.low
        second = width * ((self.high + self.low) / 2.0) / _log_ratio(self.high, self.low)
        return float(second - self.mean**2)

    @property
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return self.low, self.high


def _log_ratio(a: Floats | float, b: Floats | float) -> Floats:
    """Return log(a / b), with all digits where the two are near each other."""
    return np.log1p((a - b) / b)
