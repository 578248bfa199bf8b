"""Likelihoods of time series, in coordinates without bounds.

Each looks at a series given its first values, and says what it would have been without
shocks: what is left over, divided by its standard deviation, is normal.
"""

import math
from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np

from mclib.distributions.laws import Floats
from mclib.errors import law
from mclib.processes.diffusions import GeometricBrownianMotion, OrnsteinUhlenbeck
from mclib.processes.process import Process
from mclib.processes.series import ARMA
from mclib.processes.volatility import GARCH

Numbers = dict[str, float]


class SeriesModel(ABC):
    """A process and a series that may be one of its paths."""

    start: Floats
    """Coordinates to start from."""

    @abstractmethod
    def numbers(self, at: Floats) -> Numbers:
        """Return the parameters at coordinates, by name."""

    @abstractmethod
    def shocks(self, numbers: Numbers) -> tuple[Floats, Floats]:
        """Return what is left over in each step, and its standard deviation."""

    @abstractmethod
    def process(self, numbers: Numbers) -> Process:
        """Return the process with these parameters."""

    @final
    def log_likelihood(self, at: Floats) -> float:
        """Return the log-likelihood at coordinates."""
        with np.errstate(all="ignore"):
            left, spread = self.shocks(self.numbers(at))
            z = left / spread
            total = -0.5 * np.sum(z * z + math.log(2.0 * math.pi)) - np.sum(np.log(spread))
        return float(total) if math.isfinite(total) else -math.inf


@final
class Growth(SeriesModel):
    """Geometric Brownian motion: logarithms of growth are independent normals."""

    def __init__(self, x: Floats, dt: float) -> None:
        if not np.all(x > 0.0):
            hint = "fit its differences, or another process."
            raise law("data", "be above 0 to grow", float(x.min()), hint)
        self._growth, self._dt = np.diff(np.log(x)), dt
        self._unit = float(self._growth.std()) / math.sqrt(dt)
        drift = float(self._growth.mean()) / dt + self._unit**2 / 2.0
        self.start = np.array([drift / self._unit * math.sqrt(dt), 0.0])

    def numbers(self, at: Floats) -> Numbers:
        """Return drift and volatility."""
        drift = float(at[0]) * self._unit / math.sqrt(self._dt)
        return {"drift": drift, "volatility": self._unit * math.exp(at[1])}

    def shocks(self, numbers: Numbers) -> tuple[Floats, Floats]:
        """Return growth less its mean."""
        mean = (numbers["drift"] - numbers["volatility"] ** 2 / 2.0) * self._dt
        spread = numbers["volatility"] * math.sqrt(self._dt)
        return self._growth - mean, np.full(len(self._growth), spread)

    def process(self, numbers: Numbers) -> Process:
        """Return the motion."""
        return GeometricBrownianMotion(**numbers)


@final
class Return(SeriesModel):
    """Ornstein and Uhlenbeck's process, as it is seen at even times: exactly."""

    def __init__(self, x: Floats, dt: float) -> None:
        self._before, self._after, self._dt = x[:-1], x[1:], dt
        slope, constant = np.polyfit(self._before, self._after, 1).tolist()
        if not 0.0 < slope < 1.0:
            must = "return to a level: follow the value before with a slope of 0 to 1"
            hint = "what wanders off is a `BrownianMotion`; what swings is an `ARMA`."
            raise law("data", must, slope, hint)
        self._center, self._unit = float(x.mean()), float(x.std())
        spread = float(np.std(self._after - constant - slope * self._before))
        speed = -math.log(slope) / dt
        volatility = spread * math.sqrt(2.0 * speed / (1.0 - slope * slope))
        level = (constant / (1.0 - slope) - self._center) / self._unit
        self.start = np.array([level, math.log(speed), math.log(volatility)])

    def numbers(self, at: Floats) -> Numbers:
        """Return level, speed and volatility."""
        level = self._center + self._unit * float(at[0])
        return {"level": level, "speed": math.exp(at[1]), "volatility": math.exp(at[2])}

    def shocks(self, numbers: Numbers) -> tuple[Floats, Floats]:
        """Return values less what the one before lets expect."""
        level, speed = numbers["level"], numbers["speed"]
        mean = level + (self._before - level) * math.exp(-speed * self._dt)
        rise = -math.expm1(-2.0 * speed * self._dt) / (2.0 * speed)
        spread = numbers["volatility"] * math.sqrt(rise)
        return self._after - mean, np.full(len(mean), spread)

    def process(self, numbers: Numbers) -> Process:
        """Return the process."""
        return OrnsteinUhlenbeck(**numbers)


