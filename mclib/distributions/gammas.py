"""Distributions made of a gamma: a power of one, stretched."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.forms import Stretched
from mclib.distributions.iterated import log_gamma_quantile
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.tables import QuantileTable
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, sqrt
from mclib.expressions.probability import Probability


class OfGamma(Stretched):
    """``location + scale factor G**exponent``, with G of a standard gamma.

    A shape that is the same in every trial has a table, with a u-error below 1e-10; one
    that differs from trial to trial is met by a fixed number of iterations, to some 1e-12
    for shapes from 0.05 to 1e6, at some twenty times the cost.
    """

    @abstractmethod
    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        """Return the shape of G, the factor and the exponent."""

    @final
    def _standard_draw(self, p: Probability) -> Expression:
        shape, factor, exponent = self._power()
        is_falling = laws.is_plain(exponent) and exponent < 0.0
        place = p.reversed() if is_falling else p
        if not laws.is_fixed(shape):
            return factor * exp(exponent * log_gamma_quantile(shape, place))  # type: ignore[no-any-return]
        g = gamma_table(float(shape)).draw(place)
        return factor * _raised(g, exponent)  # type: ignore[no-any-return]

    @final
    def _standard_below(self, z: Floats) -> Floats:
        return self._standard_sides(z)[0]

    @final
    def _standard_above(self, z: Floats) -> Floats:
        return self._standard_sides(z)[1]

    def _standard_sides(self, z: Floats) -> tuple[Floats, Floats]:
        from scipy.special import gammainc, gammaincc

        shape, factor, exponent = self._power()
        g = (np.maximum(z, 0.0) / factor) ** (1.0 / exponent)
        below, above = np.asarray(gammainc(shape, g)), np.asarray(gammaincc(shape, g))
        return (above, below) if exponent < 0.0 else (below, above)

    @final
    def _standard_moments(self) -> tuple[float, float]:
        shape, factor, exponent = self._power()
        if shape + exponent <= 0.0:
            return math.inf, math.inf
        first = math.lgamma(shape + exponent) - math.lgamma(shape)
        mean = factor * math.exp(first)
        if shape + 2.0 * exponent <= 0.0:
            return mean, math.inf
        second = math.lgamma(shape + 2.0 * exponent) - math.lgamma(shape)
        return mean, mean**2 * math.expm1(second - 2.0 * first)

    @final
    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Gamma(OfGamma):
    """The sum of waiting times; a skewed positive quantity with an exponential tail.

    The density is proportional to ``x**(shape - 1) exp(-x / scale)``; the mean is ``shape
    scale`` and the variance ``shape scale**2``.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit; 1 is the exponential. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape` or `scale` is not above 0.

    See Also
    --------
    Gamma.from_mean : From the mean and standard deviation of the draws themselves.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 1, 2nd ed., Wiley, 1994, ch. 17.

    Examples
    --------
    >>> rain = Gamma(shape=2.5, scale=10)
    >>> round(rain.mean, 9), round(float(rain.quantile(0.95)), 4)
    (25.0, 55.3525)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    @classmethod
    def from_mean(cls, mean: Parameter, standard_deviation: Parameter) -> Self:
        """Return the gamma whose draws have this mean and standard deviation.

        Parameters
        ----------
        mean, standard_deviation : float or traced value
            Both above 0, in the draws' unit.

        Examples
        --------
        >>> rain = Gamma.from_mean(mean=20, standard_deviation=10)
        >>> rain
        Gamma(shape=4.0, scale=5.0, location=0.0)
        """
        mean = laws.positive("mean", mean)
        relative = laws.spread("standard_deviation", standard_deviation) / mean
        return cls(1.0 / (relative * relative), mean * relative * relative)

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.shape, 1.0, 1.0


@final
@dataclass(frozen=True, eq=False)
class Erlang(OfGamma):
    """The sum of a whole number of equal exponential waiting times.

    The mean is ``n scale`` and the variance ``n scale**2``.

    Parameters
    ----------
    n : int or traced value
        How many, at least 1. It may be random, as a whole number.
    scale : float or traced value, default 1
        The mean of each, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        Added to every draw, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If `n` is not a whole number of at least 1, or `scale` is not above 0.

    References
    ----------
    .. [1] A. K. Erlang, "Solution of some Problems in the Theory of Probabilities of
       Significance in Automatic Telephone Exchanges", Elektroteknikeren 13, 1917.

    Examples
    --------
    >>> service = Erlang(n=3, scale=2)
    >>> round(service.mean, 9), round(float(service.quantile(0.95)), 4)
    (6.0, 12.5916)
    """

    n: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, n=laws.count)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.n, 1.0, 1.0


@final
@dataclass(frozen=True, eq=False)
class ChiSquare(OfGamma):
    """The sum of squares of independent standard normals.

    The mean is `degrees_of_freedom` (times `scale`) and the variance twice that.

    Parameters
    ----------
    degrees_of_freedom : float or traced value
        How many, above 0; need not be whole. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        Added to every draw, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `degrees_of_freedom` or `scale` is not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 1, 2nd ed., Wiley, 1994, ch. 18.

    Examples
    --------
    >>> round(float(ChiSquare(degrees_of_freedom=3).quantile(0.95)), 4)
    7.8147
    """

    degrees_of_freedom: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, degrees_of_freedom=laws.positive)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return 0.5 * self.degrees_of_freedom, 2.0, 1.0


def gamma_quantile(shape: Parameter, p: Probability) -> Expression:
    """Return the quantile of a standard gamma: by table, or by iteration if it must be."""
    if laws.is_fixed(shape):
        return gamma_table(float(shape)).draw(p)
    return exp(log_gamma_quantile(shape, p))  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def gamma_table(shape: float) -> QuantileTable:
    """Return the table of a standard gamma.

    Parameters
    ----------
    shape : float
        Above 0.

    Raises
    ------
    ArgumentError
        If the u-error can't be met.
    """
    from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv

    def density(x: Floats) -> Floats:
        return np.asarray(np.exp((shape - 1.0) * np.log(x) - x - math.lgamma(shape)))

    def half(probability: Any, inverse: Any) -> Tail:
        return Tail(
            lambda x: np.asarray(probability(shape, np.maximum(x, 0.0))),
            lambda p: np.asarray(inverse(shape, p)),
            density,
        )

    lower, upper = half(gammainc, gammaincinv), half(gammaincc, gammainccinv)
    return fit(lower, upper, f"a gamma of shape {shape!r}")


def _raised(g: Expression, exponent: Parameter) -> Expression:
    if laws.is_plain(exponent):
        if exponent == 1.0:
            return g
        if exponent == -1.0:
            return 1.0 / g
        if exponent == 0.5:
            return sqrt(g)  # type: ignore[no-any-return]
    return exp(exponent * log(g))  # type: ignore[no-any-return]
