"""The front door of mclib: its names are a promise, changed only on purpose."""

import mclib

PUBLIC_NAMES: tuple[str, ...] = (
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
)


def test_the_public_names_are_the_ones_promised() -> None:
    assert sorted(PUBLIC_NAMES) == sorted(mclib.__all__)


def test_every_public_name_leads_to_something_documented() -> None:
    undocumented = [name for name in mclib.__all__ if not getattr(mclib, name).__doc__]

    assert [] == undocumented
