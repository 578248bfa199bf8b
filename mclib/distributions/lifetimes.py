"""Lifetimes beyond the Weibull: wear, aging and fatigue."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.forms import Stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.moments import moments_of
from mclib.distributions.waiting_times import standard_exponential
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, expm1, log, log1p, sqrt, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Rayleigh(Stretched):
    """The length of a vector of two independent normals: wind speeds, wave heights.

    The quantile function is ``location + scale sqrt(-2 log(1 - u))``; the mean is
    ``location + scale sqrt(pi / 2)`` and the variance ``scale**2 (4 - pi) / 2``.

    Parameters
    ----------
    scale : float or traced value, default 1
        The mode above `location`, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 1, 2nd ed., Wiley, 1994, ch. 18.

    Examples
    --------
    >>> wind = Rayleigh(scale=6)
    >>> round(wind.mean, 4), round(float(wind.quantile(0.99)), 4)
    (7.5199, 18.2091)
    """

    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return sqrt(2.0 * standard_exponential(p))  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-0.5 * np.maximum(z, 0.0) ** 2)

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-0.5 * np.maximum(z, 0.0) ** 2)

    def _standard_moments(self) -> tuple[float, float]:
        return math.sqrt(math.pi / 2.0), (4.0 - math.pi) / 2.0

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Gompertz(Stretched):
    """A lifetime whose hazard grows exponentially with age, as that of people does.

    The quantile function is ``location + scale log(1 - log(1 - u) / frailty)``: the hazard
    is ``frailty exp(age / scale) / scale``.

    Parameters
    ----------
    frailty : float or traced value
        The hazard at age 0, times `scale`; above 0, without unit. It may be random.
    scale : float or traced value, default 1
        The age by which the hazard has grown e-fold, above 0, in the draws' unit. It may be
        random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `frailty` or `scale` is not above 0.

    References
    ----------
    .. [1] B. Gompertz, "On the Nature of the Function Expressive of the Law of Human
       Mortality", Philosophical Transactions of the Royal Society 115, 1825.

    Examples
    --------
    >>> age = Gompertz(frailty=0.0003, scale=10)
    >>> round(age.mean, 3), round(float(age.quantile(0.5)), 3)
    (75.371, 77.456)
    """

    frailty: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, frailty=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return log1p(standard_exponential(p) / self.frailty)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-self.frailty * np.expm1(np.maximum(z, 0.0)))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-self.frailty * np.expm1(np.maximum(z, 0.0)))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        standard = Gompertz(self.frailty)
        return moments_of(standard.quantile, standard.quantile_from_above)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class ExponentiatedWeibull(Stretched):
    """A lifetime whose hazard may also rise and fall, or fall and rise: a bathtub.

    It is the largest of `power` Weibull lifetimes, `power` being any positive number: the
    quantile function is ``location + scale (-log(1 - u**(1 / power)))**(1 / shape)``.

    Parameters
    ----------
    shape : float or traced value
        Shape of the Weibull, above 0, without unit. It may be random.
    power : float or traced value
        Above 0, without unit; 1 is the Weibull. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape`, `power` or `scale` is not above 0.

    References
    ----------
    .. [1] G. S. Mudholkar, D. K. Srivastava, "Exponentiated Weibull family for analyzing
       bathtub failure-rate data", IEEE Transactions on Reliability 42(2), 1993.

    Examples
    --------
    >>> life = ExponentiatedWeibull(shape=2, power=0.5, scale=1_000)
    >>> round(life.mean, 3), round(float(life.quantile(0.1)), 3)
    (628.542, 100.251)
    """

    shape: Parameter
    power: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive, power=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        # What exceeds the root of u, small where u is near 1; its complement, where near 0.
        log_of_root = -standard_exponential(p.reversed()) / self.power
        beyond = where(log_of_root > -0.7, -expm1(log_of_root), 1.0 - exp(log_of_root))
        age = where(log_of_root > -0.7, -log(beyond), -log1p(-exp(log_of_root)))
        return exp(log(age) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.exp(self.power * np.log(-np.expm1(-self._hazard(z))))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return -np.expm1(self.power * np.log1p(-np.exp(-self._hazard(z))))  # type: ignore[no-any-return]

    def _hazard(self, z: Floats) -> Floats:
        return np.maximum(z, 0.0) ** self.shape  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        standard = ExponentiatedWeibull(self.shape, self.power)
        return moments_of(standard.quantile, standard.quantile_from_above)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class BirnbaumSaunders(Stretched):
    """The number of cycles until a crack has grown to its end: fatigue life.

    The quantile function is ``location + scale (w + sqrt(1 + w**2))**2`` with ``w = shape
    z(u) / 2`` and z the standard normal's. The mean is ``location + scale (1 + shape**2 /
    2)`` and the variance ``(shape scale)**2 (1 + 5 shape**2 / 4)``.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit. It may be random.
    scale : float or traced value, default 1
        The median above `location`, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape` or `scale` is not above 0.

    References
    ----------
    .. [1] Z. W. Birnbaum, S. C. Saunders, "A new family of life distributions", Journal of
       Applied Probability 6(2), 1969.

    Examples
    --------
    >>> cycles = BirnbaumSaunders(shape=0.5, scale=1_000)
    >>> cycles.mean, round(float(cycles.quantile(0.01)), 3)
    (1125.0, 330.898)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        half = p.standard_normal() * (0.5 * self.shape)
        size = abs(half)
        root = size + sqrt(1.0 + size * size)
        return where(half < 0.0, 1.0 / (root * root), root * root)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        from scipy.special import ndtr

        return np.asarray(ndtr(self._scores(z)))

    def _standard_above(self, z: Floats) -> Floats:
        from scipy.special import ndtr

        return np.asarray(ndtr(-self._scores(z)))

    def _scores(self, z: Floats) -> Floats:
        root = np.sqrt(np.maximum(z, 0.0))
        return np.where(np.isinf(root), np.inf, (root - 1.0 / root) / self.shape)

    def _standard_moments(self) -> tuple[float, float]:
        square = self.shape**2
        return 1.0 + square / 2.0, square * (1.0 + 1.25 * square)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf
