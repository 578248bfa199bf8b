"""The logistic distribution, its exponential and its half."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.forms import Stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.waiting_times import standard_exponential
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, log1p, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Logistic(Stretched):
    """A bell with heavier tails than the normal's.

    The quantile function is ``location + scale log(u / (1 - u))``; the variance is
    ``(pi scale)**2 / 3``.

    Parameters
    ----------
    location : float or traced value, default 0
        Mean and median, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions",
       vol. 2, 2nd ed., Wiley, 1995, ch. 23.

    Examples
    --------
    >>> score = Logistic(location=5, scale=2)
    >>> score.mean, round(float(score.quantile(0.9)), 6)
    (5.0, 9.394449)
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return _log_odds(p)

    def _standard_below(self, z: Floats) -> Floats:
        return _sigmoid(z)

    def _standard_above(self, z: Floats) -> Floats:
        return _sigmoid(-z)

    def _standard_moments(self) -> tuple[float, float]:
        return 0.0, math.pi**2 / 3.0

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class LogLogistic(Stretched):
    """A positive quantity whose logarithm is logistic; also called Fisk.

    The quantile function is ``location + scale (u / (1 - u))**(1 / shape)``. The mean is
    infinite for a shape of 1 or less, the variance for 2 or less.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit; the larger, the narrower. It may be random.
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
    .. [1] P. R. Fisk, "The Graduation of Income Distributions", Econometrica 29(2), 1961.

    Examples
    --------
    >>> survival = LogLogistic(shape=4, scale=10)
    >>> round(survival.mean, 6), round(float(survival.quantile(0.9)), 6)
    (11.107207, 17.320508)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return exp(_log_odds(p) / self.shape)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return _sigmoid(self.shape * np.log(np.maximum(z, 0.0)))

    def _standard_above(self, z: Floats) -> Floats:
        return _sigmoid(-self.shape * np.log(np.maximum(z, 0.0)))

    def _standard_moments(self) -> tuple[float, float]:
        first, second = (_reflected(order / self.shape) for order in (1, 2))
        return first, math.inf if math.isinf(second) else second - first**2

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class HalfLogistic(Stretched):
    """The size of a logistic quantity without its sign.

    The quantile function is ``location + scale log((1 + u) / (1 - u))``; the mean is
    ``location + scale log(4)``.

    Parameters
    ----------
    location : float or traced value, default 0
        The least value, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or `scale` is not above 0.

    References
    ----------
    .. [1] N. Balakrishnan, "Order statistics from the half logistic distribution", Journal
       of Statistical Computation and Simulation 20(4), 1985.

    Examples
    --------
    >>> round(HalfLogistic(scale=3).mean, 6)
    4.158883
    """

    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        self._settle_stretch()

    def _standard_draw(self, p: Probability) -> Expression:
        return log1p(p.lower) + standard_exponential(p)  # type: ignore[no-any-return]

    def _standard_below(self, z: Floats) -> Floats:
        return np.tanh(np.maximum(z, 0.0) / 2.0)

    def _standard_above(self, z: Floats) -> Floats:
        return 2.0 * _sigmoid(-np.maximum(z, 0.0))

    def _standard_moments(self) -> tuple[float, float]:
        mean = math.log(4.0)
        return mean, math.pi**2 / 3.0 - mean * mean

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


def _log_odds(p: Probability) -> Expression:
    """Return ``log(u / (1 - u))``."""
    size = log(p.tail) - log1p(-p.tail)
    return where(p.side, -size, size)  # type: ignore[no-any-return]


def _sigmoid(z: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(z))


def _reflected(x: float) -> float:
    """Return gamma(1 + x) gamma(1 - x), a moment of the log-logistic."""
    return math.inf if x >= 1.0 else math.pi * x / math.sin(math.pi * x)
