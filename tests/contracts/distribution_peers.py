"""The distributions that keep the contract, each with what it states.

Parameters are skewed: symmetry hides mistakes.
"""

from dataclasses import dataclass

import mclib as mc
from mclib.distributions import Distribution

TABLE = 1e-10


@dataclass(frozen=True)
class Peer:
    """One distribution, and what it states.

    Attributes
    ----------
    distribution : Distribution
        With skewed parameters: symmetry hides mistakes.
    u_error : float
        Error of a draw in float64, relative to the smaller of u and 1 - u, beyond the
        rounding of the draw itself.
    has_steps : bool
        Whether its quantile function jumps or bends at multiples of 1 / 27,720.
    is_whole : bool
        Whether draws are whole numbers of any probabilities.
    may_be_random : bool
        Whether its parameters may differ from trial to trial.
    """

    distribution: Distribution
    u_error: float = 1e-14
    has_steps: bool = False
    is_whole: bool = False
    may_be_random: bool = True

    @property
    def is_iterated(self) -> bool:
        """Whether random parameters are met by iteration, in the place of a table."""
        return self.is_whole or self.u_error >= TABLE


PEERS = {
    "uniform": Peer(mc.Uniform(low=-2, high=5)),
    "uniform to zero": Peer(mc.Uniform(low=-3, high=0)),
    "normal": Peer(mc.Normal(mean=3, standard_deviation=0.5), 1e-13),
    "lognormal": Peer(mc.LogNormal(median=100, spread=0.7), 1e-13),
    "lognormal from mean": Peer(
        mc.LogNormal.from_mean(mean=2, standard_deviation=3), 1e-13
    ),
    "triangular": Peer(mc.Triangular(low=10, mode=20, high=60)),
    "falling triangular": Peer(mc.Triangular(low=0, mode=0, high=3)),
    "rising triangular": Peer(mc.Triangular(low=-3, mode=0, high=0)),
    "PERT": Peer(mc.PERT(low=10, mode=20, high=60), TABLE),
    "falling PERT": Peer(
        mc.PERT(low=0, mode=0, high=3, weight=9), TABLE, may_be_random=False
    ),
    "rising PERT": Peer(
        mc.PERT(low=-3, mode=0, high=0, weight=0.5), TABLE, may_be_random=False
    ),
    "exponential": Peer(mc.Exponential(mean=3)),
    "weibull, falling hazard": Peer(mc.Weibull(shape=0.7, scale=2), 1e-13),
    "weibull, rising hazard": Peer(mc.Weibull(shape=4, scale=1_000), 1e-13),
    "bernoulli": Peer(mc.Bernoulli(0.05), has_steps=True),
    "sure event": Peer(mc.Bernoulli(1), has_steps=True),
    "die": Peer(mc.DiscreteUniform(low=-3, high=7), has_steps=True),
    "data": Peer(mc.Empirical([3, 1, 9, 1, 30]), has_steps=True),
    "one value": Peer(mc.Empirical([4]), has_steps=True),
    "line through data": Peer(
        mc.Empirical([3, 1, 9, 1, 30], interpolate=True), has_steps=True
    ),
    "weighted data": Peer(
        mc.Empirical([3, 1, 9, 1, 30, 7], weights=[1, 2, 3, 4, 1, 0]), has_steps=True
    ),
}


def _tables() -> dict[str, Peer]:
    from scipy import stats

    return {
        "gamma": Peer(mc.Tabulated(stats.gamma(2.5), scale=100), TABLE),
        "steep gamma": Peer(mc.Tabulated(stats.gamma(0.1)), TABLE),
        "student": Peer(mc.Tabulated(stats.t(6), location=3, scale=2), TABLE),
        "arcsine": Peer(mc.Tabulated(stats.beta(0.5, 0.5)), TABLE),
        "counts of scipy": Peer(mc.Tabulated(stats.nbinom(2.5, 0.3)), is_whole=True),
        "values of scipy": Peer(
            mc.Tabulated(
                stats.rv_discrete(values=([1.0, 2.5, 7.0], [0.25, 0.25, 0.5])),
                location=3,
                scale=0.3,
            ),
            has_steps=True,
        ),
        "new normal": Peer(mc.Tabulated(stats.Normal(mu=1.0, sigma=2.0)), TABLE),
    }


