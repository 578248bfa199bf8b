"""Two forms that most families have: a standard distribution, stretched and moved.

A family says what its standard form is; how a draw, a probability, a moment and the support
follow from it is said here, once.
"""

from abc import abstractmethod
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution, stretched
from mclib.distributions.laws import Floats, Parameter
from mclib.expressions.expression import Expression
from mclib.expressions.functions import where
from mclib.expressions.probability import Probability


class Stretched(Distribution):
    """``location + scale X``, with X of the family's standard form.

    Subclasses have the fields `location` and `scale`, and shapes besides.
    """

    location: Parameter
    scale: Parameter

    @abstractmethod
    def _standard_draw(self, p: Probability) -> Expression:
        """Return the quantile function of the standard form."""

    @abstractmethod
    def _standard_below(self, z: Floats) -> Floats:
        """Return the probability that the standard form is at most `z`."""

    @abstractmethod
    def _standard_above(self, z: Floats) -> Floats:
        """Return the probability that the standard form is above `z`."""

    @abstractmethod
    def _standard_moments(self) -> tuple[float, float]:
        """Return mean and variance of the standard form."""

    @abstractmethod
    def _standard_support(self) -> tuple[float, float]:
        """Return the ends of the standard form."""

    @final
    def _settle_stretch(self) -> None:
        laws.settle(self, location=laws.number, scale=laws.spread)

    @final
    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return stretched(self._standard_draw(p), self.scale, self.location)

    @final
    def _below(self, x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return self._standard_below((x - self.location) / self.scale)

    @final
    def _above(self, x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return self._standard_above((x - self.location) / self.scale)

    @property
    @final
    def mean(self) -> float:
        """The mean, in the draws' unit; infinite or NaN where there is none."""
        self._require_numbers()
        with np.errstate(all="ignore"):
            return float(self.location + self.scale * self._standard_moments()[0])

    @property
    @final
    def variance(self) -> float:
        """The variance, in the draws' unit squared; infinite or NaN where there is none."""
        self._require_numbers()
        with np.errstate(all="ignore"):
            return float(self.scale * self.scale * self._standard_moments()[1])

    @property
    @final
    def support(self) -> tuple[float, float]:
        """The ends of the standard form, stretched and moved."""
        self._require_numbers()
        low, high = self._standard_support()
        return self.location + self.scale * low, self.location + self.scale * high


class Between(Distribution):
    """A standard form on [0, 1], stretched from `low` to `high`.

    A draw is measured from the end on its own side of the median, so that no digit is lost
    at either.
    """

    low: Parameter
    high: Parameter

    @abstractmethod
    def _distance(self, p: Probability) -> Expression:
        """Return how far the draw is from 0, or, in the upper half, from 1."""

    @abstractmethod
    def _share_below(self, z: Floats) -> Floats:
        """Return the probability of at most `z` in [0, 1]."""

    @abstractmethod
    def _share_above(self, z: Floats) -> Floats:
        """Return the probability of more than ``1 - z``, for `z` in [0, 1]."""

    @abstractmethod
    def _standard_moments(self) -> tuple[float, float]:
        """Return mean and variance on [0, 1]."""

    @final
    def _settle_ends(self) -> None:
        laws.settle(self, low=laws.number, high=laws.number)
        laws.interval(self.low, self.high)

    @final
    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, measured from the end on its side."""
        step = (self.high - self.low) * self._distance(p)
        return where(p.side, self.high - step, self.low + step)  # type: ignore[no-any-return]

    @final
    def _below(self, x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return self._share_below(
                np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)
            )

    @final
    def _above(self, x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return self._share_above(
                np.clip((self.high - x) / (self.high - self.low), 0.0, 1.0)
            )

    @property
    @final
    def mean(self) -> float:
        """The mean, in the draws' unit."""
        self._require_numbers()
        return float(self.low + (self.high - self.low) * self._standard_moments()[0])

    @property
    @final
    def variance(self) -> float:
        """The variance, in the draws' unit squared."""
        self._require_numbers()
        return float((self.high - self.low) ** 2 * self._standard_moments()[1])

    @property
    @final
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return self.low, self.high
