"""Distributions made of a beta: two shapes on [0, 1], stretched."""

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.iterated import log_odds_of_beta
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.tables import QuantileTable
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, where
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class PERT(Distribution):
    """Three points as a smooth curve: a beta distribution stretched from `low` to `high`.

    Its shapes are ``a = 1 + weight (mode - low) / (high - low)`` and
    ``b = 1 + weight (high - mode) / (high - low)``, so that the mean is
    ``(low + weight mode + high) / (weight + 2)``.

    Parameters
    ----------
    low, mode, high : float or traced value
        ``low <= mode <= high`` and ``low < high``, in the draws' unit. All may be random.
    weight : float or traced value, default 4
        How much the most likely value counts; 0 or more. 0 gives a uniform, 4 the classical
        PERT, more a narrower peak.

    Raises
    ------
    ArgumentError
        If a number is not finite, the points are not in order or `weight` is negative.

    Notes
    -----
    The quantile function of the beta has no closed form. Where all parameters are the same
    in every trial it is a table, made once for each pair of shapes, with a u-error below
    1e-10; a change of a parameter of the model traces the model anew. Where one of them
    differs from trial to trial it is met by a fixed number of iterations, to 1e-9, at some
    twenty times the cost.

    References
    ----------
    .. [1] D. G. Malcolm, J. H. Roseboom, C. E. Clark, W. Fazar, "Application of a Technique
       for Research and Development Program Evaluation", Operations Research 7(5), 1959.
    .. [2] D. Vose, "Risk Analysis: A Quantitative Guide", Wiley, 2008.

    Examples
    --------
    >>> cost = PERT(low=10, mode=20, high=60)
    >>> cost.mean, cost.variance, round(float(cost.quantile(0.95)), 8)
    (25.0, 75.0, 41.0638362)
    """

    low: Parameter
    mode: Parameter
    high: Parameter
    weight: Parameter = 4.0

    def __post_init__(self) -> None:
        for name in ("low", "mode", "high"):
            object.__setattr__(self, name, laws.number(name, getattr(self, name)))
        object.__setattr__(self, "weight", laws.not_negative("weight", self.weight))
        laws.between(self.low, self.mode, self.high)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, measured from the nearer end."""
        shapes = self._shapes()
        if all(map(laws.is_fixed, self.parameters.values())):
            # Made anew, so that the numbers are held to their laws.
            known = {name: float(value) for name, value in self.parameters.items()}
            shapes = PERT(**known)._shapes()
        step = (self.high - self.low) * beta_distance(*shapes, p)
        return where(p.side, self.high - step, self.low + step)  # type: ignore[no-any-return]

    def _shapes(self) -> tuple[float, float]:
        width = self.high - self.low
        return (
            1.0 + self.weight * ((self.mode - self.low) / width),
            1.0 + self.weight * ((self.high - self.mode) / width),
        )

    def _below(self, x: Floats) -> Floats:
        return beta_below(*self._shapes(), (x - self.low) / (self.high - self.low))

    def _above(self, x: Floats) -> Floats:
        a, b = self._shapes()
        return beta_below(b, a, (self.high - x) / (self.high - self.low))

    @property
    def mean(self) -> float:
        """``(low + weight mode + high) / (weight + 2)``."""
        self._require_numbers()
        from_low = self.weight * (self.mode - self.low) + (self.high - self.low)
        return float(self.low + from_low / (self.weight + 2.0))

    @property
    def variance(self) -> float:
        """``(mean - low) (high - mean) / (weight + 3)``."""
        self._require_numbers()
        mean = self.mean
        return float((mean - self.low) * (self.high - mean) / (self.weight + 3.0))

    @property
    def support(self) -> tuple[float, float]:
        """``(low, high)``."""
        self._require_numbers()
        return self.low, self.high


def beta_distance(a: Parameter, b: Parameter, p: Probability) -> Expression:
    """Return how far a standard beta is from the end on its side of the median."""
    if laws.is_fixed(a) and laws.is_fixed(b):
        return beta_table(float(a), float(b)).draw(p)
    odds = log_odds_of_beta(a, b, p)
    return 1.0 / (1.0 + exp(where(p.side, odds, -odds)))  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def beta_table(a: float, b: float) -> QuantileTable:
    """Return the table of a standard beta, each half measured from its own end.

    Parameters
    ----------
    a, b : float
        Shapes, above 0.

    Returns
    -------
    QuantileTable
        In the lower half the distance from 0, in the upper half the distance from 1.
    """
    return fit(_beta_tail(a, b), _beta_tail(b, a), f"a beta with shapes {a!r} and {b!r}")


def _beta_tail(a: float, b: float) -> Tail:
    from scipy.special import betaincinv, betaln

    def density(x: Floats) -> Floats:
        powers = (a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - betaln(a, b)
        return np.asarray(np.exp(powers))

    return Tail(
        probability=lambda x: beta_below(a, b, x),
        inverse=lambda p: np.asarray(betaincinv(a, b, p)),
        density=density,
    )


def beta_below(a: float, b: float, x: Floats) -> Floats:
    """Return the probability that a standard beta is at most `x`."""
    from scipy.special import betainc

    return np.asarray(betainc(a, b, np.clip(x, 0.0, 1.0)))