PEERS |= _tables()

PEERS |= {
    "logistic": Peer(mc.Logistic(location=3, scale=2)),
    "log-logistic": Peer(mc.LogLogistic(shape=4.5, scale=10, location=1), 1e-13),
    "log-logistic without mean": Peer(mc.LogLogistic(shape=0.9), 1e-13),
    "half-logistic": Peer(mc.HalfLogistic(location=1, scale=3)),
    "laplace": Peer(mc.Laplace(location=3, scale=2)),
    "log-laplace": Peer(mc.LogLaplace(shape=4.5, scale=10, location=1), 1e-13),
    "log-laplace without variance": Peer(mc.LogLaplace(shape=1.5), 1e-13),
    "hyperbolic secant": Peer(mc.HyperbolicSecant(location=1, scale=3), 1e-13),
    "cauchy": Peer(mc.Cauchy(location=1, scale=2)),
    "half-cauchy": Peer(mc.HalfCauchy(location=1, scale=2)),
    "gumbel": Peer(mc.Gumbel(location=100, scale=20), 1e-13),
    "gumbel of minima": Peer(mc.GumbelMinimum(location=100, scale=20), 1e-13),
    "frechet": Peer(mc.Frechet(shape=4.5, scale=10, location=1), 1e-13),
    "frechet without mean": Peer(mc.Frechet(shape=0.8), 1e-13),
    "extremes, heavy": Peer(mc.GeneralizedExtremeValue(0.2, 100, 20), 1e-13),
    "extremes, ending": Peer(mc.GeneralizedExtremeValue(-0.3, 100, 20), 1e-13),
    "extremes, light": Peer(mc.GeneralizedExtremeValue(0, 100, 20), 1e-13),
    "extremes, nearly light": Peer(mc.GeneralizedExtremeValue(1e-4, 100, 20), 1e-13),
    "pareto": Peer(mc.Pareto(shape=3.5, scale=1_000), 1e-13),
    "pareto without variance": Peer(mc.Pareto(shape=1.5, scale=2, location=-1), 1e-13),
    "lomax": Peer(mc.Lomax(shape=3.5, scale=10, location=2), 1e-13),
    "excess, heavy": Peer(mc.GeneralizedPareto(0.25, 100, 30), 1e-13),
    "excess, ending": Peer(mc.GeneralizedPareto(-0.4, 100, 30), 1e-13),
    "excess, light": Peer(mc.GeneralizedPareto(0, 100, 30)),
    "burr": Peer(mc.Burr(shape=3, tail=2, scale=100), 1e-13),
    "dagum": Peer(mc.Dagum(shape=4.5, body=0.5, scale=100), 1e-13),
    "rayleigh": Peer(mc.Rayleigh(scale=6, location=1)),
    "gompertz": Peer(mc.Gompertz(frailty=0.01, scale=10), 1e-13),
    "bathtub": Peer(mc.ExponentiatedWeibull(2, 0.5, scale=1_000), 1e-13),
    "largest of weibulls": Peer(mc.ExponentiatedWeibull(0.8, 3, scale=2), 1e-13),
    "fatigue life": Peer(mc.BirnbaumSaunders(shape=0.5, scale=1_000), 1e-13),
    "johnson's bell": Peer(mc.JohnsonSU(gamma=-1, delta=2, location=3, scale=4), 1e-13),
    "johnson's curve": Peer(mc.JohnsonSB(gamma=1, delta=2, low=3, high=9), 1e-13),
    "johnson's two peaks": Peer(mc.JohnsonSB(-0.5, 0.5, low=3, high=9), 1e-13),
    "kumaraswamy": Peer(mc.Kumaraswamy(a=2, b=5, low=1, high=100), 1e-13),
    "kumaraswamy with poles": Peer(mc.Kumaraswamy(a=0.3, b=0.4), 1e-13),
    "power function": Peer(mc.PowerFunction(shape=3, low=1, high=100), 1e-13),
    "falling power function": Peer(mc.PowerFunction(shape=0.6, low=1, high=9), 1e-13),
    "pendulum": Peer(mc.Arcsine(low=-3, high=325)),
    "orders of magnitude": Peer(mc.LogUniform(low=1, high=1_000), 1e-13),
}

