"""Families of whole numbers, as a fit knows them."""

import math

import numpy as np

from mclib import distributions as made
from mclib.distributions.laws import Floats
from mclib.fitting.family import (
    PLACE,
    SHAPE,
    SHARE,
    SIZE,
    Family,
    Numbers,
    mean_and_spread,
)


def _log_choose(n: float, k: Floats) -> Floats:
    from scipy.special import gammaln

    above = gammaln(n + 1.0) - gammaln(k + 1.0)
    return np.asarray(above - gammaln(n - k + 1.0))


def _poisson(x: Floats, mean: float) -> Floats:
    from scipy.special import gammaln

    return np.asarray(x * math.log(mean) - mean - gammaln(x + 1.0))


def _geometric(x: Floats, probability: float) -> Floats:
    return np.asarray(math.log(probability) + x * math.log1p(-probability))


def _negative_binomial(x: Floats, successes: float, probability: float) -> Floats:
    from scipy.special import gammaln

    ways = gammaln(x + successes) - gammaln(successes)
    powers = successes * math.log(probability) + x * math.log1p(-probability)
    return np.asarray(ways - gammaln(x + 1.0) + powers)


def _binomial(x: Floats, n: float, probability: float) -> Floats:
    powers = x * math.log(probability) + (n - x) * math.log1p(-probability)
    return np.asarray(_log_choose(n, x) + powers)


def _beta_binomial(x: Floats, n: float, a: float, b: float) -> Floats:
    from scipy.special import betaln

    share = betaln(x + a, n - x + b) - betaln(a, b)
    return np.asarray(_log_choose(n, x) + share)


def _bernoulli(x: Floats, probability: float) -> Floats:
    return np.where(x > 0.5, math.log(probability), math.log1p(-probability))


def _discrete_uniform(x: Floats, low: float, high: float) -> Floats:
    is_inside = (low <= x) & (x <= high)
    return np.where(is_inside, -math.log(high - low + 1.0), -np.inf)


def _start_geometric(x: Floats, w: Floats) -> Numbers:
    return {"probability": 1.0 / (1.0 + float(np.average(x, weights=w)))}


def _start_negative_binomial(x: Floats, w: Floats) -> Numbers:
    mean, spread = mean_and_spread(x, w)
    successes = mean * mean / max(spread * spread - mean, 0.01 * mean)
    return {"successes": successes, "probability": successes / (successes + mean)}


NEEDED = math.nan
"""Stands for a number that no data tell: it has to be fixed."""

COUNTS = (
    Family(
        made.Poisson,
        {"mean": SIZE},
        _poisson,
        lambda x, w: {"mean": float(np.average(x, weights=w))},
        low=0.0,
        has_low=True,
        is_whole=True,
        is_closed=True,
    ),
    Family(
        made.Geometric,
        {"probability": SHARE},
        _geometric,
        _start_geometric,
        low=0.0,
        has_low=True,
        is_whole=True,
        is_closed=True,
    ),
    Family(
        made.NegativeBinomial,
        {"successes": SHAPE, "probability": SHARE},
        _negative_binomial,
        _start_negative_binomial,
        is_reflected=False,
        low=0.0,
        has_low=True,
        is_whole=True,
    ),
    Family(
        made.Binomial,
        {"probability": SHARE},
        _binomial,
        lambda x, w: {"probability": 0.5},
        {"n": NEEDED},
        low=0.0,
        high="n",
        has_low=True,
        is_whole=True,
    ),
    Family(
        made.BetaBinomial,
        {"a": SHAPE, "b": SHAPE},
        _beta_binomial,
        lambda x, w: {"a": 1.0, "b": 1.0},
        {"n": NEEDED},
        is_reflected=False,
        low=0.0,
        high="n",
        has_low=True,
        is_whole=True,
    ),
    Family(
        made.Bernoulli,
        {"probability": SHARE},
        _bernoulli,
        lambda x, w: {"probability": float(np.average(x, weights=w))},
        low=0.0,
        high=1.0,
        has_low=True,
        is_whole=True,
        is_closed=True,
    ),
    Family(
        made.DiscreteUniform,
        {"low": PLACE, "high": PLACE},
        _discrete_uniform,
        lambda x, w: {"low": float(x.min()), "high": float(x.max())},
        is_whole=True,
        is_closed=True,
        pinned=("low", "high"),
    ),
)
