"""Families that can be fitted, each with parameters that its fit must find again.

Parameters are skewed: symmetry hides mistakes.
"""

from typing import Any

import mclib as mc
from mclib import streams
from mclib.distributions import Distribution

TRUTHS: dict[str, Distribution] = {
    type(each).__name__: each
    for each in (
        mc.Normal(3, 2),
        mc.StudentT(4, 3, 2),
        mc.Logistic(3, 2),
        mc.Laplace(3, 2),
        mc.HyperbolicSecant(1, 3),
        mc.Cauchy(1, 2),
        mc.Gumbel(100, 20),
        mc.GumbelMinimum(100, 20),
        mc.GeneralizedExtremeValue(0.2, 9, 2),
        mc.SkewNormal(3, 1, 2),
        mc.JohnsonSU(-1, 2, 3, 4),
        mc.Exponential(3),
        mc.LogNormal(100, 0.7),
        mc.Gamma(2.5, 10),
        mc.Weibull(1.7, 20),
        mc.LogLogistic(3, 10),
        mc.InverseGaussian(2, 10),
        mc.InverseGamma(3, 4),
        mc.BirnbaumSaunders(0.5, 9),
        mc.Rayleigh(6),
        mc.HalfNormal(3),
        mc.Maxwell(300),
        mc.Nakagami(2, 5),
        mc.Lomax(3, 10),
        mc.GeneralizedPareto(0.25, 0, 30),
        mc.Frechet(3, 10),
        mc.Pareto(2.5, 1_000),
        mc.Burr(3, 2, 100),
        mc.Dagum(4.5, 0.5, 100),
        mc.Gompertz(0.5, 10),
        mc.ExponentiatedWeibull(1.5, 2, 9),
        mc.GeneralizedGamma(2, 1.5, 9),
        mc.Levy(2),
        mc.Uniform(2, 5),
        mc.Triangular(10, 20, 60),
        mc.PERT(10, 20, 60),
        mc.LogUniform(1, 1_000),
        mc.Beta(2, 5),
        mc.Kumaraswamy(2, 5),
        mc.JohnsonSB(1, 2),
        mc.PowerFunction(3),
        mc.Poisson(3.5),
        mc.Geometric(0.25),
        mc.NegativeBinomial(3, 0.4),
        mc.Binomial(20, 0.3),
        mc.BetaBinomial(20, 2, 3),
        mc.Bernoulli(0.3),
        mc.DiscreteUniform(2, 9),
    )
}


def drawn(distribution: Distribution, n: int, seed: int = 7) -> Any:
    """Return draws of a distribution, the same each time."""
    words = streams.input_words(seed, type(distribution).__name__, range(n))
    return distribution.quantile(streams.uniforms(words))


def fixed_of(distribution: Distribution) -> dict[str, float]:
    """Return what a fit must be told."""
    out_of = distribution.parameters.get("n")
    return {} if out_of is None else {"n": float(out_of)}