PEERS |= {
    "gamma by shape": Peer(mc.Gamma(shape=2.5, scale=10, location=1), TABLE),
    "gamma with a pole": Peer(mc.Gamma(shape=0.4), TABLE),
    "gamma from mean": Peer(mc.Gamma.from_mean(20, 5), TABLE),
    "erlang": Peer(mc.Erlang(n=3, scale=2), TABLE),
    "chi-square": Peer(mc.ChiSquare(degrees_of_freedom=3, scale=2), TABLE),
    "chi": Peer(mc.Chi(degrees_of_freedom=5, scale=3, location=-1), TABLE),
    "half-normal": Peer(mc.HalfNormal(scale=3, location=1), TABLE),
    "maxwell": Peer(mc.Maxwell(scale=300), TABLE),
    "nakagami": Peer(mc.Nakagami(shape=2, scale=5), TABLE),
    "power of a gamma": Peer(mc.GeneralizedGamma(shape=2, power=1.5, scale=9), TABLE),
    "inverse gamma": Peer(mc.InverseGamma(shape=4.5, scale=4), TABLE),
    "inverse gamma without mean": Peer(mc.InverseGamma(shape=0.9, scale=4), TABLE),
    "levy": Peer(mc.Levy(scale=2, location=1), TABLE),
    "beta": Peer(mc.Beta(a=2, b=5, low=1, high=9), TABLE),
    "beta with poles": Peer(mc.Beta(a=0.5, b=0.8), TABLE),
    "beta from mean": Peer(mc.Beta.from_mean(0.2, 0.1), TABLE),
    "odds of a beta": Peer(mc.BetaPrime(a=2, b=5, scale=3), TABLE),
    "fisher": Peer(mc.FisherF(numerator=3, denominator=10, location=1), TABLE),
    "student by degrees": Peer(mc.StudentT(4.5, location=3, scale=2), TABLE),
    "student without variance": Peer(mc.StudentT(1.5), TABLE),
}

PEERS |= {
    "poisson": Peer(mc.Poisson(mean=3.5), is_whole=True),
    "rare poisson": Peer(mc.Poisson(mean=0.05), is_whole=True),
    "frequent poisson": Peer(mc.Poisson(mean=2_000), 1e-13, is_whole=True),
    "binomial": Peer(mc.Binomial(n=50, probability=0.1), is_whole=True),
    "nearly sure binomial": Peer(mc.Binomial(n=7, probability=0.95), is_whole=True),
    "negative binomial": Peer(mc.NegativeBinomial.from_mean(6, 12), is_whole=True),
    "clustered counts": Peer(mc.NegativeBinomial(0.3, 0.05), is_whole=True),
    "geometric": Peer(mc.Geometric(probability=0.25), is_whole=True),
}

