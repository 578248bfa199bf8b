"""Distributions of whole numbers."""

from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats, Parameter
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import ceil, floor, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Bernoulli(Distribution):
    """An event that happens (1) or doesn't (0).

    The quantile function is 1 where ``1 - u < probability``, else 0.

    Parameters
    ----------
    probability : float or traced value, default 0.5
        How likely the event is, from 0 to 1. It may be random.

    Raises
    ------
    ArgumentError
        If `probability` does not lie between 0 and 1.

    Notes
    -----
    A loss that may happen is the event times its size, ``Bernoulli(0.1)`` times an impact:
    two inputs. Their means multiply, their percentiles don't.

    Examples
    --------
    >>> fire = Bernoulli(0.1)
    >>> fire.quantile([0.5, 0.95]), fire.mean
    (array([0., 1.]), 0.1)
    """

    probability: Parameter = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "probability", laws.probability("probability", self.probability)
        )

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, compared where no digit is lost."""
        happens = where(p.side, p.tail < self.probability, p.tail > 1.0 - self.probability)
        return where(happens, 1.0, 0.0)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return np.where(x < 0.0, 0.0, np.where(x < 1.0, 1.0 - self.probability, 1.0))

    def _above(self, x: Floats) -> Floats:
        return np.where(x < 0.0, 1.0, np.where(x < 1.0, self.probability, 0.0))

    @property
    def mean(self) -> float:
        """The probability."""
        self._require_numbers()
        return float(self.probability)

    @property
    def variance(self) -> float:
        """``probability (1 - probability)``."""
        self._require_numbers()
        return float(self.probability * (1.0 - self.probability))

    @property
    def support(self) -> tuple[float, float]:
        """``(0, 1)``, or the one value that a sure event leaves."""
        self._require_numbers()
        return float(self.probability == 1.0), float(self.probability > 0.0)


@final
@dataclass(frozen=True, eq=False)
class DiscreteUniform(Distribution):
    """Every whole number from `low` to `high`, both included, equally likely.

    The quantile function is ``low + ceil(n u) - 1`` with ``n = high - low + 1``.

    Parameters
    ----------
    low, high : int or traced value
        Whole numbers, `low` at most `high`, up to 2**53 in size. Both may be random, as
        whole numbers.

    Raises
    ------
    ArgumentError
        If an end is not a whole number or `low` is above `high`.

    Notes
    -----
    In float32 a draw has 24 bits: beyond 16 million values some are never drawn.

    Examples
    --------
    >>> die = DiscreteUniform(1, 6)
    >>> die.quantile([0.1, 0.5, 0.99]), die.mean
    (array([1., 3., 6.]), 3.5)
    """

    low: Parameter
    high: Parameter

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", laws.whole("low", self.low))
        object.__setattr__(self, "high", laws.whole("high", self.high))
        if laws.is_plain(self.low) and laws.is_plain(self.high) and self.low > self.high:
            must = f"be at most `high` ({self.high})"
            raise law("low", must, self.low, "exchange the two.")

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, counted from the nearer end."""
        share = (self.high - self.low + 1) * p.tail
        from_below = self.low + (ceil(share) - 1.0)
        return where(p.side, self.high - floor(share), from_below)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        n = float(self.high - self.low + 1)
        return np.clip((np.floor(x) - self.low + 1.0) / n, 0.0, 1.0)  # type: ignore[no-any-return]

    def _above(self, x: Floats) -> Floats:
        n = float(self.high - self.low + 1)
        return np.clip((self.high - np.floor(x)) / n, 0.0, 1.0)  # type: ignore[no-any-return]

    @property
    def mean(self) -> float:
        """``(low + high) / 2``."""
        self._require_numbers()
        return float((self.low + self.high) / 2)

    @property
    def variance(self) -> float:
        """``(n**2 - 1) / 12`` with n the number of values."""
        self._require_numbers()
        n = self.high - self.low + 1
        return float((n * n - 1) / 12)

    @property
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return float(self.low), float(self.high)
