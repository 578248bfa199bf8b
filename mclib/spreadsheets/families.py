"""Distributions of spreadsheet add-ins, by the names and parameters that they have there.

Each add-in has habits of its own: the second parameter of @RISK's gamma is a scale, Crystal
Ball's exponential has a rate, its binomial names the probability first.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mclib import distributions as of
from mclib.distributions import Distribution
from mclib.distributions.elicited import trigen
from mclib.spreadsheets.refusals import Refusal

Numbers = Sequence[Any]
Maker = Callable[..., Distribution]


class Family(NamedTuple):
    """A distribution function of an add-in.

    Attributes
    ----------
    make : callable
        From its arguments (numbers, traced values, lists of numbers) to a distribution.
    least, most : int
        How many arguments it has.
    """

    make: Maker
    least: int
    most: int


def _discrete(values: Numbers, weights: Numbers | None = None) -> Distribution:
    shares = [1.0] * len(values) if weights is None else weights
    if len(shares) != len(values) or not sum(shares) > 0.0:
        raise Refusal("it has values and probabilities that don't belong together")
    found: dict[float, float] = {}
    for value, share in zip(values, shares, strict=True):
        found[value] = found.get(value, 0.0) + share / sum(shares)
    return of.Categorical(found)


def _ogive(low: Any, high: Any, values: Numbers, shares: Numbers) -> Distribution:
    return of.CumulativeOgive([low, *values, high], [0.0, *shares, 1.0])


def _falling_ogive(low: Any, high: Any, values: Numbers, above: Numbers) -> Distribution:
    return _ogive(low, high, values, [1.0 - share for share in above])


def _polygon(low: Any, high: Any, values: Numbers, heights: Numbers) -> Distribution:
    """Return the density that is straight between points, and 0 at its ends."""
    if len(heights) != len(values) or not max(heights) > 0.0:
        raise Refusal("it has values and heights that don't belong together")
    return of.RelativeOgive([low, *values, high], [0.0, *heights, 0.0])


def _bins(low: Any, high: Any, weights: Numbers) -> Distribution:
    n = len(weights)
    return of.Histogram([low + (high - low) * i / n for i in range(n + 1)], weights)


def _subjective(low: Any, mode: Any, mean: Any, high: Any) -> Distribution:
    middle = (low + high) / 2.0
    a = 2.0 * (mean - low) * (middle - mode) / ((mean - mode) * (high - low))
    return of.Beta(a, a * (high - mean) / (mean - low), low, high)


def _double_exponential(mean: Any, deviation: Any) -> Distribution:
    return of.Laplace(mean, deviation / math.sqrt(2.0))


def _inverse_gaussian(mean: Any, shape: Any) -> Distribution:
    return of.InverseGaussian(shape / mean, mean)


def _by_orders(low: Any, mode: Any, high: Any, below: Any, above: Any) -> Distribution:
    scale = 100.0 if above > 1.0 else 1.0
    return trigen(low, mode, high, low_order=below / scale, high_order=above / scale)


def _logarithm(mean: Any, deviation: Any) -> Distribution:
    return of.LogNormal.from_normal(mean, deviation)


def _from_mean(mean: Any, deviation: Any) -> Distribution:
    return of.LogNormal.from_mean(mean, deviation)


def _student(freedom: Any) -> Distribution:
    return of.StudentT(freedom)


_COMMON: dict[str, Family] = {
    "NORMAL": Family(of.Normal, 2, 2),
    "LOGNORM": Family(_from_mean, 2, 2),
    "LOGNORMAL": Family(_from_mean, 2, 2),
    "LOGNORM2": Family(_logarithm, 2, 2),
    "LOGNORMAL2": Family(_logarithm, 2, 2),
    "TRIANG": Family(of.Triangular, 3, 3),
    "TRIANGULAR": Family(of.Triangular, 3, 3),
    "TRIANGLE": Family(of.Triangular, 3, 3),
    "TRIGEN": Family(_by_orders, 5, 5),
    "TRIANGGEN": Family(_by_orders, 5, 5),
    "UNIFORM": Family(of.Uniform, 2, 2),
    "PERT": Family(of.PERT, 3, 3),
    "MODPERT": Family(of.PERT, 4, 4),
    "BETA": Family(of.Beta, 2, 2),
    "BETAGENERAL": Family(of.Beta, 4, 4),
    "BETAGEN": Family(of.Beta, 4, 4),
    "BETA4": Family(of.Beta, 4, 4),
    "BETASUBJ": Family(_subjective, 4, 4),
    "BERNOULLI": Family(of.Bernoulli, 1, 1),
    "BINOMIAL": Family(of.Binomial, 2, 2),
    "POISSON": Family(of.Poisson, 1, 1),
    "NEGBIN": Family(of.NegativeBinomial, 2, 2),
    "NEGBINOMIAL": Family(of.NegativeBinomial, 2, 2),
    "GEOMET": Family(of.Geometric, 1, 1),
    "GEOMETRIC": Family(of.Geometric, 1, 1),
    "HYPERGEO": Family(of.Hypergeometric, 3, 3),
    "HYPERGEOMETRIC": Family(of.Hypergeometric, 3, 3),
    "INTUNIFORM": Family(of.DiscreteUniform, 2, 2),
    "DISCRETE": Family(_discrete, 2, 2),
    "DUNIFORM": Family(_discrete, 1, 1),
    "DISUNIFORM": Family(_discrete, 1, 1),
    "GAMMA": Family(of.Gamma, 2, 2),
    "ERLANG": Family(of.Erlang, 2, 2),
    "CHISQ": Family(of.ChiSquare, 1, 1),
    "CHISQUARE": Family(of.ChiSquare, 1, 1),
    "EXPON": Family(of.Exponential, 1, 1),
    "WEIBULL": Family(of.Weibull, 2, 2),
    "RAYLEIGH": Family(of.Rayleigh, 1, 1),
    "EXTVALUE": Family(of.Gumbel, 2, 2),
    "EXTVALUEMAX": Family(of.Gumbel, 2, 2),
    "EXTVALUEMIN": Family(of.GumbelMinimum, 2, 2),
    "LOGISTIC": Family(of.Logistic, 2, 2),
    "LOGLOGISTIC": Family(lambda low, b, a: of.LogLogistic(a, b, low), 3, 3),
    "FRECHET": Family(lambda low, b, a: of.Frechet(a, b, low), 3, 3),
    "CAUCHY": Family(of.Cauchy, 2, 2),
    "LAPLACE": Family(_double_exponential, 2, 2),
    "STUDENT": Family(_student, 1, 1),
    "PARETO": Family(of.Pareto, 2, 2),
    "PARETO2": Family(lambda b, q: of.Lomax(q, b), 2, 2),
    "INVGAUSS": Family(_inverse_gaussian, 2, 2),
    "JOHNSONSU": Family(of.JohnsonSU, 4, 4),
    "JOHNSONSB": Family(of.JohnsonSB, 4, 4),
    "CUMUL": Family(_ogive, 4, 4),
    "CUMULD": Family(_falling_ogive, 4, 4),
    "GENERAL": Family(_polygon, 4, 4),
    "HISTOGRM": Family(_bins, 3, 3),
    "HISTOGRAM": Family(_bins, 3, 3),
}

_CRYSTAL_BALL: dict[str, Family] = {
    "NORMAL": Family(of.Normal, 2, 2),
    "LOGNORMAL": Family(_from_mean, 2, 2),
    "TRIANGULAR": Family(of.Triangular, 3, 3),
    "UNIFORM": Family(of.Uniform, 2, 2),
    "BETAPERT": Family(of.PERT, 3, 3),
    "BETA": Family(lambda a, b, scale: of.Beta(a, b, 0.0, scale), 3, 3),
    "BETA2": Family(lambda low, high, a, b: of.Beta(a, b, low, high), 4, 4),
    "YESNO": Family(of.Bernoulli, 1, 1),
    "BINOMIAL": Family(lambda p, n: of.Binomial(n, p), 2, 2),
    "POISSON": Family(of.Poisson, 1, 1),
    "GEOMETRIC": Family(lambda p: of.Shifted(of.Geometric(p), 1.0), 1, 1),
    "NEGBINOMIAL": Family(lambda p, n: of.Shifted(of.NegativeBinomial(n, p), n), 2, 2),
    "DISCRETEUNIFORM": Family(of.DiscreteUniform, 2, 2),
    "GAMMA": Family(lambda low, scale, shape: of.Gamma(shape, scale, low), 3, 3),
    "WEIBULL": Family(
        lambda low, scale, shape: of.Shifted(of.Weibull(shape, scale), low), 3, 3
    ),
    "EXPONENTIAL": Family(lambda rate: of.Exponential(rate=rate), 1, 1),
    "LOGISTIC": Family(of.Logistic, 2, 2),
    "MAXEXTREME": Family(of.Gumbel, 2, 2),
    "MINEXTREME": Family(of.GumbelMinimum, 2, 2),
    "PARETO": Family(lambda low, shape: of.Pareto(shape, low), 2, 2),
    "STUDENTT": Family(lambda mid, scale, n: of.StudentT(n, mid, scale), 3, 3),
}

_OWN: dict[str, Family] = {
    "RAND": Family(lambda: of.Uniform(0.0, 1.0), 0, 0),
    "RANDBETWEEN": Family(of.DiscreteUniform, 2, 2),
}

INVERSES: dict[str, Family] = {
    "NORM.INV": Family(of.Normal, 2, 2),
    "NORMINV": Family(of.Normal, 2, 2),
    "NORM.S.INV": Family(lambda: of.Normal(0.0, 1.0), 0, 0),
    "NORMSINV": Family(lambda: of.Normal(0.0, 1.0), 0, 0),
    "LOGNORM.INV": Family(_logarithm, 2, 2),
    "LOGINV": Family(_logarithm, 2, 2),
    "GAMMA.INV": Family(of.Gamma, 2, 2),
    "GAMMAINV": Family(of.Gamma, 2, 2),
    "BETA.INV": Family(of.Beta, 2, 4),
    "BETAINV": Family(of.Beta, 2, 4),
    "T.INV": Family(_student, 1, 1),
    "CHISQ.INV": Family(of.ChiSquare, 1, 1),
    "F.INV": Family(of.FisherF, 2, 2),
}
"""Quantile functions of spreadsheets; the probability comes first."""


_FRONTLINE = """
NORMAL LOGNORMAL LOGNORM2 TRIANGULAR UNIFORM PERT BETA BETAGEN GAMMA WEIBULL LOGISTIC
RAYLEIGH STUDENT CHISQUARE BERNOULLI BINOMIAL POISSON INTUNIFORM DISCRETE DISUNIFORM CUMUL
GENERAL HISTOGRAM
"""
_MODEL_RISK = """
NORMAL LOGNORMAL TRIANGLE UNIFORM PERT MODPERT BETA BETA4 GAMMA ERLANG CHISQ EXPON WEIBULL
RAYLEIGH EXTVALUEMAX EXTVALUEMIN LOGISTIC LOGLOGISTIC CAUCHY LAPLACE STUDENT PARETO PARETO2
BERNOULLI BINOMIAL POISSON NEGBIN GEOMETRIC HYPERGEO INTUNIFORM DISCRETE DUNIFORM CUMULD
HISTOGRAM
"""


def _prefixed(prefix: str, families: dict[str, Family]) -> dict[str, Family]:
    return {prefix + name: family for name, family in families.items()}


FAMILIES: dict[str, Family] = {
    **_OWN,
    **_prefixed("RISK", _COMMON),
    # Of the others, those whose parameters are known to be the same.
    **_prefixed("PSI", {name: _COMMON[name] for name in _FRONTLINE.split()}),
    **_prefixed("VOSE", {name: _COMMON[name] for name in _MODEL_RISK.split()}),
    "VOSECUMULA": Family(_ogive, 4, 4),
    "VOSERELATIVE": Family(_polygon, 4, 4),
    **_prefixed("CB.", _CRYSTAL_BALL),
}
"""By the name of the function: what it draws from."""