PEERS |= {
    "shifted": Peer(mc.Shifted(mc.Exponential(mean=2), shift=5, factor=3)),
    # At a limit within the support the last digits of u are lost in those of F(limit).
    "truncated": Peer(mc.Truncated(mc.Normal(3, 2), 1, 9), 1e-2),
    "truncated in the tail": Peer(mc.Truncated(mc.LogNormal(10, 1), low=200), 1e-2),
    "truncated above": Peer(mc.Truncated(mc.Weibull(2.5), high=0.5), 1e-2),
    "truncated counts": Peer(mc.Truncated(mc.Poisson(3.5), low=1, high=9), is_whole=True),
    "risk": Peer(mc.RiskEvent(0.75, mc.Exponential(3)), 1e-12),
    "risk or chance": Peer(mc.RiskEvent(0.5, mc.Uniform(-2, 2)), 1e-9),
    "zero-inflated": Peer(mc.RiskEvent(0.3, mc.Poisson(4)), is_whole=True),
    "spliced": Peer(
        mc.Spliced(mc.LogNormal(10, 1), mc.Pareto(4.5, 30), 40, 0.875),
        1e-9,
    ),
    "spliced by share": Peer(
        mc.Spliced(mc.Uniform(0, 10), mc.Exponential(9), 8, share_below=0.875),
        1e-9,
    ),
}

PEERS |= {
    "metalog": Peer(mc.Metalog.from_quantiles({0.1: 10, 0.5: 20, 0.9: 40}), 1e-12),
    "metalog from 0": Peer(
        mc.Metalog.from_quantiles({0.1: 10, 0.5: 20, 0.9: 35}, low=0), 1e-12
    ),
    "metalog to an end": Peer(
        mc.Metalog.from_quantiles({0.1: 10, 0.5: 25, 0.9: 35}, high=50), 1e-12
    ),
    "metalog between ends": Peer(
        mc.Metalog.from_quantiles({0.1: 10, 0.5: 20, 0.9: 40}, low=2, high=99), 1e-12
    ),
    "metalog of data": Peer(
        mc.Metalog.from_data([1, 2, 2.5, 3, 3.2, 4, 5, 7], n_terms=4), 1e-12
    ),
    "ogive": Peer(
        mc.CumulativeOgive([10, 15, 25, 60], [0, 0.25, 0.75, 1]), 1e-13, has_steps=True
    ),
    "relative ogive": Peer(
        mc.RelativeOgive([0, 10, 20, 40], [0, 3, 1, 0]), 1e-13, has_steps=True
    ),
    "relative ogive with a gap": Peer(
        mc.RelativeOgive([-2, 0, 1, 2, 5], [1, 0, 0, 4, 2]), 1e-13, has_steps=True
    ),
    "histogram": Peer(mc.Histogram([-3, 0, 1, 9], [1, 0, 3]), 1e-13, has_steps=True),
}

PEERS |= {
    "inverse gaussian": Peer(mc.InverseGaussian(shape=2, scale=10, location=1), TABLE),
    "steep inverse gaussian": Peer(mc.InverseGaussian(0.05), TABLE),
    "skew-normal": Peer(mc.SkewNormal(4, location=2, scale=3), TABLE),
    "skew-normal, to the left": Peer(mc.SkewNormal(-20), TABLE),
    "von mises": Peer(mc.VonMises(4, location=1), TABLE),
    "phases": Peer(mc.Hypoexponential([1, 2, 5], location=3), TABLE, may_be_random=False),
    "smoothed data": Peer(
        mc.SmoothedData([3.1, 4.0, 4.4, 5.2, 9.0], 1.0), 1e-9, may_be_random=False
    ),
    "mixture": Peer(mc.Mixture([mc.Normal(100, 10), mc.Normal(140, 20)], [0.7, 0.3]), 1e-9),
    "mixture with a kink": Peer(
        mc.Mixture([mc.Uniform(0, 1), mc.Shifted(mc.Exponential(2), 1)], [1, 1]), 1e-9
    ),
    "mixture of counts": Peer(
        mc.Mixture([mc.Poisson(3), mc.Poisson(30)], [0.9, 0.1]), is_whole=True
    ),
    "sample of a lot": Peer(mc.Hypergeometric(20, 10, 100), is_whole=True),
    "uncertain chances": Peer(mc.BetaBinomial(100, 2, 38), is_whole=True),
    "nearly sure chances": Peer(mc.BetaBinomial(900, 28, 0.05), is_whole=True),
    "few values": Peer(mc.Categorical({2: 0.5, 5: 0.25, 14: 0.25}), has_steps=True),
}
