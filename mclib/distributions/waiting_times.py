"""Waiting times and lifetimes: functions of a standard exponential."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.tables import QuantileTable
from mclib.errors import ArgumentError
from mclib.expressions.expression import Expression
from mclib.expressions.functions import log, power, where
from mclib.expressions.probability import Probability


def standard_exponential(p: Probability) -> Expression:
    """Return ``-log(1 - u)``, with all digits at both ends.

    In the upper half 1 - u is the tail itself. In the lower half 1 - u is rounded; what the
    rounding took is known exactly, and the logarithm there has slope 1 to first order.
    """
    kept = where(p.side, p.tail, 1.0 - p.tail)
    lost = where(p.side, 0.0, (1.0 - kept) - p.tail)
    return -(log(kept) + lost)  # type: ignore[no-any-return]


@final
@dataclass(frozen=True, eq=False, init=False)
class Exponential(Distribution):
    """The waiting time for something that may happen at any moment, at a constant rate.

    The quantile function is ``-mean log(1 - u)``.

    Parameters
    ----------
    mean : float or traced value, default 1
        The mean waiting time, above 0, in the draws' unit. It may be random.
    rate : float or traced value, optional
        One over the mean: events per unit. Give one of the two.

    Raises
    ------
    ArgumentError
        If the number is not finite or not above 0, or both are given.

    Examples
    --------
    >>> wait = Exponential(rate=0.5)
    >>> wait
    Exponential(mean=2.0)
    >>> round(float(wait.quantile(0.5)), 6)
    1.386294
    """

    mean: Parameter = 1.0

    def __init__(
        self, mean: Parameter | None = None, *, rate: Parameter | None = None
    ) -> None:
        if mean is not None and rate is not None:
            message = f"give `mean` or `rate`, not both; got mean={mean!r}, rate={rate!r}."
            raise ArgumentError(message)
        if rate is not None:
            mean = 1.0 / laws.positive("rate", rate)
        object.__setattr__(
            self, "mean", laws.positive("mean", 1.0 if mean is None else mean)
        )

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return standard_exponential(p) * self.mean  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return -np.expm1(-np.maximum(x, 0.0) / self.mean)  # type: ignore[no-any-return]

    def _above(self, x: Floats) -> Floats:
        return np.exp(-np.maximum(x, 0.0) / self.mean)  # type: ignore[no-any-return]

    @property
    def variance(self) -> float:
        """The mean squared."""
        self._require_numbers()
        return float(self.mean**2)

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Weibull(Distribution):
    """A lifetime whose hazard rises (shape above 1) or falls (below 1) with age.

    The quantile function is ``scale (-log(1 - u))**(1 / shape)``.

    Parameters
    ----------
    shape : float or traced value
        Above 0, without unit; 1 is the exponential, about 3.6 nearly symmetric. It may be
        random.
    scale : float or traced value, default 1
        The age that 63.2 % do not survive, above 0, in the draws' unit. It may be random.

    Raises
    ------
    ArgumentError
        If a number is not finite or not above 0.

    Notes
    -----
    Draws of a shape from 1/8 to 64 that is the same in every trial come from a table, made
    anew when it changes: its u-error
    is below 1e-10 of min(u, 1 - u). All else goes by the formula.

    Examples
    --------
    >>> lifetime = Weibull(shape=2, scale=1_000)
    >>> round(lifetime.mean, 4), round(float(lifetime.quantile(0.1)), 4)
    (886.2269, 324.5928)
    """

    shape: Parameter
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", laws.positive("shape", self.shape))
        object.__setattr__(self, "scale", laws.spread("scale", self.scale))

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        standard = power(standard_exponential(p), 1.0 / self.shape)
        if laws.is_fixed(self.shape) and _is_tabulated(float(self.shape)):
            standard = _weibull_table(float(self.shape)).draw_for(p, standard)
        return standard * self.scale  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return -np.expm1(-self._hazard(x))

    def _above(self, x: Floats) -> Floats:
        return np.exp(-self._hazard(x))

    def _hazard(self, x: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return (np.maximum(x, 0.0) / self.scale) ** self.shape  # type: ignore[no-any-return]

    @property
    def mean(self) -> float:
        """``scale gamma(1 + 1 / shape)``."""
        from scipy.special import gamma

        self._require_numbers()
        return float(self.scale * gamma(1.0 + 1.0 / self.shape))

    @property
    def variance(self) -> float:
        """``scale**2 (gamma(1 + 2 / shape) - gamma(1 + 1 / shape)**2)``."""
        from scipy.special import gammaln

        self._require_numbers()
        # For large shapes the two gammas are nearly equal: take their ratio's logarithm.
        ratio = gammaln(1.0 + 2.0 / self.shape) - 2.0 * gammaln(1.0 + 1.0 / self.shape)
        with np.errstate(over="ignore"):
            return float(np.square(self.mean) * np.expm1(ratio))

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf


def _is_tabulated(shape: float) -> bool:
    """Whether there is a table; beyond these shapes powers are too steep or too flat."""
    return 0.125 <= shape <= 64.0


@lru_cache(maxsize=256)
def _weibull_table(shape: float) -> QuantileTable:
    """Return the table of a standard Weibull."""

    def density(x: Floats) -> Floats:
        return np.asarray(shape * x ** (shape - 1.0) * np.exp(-(x**shape)))

    lower = Tail(
        probability=lambda x: -np.expm1(-(np.maximum(x, 0.0) ** shape)),
        inverse=lambda p: (-np.log1p(-p)) ** (1.0 / shape),
        density=density,
    )
    upper = Tail(
        probability=lambda x: np.exp(-(np.maximum(x, 0.0) ** shape)),
        inverse=lambda p: (-np.log(p)) ** (1.0 / shape),
        density=density,
    )
    return fit(lower, upper, f"a Weibull of shape {shape!r}")
