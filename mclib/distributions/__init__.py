"""Distributions: quantile functions of a uniform, as expressions.

Every draw goes through a quantile function, so that plain, antithetic, stratified and
quasi-random runs share one path, and so does dependence. Closed forms where they exist,
verified tables where they don't. A family never needs another family.
"""

import importlib
from typing import TYPE_CHECKING, Any

from mclib.distributions.betas import PERT
from mclib.distributions.bounded import Triangular, Uniform
from mclib.distributions.distribution import Distribution
from mclib.distributions.empirical import Empirical
from mclib.distributions.normals import LogNormal, Normal
from mclib.distributions.tabulated import Tabulated
from mclib.distributions.waiting_times import Exponential, Weibull
from mclib.distributions.whole_numbers import Bernoulli, DiscreteUniform

if TYPE_CHECKING:
    from mclib.distributions.asymmetric import InverseGaussian, SkewNormal, VonMises
    from mclib.distributions.bells import (
        Cauchy,
        HalfCauchy,
        HyperbolicSecant,
        Laplace,
        LogLaplace,
    )
    from mclib.distributions.beta_odds import Beta, BetaPrime, FisherF, StudentT
    from mclib.distributions.compositions import Shifted, Spliced, Truncated
    from mclib.distributions.counts import Binomial, Geometric, NegativeBinomial, Poisson
    from mclib.distributions.curves import Arcsine, Kumaraswamy, LogUniform, PowerFunction
    from mclib.distributions.drawn_counts import BetaBinomial, Categorical, Hypergeometric
    from mclib.distributions.extremes import (
        Frechet,
        GeneralizedExtremeValue,
        Gumbel,
        GumbelMinimum,
    )
    from mclib.distributions.gamma_powers import (
        Chi,
        GeneralizedGamma,
        HalfNormal,
        InverseGamma,
        Levy,
        Maxwell,
        Nakagami,
    )
    from mclib.distributions.gammas import ChiSquare, Erlang, Gamma
    from mclib.distributions.johnson import JohnsonSB, JohnsonSU
    from mclib.distributions.lifetimes import (
        BirnbaumSaunders,
        ExponentiatedWeibull,
        Gompertz,
        Rayleigh,
    )
    from mclib.distributions.logistics import HalfLogistic, Logistic, LogLogistic
    from mclib.distributions.metalogs import Metalog
    from mclib.distributions.mixtures import Mixture, SmoothedData
    from mclib.distributions.ogives import CumulativeOgive, Histogram
    from mclib.distributions.phases import Hypoexponential
    from mclib.distributions.polygons import RelativeOgive
    from mclib.distributions.power_laws import Burr, Dagum, GeneralizedPareto, Lomax, Pareto
    from mclib.distributions.risk_events import RiskEvent

__all__ = [
    "PERT",
    "Arcsine",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "BetaPrime",
    "Binomial",
    "BirnbaumSaunders",
    "Burr",
    "Categorical",
    "Cauchy",
    "Chi",
    "ChiSquare",
    "CumulativeOgive",
    "Dagum",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "Erlang",
    "Exponential",
    "ExponentiatedWeibull",
    "FisherF",
    "Frechet",
    "Gamma",
    "GeneralizedExtremeValue",
    "GeneralizedGamma",
    "GeneralizedPareto",
    "Geometric",
    "Gompertz",
    "Gumbel",
    "GumbelMinimum",
    "HalfCauchy",
    "HalfLogistic",
    "HalfNormal",
    "Histogram",
    "HyperbolicSecant",
    "Hypergeometric",
    "Hypoexponential",
    "InverseGamma",
    "InverseGaussian",
    "JohnsonSB",
    "JohnsonSU",
    "Kumaraswamy",
    "Laplace",
    "Levy",
    "LogLaplace",
    "LogLogistic",
    "LogNormal",
    "LogUniform",
    "Logistic",
    "Lomax",
    "Maxwell",
    "Metalog",
    "Mixture",
    "Nakagami",
    "NegativeBinomial",
    "Normal",
    "Pareto",
    "Poisson",
    "PowerFunction",
    "Rayleigh",
    "RelativeOgive",
    "RiskEvent",
    "Shifted",
    "SkewNormal",
    "SmoothedData",
    "Spliced",
    "StudentT",
    "Tabulated",
    "Triangular",
    "Truncated",
    "Uniform",
    "VonMises",
    "Weibull",
]

_HOMES = {
    "InverseGaussian": "asymmetric",
    "SkewNormal": "asymmetric",
    "VonMises": "asymmetric",
    "Hypoexponential": "phases",
    "Mixture": "mixtures",
    "SmoothedData": "mixtures",
    "Hypergeometric": "drawn_counts",
    "BetaBinomial": "drawn_counts",
    "Categorical": "drawn_counts",
    "Cauchy": "bells",
    "HalfCauchy": "bells",
    "HyperbolicSecant": "bells",
    "Laplace": "bells",
    "LogLaplace": "bells",
    "Beta": "beta_odds",
    "BetaPrime": "beta_odds",
    "FisherF": "beta_odds",
    "StudentT": "beta_odds",
    "Shifted": "compositions",
    "Spliced": "compositions",
    "Truncated": "compositions",
    "Binomial": "counts",
    "Geometric": "counts",
    "NegativeBinomial": "counts",
    "Poisson": "counts",
    "Arcsine": "curves",
    "Kumaraswamy": "curves",
    "LogUniform": "curves",
    "PowerFunction": "curves",
    "Frechet": "extremes",
    "GeneralizedExtremeValue": "extremes",
    "Gumbel": "extremes",
    "GumbelMinimum": "extremes",
    "Chi": "gamma_powers",
    "GeneralizedGamma": "gamma_powers",
    "HalfNormal": "gamma_powers",
    "InverseGamma": "gamma_powers",
    "Levy": "gamma_powers",
    "Maxwell": "gamma_powers",
    "Nakagami": "gamma_powers",
    "ChiSquare": "gammas",
    "Erlang": "gammas",
    "Gamma": "gammas",
    "JohnsonSB": "johnson",
    "JohnsonSU": "johnson",
    "BirnbaumSaunders": "lifetimes",
    "ExponentiatedWeibull": "lifetimes",
    "Gompertz": "lifetimes",
    "Rayleigh": "lifetimes",
    "HalfLogistic": "logistics",
    "LogLogistic": "logistics",
    "Logistic": "logistics",
    "Metalog": "metalogs",
    "CumulativeOgive": "ogives",
    "Histogram": "ogives",
    "RelativeOgive": "polygons",
    "Burr": "power_laws",
    "Dagum": "power_laws",
    "GeneralizedPareto": "power_laws",
    "Lomax": "power_laws",
    "Pareto": "power_laws",
    "RiskEvent": "risk_events",
}
"""Where those families live that are imported when they are first asked for.

All of them at once would add a third to the time that `import mclib` takes.
"""


def __getattr__(name: str) -> Any:
    """Return a family by its name, imported if nobody has asked for it yet."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return what can be asked for, imported yet or not."""
    return __all__
