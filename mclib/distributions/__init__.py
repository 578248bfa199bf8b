"""Distributions: quantile functions of a uniform, as expressions.

Every draw goes through a quantile function, so that plain, antithetic, stratified and
quasi-random runs share one path, and so does dependence. Closed forms where they exist,
verified tables where they don't. A family never needs another family.
"""

from mclib.distributions.betas import PERT
from mclib.distributions.bounded import Triangular, Uniform
from mclib.distributions.distribution import Distribution
from mclib.distributions.empirical import Empirical
from mclib.distributions.normals import LogNormal, Normal
from mclib.distributions.tabulated import Tabulated
from mclib.distributions.waiting_times import Exponential, Weibull
from mclib.distributions.whole_numbers import Bernoulli, DiscreteUniform

__all__ = [
    "PERT",
    "Bernoulli",
    "DiscreteUniform",
    "Distribution",
    "Empirical",
    "Exponential",
    "LogNormal",
    "Normal",
    "Tabulated",
    "Triangular",
    "Uniform",
    "Weibull",
]
