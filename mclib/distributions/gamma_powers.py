"""Roots, powers and inverses of a gamma."""

from dataclasses import dataclass
from typing import final

from mclib.distributions import laws
from mclib.distributions.gammas import OfGamma
from mclib.distributions.laws import Parameter


@final
@dataclass(frozen=True, eq=False)
class Chi(OfGamma):
    """The length of a vector of independent standard normals.

    It is the root of `ChiSquare`; the mean of its square is `degrees_of_freedom`.

    Parameters
    ----------
    degrees_of_freedom : float or traced value
        How many, above 0; need not be whole. It may be random.
    scale : float or traced value, default 1
        Standard deviation of each normal, above 0, in the draws' unit. It may be random.
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
    >>> miss = Chi(degrees_of_freedom=2, scale=3)
    >>> round(miss.mean, 4), round(float(miss.quantile(0.95)), 4)
    (3.7599, 7.3432)
    """

    degrees_of_freedom: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, degrees_of_freedom=laws.positive)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return 0.5 * self.degrees_of_freedom, 2.0**0.5, 0.5


@final
@dataclass(frozen=True, eq=False)
class HalfNormal(OfGamma):
    """The size of a normal quantity without its sign.

    The mean is ``location + scale sqrt(2 / pi)``, the variance ``scale**2 (1 - 2 / pi)``.

    Parameters
    ----------
    scale : float or traced value, default 1
        Standard deviation of the normal, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] F. C. Leone, L. S. Nelson, R. B. Nottingham, "The Folded Normal Distribution",
       Technometrics 3(4), 1961.

    Examples
    --------
    >>> miss = HalfNormal(scale=3)
    >>> round(miss.mean, 4), round(float(miss.quantile(0.95)), 4)
    (2.3937, 5.8799)
    """

    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return 0.5, 2.0**0.5, 0.5


@final
@dataclass(frozen=True, eq=False)
class Maxwell(OfGamma):
    """The speed of a molecule: the length of a vector of three normals.

    The mean is ``location + scale sqrt(8 / pi)``, the variance ``scale**2 (3 - 8 / pi)``.

    Parameters
    ----------
    scale : float or traced value, default 1
        Standard deviation of each component, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] J. C. Maxwell, "Illustrations of the Dynamical Theory of Gases", Philosophical
       Magazine 19, 1860.

    Examples
    --------
    >>> speed = Maxwell(scale=300)
    >>> round(speed.mean, 4), round(float(speed.quantile(0.95)), 4)
    (478.7307, 838.645)
    """

    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return 1.5, 2.0**0.5, 0.5


@final
@dataclass(frozen=True, eq=False)
class Nakagami(OfGamma):
    """The strength of a signal that comes by many ways.

    It is ``location + scale sqrt(G / shape)`` with G of a gamma; the mean of the square
    (with a location of 0) is ``scale**2``.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit; 1 is the Rayleigh. It may be random.
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
    .. [1] M. Nakagami, "The m-Distribution, a General Formula of Intensity of Rapid
       Fading", in "Statistical Methods in Radio Wave Propagation", Pergamon, 1960.

    Examples
    --------
    >>> signal = Nakagami(shape=2, scale=5)
    >>> round(signal.mean, 4), round(float(signal.quantile(0.05)), 4)
    (4.6999, 2.1076)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.shape, self.shape**-0.5, 0.5


@final
@dataclass(frozen=True, eq=False)
class GeneralizedGamma(OfGamma):
    """Gamma, Weibull, half-normal and more in one: a power of a gamma.

    It is ``location + scale G**(1 / power)``; the mean is ``location + scale gamma(shape +
    1 / power) / gamma(shape)``.

    Parameters
    ----------
    shape : float or traced value
        Of G, above 0, without unit; 1 is the Weibull. It may be random.
    power : float or traced value
        Above 0, without unit; 1 is the gamma. It may be random.
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
    .. [1] E. W. Stacy, "A Generalization of the Gamma Distribution", Annals of Mathematical
       Statistics 33(3), 1962.

    Examples
    --------
    >>> life = GeneralizedGamma(shape=2, power=1.5, scale=100)
    >>> round(life.mean, 4), round(float(life.quantile(0.05)), 4)
    (150.4575, 50.1703)
    """

    shape: Parameter
    power: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive, power=laws.positive)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.shape, 1.0, 1.0 / self.power


@final
@dataclass(frozen=True, eq=False)
class InverseGamma(OfGamma):
    """One over a gamma: a usual prior of a variance.

    The mean is ``location + scale / (shape - 1)``, infinite for a shape of 1 or less; the
    variance is infinite for 2 or less.

    Parameters
    ----------
    shape : float or traced value
        Exponent of the upper tail, above 0, without unit. It may be random.
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
    .. [1] A. Gelman et al., "Bayesian Data Analysis", 3rd ed., CRC Press, 2013, app. A.

    Examples
    --------
    >>> variance = InverseGamma(shape=3, scale=4)
    >>> round(variance.mean, 9), round(float(variance.quantile(0.95)), 4)
    (2.0, 4.8918)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return self.shape, 1.0, -1.0


@final
@dataclass(frozen=True, eq=False)
class Levy(OfGamma):
    """The first time that a Brownian motion meets a level: so heavy that it has no mean.

    It is ``location + scale / Z**2`` with Z standard normal.

    Parameters
    ----------
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] W. Feller, "An Introduction to Probability Theory and Its Applications", vol. 2,
       2nd ed., Wiley, 1971, ch. II.4.

    Examples
    --------
    >>> round(float(Levy(scale=2).quantile(0.5)), 4)
    4.3962
    """

    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _power(self) -> tuple[Parameter, Parameter, Parameter]:
        return 0.5, 0.5, -1.0
