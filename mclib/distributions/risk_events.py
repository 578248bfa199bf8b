"""What happens only sometimes."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.empirical import Empirical
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.parts import seen, settle_parts
from mclib.expressions.expression import Expression
from mclib.expressions.functions import where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class RiskEvent(Distribution):
    """A loss, or a gain, that happens with a probability: otherwise the draw is 0.

    It is one input, so that a tornado shows the risk as one driver. The quantile function
    is that of the impact at ``u / probability`` for impacts below 0, at ``1 - (1 - u) /
    probability`` for impacts above 0, and 0 between. The mean is ``probability`` times the
    impact's.

    Parameters
    ----------
    probability : float or traced value
        How likely the event is, from 0 to 1. It may be random.
    impact : Distribution or float
        Of the draw if it happens; its parameters are numbers. A number is always the same.

    Raises
    ------
    ArgumentError
        If `probability` does not lie between 0 and 1 or `impact` isn't a distribution.
    TraceError
        If a parameter of `impact` is a traced value.

    Notes
    -----
    Of whole numbers from 0 on it is a zero-inflated count: ``RiskEvent(0.3, Poisson(4))``.

    Examples
    --------
    >>> from mclib.distributions import Triangular
    >>> fire = RiskEvent(0.1, Triangular(low=100, mode=200, high=600))
    >>> round(fire.mean, 9), float(fire.quantile(0.5)), round(float(fire.quantile(0.99)), 4)
    (30.0, 0.0, 458.5786)
    """

    probability: Parameter
    impact: Any

    def __post_init__(self) -> None:
        laws.settle(self, probability=laws.probability)
        if isinstance(self.impact, Real):
            amount = laws.fixed("RiskEvent", "impact", laws.number("impact", self.impact))
            object.__setattr__(self, "impact", Empirical([amount]))
        settle_parts(self, "impact")
        _ = self._share_below

    @cached_property
    def _share_below(self) -> float:
        return float(self.impact.cdf(np.nextafter(0.0, -1.0)))

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        lower, upper = p.lower / self.probability, p.upper / self.probability
        is_gain = upper < float(self.impact.probability_above(0.0))
        is_loss = lower < self._share_below
        # Where nothing happens the impact is not looked at, but must be asked something.
        held_lower = where(is_loss, lower, where(is_gain, 1.0 - upper, 0.5))
        held_upper = where(is_gain, upper, where(is_loss, 1.0 - lower, 0.5))
        x = self.impact.draw(seen(held_lower, held_upper))
        return where(is_gain | is_loss, x, 0.0)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        rest = np.where(x >= 0.0, 1.0 - self.probability, 0.0)
        return self.probability * self.impact.cdf(x) + rest  # type: ignore[no-any-return]

    def _above(self, x: Floats) -> Floats:
        rest = np.where(x < 0.0, 1.0 - self.probability, 0.0)
        return self.probability * self.impact.probability_above(x) + rest  # type: ignore[no-any-return]

    @property
    def mean(self) -> float:
        """``probability`` times the impact's mean."""
        self._require_numbers()
        return float(self.probability * self.impact.mean)

    @property
    def variance(self) -> float:
        """``probability (v + (1 - probability) m**2)`` with the impact's m and v."""
        self._require_numbers()
        spread = (1.0 - self.probability) * self.impact.mean**2
        return float(self.probability * (self.impact.variance + spread))

    @property
    def support(self) -> tuple[float, float]:
        """The support of the impact, and 0."""
        self._require_numbers()
        low, high = self.impact.support
        if self.probability == 0.0:
            return 0.0, 0.0
        if self.probability == 1.0:
            return low, high
        return min(low, 0.0), max(high, 0.0)
