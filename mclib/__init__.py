"""Monte Carlo analysis: a plain Python model, one fused program, an error on every number.

>>> import mclib as mc
>>> @mc.model
... def sales(units=mc.Triangular(low=80, mode=100, high=150), price=mc.Normal(20, 2)):
...     return {"revenue": units * price}
>>> result = mc.simulate(sales, n_trials=1_000_000, seed=7)
>>> print(result["revenue"].mean)
2,199.5 ± 0.7 (95 %)
"""

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

__all__ = [
    "PERT",
    "ArgumentError",
    "Bernoulli",
    "DiscreteUniform",
    "Empirical",
    "EngineUnavailable",
    "Estimate",
    "Exponential",
    "InsufficientMemory",
    "InternalError",
    "LogNormal",
    "MclibError",
    "Model",
    "Normal",
    "NotConverged",
    "Progress",
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
