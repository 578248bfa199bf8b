"""Distributions that are sometimes one and sometimes another; data, smoothed."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.arrays import floats
from mclib.distributions import laws
from mclib.distributions.by_density import ByDensity
from mclib.distributions.distribution import Distribution
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.integrated import Integrated
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.parts import as_distribution
from mclib.distributions.pieces import Piece, draw_pieces, valleys
from mclib.distributions.shares import Shares
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.probability import Probability

_N_HALVINGS = 80
_MOST_VALUES = 1 << 20
_MOST_PANELS = 4_000


@final
@dataclass(frozen=True, eq=False)
class Mixture(Distribution):
    """One of several distributions, chosen by chance in each trial.

    The probability of at most x is the weighted mean of theirs. It is one input with one
    quantile function, so that correlations and sampling plans hold for it as for any.

    Parameters
    ----------
    distributions : sequence of Distribution
        Two at least, with numbers as parameters; all continuous, or all of whole numbers.
    weights : sequence of float
        How often each is chosen, above 0; they are brought to a sum of 1.

    Raises
    ------
    ArgumentError
        If a number breaks its law, or the quantile function can't be met with a u-error of
        1e-10: where two normals are so far apart that there is nearly nothing between.

    Notes
    -----
    An event that adds a loss or nothing is a `RiskEvent`; a choice between constants a
    `Categorical`.

    Examples
    --------
    >>> from mclib.distributions import Normal
    >>> demand = Mixture([Normal(100, 10), Normal(140, 20)], weights=[0.7, 0.3])
    >>> round(demand.mean, 9), round(float(demand.quantile(0.9)), 5)
    (112.0, 148.61462)
    """

    distributions: Sequence[Distribution]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        given: Any = self.distributions
        if not isinstance(given, Sequence) or len(given) < 2:
            raise law("distributions", "be a list of two at least", given)
        parts = tuple(as_distribution("distributions", each) for each in given)
        for each in parts:
            each._require_numbers()
        object.__setattr__(self, "distributions", parts)
        must = f"be {len(parts)} numbers"
        weights = floats("weights", self.weights, must)
        if weights.shape != (len(self.distributions),):
            raise law("weights", must, self.weights)
        if not np.all(np.isfinite(weights)) or not np.all(weights > 0.0):
            raise law("weights", "be finite numbers above 0", self.weights)
        shares = tuple((weights / weights.sum()).tolist())
        object.__setattr__(self, "weights", shares)
        _ = _mixed(self)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`, piece by piece between kinks."""
        made = _mixed(self)
        return made.draw(p) if isinstance(made, Shares) else draw_pieces(made, p)

    def between(self, low: Any, high: Any) -> Floats:
        """Return the probability between places, with all its digits."""
        parts = [
            np.asarray(each.probability_between(low, high)) for each in self.distributions
        ]
        return np.asarray(self._weighed(parts))

    def _below(self, x: Floats) -> Floats:
        below = [np.asarray(each.cdf(x)) for each in self.distributions]
        return np.asarray(self._weighed(below))

    def _above(self, x: Floats) -> Floats:
        above = [np.asarray(each.probability_above(x)) for each in self.distributions]
        return np.asarray(self._weighed(above))

    def _weighed(self, values: Sequence[Any]) -> Any:
        return sum(w * value for w, value in zip(self.weights, values, strict=True))

    @property
    def mean(self) -> float:
        """The weighted mean of their means."""
        return float(self._weighed([each.mean for each in self.distributions]))

    @property
    def variance(self) -> float:
        """The weighted mean of their variances, and the variance of their means."""
        apart = [(each.mean - self.mean) ** 2 for each in self.distributions]
        within = self._weighed([each.variance for each in self.distributions])
        return float(within + self._weighed(apart))

    @property
    def support(self) -> tuple[float, float]:
        """From the lowest to the highest end of all."""
        ends = [each.support for each in self.distributions]
        return min(low for low, _ in ends), max(high for _, high in ends)


@lru_cache(maxsize=128)
def _mixed(mixture: Mixture) -> list[Piece] | Shares:
    """Return a mixture's quantile function: a table of values, or pieces between kinks."""
    is_whole = [_is_whole(each) for each in mixture.distributions]
    if all(is_whole):
        low = min(float(each.quantile(1e-25)) for each in mixture.distributions)
        parts = mixture.distributions
        high = max(float(each.quantile_from_above(1e-25)) for each in parts)
        if high - low > _MOST_VALUES:
            raise law("distributions", f"have at most {_MOST_VALUES:,} values", high - low)
        values = np.arange(low, high + 1.0)
        below = np.append(0.0, mixture._below(values))
        above = np.append(1.0, mixture._above(values))
        below[-1], above[-1] = 1.0, 0.0
        return Shares(values, below, above)
    if any(is_whole):
        must = "be all continuous, or all of whole numbers"
        raise law("distributions", must, mixture.distributions)
    ends = {end for each in mixture.distributions for end in each.support}
    low, high = mixture.support
    orders = np.linspace(0.002, 0.998, 250)
    grid = np.unique([each.quantile(orders) for each in mixture.distributions])
    heights = mixture.between(grid[:-1], grid[1:]) / np.diff(grid)
    inner = {*ends, *valleys((grid[:-1] + grid[1:]) / 2.0, heights).tolist()}
    kinks = [low, *sorted(each for each in inner if low < each < high), high]
    pieces = [_piece(mixture, *each) for each in itertools.pairwise(kinks)]
    return [piece for piece in pieces if piece is not None]


