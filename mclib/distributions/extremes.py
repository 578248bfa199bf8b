"""What the largest of many becomes: Gumbel, Fréchet, and both and Weibull in one."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.forms import Stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.waiting_times import standard_exponential
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, expm1, log, where
from mclib.expressions.probability import Probability

_ZETA = (
    1.6449340668482264,
    1.2020569031595942,
    1.0823232337111382,
    1.03692775514337,
    1.0173430619844491,
    1.0083492773819228,
    1.0040773561979443,
    1.0020083928260822,
    1.0009945751278181,
)
"""Riemann's zeta at 2, 3, ..., 10."""


@final
@dataclass(frozen=True, eq=False)
class Gumbel(Stretched):
    """The largest of many values with light tails: a yearly flood, a peak load.

    The quantile function is ``location - scale log(-log u)``; the mean is ``location +
    0.5772 scale`` and the variance ``(pi scale)**2 / 6``.

    Parameters
    ----------
    location : float or traced value, default 0
        The mode, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    See Also
    --------
    GumbelMinimum : The smallest of many.

    References
    ----------
    .. [1] S. Coles, "An Introduction to Statistical Modeling of Extreme Values", Springer,
       2001, ch. 3.

    Examples
    --------
    >>> flood = Gumbel(location=100, scale=20)
    >>> round(flood.mean, 4), round(float(flood.quantile(0.99)), 4)
    (111.5443, 192.003)
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return -log(standard_exponential(p.reversed()))  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.exp(-np.exp(-z))

    def _standard_above(self, z: Floats) -> Floats:
        return -np.expm1(-np.exp(-z))

    def _standard_moments(self) -> tuple[float, float]:
        return float(np.euler_gamma), math.pi**2 / 6.0

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class GumbelMinimum(Stretched):
    """The smallest of many values with light tails: the weakest link.

    The quantile function is ``location + scale log(-log(1 - u))``; the mean is ``location -
    0.5772 scale`` and the variance ``(pi scale)**2 / 6``.

    Parameters
    ----------
    location : float or traced value, default 0
        The mode, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] S. Coles, "An Introduction to Statistical Modeling of Extreme Values", Springer,
       2001, ch. 3.

    Examples
    --------
    >>> strength = GumbelMinimum(location=100, scale=20)
    >>> round(strength.mean, 4), round(float(strength.quantile(0.01)), 4)
    (88.4557, 7.997)
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return log(standard_exponential(p))  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-np.exp(z))

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-np.exp(z))

    def _standard_moments(self) -> tuple[float, float]:
        return -float(np.euler_gamma), math.pi**2 / 6.0

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class Frechet(Stretched):
    """The largest of many values with heavy tails.

    The quantile function is ``location + scale (-log u)**(-1 / shape)``. The mean is
    ``location + scale gamma(1 - 1 / shape)``, infinite for a shape of 1 or less; the
    variance is infinite for 2 or less.

    Parameters
    ----------
    shape : float or traced value
        Exponent of the tail, above 0, without unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape` or `scale` is not above 0.

    References
    ----------
    .. [1] S. Coles, "An Introduction to Statistical Modeling of Extreme Values", Springer,
       2001, ch. 3.

    Examples
    --------
    >>> claim = Frechet(shape=4, scale=10)
    >>> round(claim.mean, 4), round(float(claim.quantile(0.99)), 4)
    (12.2542, 31.5831)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return exp(-log(standard_exponential(p.reversed())) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.exp(-(np.maximum(z, 0.0) ** -self.shape))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return -np.expm1(-(np.maximum(z, 0.0) ** -self.shape))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        x = 1.0 / self.shape
        if x >= 1.0:
            return math.inf, math.inf
        mean = math.exp(_log_gamma_of_1_minus(x))
        return mean, mean**2 * _relative_variance(x)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class GeneralizedExtremeValue(Stretched):
    """The largest of many: Gumbel (shape 0), Fréchet (above 0) and Weibull (below) in one.

    The quantile function is ``location + scale ((-log u)**-shape - 1) / shape``. The mean
    is infinite for a shape of 1 or more, the variance for 1/2 or more.

    Parameters
    ----------
    shape : float or traced value
        Exponent of the tail, without unit: above 0 heavy, below 0 ending. It may be random.
        SciPy's ``c`` is its negative.
    location : float or traced value, default 0
        In the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    Notes
    -----
    It ends at ``location - scale / shape``: below for a positive shape, above for a
    negative one.

    References
    ----------
    .. [1] S. Coles, "An Introduction to Statistical Modeling of Extreme Values", Springer,
       2001, ch. 3.

    Examples
    --------
    >>> flood = GeneralizedExtremeValue(shape=0.2, location=100, scale=20)
    >>> round(flood.mean, 4), round(float(flood.quantile(0.99)), 4)
    (116.423, 250.9365)
    """

    shape: Parameter
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.number)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return power_less_1(-log(standard_exponential(p.reversed())), self.shape)

    def _standard_below(self, z: Floats) -> Floats:
        return np.exp(-np.exp(-log_of_power(z, self.shape)))

    def _standard_above(self, z: Floats) -> Floats:
        return -np.expm1(-np.exp(-log_of_power(z, self.shape)))

    def _standard_moments(self) -> tuple[float, float]:
        if self.shape == 0.0:
            return float(np.euler_gamma), math.pi**2 / 6.0
        if self.shape >= 1.0:
            return math.inf, math.inf
        log_gamma = _log_gamma_of_1_minus(self.shape)
        spread = math.exp(2.0 * log_gamma) * _relative_variance(self.shape)
        return math.expm1(log_gamma) / self.shape, spread / self.shape**2

    def _standard_support(self) -> tuple[float, float]:
        return ends_of_power(-math.inf, self.shape)


def power_less_1(log_x: Expression, shape: Parameter) -> Expression:
    """Return ``(x**shape - 1) / shape``, which is ``log x`` for a shape of 0."""
    if laws.is_plain(shape):
        return log_x if shape == 0.0 else expm1(log_x * shape) / shape
    return where(shape == 0.0, log_x, expm1(log_x * shape) / shape)  # type: ignore[no-any-return]


def log_of_power(z: Floats, shape: float) -> Floats:
    """Return the logarithm of the x that `power_less_1` takes to `z`."""
    if shape == 0.0:
        return z
    # Beyond the end of the support x is 0 (shape above 0) or infinite (below).
    beyond = -math.copysign(math.inf, shape)
    inside = np.log1p(np.maximum(shape * z, -1.0)) / shape
    return np.where(shape * z <= -1.0, beyond, inside)


def ends_of_power(low: float, shape: float) -> tuple[float, float]:
    """Return the support of `power_less_1`, for log x from `low` to infinity."""
    if shape > 0.0 and low < 0.0:
        return -1.0 / shape, math.inf
    return low, (-1.0 / shape if shape < 0.0 else math.inf)


def _log_gamma_of_1_minus(x: float) -> float:
    """Return log(gamma(1 - x)), exact to its last digits near 0 too."""
    if abs(x) > 0.01:
        return math.lgamma(1.0 - x)
    powers = (zeta * x**k / k for k, zeta in enumerate(_ZETA, start=2))
    return float(np.euler_gamma) * x + math.fsum(powers)


def _relative_variance(x: float) -> float:
    """Return gamma(1 - 2 x) / gamma(1 - x)**2 - 1."""
    if x >= 0.5:
        return math.inf
    if abs(x) > 0.01:
        return math.expm1(math.lgamma(1.0 - 2.0 * x) - 2.0 * math.lgamma(1.0 - x))
    powers = (zeta * x**k * (2.0**k - 2.0) / k for k, zeta in enumerate(_ZETA, start=2))
    return math.expm1(math.fsum(powers))
