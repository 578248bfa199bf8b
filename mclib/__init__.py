"""Monte Carlo analysis: a plain Python model, one fused program, an error on every number.

>>> import mclib as mc
>>> @mc.model
... def sales(units=mc.Triangular(low=80, mode=100, high=150), price=mc.Normal(20, 2)):
...     return {"revenue": units * price}
>>> result = mc.simulate(sales, n_trials=1_000_000, seed=7)
>>> print(result["revenue"].mean)
2,199.5 ± 0.7 (95 %)
"""

import importlib
from typing import TYPE_CHECKING, Any

from mclib import distributions
from mclib.distributions import (
    PERT,
    Bernoulli,
    DiscreteUniform,
    Empirical,
    Exponential,
    LogNormal,
    Normal,
    Tabulated,
    Triangular,
    Uniform,
    Weibull,
)
from mclib.errors import (
    ArgumentError,
    EngineUnavailable,
    InsufficientMemory,
    InternalError,
    MclibError,
    NotConverged,
    TraceError,
)
from mclib.expressions.functions import (
    absolute,
    arctan,
    ceil,
    clip,
    cos,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    interp,
    isfinite,
    isnan,
    log,
    log1p,
    lookup,
    maximum,
    minimum,
    power,
    rint,
    select,
    sign,
    sin,
    sqrt,
    tan,
    tanh,
    trunc,
    where,
)
from mclib.expressions.loops import scan
from mclib.model import Model, model
from mclib.progress import Progress
from mclib.results.estimate import Estimate
from mclib.results.result import Result, load_result
from mclib.simulation import iterate, simulate

if TYPE_CHECKING:
    from mclib.distributions import (
        Arcsine,
        BirnbaumSaunders,
        Burr,
        Cauchy,
        Dagum,
        ExponentiatedWeibull,
        Frechet,
        GeneralizedExtremeValue,
        GeneralizedPareto,
        Gompertz,
        Gumbel,
        GumbelMinimum,
        HalfCauchy,
        HalfLogistic,
        HyperbolicSecant,
        JohnsonSB,
        JohnsonSU,
        Kumaraswamy,
        Laplace,
        Logistic,
        LogLaplace,
        LogLogistic,
        LogUniform,
        Lomax,
        Pareto,
        PowerFunction,
        Rayleigh,
    )

__all__ = [
    "PERT",
    "Arcsine",
    "ArgumentError",
    "Bernoulli",
    "BirnbaumSaunders",
    "Burr",
    "Cauchy",
    "Dagum",
    "DiscreteUniform",
    "Empirical",
    "EngineUnavailable",
    "Estimate",
    "Exponential",
    "ExponentiatedWeibull",
    "Frechet",
    "GeneralizedExtremeValue",
    "GeneralizedPareto",
    "Gompertz",
    "Gumbel",
    "GumbelMinimum",
    "HalfCauchy",
    "HalfLogistic",
    "HyperbolicSecant",
    "InsufficientMemory",
    "InternalError",
    "JohnsonSB",
    "JohnsonSU",
    "Kumaraswamy",
    "Laplace",
    "LogLaplace",
    "LogLogistic",
    "LogNormal",
    "LogUniform",
    "Logistic",
    "Lomax",
    "MclibError",
    "Model",
    "Normal",
    "NotConverged",
    "Pareto",
    "PowerFunction",
    "Progress",
    "Rayleigh",
    "Result",
    "Tabulated",
    "TraceError",
    "Triangular",
    "Uniform",
    "Weibull",
    "absolute",
    "arctan",
    "ceil",
    "clip",
    "cos",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "interp",
    "isfinite",
    "isnan",
    "iterate",
    "load_result",
    "log",
    "log1p",
    "lookup",
    "maximum",
    "minimum",
    "model",
    "power",
    "rint",
    "scan",
    "select",
    "sign",
    "simulate",
    "sin",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    "where",
]

_HOMES = dict.fromkeys(distributions.__all__, "mclib.distributions")


def __getattr__(name: str) -> Any:
    """Return what is imported only when it is first asked for: most distributions."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return what can be asked for, imported yet or not."""
    return __all__
