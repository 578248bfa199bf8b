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
from mclib.engines.choosing import devices
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
    isfinite,
    isnan,
    log,
    log1p,
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
from mclib.expressions.tables import interp, lookup
from mclib.homes import HOMES
from mclib.model import Model, model
from mclib.progress import Progress
from mclib.results.estimate import Estimate
from mclib.results.loading import load_result
from mclib.results.result import Result
from mclib.simulation import iterate, simulate

if TYPE_CHECKING:
    from mclib import plots
    from mclib.correlating import correlate, couple, reached_correlations
    from mclib.decisions.comparing import compare
    from mclib.decisions.optimizing import Constraint, optimize
    from mclib.decisions.seeking import goal_seek
    from mclib.decisions.stressing import reverse_stress
    from mclib.decisions.sweeping import sweep
    from mclib.decisions.trees import Chance, Decision
    from mclib.dependence.archimedean import ClaytonCopula, FrankCopula, GumbelCopula
    from mclib.dependence.archimedean import JoeCopula as JoeCopula
    from mclib.dependence.elliptical import GaussianCopula, StudentTCopula
    from mclib.dependence.empirical import EmpiricalCopula, table_row
    from mclib.dependence.matrices import CorrelationRepaired
    from mclib.dependence.reordering import reorder
    from mclib.distributions import (
        Arcsine,
        Beta,
        BetaBinomial,
        BetaPrime,
        Binomial,
        BirnbaumSaunders,
        Burr,
        Categorical,
        Cauchy,
        Chi,
        ChiSquare,
        CumulativeOgive,
        Dagum,
        Erlang,
        ExponentiatedWeibull,
        FisherF,
        Frechet,
        Gamma,
        GeneralizedExtremeValue,
        GeneralizedGamma,
        GeneralizedPareto,
        Geometric,
        Gompertz,
        Gumbel,
        GumbelMinimum,
        HalfCauchy,
        HalfLogistic,
        HalfNormal,
        Histogram,
        HyperbolicSecant,
        Hypergeometric,
        Hypoexponential,
        InverseGamma,
        InverseGaussian,
        JohnsonSB,
        JohnsonSU,
        Kumaraswamy,
        Laplace,
        Levy,
        Logistic,
        LogLaplace,
        LogLogistic,
        LogUniform,
        Lomax,
        Maxwell,
        Metalog,
        Mixture,
        Nakagami,
        NegativeBinomial,
        Pareto,
        Poisson,
        PowerFunction,
        Rayleigh,
        RelativeOgive,
        RiskEvent,
        Shifted,
        SkewNormal,
        SmoothedData,
        Spliced,
        StudentT,
        Truncated,
        VonMises,
    )
    from mclib.distributions.compounds import Aggregate, compound, layer, panjer
    from mclib.distributions.elicited import from_interval, three_point, trigen
    from mclib.fitting.copulas import fit_copula
    from mclib.fitting.metalogs import fit_metalog
    from mclib.fitting.ranking import fit
    from mclib.fitting.series import fit_process
    from mclib.processes.diffusions import (
        BrownianMotion,
        GeometricBrownianMotion,
        JumpDiffusion,
        OrnsteinUhlenbeck,
    )
    from mclib.processes.series import ARMA, RegimeSwitching, Seasonal
    from mclib.processes.square_roots import CoxIngersollRoss, Heston
    from mclib.processes.volatility import EGARCH, GARCH, GJR
    from mclib.projects.project import Project
    from mclib.projects.risks import risk_register
    from mclib.rare.importance import importance
    from mclib.reports.publishing import publish
    from mclib.reports.reporting import report
    from mclib.samplers.halton import HaltonSequence
    from mclib.samplers.plain import Antithetic, Independent
    from mclib.samplers.sobol import SobolSequence
    from mclib.samplers.strata import LatinHypercube, Stratified
    from mclib.sensitivity.effects import ShapleyEffects
    from mclib.sensitivity.indices import SobolIndices
    from mclib.sensitivity.morris import morris
    from mclib.sensitivity.screening import ElementaryEffects
    from mclib.sensitivity.shapley import shapley_effects
    from mclib.sensitivity.sobol import sobol_indices
    from mclib.sipmath import SipLibrary
    from mclib.spreadsheets.workbook import Workbook
    from mclib.stopping import Tolerance
    from mclib.widgets.exploring import explore

