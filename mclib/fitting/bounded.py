"""Families between two ends, as a fit knows them."""

import math

import numpy as np

from mclib import distributions as made
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.fitting.family import (
    ABOVE,
    BELOW,
    BETWEEN,
    EXPONENT,
    PLACE,
    SHAPE,
    Family,
    Kind,
    LogDensity,
    Numbers,
    mean_and_spread,
)
from mclib.statistics.weighting import quantile

_ROOT = math.log(2.0 * math.pi) / 2.0
_SKEW = Kind(EXPONENT.seen, EXPONENT.coordinate, -50.0, 50.0)
_PERT_WEIGHT = 4.0


def _uniform(x: Floats, low: float, high: float) -> Floats:
    is_inside = (low <= x) & (x <= high)
    return np.where(is_inside, -math.log(high - low), -np.inf)


def _log_uniform(x: Floats, low: float, high: float) -> Floats:
    is_inside = (low <= x) & (x <= high)
    log_x = np.log(np.where(is_inside, x, 1.0))
    return np.where(is_inside, -log_x - math.log(math.log(high / low)), -np.inf)


def _triangular(x: Floats, low: float, high: float, mode: float) -> Floats:
    rise = (x - low) / (mode - low) if mode > low else np.ones_like(x)
    fall = (high - x) / (high - mode) if high > mode else np.ones_like(x)
    height = 2.0 * np.where(x < mode, rise, fall) / (high - low)
    return np.log(np.where((low <= x) & (x <= high), height, 0.0))


def _between(standard: LogDensity) -> LogDensity:
    """Return a density on (low, high) from one on (0, 1)."""

    def density(x: Floats, *, low: float, high: float, **shapes: float) -> Floats:
        z = (x - low) / (high - low)
        is_inside = (z > 0.0) & (z < 1.0)
        found = standard(np.where(is_inside, z, 0.5), **shapes) - math.log(high - low)
        return np.where(is_inside, found, -np.inf)

    return density


def _beta(z: Floats, a: float, b: float) -> Floats:
    from scipy.special import betaln

    powers = (a - 1.0) * np.log(z) + (b - 1.0) * np.log1p(-z)
    return np.asarray(powers - betaln(a, b))


def _pert(x: Floats, low: float, high: float, mode: float) -> Floats:
    share = (mode - low) / (high - low)
    a, b = 1.0 + _PERT_WEIGHT * share, 1.0 + _PERT_WEIGHT * (1.0 - share)
    return _between(_beta)(x, low=low, high=high, a=a, b=b)


def _kumaraswamy(z: Floats, a: float, b: float) -> Floats:
    size = math.log(a) + math.log(b)
    return np.asarray(size + (a - 1.0) * np.log(z) + (b - 1.0) * np.log1p(-(z**a)))


def _johnson(z: Floats, gamma: float, delta: float) -> Floats:
    from scipy.special import logit

    score = gamma + delta * logit(z)
    size = math.log(delta) - _ROOT - np.log(z) - np.log1p(-z)
    return np.asarray(size - 0.5 * score * score)


def _power(z: Floats, shape: float) -> Floats:
    return np.asarray(math.log(shape) + (shape - 1.0) * np.log(z))


def _ends(x: Floats, w: Floats) -> Numbers:
    return {"low": float(x.min()), "high": float(x.max())}


def _start_between(x: Floats, w: Floats) -> Numbers:
    low, high = float(x.min()), float(x.max())
    beyond = (high - low) / max(len(x), 10)
    mode = min(max(quantile(x, w, 0.5), low), high)
    return {"low": low - beyond, "high": high + beyond, "mode": mode}


def _start_beta(x: Floats, w: Floats) -> Numbers:
    mean, spread = mean_and_spread(x, w)
    total = max(mean * (1.0 - mean) / max(spread * spread, 1e-12) - 1.0, 0.1)
    return {"a": mean * total, "b": (1.0 - mean) * total}


def _start_johnson(x: Floats, w: Floats) -> Numbers:
    from scipy.special import logit

    center, spread = mean_and_spread(logit(np.clip(x, 1e-9, 1 - 1e-9)), w)
    delta = 1.0 / max(spread, 1e-3)
    return {"gamma": -center * delta, "delta": delta}


def _start_power(x: Floats, w: Floats) -> Numbers:
    mean_log = float(np.average(np.log(np.clip(x, 1e-300, 1.0)), weights=w))
    return {"shape": -1.0 / min(mean_log, -1e-9)}


def _family(
    family: type[Distribution], standard: LogDensity, start: object, **kinds: Kind
) -> Family:
    """Return a family on [0, 1], unless other ends are fixed."""
    return Family(
        family,
        kinds,
        _between(standard),
        start,  # type: ignore[arg-type]
        {"low": 0.0, "high": 1.0},
        low="low",
        high="high",
    )


BOUNDED = (
    Family(
        made.Uniform,
        {"low": PLACE, "high": PLACE},
        _uniform,
        _ends,
        is_closed=True,
        pinned=("low", "high"),
        places=("low", "high"),
        size=lambda numbers: numbers["high"] - numbers["low"],
    ),
    Family(
        made.Triangular,
        {"low": BELOW, "high": ABOVE, "mode": BETWEEN},
        _triangular,
        _start_between,
        low="low",
        high="high",
        is_smooth=False,
        is_reflected=False,
    ),
    Family(
        made.PERT,
        {"low": BELOW, "high": ABOVE, "mode": BETWEEN},
        _pert,
        _start_between,
        low="low",
        high="high",
        is_reflected=False,
    ),
    Family(
        made.LogUniform,
        {"low": PLACE, "high": PLACE},
        _log_uniform,
        _ends,
        low=0.0,
        is_closed=True,
        pinned=("low", "high"),
        is_reflected=False,
    ),
    _family(made.Beta, _beta, _start_beta, a=SHAPE, b=SHAPE),
    _family(made.Kumaraswamy, _kumaraswamy, _start_beta, a=SHAPE, b=SHAPE),
    _family(made.JohnsonSB, _johnson, _start_johnson, gamma=_SKEW, delta=SHAPE),
    _family(made.PowerFunction, _power, _start_power, shape=SHAPE),
)
