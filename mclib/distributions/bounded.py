"""Distributions between two ends."""

from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats, Parameter
from mclib.expressions.expression import Expression
from mclib.expressions.functions import sqrt, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Uniform(Distribution):
    """Every value between two ends, equally likely.

    The quantile function is ``low + (high - low) u``.

    Parameters
    ----------
    low, high : float or traced value, default 0 and 1
        The ends, `low` below `high`, in the draws' unit. Both may be random.

    Raises
    ------
    ArgumentError
        If an end is not finite, or `low` is not below `high`.

    Examples
    --------
    >>> delay = Uniform(low=2, high=6)
    >>> float(delay.quantile(0.25)), delay.mean
    (3.0, 4.0)
    """

    low: Parameter = 0.0
    high: Parameter = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", laws.number("low", self.low))
        object.__setattr__(self, "high", laws.number("high", self.high))
        laws.interval(self.low, self.high)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, measured from the nearer end."""
        step = (self.high - self.low) * p.tail
        return where(p.side, self.high - step, self.low + step)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)  # type: ignore[no-any-return]

    def _above(self, x: Floats) -> Floats:
        return np.clip((self.high - x) / (self.high - self.low), 0.0, 1.0)  # type: ignore[no-any-return]

    @property
    def mean(self) -> float:
        """The middle of the ends."""
        self._require_numbers()
        return float(self.low + (self.high - self.low) / 2.0)

    @property
    def variance(self) -> float:
        """The width squared, over 12."""
        self._require_numbers()
        return float((self.high - self.low) ** 2 / 12.0)

    @property
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return self.low, self.high


@final
@dataclass(frozen=True, eq=False)
class Triangular(Distribution):
    """Three points: a lowest, a most likely and a highest value.

    The density rises in a straight line from `low` to `mode` and falls in one to `high`.
    With ``c = (mode - low) / (high - low)`` the quantile function is ``low + sqrt(u (high -
    low) (mode - low))`` for ``u < c`` and ``high - sqrt((1 - u) (high - low) (high -
    mode))`` above.

    Parameters
    ----------
    low, mode, high : float or traced value
        ``low <= mode <= high`` and ``low < high``, in the draws' unit. All may be random.

    Raises
    ------
    ArgumentError
        If a point is not finite or they are not in order.

    Notes
    -----
    The tails are heavier than experts mean when they name three points; `PERT` puts more
    weight on `mode`.

    Examples
    --------
    >>> cost = Triangular(low=10, mode=20, high=60)
    >>> cost.mean, round(float(cost.quantile(0.5)), 6)
    (30.0, 28.377223)
    """

    low: Parameter
    mode: Parameter
    high: Parameter

    def __post_init__(self) -> None:
        for name in ("low", "mode", "high"):
            object.__setattr__(self, name, laws.number(name, getattr(self, name)))
        laws.between(self.low, self.mode, self.high)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, measured from the nearer end.

        With ``h`` the tail, ``w`` the width, ``n`` the leg of the triangle at the nearer
        end and ``f`` the other, the distance from that end is ``sqrt(h w n)`` within the
        nearer leg and ``n + f (h w - n) / (f + sqrt((1 - h) w f))`` beyond it: no digit is
        lost at either end, even where `mode` is an end.
        """
        width, rise, fall = (
            self.high - self.low,
            self.mode - self.low,
            self.high - self.mode,
        )
        near, far = where(p.side, fall, rise), where(p.side, rise, fall)
        share = p.tail * width
        is_near = share < near
        root = sqrt(where(is_near, share * near, (1.0 - p.tail) * width * far))
        distance = where(is_near, root, near + far * (share - near) / (far + root))
        return where(p.side, self.high - distance, self.low + distance)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return _triangle_below(x, self.low, self.mode, self.high)

    def _above(self, x: Floats) -> Floats:
        # Seen from the other end it is the triangle of the negatives.
        return _triangle_below(-x, -self.high, -self.mode, -self.low)

    @property
    def mean(self) -> float:
        """``(low + mode + high) / 3``."""
        self._require_numbers()
        from_low = (self.mode - self.low) + (self.high - self.low)
        return float(self.low + from_low / 3.0)

    @property
    def variance(self) -> float:
        """``(a**2 + a b + b**2) / 18`` with a = mode - low and b = high - mode."""
        self._require_numbers()
        a, b = self.mode - self.low, self.high - self.mode
        return float((a * a + a * b + b * b) / 18.0)

    @property
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return self.low, self.high


def _triangle_below(x: Floats, low: float, mode: float, high: float) -> Floats:
    inside = np.clip(x, low, high)
    width, rise, fall = high - low, mode - low, high - mode
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = (inside - low) / width * ((inside - low) / rise)
        beyond = (inside - mode) / width * (1.0 + (high - inside) / fall)
    falling = np.where(inside < high, rise / width + beyond, 1.0)
    return np.where(inside < mode, rising, falling)
