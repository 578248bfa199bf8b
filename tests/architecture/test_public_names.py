"""The front door of mclib: its names are a promise, changed only on purpose."""

import doctest
from types import ModuleType

import pytest

import mclib
from mclib import plots

PUBLIC_NAMES: tuple[str, ...] = (
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
)


def test_the_public_names_are_the_ones_promised() -> None:
    assert sorted(PUBLIC_NAMES) == sorted(mclib.__all__)


def test_every_public_name_leads_to_something_documented() -> None:
    undocumented = [name for name in mclib.__all__ if not getattr(mclib, name).__doc__]

    assert [] == undocumented


WITHOUT_A_RUN = {"publish": "only a server of a hub can run it; its example is a text"}
"""Public names whose example no test runs, and why."""


@pytest.mark.parametrize("module", [mclib, plots], ids=lambda each: each.__name__)
def test_every_public_function_and_class_shows_by_an_example_what_comes_out(
    module: ModuleType,
) -> None:
    silent = {name for name in module.__all__ if not _shows_something(module, name)}

    assert silent == {name for name in WITHOUT_A_RUN if name in module.__all__}


def test_what_no_test_can_run_has_an_example_to_read() -> None:
    for name in WITHOUT_A_RUN:
        said = getattr(mclib, name).__doc__

        assert f"mc.{name}(" in said.partition("Examples\n")[2]


def _shows_something(module: ModuleType, name: str) -> bool:
    """Whether an example in the docstring prints; errors and modules need none."""
    public = getattr(module, name)
    if not callable(public) or (isinstance(public, type) and issubclass(public, Exception)):
        return True
    examples = doctest.DocTestParser().get_examples(public.__doc__ or "")
    return any(each.want for each in examples)
