"""Prices and rates in continuous time, stepped exactly: any length of step will do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from mclib.distributions import laws
from mclib.distributions.counts import Poisson
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Parameter
from mclib.expressions.functions import exp, sqrt
from mclib.processes.process import STANDARD, Process, State, given


@final
@dataclass(frozen=True)
class BrownianMotion(Process):
    """A sum of independent normal steps: ``dx = drift dt + volatility dW``.

    After a time t the value is normal, with mean ``start + drift t`` and variance
    ``volatility**2 t``.

    Parameters
    ----------
    drift : float or traced value
        Per unit of time.
    volatility : float or traced value
        Standard deviation after one unit of time, 0 or more.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def position(drift=0.5):
    ...     motion = mc.BrownianMotion(drift=drift, volatility=2.0)
    ...     return {"end": motion.end(10.0, n_steps=4, dt=0.25)}
    >>> end = mc.simulate(position, 100_000, seed=7)["end"]
    >>> print(end.mean, "and", end.standard_deviation)  # 10 + 0.5, and 2
    10.508 ± 0.012 (95 %) and 1.999 ± 0.009 (95 %)
    """

    drift: Parameter
    volatility: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, drift=laws.number, volatility=laws.not_negative)

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """One normal draw."""
        del dt
        return {"z": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a value, 0 by default."""
        return (0.0 if start is None else start,)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Add a normal step."""
        spread = self.volatility * sqrt(dt)
        return (state[0] + self.drift * dt + spread * draws["z"],)

    def value(self, state: State) -> Any:
        """The value itself."""
        return state[0]


@final
@dataclass(frozen=True)
class GeometricBrownianMotion(Process):
    """A price whose relative steps are independent: ``dx = x (drift dt + volatility dW)``.

    After a time t the logarithm of ``x / start`` is normal, with mean ``(drift -
    volatility**2 / 2) t`` and variance ``volatility**2 t``; the mean of x is ``start
    exp(drift t)``.

    Parameters
    ----------
    drift : float or traced value
        Per unit of time: 0.05 for 5 % a year.
    volatility : float or traced value
        Per root of a unit of time, 0 or more.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def stock(drift=0.05):
    ...     price = mc.GeometricBrownianMotion(drift=drift, volatility=0.2)
    ...     return {"end": price.end(100.0, n_steps=12, dt=1 / 12)}
    >>> print(mc.simulate(stock, 100_000, seed=7)["end"].mean)  # 100 exp(0.05) is 105.13
    105.19 ± 0.13 (95 %)
    """

    drift: Parameter
    volatility: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, drift=laws.number, volatility=laws.not_negative)

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """One normal draw."""
        del dt
        return {"z": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a price."""
        return (given(start),)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Multiply by a lognormal factor."""
        growth = (self.drift - 0.5 * self.volatility * self.volatility) * dt
        return (state[0] * exp(growth + self.volatility * sqrt(dt) * draws["z"]),)

    def value(self, state: State) -> Any:
        """The price itself."""
        return state[0]


@final
@dataclass(frozen=True)
class OrnsteinUhlenbeck(Process):
    """A value that returns to a level: ``dx = speed (level - x) dt + volatility dW``.

    After a time t it is normal, with mean ``level + (start - level) exp(-speed t)`` and
    variance ``volatility**2 (1 - exp(-2 speed t)) / (2 speed)``.

    Parameters
    ----------
    level : float or traced value
        Where it returns to.
    speed : float or traced value
        How fast, per unit of time, above 0; half of a distance is gone after ``log(2) /
        speed``.
    volatility : float or traced value
        Per root of a unit of time, 0 or more.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def rate(level=3.0):
    ...     process = mc.OrnsteinUhlenbeck(level=level, speed=2.0, volatility=0.5)
    ...     return {"end": process.end(5.0, n_steps=4, dt=0.25)}
    >>> print(mc.simulate(rate, 100_000, seed=7)["end"].mean)  # 3 + 2 exp(-2) is 3.2707
    3.2713 ± 0.0015 (95 %)
    """

    level: Parameter
    speed: Parameter
    volatility: Parameter

    def __post_init__(self) -> None:
        laws.settle(
            self, level=laws.number, speed=laws.positive, volatility=laws.not_negative
        )

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """One normal draw."""
        del dt
        return {"z": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a value, the level by default."""
        return (self.level if start is None else start,)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Go a part of the way back, and add a normal step."""
        kept = exp(-self.speed * dt)
        spread = self.volatility * sqrt((1.0 - kept * kept) / (2.0 * self.speed))
        return (self.level + (state[0] - self.level) * kept + spread * draws["z"],)

    def value(self, state: State) -> Any:
        """The value itself."""
        return state[0]


@final
@dataclass(frozen=True)
class JumpDiffusion(Process):
    """A price with jumps: a geometric Brownian motion, and jumps of random size (Merton).

    Jumps come as a Poisson process; each adds a normal number to the logarithm of the
    price. After a time t that logarithm has mean ``(drift - volatility**2 / 2 + intensity
    jump_mean) t`` and variance ``(volatility**2 + intensity (jump_mean**2 +
    jump_deviation**2)) t``.

    Parameters
    ----------
    drift, volatility : float or traced value
        Of the price between jumps, as in `GeometricBrownianMotion`.
    intensity : float or traced value
        Jumps per unit of time, above 0.
    jump_mean, jump_deviation : float or traced value
        Of a jump in the logarithm of the price.

    References
    ----------
    .. [1] R. C. Merton, "Option pricing when underlying stock returns are discontinuous",
       J. Financial Economics 3 (1976) 125-144.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def stock(drift=0.05):
    ...     price = mc.JumpDiffusion(drift, 0.2, 0.5, jump_mean=-0.1, jump_deviation=0.15)
    ...     return {"growth": mc.log(price.end(1.0, n_steps=4, dt=0.25))}
    >>> print(mc.simulate(stock, 100_000, seed=7)["growth"].mean)  # 0.05 - 0.02 - 0.05
    -0.0199 ± 0.0015 (95 %)
    """

    drift: Parameter
    volatility: Parameter
    intensity: Parameter
    jump_mean: Parameter
    jump_deviation: Parameter

    def __post_init__(self) -> None:
        laws.settle(
            self,
            drift=laws.number,
            volatility=laws.not_negative,
            intensity=laws.positive,
            jump_mean=laws.number,
            jump_deviation=laws.not_negative,
        )

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """Two normal draws, and the number of jumps."""
        jumps = Poisson(self.intensity * dt)
        return {"z": STANDARD, "jumps": jumps, "size": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a price."""
        return (given(start),)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Multiply by a lognormal factor, and by those of all jumps at once."""
        n = draws["jumps"]
        growth = (self.drift - 0.5 * self.volatility * self.volatility) * dt
        growth = growth + self.volatility * sqrt(dt) * draws["z"]
        jumped = n * self.jump_mean + sqrt(n) * self.jump_deviation * draws["size"]
        return (state[0] * exp(growth + jumped),)

    def value(self, state: State) -> Any:
        """The price itself."""
        return state[0]
