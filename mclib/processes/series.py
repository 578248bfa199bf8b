"""Series in steps of one period: autoregression, seasons, regimes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.bounded import Uniform
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Parameter
from mclib.errors import law
from mclib.expressions.functions import where
from mclib.expressions.tables import lookup
from mclib.processes.process import STANDARD, Process, State


@final
@dataclass(frozen=True)
class ARMA(Process):
    """An autoregressive series with moving averages of its shocks.

    With d the distance from the mean, ``d[t] = ar[0] d[t-1] + ar[1] d[t-2] + ... + e[t] +
    ma[0] e[t-1] + ...``, and shocks e of standard deviation `volatility`.

    Parameters
    ----------
    mean : float or traced value
        Which the series returns to.
    ar, ma : sequence of float or traced value
        Weights of the last values and of the last shocks; either may be empty.
    volatility : float or traced value
        Standard deviation of a shock, 0 or more.

    Raises
    ------
    ArgumentError
        If the series would not return to its mean.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, "Time Series Analysis: Forecasting and Control",
       Holden-Day, 1970.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def demand(mean=3.0):
    ...     series = mc.ARMA(mean=mean, ar=[0.5], ma=[], volatility=0.1)
    ...     return {"demand": series.end(5.0, n_steps=2)}
    >>> print(mc.simulate(demand, 100_000, seed=7)["demand"].mean)  # 3 + 0.5**2 (5 - 3)
    3.5004 ± 0.0007 (95 %)
    """

    mean: Parameter
    ar: Sequence[Parameter]
    ma: Sequence[Parameter]
    volatility: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, mean=laws.number, volatility=laws.not_negative)
        for name in ("ar", "ma"):
            given = getattr(self, name)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise law(name, "be a list of numbers", given, f"write `{name}=[0.5]`.")
            settled = tuple(laws.number(name, each) for each in given)
            object.__setattr__(self, name, settled)
        if self.ar and all(map(laws.is_plain, self.ar)):
            size = float(np.max(np.abs(np.roots([1.0, *(-each for each in self.ar)]))))
            if not size < 1.0:
                must = "let the series return to its mean; a root must be below 1 in size"
                raise law("ar", must, list(self.ar), f"the largest is {size:g}.")

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """One normal shock."""
        del dt
        return {"z": STANDARD}

    def begin(self, start: Any) -> State:
        """Begin at a value, which was there for long; the mean by default."""
        distance = 0.0 if start is None else start - self.mean
        return (distance,) * max(len(self.ar), 1) + (0.0,) * len(self.ma)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Weigh what was, and add a shock."""
        del dt
        n = max(len(self.ar), 1)
        distances, shocks = state[:n], state[n:]
        shock = self.volatility * draws["z"]
        following = shock
        for weight, each in zip(self.ar, distances, strict=False):
            following = following + weight * each
        for weight, each in zip(self.ma, shocks, strict=True):
            following = following + weight * each
        return (following, *distances[:-1], *((shock, *shocks[:-1]) if shocks else ()))

    def value(self, state: State) -> Any:
        """The value."""
        return self.mean + state[0]


