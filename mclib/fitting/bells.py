"""Families without ends, as a fit knows them."""

import math
from typing import Any

import numpy as np

from mclib import distributions as made
from mclib.distributions.asymmetric import log_of_skew_normal
from mclib.distributions.laws import Floats
from mclib.fitting.family import (
    EXPONENT,
    PLACE,
    SHAPE,
    SIZE,
    TAIL,
    Family,
    Kind,
    Numbers,
    by_scale,
    mean_and_spread,
    median,
    stretched,
)
from mclib.statistics.weighting import quantile

_ROOT = math.log(2.0 * math.pi) / 2.0
_EULER = 0.5772156649015329
_LEAN = Kind(EXPONENT.seen, EXPONENT.coordinate, -50.0, 50.0)


def _normal(z: Floats) -> Floats:
    return np.asarray(-0.5 * z * z - _ROOT)


def _student(z: Floats, degrees_of_freedom: float) -> Floats:
    from scipy.special import gammaln

    n = degrees_of_freedom
    size = gammaln((n + 1.0) / 2.0) - gammaln(n / 2.0)
    bell = -(n + 1.0) / 2.0 * np.log1p(z * z / n)
    return np.asarray(size - 0.5 * math.log(n * math.pi) + bell)


def _logistic(z: Floats) -> Floats:
    size = np.abs(z)
    return np.asarray(-size - 2.0 * np.log1p(np.exp(-size)))


def _laplace(z: Floats) -> Floats:
    return np.asarray(-np.abs(z) - math.log(2.0))


def _secant(z: Floats) -> Floats:
    size = math.pi / 2.0 * np.abs(z)
    return np.asarray(-size - np.log1p(np.exp(-2.0 * size)))


def _cauchy(z: Floats) -> Floats:
    return np.asarray(-math.log(math.pi) - np.log1p(z * z))


def _gumbel(z: Floats) -> Floats:
    return np.asarray(-z - np.exp(-z))


def _gumbel_minimum(z: Floats) -> Floats:
    return np.asarray(z - np.exp(z))


def _extreme(z: Floats, shape: float) -> Floats:
    t = log_power(z, shape)
    return np.where(np.isnan(t), -np.inf, -(1.0 + shape) * t - np.exp(-t))


def _johnson(z: Floats, gamma: float, delta: float) -> Floats:
    score = gamma + delta * np.arcsinh(z)
    return np.asarray(math.log(delta) - 0.5 * np.log1p(z * z) + _normal(score))


def log_power(z: Floats, shape: float) -> Floats:
    """Return ``log(1 + shape z) / shape``, z for shape 0; NaN beyond the end."""
    if abs(shape) < 1e-9:
        return z
    inner = shape * z
    return np.where(inner > -1.0, np.log1p(np.maximum(inner, -1.0)) / shape, np.nan)


def _of_moments(factor: float, shift: float = 0.0) -> Any:
    """Return a start: the scale is `factor` spreads, the place `shift` scales further."""

    def start(x: Floats, w: Floats) -> Numbers:
        center, spread = mean_and_spread(x, w)
        scale = spread * factor
        return {"location": center + shift * scale, "scale": scale}

    return start


def _start_normal(x: Floats, w: Floats) -> Numbers:
    center, spread = mean_and_spread(x, w)
    return {"mean": center, "standard_deviation": spread}


def _start_laplace(x: Floats, w: Floats) -> Numbers:
    middle = median(x, w)
    return {"location": middle, "scale": float(np.average(np.abs(x - middle), weights=w))}


def _start_by_quartiles(x: Floats, w: Floats) -> Numbers:
    quartiles = [quantile(x, w, u) for u in (0.25, 0.75)]
    half = (quartiles[1] - quartiles[0]) / 2.0
    return {"location": median(x, w), "scale": half or mean_and_spread(x, w)[1] / 2.0}


def _start_student(x: Floats, w: Floats) -> Numbers:
    found = _start_by_quartiles(x, w)
    return {**found, "scale": found["scale"] * 1.35, "degrees_of_freedom": 5.0}


def _start_extreme(x: Floats, w: Floats) -> Numbers:
    return {**_of_moments(math.sqrt(6.0) / math.pi, -_EULER)(x, w), "shape": 0.02}


def _start_skew_normal(x: Floats, w: Floats) -> Numbers:
    center, spread = mean_and_spread(x, w)
    skewness = float(np.average(((x - center) / spread) ** 3, weights=w))
    size = min(abs(skewness), 0.95) ** (2.0 / 3.0)
    lean = math.sqrt(math.pi / 2.0 * size / (size + ((4.0 - math.pi) / 2.0) ** (2.0 / 3.0)))
    lean = math.copysign(max(lean, 0.5), skewness)
    scale = spread / math.sqrt(1.0 - 2.0 * lean * lean / math.pi)
    return {
        "shape": lean / math.sqrt(1.0 - lean * lean),
        "location": center - scale * lean * math.sqrt(2.0 / math.pi),
        "scale": scale,
    }


def _start_johnson(x: Floats, w: Floats) -> Numbers:
    middle, spread = median(x, w), mean_and_spread(x, w)[1]
    return {"gamma": 0.0, "delta": 1.5, "location": middle, "scale": 1.3 * spread}


_BOTH = {"location": PLACE, "scale": SIZE}
_MOVED: dict[str, Any] = {"places": ("location",), "size": by_scale}

BELLS = (
    Family(
        made.Normal,
        {"mean": PLACE, "standard_deviation": SIZE},
        lambda x, mean, standard_deviation: stretched(_normal)(
            x, location=mean, scale=standard_deviation
        ),
        _start_normal,
        is_closed=True,
        places=("mean",),
        size=lambda numbers: numbers["standard_deviation"],
    ),
    Family(
        made.StudentT,
        {"degrees_of_freedom": SHAPE, **_BOTH},
        stretched(_student),
        _start_student,
        is_reflected=False,
    ),
    Family(
        made.Logistic,
        _BOTH,
        stretched(_logistic),
        _of_moments(math.sqrt(3.0) / math.pi),
        **_MOVED,
    ),
    Family(
        made.Laplace,
        _BOTH,
        stretched(_laplace),
        _start_laplace,
        is_smooth=False,
        is_closed=True,
        **_MOVED,
    ),
    Family(made.HyperbolicSecant, _BOTH, stretched(_secant), _of_moments(1.0), **_MOVED),
    Family(made.Cauchy, _BOTH, stretched(_cauchy), _start_by_quartiles, **_MOVED),
    Family(
        made.Gumbel,
        _BOTH,
        stretched(_gumbel),
        _of_moments(math.sqrt(6.0) / math.pi, -_EULER),
        **_MOVED,
    ),
    Family(
        made.GumbelMinimum,
        _BOTH,
        stretched(_gumbel_minimum),
        _of_moments(math.sqrt(6.0) / math.pi, _EULER),
        **_MOVED,
    ),
    Family(
        made.GeneralizedExtremeValue,
        {"shape": TAIL, **_BOTH},
        stretched(_extreme),
        _start_extreme,
        **_MOVED,
    ),
    Family(
        made.SkewNormal,
        {"shape": _LEAN, **_BOTH},
        stretched(log_of_skew_normal),
        _start_skew_normal,
        is_reflected=False,
    ),
    Family(
        made.JohnsonSU,
        {"gamma": _LEAN, "delta": SHAPE, **_BOTH},
        stretched(_johnson),
        _start_johnson,
        is_reflected=False,
    ),
)
