"""The normal distribution and its exponential."""

import math
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution, stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.expressions import functions
from mclib.expressions.expression import Expression
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Normal(Distribution):
    """The sum of many small independent effects.

    The quantile function is ``mean + standard_deviation z(u)``, with ``z`` the quantile
    function of the standard normal.

    Parameters
    ----------
    mean : float or traced value, default 0
        The mean, in the draws' unit. It may be random.
    standard_deviation : float or traced value, default 1
        The standard deviation, above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `standard_deviation` is not above 0.

    Notes
    -----
    A normal has no ends: with ``standard_deviation > mean / 2`` more than 2 % of the draws
    are negative. For a quantity that can't be negative take `LogNormal` or `PERT`.

    Examples
    --------
    >>> price = Normal(mean=20, standard_deviation=2)
    >>> round(float(price.quantile(0.95)), 6)
    23.289707
    """

    mean: Parameter = 0.0
    standard_deviation: Parameter = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", laws.number("mean", self.mean))
        deviation = laws.spread("standard_deviation", self.standard_deviation)
        object.__setattr__(self, "standard_deviation", deviation)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return stretched(p.standard_normal(), self.standard_deviation, self.mean)

    def _below(self, x: Floats) -> Floats:
        return _normal_below((x - self.mean) / self.standard_deviation)

    def _above(self, x: Floats) -> Floats:
        return _normal_below((self.mean - x) / self.standard_deviation)

    @property
    def variance(self) -> float:
        """The standard deviation squared."""
        self._require_numbers()
        return float(self.standard_deviation**2)

    @property
    def support(self) -> tuple[float, float]:
        """Minus infinity to infinity."""
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class LogNormal(Distribution):
    """The product of many small independent factors: its logarithm is normal.

    The quantile function is ``median exp(spread z(u))``, with ``z`` the quantile function
    of the standard normal.

    Parameters
    ----------
    median : float or traced value, default 1
        The value that half of the draws exceed, above 0, in the draws' unit. It may be
        random.
    spread : float or traced value, default 1
        Standard deviation of the logarithm, above 0, without unit: two thirds of the draws
        lie within a factor ``exp(spread)`` of the median. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or not above 0.

    See Also
    --------
    LogNormal.from_mean : From the mean and standard deviation of the draws themselves.
    LogNormal.from_normal : From the mean and standard deviation of the logarithm.

    Examples
    --------
    >>> volume = LogNormal(median=1_000, spread=0.3)
    >>> round(float(volume.quantile(0.95)), 4), round(volume.mean, 4)
    (1637.9674, 1046.0279)
    """

    median: Parameter = 1.0
    spread: Parameter = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "median", laws.positive("median", self.median))
        object.__setattr__(self, "spread", laws.spread("spread", self.spread))

    @classmethod
    def from_mean(cls, mean: Parameter, standard_deviation: Parameter) -> Self:
        """Return the lognormal whose draws have this mean and standard deviation.

        With ``v = (standard_deviation / mean)**2`` the spread is ``sqrt(log(1 + v))`` and
        the median ``mean / sqrt(1 + v)``.

        Parameters
        ----------
        mean, standard_deviation : float or traced value
            Both above 0, in the draws' unit.

        Examples
        --------
        >>> volume = LogNormal.from_mean(mean=100, standard_deviation=30)
        >>> round(volume.mean, 9), round(volume.standard_deviation, 9)
        (100.0, 30.0)
        """
        mean = laws.positive("mean", mean)
        relative = laws.spread("standard_deviation", standard_deviation) / mean
        v = relative * relative
        if laws.is_plain(v):
            return cls(mean / math.sqrt(1.0 + v), math.sqrt(math.log1p(v)))
        return cls(mean / functions.sqrt(1.0 + v), functions.sqrt(functions.log1p(v)))

    @classmethod
    def from_normal(cls, mean: Parameter, standard_deviation: Parameter) -> Self:
        """Return the lognormal whose logarithm has this mean and standard deviation.

        Parameters
        ----------
        mean, standard_deviation : float or traced value
            Of the logarithm of the draws, without unit; `standard_deviation` above 0.

        Examples
        --------
        >>> LogNormal.from_normal(mean=0, standard_deviation=0.5)
        LogNormal(median=1.0, spread=0.5)
        """
        mean = laws.number("mean", mean)
        deviation = laws.spread("standard_deviation", standard_deviation)
        if laws.is_plain(mean):
            with np.errstate(over="ignore"):
                return cls(float(np.exp(mean)), deviation)
        return cls(functions.exp(mean), deviation)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return functions.exp(p.standard_normal() * self.spread) * self.median  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return _normal_below(self._scores(x))

    def _above(self, x: Floats) -> Floats:
        return _normal_below(-self._scores(x))

    def _scores(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(x, 0.0) / self.median) / self.spread  # type: ignore[no-any-return]

    @property
    def mean(self) -> float:
        """``median exp(spread**2 / 2)``."""
        self._require_numbers()
        with np.errstate(over="ignore"):
            return float(self.median * np.exp(self.spread**2 / 2.0))

    @property
    def variance(self) -> float:
        """``mean**2 (exp(spread**2) - 1)``."""
        self._require_numbers()
        with np.errstate(over="ignore"):
            return float(np.square(self.mean) * np.expm1(self.spread**2))

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf


def _normal_below(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))