__all__ = [
    "ARMA",
    "EGARCH",
    "GARCH",
    "GJR",
    "PERT",
    "Aggregate",
    "Antithetic",
    "Arcsine",
    "ArgumentError",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "BetaPrime",
    "Binomial",
    "BirnbaumSaunders",
    "BrownianMotion",
    "Burr",
    "Categorical",
    "Cauchy",
    "Chance",
    "Chi",
    "ChiSquare",
    "ClaytonCopula",
    "Constraint",
    "CorrelationRepaired",
    "CoxIngersollRoss",
    "CumulativeOgive",
    "Dagum",
    "Decision",
    "DiscreteUniform",
    "ElementaryEffects",
    "Empirical",
    "EmpiricalCopula",
    "EngineUnavailable",
    "Erlang",
    "Estimate",
    "Exponential",
    "ExponentiatedWeibull",
    "FisherF",
    "FrankCopula",
    "Frechet",
    "Gamma",
    "GaussianCopula",
    "GeneralizedExtremeValue",
    "GeneralizedGamma",
    "GeneralizedPareto",
    "Geometric",
    "GeometricBrownianMotion",
    "Gompertz",
    "Gumbel",
    "GumbelCopula",
    "GumbelMinimum",
    "HalfCauchy",
    "HalfLogistic",
    "HalfNormal",
    "HaltonSequence",
    "Heston",
    "Histogram",
    "HyperbolicSecant",
    "Hypergeometric",
    "Hypoexponential",
    "Independent",
    "InsufficientMemory",
    "InternalError",
    "InverseGamma",
    "InverseGaussian",
    "JoeCopula",
    "JohnsonSB",
    "JohnsonSU",
    "JumpDiffusion",
    "Kumaraswamy",
    "Laplace",
    "LatinHypercube",
    "Levy",
    "LogLaplace",
    "LogLogistic",
    "LogNormal",
    "LogUniform",
    "Logistic",
    "Lomax",
    "Maxwell",
    "MclibError",
    "Metalog",
    "Mixture",
    "Model",
    "Nakagami",
    "NegativeBinomial",
    "Normal",
    "NotConverged",
    "OrnsteinUhlenbeck",
    "Pareto",
    "Poisson",
    "PowerFunction",
    "Progress",
    "Project",
    "Rayleigh",
    "RegimeSwitching",
    "RelativeOgive",
    "Result",
    "RiskEvent",
    "Seasonal",
    "ShapleyEffects",
    "Shifted",
    "SipLibrary",
    "SkewNormal",
    "SmoothedData",
    "SobolIndices",
    "SobolSequence",
    "Spliced",
    "Stratified",
    "StudentT",
    "StudentTCopula",
    "Tabulated",
    "Tolerance",
    "TraceError",
    "Triangular",
    "Truncated",
    "Uniform",
    "VonMises",
    "Weibull",
    "Workbook",
    "absolute",
    "arctan",
    "ceil",
    "clip",
    "compare",
    "compound",
    "correlate",
    "cos",
    "couple",
    "devices",
    "erf",
    "erfc",
    "exp",
    "explore",
    "expm1",
    "fit",
    "fit_copula",
    "fit_metalog",
    "fit_process",
    "floor",
    "from_interval",
    "goal_seek",
    "importance",
    "interp",
    "isfinite",
    "isnan",
    "iterate",
    "layer",
    "load_result",
    "log",
    "log1p",
    "lookup",
    "maximum",
    "minimum",
    "model",
    "morris",
    "optimize",
    "panjer",
    "plots",
    "power",
    "publish",
    "reached_correlations",
    "reorder",
    "report",
    "reverse_stress",
    "rint",
    "risk_register",
    "scan",
    "select",
    "shapley_effects",
    "sign",
    "simulate",
    "sin",
    "sobol_indices",
    "sqrt",
    "sweep",
    "table_row",
    "tan",
    "tanh",
    "three_point",
    "trigen",
    "trunc",
    "where",
]

_HOMES = dict.fromkeys(distributions.__all__, "mclib.distributions") | HOMES


def __getattr__(name: str) -> Any:
    """Return what is imported only when it is first asked for: most distributions."""
    if name in {"plots", "widgets"}:
        return importlib.import_module(f"mclib.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return what can be asked for, imported yet or not."""
    return __all__


def load_ipython_extension(_shell: Any) -> None:
    """Say what runs will have here; called by ``%load_ext mclib``."""
    from mclib.widgets.loading import status_line

    print(status_line())  # noqa: T201 - what a notebook asked for
