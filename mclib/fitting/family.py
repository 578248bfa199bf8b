"""What a fit knows of a family: its density, its parameters, where a search starts."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.fitting.observations import Observations
from mclib.statistics.weighting import quantile

Numbers = dict[str, float]
LogDensity = Callable[..., Floats]
Start = Callable[[Floats, Floats], Numbers]
"""From numbers and weights to parameters that are about right, or exactly."""


@dataclass(frozen=True)
class Kind:
    """What sort of number a parameter is: how a search without bounds sees it.

    Attributes
    ----------
    seen : callable
        From a coordinate, the data's ruler, and what is known already, to the parameter.
    coordinate : callable
        The way back.
    low, high : float
        Ends of the coordinate, beyond which a limiting case has been reached.
    near : float
        Share of the way from end to end that counts as the end: from there on it is flat.
    is_endless : bool
        Whether the likelihood grows without end at the lower end.
    """

    seen: Callable[[float, "Ruler", Numbers], float]
    coordinate: Callable[[float, "Ruler", Numbers], float]
    low: float
    high: float
    near: float = 0.15
    is_endless: bool = False


@dataclass(frozen=True)
class Ruler:
    """Where the data lie, in which coordinates are counted."""

    center: float
    spread: float
    least: float
    most: float

    @classmethod
    def of(cls, observed: Observations) -> "Ruler":
        """Measure observations."""
        x, w = observed.typical, observed.weights
        quartiles = [quantile(x, w, u) for u in (0.25, 0.75)]
        # A few that lie far out don't stretch it.
        spread = (quartiles[1] - quartiles[0]) / 1.35 or mean_and_spread(x, w)[1]
        bounds = np.concatenate([observed.low, observed.high])
        known = bounds[np.isfinite(bounds)]
        spread = spread or float(np.abs(x).max()) or 1.0
        return cls(median(x, w), spread, float(known.min()), float(known.max()))


def _odds(share: float) -> float:
    inside = min(max(share, 1e-12), 1.0 - 1e-12)
    return math.log(inside) - math.log1p(-inside)


def _share(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))


def _log(value: float) -> float:
    return math.log(max(value, 1e-300))


PLACE = Kind(
    lambda t, ruler, known: ruler.center + ruler.spread * t,
    lambda v, ruler, known: (v - ruler.center) / ruler.spread,
    -1e6,
    1e6,
)
"""A number in the data's unit."""
SIZE = Kind(
    lambda t, ruler, known: ruler.spread * math.exp(t),
    lambda v, ruler, known: _log(v / ruler.spread),
    -30.0,
    30.0,
    is_endless=True,
)
"""A number above 0 in the data's unit."""
SHAPE = Kind(
    lambda t, ruler, known: math.exp(t),
    lambda v, ruler, known: _log(v),
    math.log(1e-3),
    math.log(1e5),
)
"""A number above 0 without unit."""
EXPONENT = Kind(lambda t, ruler, known: t, lambda v, ruler, known: v, -5.0, 5.0)
"""A number of either sign without unit."""
TAIL = Kind(EXPONENT.seen, EXPONENT.coordinate, -0.99, 5.0, 0.01, is_endless=True)
"""The exponent of a tail, below 0 where it ends: at -1 the density there is infinite."""
SHARE = Kind(
    lambda t, ruler, known: _share(t), lambda v, ruler, known: _odds(v), -25.0, 25.0
)
"""A probability."""
BELOW = Kind(
    lambda t, ruler, known: ruler.least - ruler.spread * math.exp(t),
    lambda v, ruler, known: _log((ruler.least - v) / ruler.spread),
    -25.0,
    12.0,
)
"""An end below the data."""
ABOVE = Kind(
    lambda t, ruler, known: ruler.most + ruler.spread * math.exp(t),
    lambda v, ruler, known: _log((v - ruler.most) / ruler.spread),
    -25.0,
    12.0,
)
"""An end above the data."""
BETWEEN = Kind(
    lambda t, ruler, known: known["low"] + (known["high"] - known["low"]) * _share(t),
    lambda v, ruler, known: _odds((v - known["low"]) / (known["high"] - known["low"])),
    -25.0,
    25.0,
)
"""A place between `low` and `high`."""


