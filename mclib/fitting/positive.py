"""Families of positive quantities, as a fit knows them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mclib import distributions as made
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.fitting.bells import log_power
from mclib.fitting.family import (
    SHAPE,
    SIZE,
    TAIL,
    Family,
    Kind,
    LogDensity,
    Numbers,
    Start,
    above_zero,
    by_shape,
    mean_and_spread,
    stretched,
)

_ROOT = math.log(2.0 * math.pi) / 2.0
_EULER = 0.5772156649015329
_FLAT = math.pi / math.sqrt(6.0)
"""Standard deviation of the logarithm of an exponential."""


def _exponential(z: Floats) -> Floats:
    return -z


def _log_normal(x: Floats, median: float, spread: float) -> Floats:
    log_x = np.log(x)
    score = (log_x - math.log(median)) / spread
    return np.asarray(-0.5 * score * score - _ROOT - math.log(spread) - log_x)


def _gamma(z: Floats, shape: float) -> Floats:
    from scipy.special import gammaln

    return np.asarray((shape - 1.0) * np.log(z) - z - gammaln(shape))


def _weibull(z: Floats, shape: float) -> Floats:
    return np.asarray(math.log(shape) + (shape - 1.0) * np.log(z) - z**shape)


def _log_logistic(z: Floats, shape: float) -> Floats:
    power = shape * np.log(z)
    return np.asarray(math.log(shape) + power - np.log(z) - 2.0 * np.logaddexp(0.0, power))


def _inverse_gaussian(z: Floats, shape: float) -> Floats:
    distance = shape * (z - 1.0) ** 2 / (2.0 * z)
    return np.asarray(0.5 * math.log(shape) - _ROOT - 1.5 * np.log(z) - distance)


def _inverse_gamma(z: Floats, shape: float) -> Floats:
    from scipy.special import gammaln

    return np.asarray(-(shape + 1.0) * np.log(z) - 1.0 / z - gammaln(shape))


def _fatigue(z: Floats, shape: float) -> Floats:
    bell = -((z - 1.0) ** 2) / z / (2.0 * shape * shape)
    return np.asarray(np.log1p(z) - 1.5 * np.log(z) + bell - math.log(2.0 * shape) - _ROOT)


def _rayleigh(z: Floats) -> Floats:
    return np.asarray(np.log(z) - z * z / 2.0)


def _half_normal(z: Floats) -> Floats:
    return np.asarray(math.log(2.0) - _ROOT - z * z / 2.0)


def _maxwell(z: Floats) -> Floats:
    return np.asarray(math.log(2.0) - _ROOT + 2.0 * np.log(z) - z * z / 2.0)


def _nakagami(z: Floats, shape: float) -> Floats:
    from scipy.special import gammaln

    size = math.log(2.0) + shape * math.log(shape) - gammaln(shape)
    return np.asarray(size + (2.0 * shape - 1.0) * np.log(z) - shape * z * z)


def _lomax(z: Floats, shape: float) -> Floats:
    return np.asarray(math.log(shape) - (shape + 1.0) * np.log1p(z))


def _excess(z: Floats, shape: float) -> Floats:
    t = log_power(z, shape)
    return np.where(np.isnan(t), -np.inf, -(1.0 + shape) * t)


def _frechet(z: Floats, shape: float) -> Floats:
    return np.asarray(math.log(shape) - (shape + 1.0) * np.log(z) - z**-shape)


def _pareto(z: Floats, shape: float) -> Floats:
    log_z = np.log(np.maximum(z, 1.0))
    return np.where(z >= 1.0, math.log(shape) - (shape + 1.0) * log_z, -np.inf)


def _burr(z: Floats, shape: float, tail: float) -> Floats:
    power = shape * np.log(z)
    size = math.log(shape) + math.log(tail)
    return np.asarray(size + power - np.log(z) - (tail + 1.0) * np.logaddexp(0.0, power))


def _dagum(z: Floats, shape: float, body: float) -> Floats:
    power = shape * np.log(z)
    size = math.log(shape) + math.log(body) + body * power
    return np.asarray(size - np.log(z) - (body + 1.0) * np.logaddexp(0.0, power))


def _gompertz(z: Floats, frailty: float) -> Floats:
    return np.asarray(math.log(frailty) + z - frailty * np.expm1(z))


def _weibull_power(z: Floats, shape: float, power: float) -> Floats:
    rise = z**shape
    largest = (power - 1.0) * np.log(-np.expm1(-rise))
    return np.asarray(_weibull(z, shape) + math.log(power) + largest)


def _gamma_power(z: Floats, shape: float, power: float) -> Floats:
    from scipy.special import gammaln

    size = math.log(power) - gammaln(shape)
    return np.asarray(size + (shape * power - 1.0) * np.log(z) - z**power)


def _levy(z: Floats) -> Floats:
    return np.asarray(-_ROOT - 1.5 * np.log(z) - 0.5 / z)


def _logs(x: Floats, w: Floats) -> tuple[float, float]:
    return mean_and_spread(np.log(np.maximum(x, 1e-300)), w)


def _mean(x: Floats, w: Floats) -> float:
    return float(np.average(x, weights=w))


def _root_mean_square(factor: float) -> Start:
    return lambda x, w: {"scale": math.sqrt(_mean(x * x, w) * factor)}


def _start_log_normal(x: Floats, w: Floats) -> Numbers:
    center, spread = _logs(x, w)
    return {"median": math.exp(center), "spread": spread}


def _gamma_shape(x: Floats, w: Floats) -> float:
    gap = max(math.log(_mean(x, w)) - _logs(x, w)[0], 1e-9)
    return (3.0 - gap + math.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)


def _start_gamma(x: Floats, w: Floats) -> Numbers:
    shape = _gamma_shape(x, w)
    return {"shape": shape, "scale": _mean(x, w) / shape}


def _start_inverse_gamma(x: Floats, w: Floats) -> Numbers:
    found = _start_gamma(1.0 / x, w)
    return {"shape": found["shape"], "scale": 1.0 / found["scale"]}


def _start_nakagami(x: Floats, w: Floats) -> Numbers:
    return {"shape": _gamma_shape(x * x, w), "scale": math.sqrt(_mean(x * x, w))}


def _start_weibull(x: Floats, w: Floats) -> Numbers:
    center, spread = _logs(x, w)
    return {"shape": _FLAT / spread, "scale": math.exp(center + _EULER * spread / _FLAT)}


def _start_frechet(x: Floats, w: Floats) -> Numbers:
    center, spread = _logs(x, w)
    return {"shape": _FLAT / spread, "scale": math.exp(center - _EULER * spread / _FLAT)}


def _start_by_logs(**others: float) -> Start:
    """Return the start of what is about a logistic in the logarithm."""

    def start(x: Floats, w: Floats) -> Numbers:
        center, spread = _logs(x, w)
        shape = math.pi / math.sqrt(3.0) / spread
        return {"shape": shape, "scale": math.exp(center), **others}

    return start


def _start_inverse_gaussian(x: Floats, w: Floats) -> Numbers:
    mean = _mean(x, w)
    return {"shape": 1.0 / max(_mean(mean / x, w) - 1.0, 1e-6), "scale": mean}


def _start_fatigue(x: Floats, w: Floats) -> Numbers:
    mean, harmonic = _mean(x, w), 1.0 / _mean(1.0 / x, w)
    shape = math.sqrt(2.0 * max(math.sqrt(mean / harmonic) - 1.0, 1e-9))
    return {"shape": shape, "scale": math.sqrt(mean * harmonic)}


def _start_pareto(x: Floats, w: Floats) -> Numbers:
    least = float(x.min())
    return {"scale": least, "shape": 1.0 / max(_mean(np.log(x / least), w), 1e-300)}


def _start_levy(x: Floats, w: Floats) -> Numbers:
    return {"scale": 1.0 / _mean(1.0 / x, w)}


def _times_mean(scale: float, **others: float) -> Start:
    return lambda x, w: {"scale": scale * _mean(x, w), **others}


def _family(
    family: type[Distribution],
    standard: LogDensity,
    start: Start,
    shapes: Mapping[str, Kind] | None = None,
    *,
    has_low: bool = False,
    **others: Any,
) -> Family:
    """Return a family whose standard form starts at 0, stretched and moved."""
    return Family(
        family,
        {**(shapes or {}), "scale": SIZE},
        stretched(above_zero(standard, has_low=has_low)),
        start,
        {"location": 0.0},
        low="location",
        has_low=has_low,
        **others,
    )


_SHAPE = {"shape": SHAPE}
_LOG_MOVED: dict[str, Any] = {"places": ("scale",), "size": by_shape}

POSITIVE = (
    Family(
        made.Exponential,
        {"mean": SIZE},
        lambda x, mean: stretched(above_zero(_exponential, has_low=True))(
            x, location=0.0, scale=mean
        ),
        lambda x, w: {"mean": _mean(x, w)},
        low=0.0,
        has_low=True,
        is_closed=True,
    ),
    Family(
        made.LogNormal,
        {"median": SIZE, "spread": SHAPE},
        above_zero(_log_normal),
        _start_log_normal,
        low=0.0,
        is_closed=True,
        places=("median",),
        size=lambda numbers: numbers["spread"],
    ),
    _family(made.Gamma, _gamma, _start_gamma, _SHAPE),
    Family(
        made.Weibull,
        {"shape": SHAPE, "scale": SIZE},
        lambda x, shape, scale: stretched(above_zero(_weibull))(
            x, location=0.0, scale=scale, shape=shape
        ),
        _start_weibull,
        low=0.0,
        **_LOG_MOVED,
    ),
    _family(made.LogLogistic, _log_logistic, _start_by_logs(), _SHAPE, **_LOG_MOVED),
    _family(
        made.InverseGaussian,
        _inverse_gaussian,
        _start_inverse_gaussian,
        {"shape": Kind(SHAPE.seen, SHAPE.coordinate, math.log(0.01), math.log(1e6))},
        is_closed=True,
    ),
    _family(made.InverseGamma, _inverse_gamma, _start_inverse_gamma, _SHAPE),
    _family(made.BirnbaumSaunders, _fatigue, _start_fatigue, _SHAPE),
    _family(made.Rayleigh, _rayleigh, _root_mean_square(1 / 2), is_closed=True),
    _family(
        made.HalfNormal, _half_normal, _root_mean_square(1.0), has_low=True, is_closed=True
    ),
    _family(made.Maxwell, _maxwell, _root_mean_square(1 / 3), is_closed=True),
    _family(made.Nakagami, _nakagami, _start_nakagami, _SHAPE),
    _family(
        made.Lomax,
        _lomax,
        _times_mean(1.5, shape=2.5),
        _SHAPE,
        has_low=True,
        is_reflected=False,
    ),
    _family(
        made.GeneralizedPareto,
        _excess,
        _times_mean(0.9, shape=0.1),
        {"shape": TAIL},
        has_low=True,
    ),
    _family(made.Frechet, _frechet, _start_frechet, _SHAPE, **_LOG_MOVED),
    _family(
        made.Pareto,
        _pareto,
        _start_pareto,
        _SHAPE,
        is_closed=True,
        pinned=("scale",),
        **_LOG_MOVED,
    ),
    _family(
        made.Burr,
        _burr,
        _start_by_logs(tail=1.0),
        {**_SHAPE, "tail": SHAPE},
        is_reflected=False,
    ),
    _family(
        made.Dagum,
        _dagum,
        _start_by_logs(body=1.0),
        {**_SHAPE, "body": SHAPE},
        is_reflected=False,
    ),
    _family(
        made.Gompertz,
        _gompertz,
        _times_mean(1.0, frailty=0.5),
        {"frailty": SHAPE},
        has_low=True,
        is_reflected=False,
    ),
    _family(
        made.ExponentiatedWeibull,
        _weibull_power,
        lambda x, w: {**_start_weibull(x, w), "power": 1.0},
        {**_SHAPE, "power": SHAPE},
        is_reflected=False,
    ),
    _family(
        made.GeneralizedGamma,
        _gamma_power,
        lambda x, w: {**_start_gamma(x, w), "power": 1.0},
        {**_SHAPE, "power": SHAPE},
        is_reflected=False,
    ),
    _family(made.Levy, _levy, _start_levy, is_closed=True),
)
