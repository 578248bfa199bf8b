"""Symmetric distributions with closed quantile functions, and what is made of them."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.forms import Stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, tan, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Laplace(Stretched):
    """The difference of two waiting times: a peak with exponential tails on both sides.

    The quantile function is ``location + scale log(2 u)`` below the median and ``location -
    scale log(2 (1 - u))`` above; the variance is ``2 scale**2``.

    Parameters
    ----------
    location : float or traced value, default 0
        Mean and median, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        The mean distance from `location`, above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] S. Kotz, T. J. Kozubowski, K. Podgórski, "The Laplace Distribution and
       Generalizations", Birkhäuser, 2001.

    Examples
    --------
    >>> change = Laplace(scale=2)
    >>> change.variance, round(float(change.quantile(0.95)), 6)
    (8.0, 4.60517)
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return _two_sided(p)

    def _standard_below(self, z: Floats) -> Floats:
        tail = np.exp(-np.abs(z)) / 2.0
        return np.where(z < 0.0, tail, 1.0 - tail)

    def _standard_above(self, z: Floats) -> Floats:
        return self._standard_below(-z)

    def _standard_moments(self) -> tuple[float, float]:
        return 0.0, 2.0

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class LogLaplace(Stretched):
    """A positive quantity whose logarithm is Laplace: power laws on both sides of a median.

    The quantile function is ``location + scale (2 u)**(1 / shape)`` below the median and
    ``location + scale (2 (1 - u))**(-1 / shape)`` above. The mean is infinite for a shape
    of 1 or less, the variance for 2 or less.

    Parameters
    ----------
    shape : float or traced value
        Exponent of both power laws, above 0, without unit. It may be random.
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
    .. [1] T. J. Kozubowski, K. Podgórski, "A Log-Laplace Growth Rate Model", Mathematical
       Scientist 28, 2003.

    Examples
    --------
    >>> size = LogLaplace(shape=3, scale=100)
    >>> size.mean, round(float(size.quantile(0.95)), 6)
    (112.5, 215.443469)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return exp(_two_sided(p) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        power = np.maximum(z, 0.0) ** self.shape
        return np.where(z < 1.0, power / 2.0, 1.0 - 0.5 / power)  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        power = np.maximum(z, 0.0) ** self.shape
        return np.where(z < 1.0, 1.0 - power / 2.0, 0.5 / power)  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        square = self.shape**2
        if self.shape <= 1.0:
            return math.inf, math.inf
        mean = square / (square - 1.0)
        has_variance = self.shape > 2.0
        return mean, square / (square - 4.0) - mean**2 if has_variance else math.inf

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class HyperbolicSecant(Stretched):
    """A bell between normal and Laplace, with exponential tails.

    The quantile function is ``location + scale (2 / pi) log(tan(pi u / 2))``.

    Parameters
    ----------
    location : float or traced value, default 0
        Mean and median, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        The standard deviation, above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] M. J. Fischer, "Generalized Hyperbolic Secant Distributions", Springer, 2014.

    Examples
    --------
    >>> change = HyperbolicSecant(location=1, scale=3)
    >>> change.standard_deviation, round(float(change.quantile(0.95)), 6)
    (3.0, 5.855035)
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        size = log(tan(p.tail * (math.pi / 2.0))) * (2.0 / math.pi)
        return where(p.side, -size, size)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.arctan(np.exp(z * (math.pi / 2.0))) * (2.0 / math.pi)

    def _standard_above(self, z: Floats) -> Floats:
        return self._standard_below(-z)

    def _standard_moments(self) -> tuple[float, float]:
        return 0.0, 1.0

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class Cauchy(Stretched):
    """Tails so heavy that there is no mean: the ratio of two standard normals.

    The quantile function is ``location + scale tan(pi (u - 1/2))``. Mean and variance don't
    exist.

    Parameters
    ----------
    location : float or traced value, default 0
        The median, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Half the distance between the quartiles, above 0, in the draws' unit. It may be
        random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 1, 2nd ed., Wiley, 1994, ch. 16.

    Examples
    --------
    >>> round(float(Cauchy(location=1, scale=2).quantile(0.75)), 6)
    3.0
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        size = 1.0 / tan(p.tail * math.pi)
        return where(p.side, size, -size)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        tail = np.arctan2(1.0, np.abs(z)) / math.pi
        return np.where(z < 0.0, tail, 1.0 - tail)

    def _standard_above(self, z: Floats) -> Floats:
        return self._standard_below(-z)

    def _standard_moments(self) -> tuple[float, float]:
        return math.nan, math.nan

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class HalfCauchy(Stretched):
    """The size of a Cauchy quantity without its sign; a usual prior of a scale.

    The quantile function is ``location + scale tan(pi u / 2)``. The mean is infinite.

    Parameters
    ----------
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        The median above `location`, above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] A. Gelman, "Prior distributions for variance parameters in hierarchical models",
       Bayesian Analysis 1(3), 2006.

    Examples
    --------
    >>> round(float(HalfCauchy(scale=2).quantile(0.5)), 6)
    2.0
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        slope = tan(p.tail * (math.pi / 2.0))
        return where(p.side, 1.0 / slope, slope)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.arctan(np.maximum(z, 0.0)) * (2.0 / math.pi)

    def _standard_above(self, z: Floats) -> Floats:
        return np.arctan2(1.0, np.maximum(z, 0.0)) * (2.0 / math.pi)

    def _standard_moments(self) -> tuple[float, float]:
        return math.inf, math.inf

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


def _two_sided(p: Probability) -> Expression:
    """Return an exponential with a sign: the standard Laplace quantile."""
    size = log(2.0 * p.tail)
    return where(p.side, -size, size)  # type: ignore[no-any-return]