@dataclass(frozen=True, eq=False)
class Family:
    """A family that can be fitted.

    Attributes
    ----------
    made : type
        The distributions of the family.
    kinds : mapping of str to Kind
        Parameters that are estimated, in the order in which coordinates are read.
    log_density : callable
        From numbers and all parameters to the logarithm of the density, or of the
        probability of whole numbers.
    start : callable
        Parameters to start from.
    settled : mapping of str to float
        Parameters that have this value unless another is asked for.
    low, high : float, str or None
        Ends of the support: a number, or the name of the parameter that is the end.
    has_low : bool
        Whether the lower end itself may be observed.
    is_whole : bool
        Whether it is one of whole numbers.
    is_smooth : bool
        Whether the likelihood has derivatives, so that standard errors come from them.
    is_closed : bool
        Whether `start` is the maximum itself where all is known exactly and nothing fixed.
    pinned : tuple of str
        Parameters of which the least or the largest value is the estimate.
    places : tuple of str
        Parameters that move with the data; their errors are counted in `size`.
    size : callable
        From parameters to the unit in which `places` err.
    is_reflected : bool
        Whether estimates err about as far above the truth as below it, each in its own
        coordinate; otherwise some run off, such as the degrees of freedom of near-normals.
    """

    made: type[Distribution]
    kinds: Mapping[str, Kind]
    log_density: LogDensity
    start: Start
    settled: Mapping[str, float] = field(default_factory=dict)
    low: float | str | None = None
    high: float | str | None = None
    has_low: bool = False
    is_whole: bool = False
    is_smooth: bool = True
    is_closed: bool = False
    pinned: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    size: Callable[[Mapping[str, float]], float] = lambda numbers: 1.0
    is_reflected: bool = True

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.made.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """All that can be estimated or fixed."""
        return (*self.kinds, *self.settled)

    def distribution(self, numbers: Mapping[str, float]) -> Distribution:
        """Return the distribution with these parameters."""
        return self.made(**numbers)

    def objection(self, observed: Observations, fixed: Mapping[str, float]) -> str | None:
        """Say why this family can't have given the data, or None."""
        unknown = [name for name in fixed if name not in self.parameters]
        if unknown:
            return f"it has no parameter `{unknown[0]}` to fix"
        known = {**self.settled, **fixed}
        missing = [name for name, value in known.items() if math.isnan(value)]
        if missing:
            return f'it needs `{missing[0]}`: write `fixed={{"{missing[0]}": ...}}`'
        if observed.is_censored and any(name not in fixed for name in self.pinned):
            return (
                f"its `{self.pinned[0]}` is estimated by an exact value; give it as fixed"
            )
        return self._outside(observed, known)

    def _outside(self, observed: Observations, known: Mapping[str, float]) -> str | None:
        low, high = (
            known.get(end) if isinstance(end, str) else end for end in (self.low, self.high)
        )
        exact = observed.exact
        if isinstance(low, float):
            least = min((*exact, *observed.high))
            is_inside = least >= low if self.has_low and least in exact else least > low
            if not is_inside:
                above = "at or above" if self.has_low else "above"
                return f"its values lie {above} {low:g}; the data go down to {least:g}"
        if isinstance(high, float):
            most = max((*exact, *observed.low))
            is_inside = most <= high if self.is_whole else most < high
            if not is_inside:
                return f"its values lie below {high:g}; the data go up to {most:g}"
        return None


def mean_and_spread(x: Floats, w: Floats) -> tuple[float, float]:
    """Return the weighted mean and standard deviation (divisor: the sum of weights)."""
    center = float(np.average(x, weights=w))
    return center, math.sqrt(float(np.average((x - center) ** 2, weights=w)))


def median(x: Floats, w: Floats) -> float:
    """Return the weighted median: the middle of the two where there are two."""
    lower = quantile(x, w, 0.5)
    upper = -quantile(-x, w, 0.5)
    return (lower + upper) / 2.0


def stretched(standard: LogDensity) -> LogDensity:
    """Return the density of ``location + scale X`` from that of X."""

    def density(x: Floats, *, location: float, scale: float, **shapes: Any) -> Floats:
        found = standard((x - location) / scale, **shapes) - math.log(scale)
        return np.asarray(found)

    return density


def above_zero(standard: LogDensity, *, has_low: bool = False) -> LogDensity:
    """Return a density that is 0 for negative numbers."""

    def density(z: Floats, **shapes: Any) -> Floats:
        is_inside = z >= 0.0 if has_low else z > 0.0
        return np.where(is_inside, standard(np.where(is_inside, z, 1.0), **shapes), -np.inf)

    return density


def by_scale(numbers: Mapping[str, float]) -> float:
    """Return the unit of a family that is stretched."""
    return numbers["scale"]


def by_shape(numbers: Mapping[str, float]) -> float:
    """Return the unit of a family of which the logarithm is stretched by ``1 / shape``."""
    return 1.0 / numbers["shape"]
