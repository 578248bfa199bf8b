"""Distributions from what people can say: intervals, percentiles, three points."""

import inspect
import math
from typing import Any, TypeVar

from mclib.distributions import laws
from mclib.distributions.bounded import Triangular
from mclib.distributions.distribution import Distribution
from mclib.distributions.metalogs import Metalog
from mclib.distributions.normals import LogNormal, Normal
from mclib.errors import law

Family = TypeVar("Family", bound=Distribution)


def from_interval(
    family: type[Family], low: float, high: float, *, level: float = 0.9, **shapes: float
) -> Family:
    """Return the distribution of a family of which an interval holds the middle share.

    Parameters
    ----------
    family : type
        `Normal`, `LogNormal`, or any family with a location and a scale, such as `Logistic`
        or `StudentT`; `Uniform`; `Beta`, from 0 to 1; or a family from 0 on with one shape
        and a scale, such as `Gamma`, `Weibull` or `Pareto`: its shape is found, unless it
        is given, and then the location is.
    low, high : float
        As many draws lie below the one as above the other, in the draws' unit.
    level : float, default 0.9
        Share between them, strictly between 0 and 1.
    **shapes : float
        Other parameters of the family.

    Raises
    ------
    ArgumentError
        If `low` isn't below `high`, a family from 0 on gets a `low` that isn't above 0, or
        no distribution of the family has such an interval.

    Examples
    --------
    >>> from mclib.distributions import LogNormal, Normal
    >>> from_interval(Normal, 80, 120).quantile([0.05, 0.95]).round(9).tolist()
    [80.0, 120.0]
    >>> round(from_interval(LogNormal, 2, 50).median, 6)
    10.0
    >>> from mclib.distributions import Gamma
    >>> from_interval(Gamma, 2, 50).quantile([0.05, 0.95]).round(6).tolist()
    [2.0, 50.0]
    """
    low, high = (laws.number(*each) for each in (("low", low), ("high", high)))
    laws.interval(low, high)
    level = laws.chance("level", level)
    made: Any = family
    if family is LogNormal:
        if low <= 0.0:
            raise law("low", "be above 0 for a lognormal", low)
        middle = from_interval(Normal, math.log(low), math.log(high), level=level)
        return made(math.exp(middle.mean), middle.standard_deviation)  # type: ignore[no-any-return]
    if getattr(family, "__name__", "") == "Beta" and not shapes:
        return _beta(made, low, high, (1.0 - level) / 2.0)  # type: ignore[no-any-return]
    names = _STRETCHED.get(getattr(family, "__name__", ""), ("location", "scale"))
    known = getattr(made, "__dataclass_fields__", {})
    if set(known) == {"shape", "scale"} and not shapes:
        return _by_shape(made, low, high, (1.0 - level) / 2.0)  # type: ignore[no-any-return]
    if not isinstance(made, type) or not set(names) <= set(known):
        must = "be a family with a location and a scale"
        raise law("family", must, family, "such as `mc.Normal` or `mc.Logistic`.")
    needed = [
        name
        for name, each in inspect.signature(made).parameters.items()
        if each.default is each.empty and name not in names and name not in shapes
    ]
    if needed == ["shape"] and "scale" in known:
        return _by_shape(made, low, high, (1.0 - level) / 2.0)  # type: ignore[no-any-return]
    if needed:
        must = f"be given its other parameters ({', '.join(needed)})"
        raise law("family", must, family, f"write `{needed[0]}=...`.")
    start, width = (0.0, 1.0)
    standard = made(**{names[0]: start, names[1]: width}, **shapes)
    tail = (1.0 - level) / 2.0
    z_low, z_high = (
        float(standard.quantile(tail)),
        float(standard.quantile_from_above(tail)),
    )
    scale = (high - low) / (z_high - z_low)
    location = low - scale * z_low
    if names == ("low", "high"):
        return made(location, location + scale)  # type: ignore[no-any-return]
    return made(**{names[0]: location, names[1]: scale}, **shapes)  # type: ignore[no-any-return]


def _by_shape(family: Any, low: float, high: float, tail: float) -> Any:
    """Return the distribution of a family from 0 on, of which the shape fits, too."""
    from scipy.optimize import brentq

    if low <= 0.0:
        raise law("low", f"be above 0 for a {family.__name__}", low)

    def apart(log_shape: float) -> float:
        """How much wider than wanted the interval is, as a ratio of its ends."""
        made = family(shape=math.exp(log_shape))
        ends = made.quantile(tail), made.quantile_from_above(tail)
        # Quantiles of small shapes may be too small for a float.
        lower, upper = (max(float(each), 1e-300) for each in ends)
        return math.log(upper / lower) - math.log(high / low)

    try:
        shape = math.exp(brentq(apart, *_LOG_SHAPES, xtol=1e-13, rtol=1e-14))
    except ValueError:
        must = f"be ends of an interval that a {family.__name__} can have"
        raise law("low, high", must, (low, high)) from None
    scale = high / float(family(shape=shape).quantile_from_above(tail))
    return family(shape=shape, scale=scale)