@final
@dataclass(frozen=True)
class Seasonal(Process):
    """A process that is multiplied by factors which come again and again.

    Parameters
    ----------
    process : Process
        Without its seasons.
    factors : sequence of float
        Of the first step, the second, and so on; after the last, the first again.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(growth=0.0):
    ...     trend = mc.BrownianMotion(drift=growth, volatility=1.0)
    ...     return {"third": mc.Seasonal(trend, factors=[1.5, 0.5]).end(100.0, n_steps=3)}
    >>> print(mc.simulate(sales, 100_000, seed=7)["third"].mean)  # 1.5 times 100, again
    150.014 ± 0.016 (95 %)
    """

    process: Process
    factors: Sequence[float]

    def __post_init__(self) -> None:
        if not isinstance(self.process, Process):
            raise law("process", "be a process", self.process)
        table = np.asarray(self.factors)
        if table.ndim != 1 or not table.size or table.dtype.kind not in "fiu":
            raise law("factors", "be a list of numbers", self.factors)
        object.__setattr__(self, "factors", tuple(map(float, table)))

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """That of the process."""
        return self.process.noise(dt)

    def begin(self, start: Any) -> State:
        """Begin as the process does, in the season before the first."""
        return len(self.factors) - 1.0, *self.process.begin(start)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Step the process, and go on to the next season."""
        season = where(state[0] < len(self.factors) - 1.5, state[0] + 1.0, 0.0)
        return season, *self.process.step(state[1:], draws, dt)

    def value(self, state: State) -> Any:
        """The process's value times the factor of its season."""
        return self.process.value(state[1:]) * lookup(self.factors, state[0])


@final
@dataclass(frozen=True)
class RegimeSwitching(Process):
    """Normal returns whose mean and spread depend on a regime, which changes by chance.

    Parameters
    ----------
    means, volatilities : sequence of float or traced value
        Of a return, one for each regime.
    transitions : array_like of shape (n, n)
        Line i: from regime i, the probabilities of each regime in the next period.

    Notes
    -----
    The first period is in regime `start`, counted from 0. In the long run regimes have the
    probabilities p with ``p = p @ transitions``.

    References
    ----------
    .. [1] J. D. Hamilton, "A new approach to the economic analysis of nonstationary time
       series and the business cycle", Econometrica 57 (1989) 357-384.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def market(calm=0.01):
    ...     chances = [[0.9, 0.1], [0.3, 0.7]]
    ...     returns = mc.RegimeSwitching([calm, -0.02], [0.03, 0.08], transitions=chances)
    ...     return {"return": returns.end(n_steps=20)}
    >>> print(mc.simulate(market, 100_000, seed=7)["return"].mean)  # 0.0075 - 0.005
    0.00219 ± 0.00031 (95 %)
    """

    means: Sequence[Parameter]
    volatilities: Sequence[Parameter]
    transitions: Any

    def __post_init__(self) -> None:
        means = tuple(laws.number("means", each) for each in self.means)
        spreads = tuple(
            laws.not_negative("volatilities", each) for each in self.volatilities
        )
        table = np.asarray(self.transitions, np.float64)
        n = len(means)
        if n < 2 or len(spreads) != n or table.shape != (n, n):
            must = (
                "have a mean, a volatility and a line of `transitions` for each, 2 or more"
            )
            raise law("regimes", must, (n, len(spreads), table.shape))
        if not (table >= 0.0).all() or not np.allclose(table.sum(axis=1), 1.0, atol=1e-9):
            must = "be probabilities that add up to 1 in each line"
            raise law("transitions", must, table.tolist())
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "volatilities", spreads)
        object.__setattr__(self, "transitions", tuple(map(tuple, table.tolist())))

    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """A normal draw for the return, a uniform one for the next regime."""
        del dt
        return {"z": STANDARD, "u": Uniform(0.0, 1.0)}

    def begin(self, start: Any) -> State:
        """Begin in a regime, 0 by default."""
        return 0.0, 0.0 if start is None else start

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Draw a return, and the next regime."""
        del dt
        regime = state[1]
        mean, spread = self.means[-1], self.volatilities[-1]
        for k in range(len(self.means) - 1):
            mean = where(regime == k, self.means[k], mean)
            spread = where(regime == k, self.volatilities[k], spread)
        following = 0.0
        reached = np.cumsum(self.transitions, axis=1)
        for k in range(len(self.means) - 1):
            beyond = draws["u"] > lookup(reached[:, k], regime)
            following = following + where(beyond, 1.0, 0.0)
        return mean + spread * draws["z"], following

    def value(self, state: State) -> Any:
        """The return."""
        return state[0]
