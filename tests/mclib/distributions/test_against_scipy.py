"""Families against SciPy's own of the same law: quantiles, probabilities, moments."""

import numpy as np
import pytest

import mclib as mc
from mclib.distributions import Distribution

U = np.array([1e-4, 0.02, 0.3, 0.5, 0.8, 0.99, 0.9999])

SAME: dict[str, tuple[Distribution, tuple[str, tuple[float, ...], float, float]]] = {
    "logistic": (mc.Logistic(3, 2), ("logistic", (), 3, 2)),
    "log-logistic": (mc.LogLogistic(4.5, 10, 1), ("fisk", (4.5,), 1, 10)),
    "half-logistic": (mc.HalfLogistic(1, 3), ("halflogistic", (), 1, 3)),
    "laplace": (mc.Laplace(3, 2), ("laplace", (), 3, 2)),
    "log-laplace": (mc.LogLaplace(4.5, 10, 1), ("loglaplace", (4.5,), 1, 10)),
    "secant": (mc.HyperbolicSecant(1, 3), ("hypsecant", (), 1, 6 / np.pi)),
    "cauchy": (mc.Cauchy(1, 2), ("cauchy", (), 1, 2)),
    "half-cauchy": (mc.HalfCauchy(1, 2), ("halfcauchy", (), 1, 2)),
    "gumbel": (mc.Gumbel(100, 20), ("gumbel_r", (), 100, 20)),
    "minimum": (mc.GumbelMinimum(100, 20), ("gumbel_l", (), 100, 20)),
    "frechet": (mc.Frechet(4.5, 10, 1), ("invweibull", (4.5,), 1, 10)),
    "extremes": (mc.GeneralizedExtremeValue(0.2, 9, 2), ("genextreme", (-0.2,), 9, 2)),
    "ending": (mc.GeneralizedExtremeValue(-0.3, 9, 2), ("genextreme", (0.3,), 9, 2)),
    "pareto": (mc.Pareto(3.5, 1_000, 5), ("pareto", (3.5,), 5, 1_000)),
    "lomax": (mc.Lomax(3.5, 10, 2), ("lomax", (3.5,), 2, 10)),
    "excess": (mc.GeneralizedPareto(0.25, 100, 30), ("genpareto", (0.25,), 100, 30)),
    "burr": (mc.Burr(3, 2, 100), ("burr12", (3, 2), 0, 100)),
    "dagum": (mc.Dagum(4.5, 0.5, 100), ("burr", (4.5, 0.5), 0, 100)),
    "rayleigh": (mc.Rayleigh(6, 1), ("rayleigh", (), 1, 6)),
    "gompertz": (mc.Gompertz(0.01, 10), ("gompertz", (0.01,), 0, 10)),
    "bathtub": (mc.ExponentiatedWeibull(2, 0.5, 9), ("exponweib", (0.5, 2), 0, 9)),
    "fatigue": (mc.BirnbaumSaunders(0.5, 9), ("fatiguelife", (0.5,), 0, 9)),
    "johnson SU": (mc.JohnsonSU(-1, 2, 3, 4), ("johnsonsu", (-1, 2), 3, 4)),
    "johnson SB": (mc.JohnsonSB(1, 2, 3, 9), ("johnsonsb", (1, 2), 3, 6)),
    "power": (mc.PowerFunction(3, 1, 100), ("powerlaw", (3,), 1, 99)),
    "arcsine": (mc.Arcsine(-3, 325), ("arcsine", (), -3, 328)),
    "gamma": (mc.Gamma(2.5, 10, 1), ("gamma", (2.5,), 1, 10)),
    "erlang": (mc.Erlang(3, 2), ("erlang", (3,), 0, 2)),
    "chi-square": (mc.ChiSquare(3, 2), ("chi2", (3,), 0, 2)),
    "chi": (mc.Chi(5, 3, -1), ("chi", (5,), -1, 3)),
    "half-normal": (mc.HalfNormal(3, 1), ("halfnorm", (), 1, 3)),
    "maxwell": (mc.Maxwell(300), ("maxwell", (), 0, 300)),
    "nakagami": (mc.Nakagami(2, 5), ("nakagami", (2,), 0, 5)),
    "power of gamma": (mc.GeneralizedGamma(2, 1.5, 9), ("gengamma", (2, 1.5), 0, 9)),
    "inverse gamma": (mc.InverseGamma(4.5, 4), ("invgamma", (4.5,), 0, 4)),
    "levy": (mc.Levy(2, 1), ("levy", (), 1, 2)),
    "beta": (mc.Beta(2, 5, 1, 9), ("beta", (2, 5), 1, 8)),
    "beta prime": (mc.BetaPrime(2, 5, 3), ("betaprime", (2, 5), 0, 3)),
    "fisher": (mc.FisherF(3, 10, location=1), ("f", (3, 10), 1, 1)),
    "student": (mc.StudentT(4.5, 3, 2), ("t", (4.5,), 3, 2)),
    "log-uniform": (mc.LogUniform(1, 1_000), ("loguniform", (1, 1_000), 0, 1)),
}


@pytest.mark.parametrize(("made", "same"), SAME.values(), ids=SAME)
def test_a_family_is_the_one_that_scipy_calls_so(
    made: Distribution, same: tuple[str, tuple[float, ...], float, float]
) -> None:
    from scipy import stats

    name, shapes, location, scale = same
    expected = getattr(stats, name)(*shapes, loc=location, scale=scale)

    np.testing.assert_allclose(made.quantile(U), expected.ppf(U), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(made.cdf(expected.ppf(U)), U, rtol=1e-6)
    np.testing.assert_allclose(made.mean, expected.mean(), rtol=1e-7)
    np.testing.assert_allclose(made.variance, expected.var(), rtol=1e-6)
