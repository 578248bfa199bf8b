"""Heavy upper tails: the Pareto family, and what is made of it."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.extremes import ends_of_power, log_of_power, power_less_1
from mclib.distributions.forms import Stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.waiting_times import standard_exponential
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, expm1, log
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Pareto(Stretched):
    """A power law above a least value: large losses, incomes, sizes of cities.

    The quantile function is ``location + scale (1 - u)**(-1 / shape)``. The mean is
    ``location + scale shape / (shape - 1)``, infinite for a shape of 1 or less; the
    variance is infinite for 2 or less.

    Parameters
    ----------
    shape : float or traced value
        Exponent of the tail, above 0, without unit. It may be random.
    scale : float or traced value, default 1
        The least value (with a location of 0), above 0, in the draws' unit. It may be
        random.
    location : float or traced value, default 0
        Added to every draw, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape` or `scale` is not above 0.

    See Also
    --------
    Lomax : The same from 0 on.
    GeneralizedPareto : With the exponential and tails that end.

    References
    ----------
    .. [1] B. C. Arnold, "Pareto Distributions", 2nd ed., CRC Press, 2015.

    Examples
    --------
    >>> loss = Pareto(shape=3, scale=1_000)
    >>> loss.mean, round(float(loss.quantile(0.99)), 4)
    (1500.0, 4641.5888)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return exp(standard_exponential(p) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-self.shape * np.log(np.maximum(z, 1.0)))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return np.maximum(z, 1.0) ** -self.shape  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        mean, variance = _lomax_moments(self.shape)
        return 1.0 + mean, variance

    def _standard_support(self) -> tuple[float, float]:
        return 1.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Lomax(Stretched):
    """A power law from 0 on; also called Pareto of the second kind.

    The quantile function is ``location + scale ((1 - u)**(-1 / shape) - 1)``. The mean is
    ``location + scale / (shape - 1)``, infinite for a shape of 1 or less; the variance is
    infinite for 2 or less.

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
    .. [1] K. S. Lomax, "Business Failures", Journal of the American Statistical Association
       49(268), 1954.

    Examples
    --------
    >>> life = Lomax(shape=3, scale=10)
    >>> life.mean, round(float(life.quantile(0.99)), 4)
    (5.0, 36.4159)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return expm1(standard_exponential(p) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-self.shape * np.log1p(np.maximum(z, 0.0)))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-self.shape * np.log1p(np.maximum(z, 0.0)))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        return _lomax_moments(self.shape)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class GeneralizedPareto(Stretched):
    """What exceeds a high threshold: exponential (shape 0), Lomax (above), ending (below).

    The quantile function is ``location + scale ((1 - u)**-shape - 1) / shape``. The mean is
    ``location + scale / (1 - shape)``, infinite for a shape of 1 or more; the variance is
    infinite for 1/2 or more.

    Parameters
    ----------
    shape : float or traced value
        One over the exponent of the tail, without unit; negative for a tail that ends at
        ``location - scale / shape``. It may be random.
    location : float or traced value, default 0
        The threshold, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] J. Pickands, "Statistical Inference Using Extreme Order Statistics", Annals of
       Statistics 3(1), 1975.

    Examples
    --------
    >>> excess = GeneralizedPareto(shape=0.25, location=100, scale=30)
    >>> excess.mean, round(float(excess.quantile(0.99)), 4)
    (140.0, 359.4733)
    """

    shape: Parameter
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.number)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return power_less_1(standard_exponential(p), self.shape)

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-log_of_power(np.maximum(z, 0.0), self.shape))

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-log_of_power(np.maximum(z, 0.0), self.shape))

    def _standard_moments(self) -> tuple[float, float]:
        if self.shape >= 1.0:
            return math.inf, math.inf
        left = 1.0 - self.shape
        has_variance = self.shape < 0.5
        return (
            1.0 / left,
            1.0 / (left**2 * (left - self.shape)) if has_variance else math.inf,
        )

    def _standard_support(self) -> tuple[float, float]:
        return ends_of_power(0.0, self.shape)


@final
@dataclass(frozen=True, eq=False)
class Burr(Stretched):
    """A positive quantity with power laws at both ends; type XII, or Singh-Maddala.

    The quantile function is ``location + scale ((1 - u)**(-1 / tail) - 1)**(1 / shape)``.
    Moment number r exists for ``r < shape tail``.

    Parameters
    ----------
    shape : float or traced value
        Exponent near the least value, above 0, without unit. It may be random.
    tail : float or traced value
        ``shape tail`` is the exponent of the upper tail; above 0, without unit. It may be
        random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape`, `tail` or `scale` is not above 0.

    References
    ----------
    .. [1] I. W. Burr, "Cumulative Frequency Functions", Annals of Mathematical Statistics
       13(2), 1942.

    Examples
    --------
    >>> income = Burr(shape=3, tail=2, scale=100)
    >>> round(income.mean, 4), round(float(income.quantile(0.5)), 4)
    (80.6133, 74.5432)
    """

    shape: Parameter
    tail: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive, tail=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return exp(log(expm1(standard_exponential(p) / self.tail)) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return -np.expm1(-self.tail * np.log1p(np.maximum(z, 0.0) ** self.shape))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return np.exp(-self.tail * np.log1p(np.maximum(z, 0.0) ** self.shape))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        return _moments(*(_burr_moment(self.tail, r / self.shape) for r in (1, 2)))

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Dagum(Stretched):
    """A positive quantity with power laws at both ends; Burr type III.

    The quantile function is ``location + scale (u**(-1 / body) - 1)**(-1 / shape)``. Moment
    number r exists for ``r < shape``.

    Parameters
    ----------
    shape : float or traced value
        Exponent of the upper tail, above 0, without unit. It may be random.
    body : float or traced value
        ``shape body`` is the exponent near the least value; above 0, without unit. It may
        be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite, or `shape`, `body` or `scale` is not above 0.

    References
    ----------
    .. [1] C. Kleiber, "A Guide to the Dagum Distributions", in "Modeling Income
       Distributions and Lorenz Curves", Springer, 2008.

    Examples
    --------
    >>> income = Dagum(shape=3, body=0.5, scale=100)
    >>> round(income.mean, 4), round(float(income.quantile(0.5)), 4)
    (86.237, 69.3361)
    """

    shape: Parameter
    body: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive, body=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        lacking = expm1(standard_exponential(p.reversed()) / self.body)
        return exp(-log(lacking) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.exp(-self.body * np.log1p(np.maximum(z, 0.0) ** -self.shape))  # type: ignore[no-any-return]

    def _standard_above(self, z: Floats) -> Floats:
        return -np.expm1(-self.body * np.log1p(np.maximum(z, 0.0) ** -self.shape))  # type: ignore[no-any-return]

    def _standard_moments(self) -> tuple[float, float]:
        # One over a Dagum is a Burr.
        return _moments(*(_burr_moment(self.body, -r / self.shape) for r in (1, 2)))

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


def _lomax_moments(shape: float) -> tuple[float, float]:
    if shape <= 1.0:
        return math.inf, math.inf
    has_variance = shape > 2.0
    spread = shape / ((shape - 1.0) ** 2 * (shape - 2.0)) if has_variance else math.inf
    return 1.0 / (shape - 1.0), spread


def _burr_moment(tail: float, order: float) -> float:
    """Return the mean of X**order for ``X = (1 - U)**(-1 / tail) - 1``."""
    from scipy.special import betaln

    if order >= tail or order <= -1.0:
        return math.inf
    return float(tail * np.exp(betaln(tail - order, 1.0 + order)))


def _moments(first: float, second: float) -> tuple[float, float]:
    """Return mean and variance from the first two moments about 0."""
    return first, math.inf if math.isinf(second) else second - first**2