def _beta(family: Any, low: float, high: float, tail: float) -> Any:
    """Return the beta distribution from 0 to 1 with these two quantiles."""
    from scipy.optimize import root
    from scipy.special import betainc, betaincc

    if not 0.0 < low < high < 1.0:
        raise law("low, high", "lie between 0 and 1 for a Beta", (low, high))
    middle, width = (low + high) / 2.0, high - low
    total = max(middle * (1.0 - middle) * 10.0 / width**2, 0.5)

    def missed(logs: Any) -> list[float]:
        a, b = (math.exp(min(max(each, -50.0), 50.0)) for each in logs)
        below, above = max(betainc(a, b, low), 1e-300), max(betaincc(a, b, high), 1e-300)
        return [math.log(below / tail), math.log(above / tail)]

    found = root(missed, [math.log(middle * total), math.log((1.0 - middle) * total)])
    if max(map(abs, missed(found.x))) > 1e-9:
        raise law("low, high", "be ends of an interval that a Beta can have", (low, high))
    return family(*map(math.exp, found.x))


_LOG_SHAPES = (-2.5, 9.0)
"""Logarithms of the shapes among which one is looked for."""

_STRETCHED = {"Normal": ("mean", "standard_deviation"), "Uniform": ("low", "high")}


def trigen(
    low: float,
    mode: float,
    high: float,
    *,
    low_order: float = 0.1,
    high_order: float = 0.9,
) -> Triangular:
    """Return the triangular distribution with two percentiles and a most likely value.

    Parameters
    ----------
    low, high : float
        Quantiles of the orders `low_order` and `high_order`, in the draws' unit.
    mode : float
        Between them.
    low_order, high_order : float, default 0.1 and 0.9
        Strictly between 0 and 1, the one below the other.

    Raises
    ------
    ArgumentError
        If the numbers are not in order, or no triangle has such percentiles.

    Examples
    --------
    >>> cost = trigen(15, 20, 50, low_order=0.05, high_order=0.95)
    >>> cost.quantile([0.05, 0.95]).round(9).tolist(), cost.mode
    ([15.0, 50.0], 20.0)
    """
    from scipy.optimize import brentq

    points = tuple(
        laws.number(name, value)
        for name, value in (("low", low), ("mode", mode), ("high", high))
    )
    if not points[0] < points[1] < points[2]:
        raise law("mode", "lie strictly between `low` and `high`", points)
    below, above = (
        laws.chance("low_order", low_order),
        laws.chance("high_order", high_order),
    )
    if not below < above:
        raise law("low_order", "be below `high_order`", below)
    left, right = points[1] - points[0], points[2] - points[1]
    far = 1.0 - above

    # With c the share below the mode, each leg follows from its own percentile:
    # share below low is c (1 - left / leg)**2.
    def leg(distance: float, order: float, share: float) -> float:
        return distance / (1.0 - math.sqrt(order / share))

    def gap(c: float) -> float:
        rise, fall = leg(left, below, c), leg(right, far, 1.0 - c)
        return rise / (rise + fall) - c

    start, end = below * (1.0 + 1e-12), 1.0 - far * (1.0 + 1e-12)
    if not start < end or gap(start) * gap(end) > 0.0:
        must = "leave room for a triangle between them"
        raise law("low_order, high_order", must, (below, above))
    c = brentq(gap, start, end, xtol=1e-15)
    rise, fall = leg(left, below, c), leg(right, far, 1.0 - c)
    return Triangular(points[1] - rise, points[1], points[1] + fall)


def three_point(
    low: float,
    middle: float,
    high: float,
    *,
    orders: tuple[float, float, float] = (0.1, 0.5, 0.9),
    lowest: float | None = None,
    highest: float | None = None,
) -> Metalog:
    """Return a smooth distribution through three percentiles: a metalog of three terms.

    Parameters
    ----------
    low, middle, high : float
        Increasing, in the draws' unit.
    orders : tuple of three floats, default (0.1, 0.5, 0.9)
        Of which they are the quantiles.
    lowest, highest : float, optional
        Ends of the support, where there are some.

    Raises
    ------
    ArgumentError
        If numbers are not in order, or no metalog goes through them.

    Examples
    --------
    >>> three_point(10, 20, 40, lowest=0).quantile([0.1, 0.5, 0.9]).round(9).tolist()
    [10.0, 20.0, 40.0]
    """
    if len(orders) != 3:
        raise law("orders", "be three numbers", orders)
    points = tuple(
        laws.number(name, value)
        for name, value in (("low", low), ("middle", middle), ("high", high))
    )
    if not points[0] < points[1] < points[2]:
        raise law("middle", "lie strictly between `low` and `high`", points)
    quantiles = dict(zip(orders, points, strict=True))
    return Metalog.from_quantiles(quantiles, low=lowest, high=highest)