@final
class Averages(SeriesModel):
    """ARMA, given the first values and no shocks before them.

    Weights are seen as partial correlations, so that every series returns to its mean and
    shocks can be told from values.
    """

    def __init__(self, x: Floats, order: tuple[int, int]) -> None:
        self._x, (self._p, self._q) = x, order
        self._center, self._unit = float(x.mean()), float(x.std())
        ar, ma, spread = _regressed(x - self._center, self._p, self._q)
        partial = [*_partial(ar), *_partial(-ma)]
        shares = np.clip(partial, -0.97, 0.97)
        at = [0.0, *np.arctanh(shares).tolist(), math.log(spread / self._unit)]
        self.start = np.array(at)

    def numbers(self, at: Floats) -> Numbers:
        """Return mean, weights and volatility."""
        shares = np.tanh(at[1:-1])
        ar, ma = _weights(shares[: self._p]), -_weights(shares[self._p :])
        return {
            "mean": self._center + self._unit * float(at[0]),
            **{f"ar[{k}]": float(each) for k, each in enumerate(ar)},
            **{f"ma[{k}]": float(each) for k, each in enumerate(ma)},
            "volatility": self._unit * math.exp(at[-1]),
        }

    def shocks(self, numbers: Numbers) -> tuple[Floats, Floats]:
        """Return the shocks, one for each value after the first p."""
        from scipy.signal import lfilter

        ar, ma = self._parts(numbers)
        distance = self._x - numbers["mean"]
        left = lfilter([1.0, *(-each for each in ar)], [1.0], distance)[self._p :]
        left = lfilter([1.0], [1.0, *ma], left)
        return np.asarray(left), np.full(len(left), numbers["volatility"])

    def process(self, numbers: Numbers) -> Process:
        """Return the process."""
        ar, ma = self._parts(numbers)
        return ARMA(numbers["mean"], ar, ma, numbers["volatility"])

    def _parts(self, numbers: Numbers) -> tuple[list[float], list[float]]:
        ar = [numbers[f"ar[{k}]"] for k in range(self._p)]
        return ar, [numbers[f"ma[{k}]"] for k in range(self._q)]


@final
class Clusters(SeriesModel):
    """GARCH(1, 1), of which the first variance is that of all data."""

    def __init__(self, x: Floats) -> None:
        self._x = x
        self._center, self._unit = float(x.mean()), float(x.std())
        self.start = np.array([0.0, 0.0, math.log(9.0), math.log(1.0 / 9.0)])

    def numbers(self, at: Floats) -> Numbers:
        """Return constant, weights and mean."""
        lasting, arch = (1.0 / (1.0 + math.exp(-each)) for each in at[2:])
        return {
            "constant": self._unit**2 * math.exp(at[1]) * (1.0 - lasting),
            "arch": lasting * arch,
            "garch": lasting * (1.0 - arch),
            "mean": self._center + self._unit * float(at[0]),
        }

    def shocks(self, numbers: Numbers) -> tuple[Floats, Floats]:
        """Return values less the mean, and the roots of their variances."""
        from scipy.signal import lfilter

        left = self._x - numbers["mean"]
        first = float(np.mean(left * left))
        feed = np.append(first, numbers["constant"] + numbers["arch"] * left[:-1] ** 2)
        variance: Any = lfilter([1.0], [1.0, -numbers["garch"]], feed)
        return left, np.sqrt(variance)

    def process(self, numbers: Numbers) -> Process:
        """Return the process."""
        n = numbers
        return GARCH(n["constant"], n["arch"], n["garch"], n["mean"])


def _weights(shares: Floats) -> Floats:
    """Return the weights of a series that has these partial correlations."""
    weights = np.zeros(0)
    for share in shares:
        weights = np.append(weights - share * weights[::-1], share)
    return weights


def _partial(weights: Floats) -> list[float]:
    """Return the partial correlations of a series with these weights, or ones near them."""
    found: list[float] = []
    while len(weights):
        share = float(np.clip(weights[-1], -0.97, 0.97))
        rest = weights[:-1]
        found.append(share)
        weights = (rest + share * rest[::-1]) / (1.0 - share * share)
    return found[::-1]


def _regressed(d: Floats, p: int, q: int) -> tuple[Floats, Floats, float]:
    """Return weights and the spread of shocks by Hannan and Rissanen's two regressions."""
    shocks = np.zeros_like(d)
    far = 0
    if q:
        far = min(max(p + q, round(10.0 * math.log10(len(d)))), len(d) // 4)
        long, left = _on_lags([(d, far)], d, far)
        del long
        shocks[far:] = left
    first = far + max(p, q)
    weights, left = _on_lags([(d, p), (shocks, q)], d, first)
    return weights[:p], weights[p:], float(left.std())


def _on_lags(
    parts: list[tuple[Floats, int]], d: Floats, first: int
) -> tuple[Floats, Floats]:
    """Regress d, from `first` on, on so many lags of each part."""
    columns = [x[first - k : len(d) - k] for x, n in parts for k in range(1, n + 1)]
    if not columns:
        return np.zeros(0), d[first:]
    lags = np.stack(columns, axis=1)
    weights = np.linalg.lstsq(lags, d[first:], rcond=None)[0]
    left = d[first:] - lags @ weights
    return np.asarray(weights, np.float64), np.asarray(left, np.float64)