def _piece(mixture: Mixture, low: float, high: float) -> Piece | None:
    share = float(mixture.between(low, high))
    if share <= 1e-15:
        return None
    below, above = (
        float(tail(np.array(end)))
        for tail, end in ((mixture._below, low), (mixture._above, high))
    )

    def lower(x: Floats) -> Floats:
        return np.clip(mixture.between(low, x) / share, 0.0, 1.0)

    def upper(x: Floats) -> Floats:
        return np.clip(mixture.between(x, high) / share, 0.0, 1.0)

    def slope(x: Floats) -> Floats:
        # About the density, which only polishes what halving has found.
        step = 1e-7 * (scale + np.abs(x))
        return np.asarray(
            np.maximum(mixture.between(x - step, x + step), 1e-300) / (2.0 * step * share)
        )

    def bracket(p: Floats, side: str) -> tuple[Floats, Floats]:
        parts = [np.asarray(getattr(each, side)(p)) for each in mixture.distributions]
        least, most = np.minimum.reduce(parts), np.maximum.reduce(parts)
        return (
            np.full_like(p, low) if np.isfinite(low) else np.minimum(least, most),
            np.full_like(p, high) if np.isfinite(high) else most,
        )

    def from_below(p: Floats) -> Floats:
        ends = bracket(np.minimum(below + share * p, 1.0), "quantile")
        return _halved(lambda x: lower(x) < p, *ends)

    def from_above(p: Floats) -> Floats:
        ends = bracket(np.minimum(above + share * p, 1.0), "quantile_from_above")
        return _halved(lambda x: upper(x) > p, *ends)

    scale = float(np.ptp(mixture.distributions[0].quantile([0.25, 0.75])))
    halves = Tail(lower, from_below, slope), Tail(upper, from_above, slope)
    return Piece(low, high, below, share, above, fit(halves[0], halves[1], repr(mixture)))


def _halved(is_short: Callable[[Floats], Any], low: Floats, high: Floats) -> Floats:
    for _ in range(_N_HALVINGS):
        middle = low + (high - low) / 2.0
        is_further = is_short(middle)
        low, high = np.where(is_further, middle, low), np.where(is_further, high, middle)
    return np.asarray(low + (high - low) / 2.0)


def _is_whole(distribution: Distribution) -> bool:
    typical = distribution.quantile(np.linspace(0.01, 0.99, 33))
    return bool(np.array_equal(typical, np.rint(typical)))


@final
@dataclass(frozen=True, eq=False)
class SmoothedData(ByDensity):
    """Data, each number spread out as a normal: a kernel density estimate.

    Parameters
    ----------
    data : array_like of shape (n,)
        Two different finite numbers at least, in the draws' unit.
    bandwidth : float or traced value, optional
        Standard deviation of the normals; it may be a parameter of the model, but not
        random. By default Silverman's, ``0.9 min(s, IQR / 1.34)
        n**-0.2``.
    location, scale : float or traced value, default 0 and 1
        ``location + scale`` times the draw; they may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law, or `bandwidth` is so small that there are gaps.

    Notes
    -----
    The spread is that of the data and of the normals together. To draw the data themselves
    take `Empirical`.

    References
    ----------
    .. [1] B. W. Silverman, "Density Estimation for Statistics and Data Analysis", Chapman &
       Hall, 1986.

    Examples
    --------
    >>> times = SmoothedData([3.1, 4.0, 4.4, 5.2, 9.0])
    >>> round(times.mean, 6), round(float(times.quantile(0.9)), 4)
    (5.14, 9.0)
    """

    data: npt.ArrayLike
    bandwidth: Parameter | None = None
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        must = "be two different finite numbers at least"
        values = np.sort(floats("data", self.data, must).ravel())
        if len(values) < 2 or not np.all(np.isfinite(values)) or values[0] == values[-1]:
            raise law("data", must, f"{len(values)} numbers")
        width = self.bandwidth
        if width is None:
            quartiles = np.quantile(values, [0.25, 0.75])
            spread = float(np.std(values, ddof=1))
            between = float(quartiles[1] - quartiles[0]) / 1.34
            width = 0.9 * (min(spread, between) if between > 0.0 else spread)
            width *= len(values) ** -0.2
        width = laws.positive("bandwidth", width)
        if laws.is_plain(width) and (values[-1] - values[0]) / width > _MOST_PANELS / 2:
            must = f"be at least 1/{_MOST_PANELS // 2} of the data's range"
            raise law("bandwidth", must, width)
        object.__setattr__(self, "data", tuple(values.tolist()))
        object.__setattr__(self, "bandwidth", width)
        self._settle_stretch()

    def _shapes(self) -> tuple[float, ...]:
        width = laws.fixed("SmoothedData", "bandwidth", self.bandwidth)
        return (width, *self.data)  # type: ignore[misc]

    @staticmethod
    def _integrated(*shapes: float) -> Integrated:
        width, values = shapes[0], np.array(shapes[1:])

        def log_density(x: Floats) -> Floats:
            flat = x.ravel()
            found = np.empty(len(flat))
            for start in range(0, len(flat), 256):
                some = flat[start : start + 256, None]
                powers = -0.5 * ((some - values) / width) ** 2
                most = powers.max(axis=1)
                total = np.exp(powers - most[:, None]).sum(axis=1)
                found[start : start + 256] = most + np.log(total)
            return found.reshape(x.shape)

        low, high = values[0] - 13.0 * width, values[-1] + 13.0 * width
        n_panels = math.ceil((high - low) / (0.5 * width))
        return Integrated(log_density, np.linspace(low, high, n_panels + 1))

    def _standard_moments(self) -> tuple[float, float]:
        values, width = np.array(self.data), float(self.bandwidth)  # type: ignore[arg-type]
        return float(np.mean(values)), float(np.var(values)) + width**2

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def __repr__(self) -> str:
        n = len(self.data)  # type: ignore[arg-type]
        return f"SmoothedData({n:,} values, bandwidth={self.bandwidth!r})"
