"""Variances that stay positive, and prices that they move: Andersen's scheme.

References
----------
.. [1] L. Andersen, "Simple and efficient simulation of the Heston stochastic volatility
   model", J. Computational Finance 11 (2008) 1-42.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from mclib.distributions import laws
from mclib.distributions.bounded import Uniform
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Parameter
from mclib.errors import law
from mclib.expressions.functions import exp, log, maximum, sqrt, where
from mclib.processes.process import STANDARD, Process, State, given

_SWITCH = 1.5
"""Of variance over squared mean, where one of the scheme's two shapes takes over."""

_STANDARD_UNIFORM = Uniform(0.0, 1.0)


@final
@dataclass(frozen=True)
class CoxIngersollRoss(Process):
    """A positive value that returns to a level, with a spread like its root.

    ``dv = speed (level - v) dt + volatility sqrt(v) dW``. Each step has the exact mean and
    variance of the process, and so have all steps together; the shape is Andersen's
    quadratic-exponential one. After a time t, with ``k = exp(-speed t)``, the mean is
    ``level + (start - level) k`` and the variance ``volatility**2 / speed (start k (1 - k)
    + level (1 - k)**2 / 2)``.

    Parameters
    ----------
    level : float or traced value
        Where it returns to, above 0.
    speed : float or traced value
        How fast, per unit of time, above 0.
    volatility : float or traced value
        Of its root, above 0.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def rate(level=0.04):
    ...     process = mc.CoxIngersollRoss(level=level, speed=2.0, volatility=0.2)
    ...     return {"end": process.end(0.09, n_steps=4, dt=0.25)}
    >>> end = mc.simulate(rate, 100_000, seed=7)["end"]
    >>> print(end.mean)  # 0.04 + 0.05 exp(-2) is 0.04677
    0.04680 ± 0.00014 (95 %)
    """

    level: Parameter
    speed: Parameter
    volatility: Parameter

    def __post_init__(self) -> None:
        laws.settle(
            self, level=laws.positive, speed=laws.positive, volatility=laws.positive
        )

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """A normal draw and a uniform one."""
        del dt
        return {"z": STANDARD, "u": _STANDARD_UNIFORM}

    def begin(self, start: Any) -> State:
        """Begin at a value, the level by default."""
        return (self.level if start is None else start,)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Draw from a law with the right mean and variance."""
        shape = _Shape(self.level, self.speed, self.volatility, state[0], dt)
        return (shape.drawn(draws["z"], draws["u"]),)

    def value(self, state: State) -> Any:
        """The value itself."""
        return state[0]


@final
@dataclass(frozen=True)
class Heston(Process):
    """A price whose variance is a Cox-Ingersoll-Ross process, correlated with it.

    ``dx = x (drift dt + sqrt(v) dW)``, ``dv = speed (level - v) dt + volatility sqrt(v)
    dZ``. The mean of the price is exact; its law comes close to the true one as steps get
    shorter: with 32 steps a year, prices of options are off by some 1e-3 of themselves.

    Parameters
    ----------
    drift : float or traced value
        Of the price, per unit of time.
    variance : float or traced value
        Before the first step, above 0.
    level, speed, volatility : float or traced value
        Of the variance, as in `CoxIngersollRoss`.
    correlation : float or traced value
        Of the two noises, from -1 to 1.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def stock(drift=0.05):
    ...     price = mc.Heston(drift, 0.04, 0.04, speed=2.0, volatility=0.3, correlation=-1)
    ...     return {"end": price.end(100.0, n_steps=8, dt=1 / 8)}
    >>> end = mc.simulate(stock, 100_000, seed=7)["end"]
    >>> print(end.mean)  # 100 exp(0.05) is 105.13
    105.13 ± 0.12 (95 %)
    """

    drift: Parameter
    variance: Parameter
    level: Parameter
    speed: Parameter
    volatility: Parameter
    correlation: Parameter

    def __post_init__(self) -> None:
        laws.settle(
            self,
            drift=laws.number,
            variance=laws.positive,
            level=laws.positive,
            speed=laws.positive,
            volatility=laws.positive,
            correlation=laws.number,
        )
        if laws.is_plain(self.correlation) and not -1.0 <= self.correlation <= 1.0:
            raise law("correlation", "lie between -1 and 1", self.correlation)

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """Two draws for the variance, and one for the price."""
        del dt
        return {"z": STANDARD, "u": _STANDARD_UNIFORM, "price": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a price."""
        return given(start), self.variance

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Step the variance, then the price, whose mean is kept exact."""
        price, v = state
        shape = _Shape(self.level, self.speed, self.volatility, v, dt)
        after = shape.drawn(draws["z"], draws["u"])
        rho, own = self.correlation, self.correlation / self.volatility
        half = 0.5 * dt * (self.speed * own - 0.5)
        before_weight, after_weight = half - own, half + own
        spread = 0.5 * dt * (1.0 - rho * rho)
        moved = before_weight * v + after_weight * after
        moved = moved + sqrt(spread * (v + after)) * draws["price"]
        mean = shape.log_mean_exp(after_weight + 0.5 * spread)
        mean = mean + (before_weight + 0.5 * spread) * v
        return price * exp(self.drift * dt + moved - mean), after

    def value(self, state: State) -> Any:
        """The price."""
        return state[0]


class _Shape:
    """The variance after a step: a shifted square, or zero and an exponential."""

    def __init__(self, level: Any, speed: Any, volatility: Any, v: Any, dt: Any) -> None:
        kept = exp(-speed * dt)
        gone = 1.0 - kept
        scale = volatility * volatility * gone / speed
        self.mean = level + (v - level) * kept
        variance = scale * (v * kept + 0.5 * level * gone)
        self.ratio = variance / (self.mean * self.mean)
        # Each shape is asked for a ratio that it can have; the other one is not looked at.
        inverse = 2.0 / where(self.ratio <= _SWITCH, self.ratio, _SWITCH)
        self.square = inverse - 1.0 + sqrt(inverse) * sqrt(inverse - 1.0)
        self.factor = self.mean / (1.0 + self.square)
        ratio = where(self.ratio <= _SWITCH, _SWITCH, self.ratio)
        self.at_zero = (ratio - 1.0) / (ratio + 1.0)
        self.rate = (1.0 - self.at_zero) / self.mean

    def drawn(self, z: Any, u: Any) -> Any:
        root = sqrt(self.square) + z
        tail = maximum(1.0 - u, 0.0)
        beyond = maximum(log((1.0 - self.at_zero) / tail), 0.0) / self.rate
        return where(self.ratio <= _SWITCH, self.factor * root * root, beyond)

    def log_mean_exp(self, weight: Any) -> Any:
        """Return the logarithm of the mean of ``exp(weight v)``."""
        rest = 1.0 - 2.0 * weight * self.factor
        squared = weight * self.square * self.factor / rest - 0.5 * log(rest)
        exponential = log(
            self.at_zero + self.rate * (1.0 - self.at_zero) / (self.rate - weight)
        )
        return where(self.ratio <= _SWITCH, squared, exponential)
