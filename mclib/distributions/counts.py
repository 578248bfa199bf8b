"""How often: Poisson, binomial, negative binomial, geometric."""

import math
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.counted import WholeNumbers, iterated_count, skewed
from mclib.distributions.distribution import Distribution
from mclib.distributions.iterated import beta_view, gamma_view
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.waiting_times import standard_exponential
from mclib.expressions.expression import Expression
from mclib.expressions.functions import ceil, log, log1p, maximum
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Poisson(WholeNumbers):
    """How many of many unlikely events happen: claims in a year, calls in an hour.

    The probability of k is ``exp(-mean) mean**k / k!``; the variance is the mean.

    Parameters
    ----------
    mean : float or traced value, default 1
        Above 0, without unit. It may be random.

    Raises
    ------
    ArgumentError
        If `mean` is not finite or not above 0.

    Notes
    -----
    A mean that is the same in every trial has a table, exact to the rounding of its
    probabilities; one that differs is met by iteration, with a u-error below 1e-9.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 4.

    Examples
    --------
    >>> claims = Poisson(mean=3)
    >>> claims.quantile([0.05, 0.5, 0.99]), claims.variance
    (array([1., 3., 8.]), 3.0)
    """

    mean: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, mean=laws.positive)

    def _counts_below(self, k: Floats) -> Floats:
        from scipy.special import gammaincc

        return np.asarray(gammaincc(k + 1.0, self.mean))

    def _counts_above(self, k: Floats) -> Floats:
        from scipy.special import gammainc

        return np.asarray(gammainc(k + 1.0, self.mean))

    def _random_draw(self, p: Probability) -> Expression:
        at = log(self.mean)
        moments = skewed(self.mean, self.mean, self.mean)
        return iterated_count(
            lambda k: (gamma_view(k + 1.0)(at), True), moments, math.inf, p
        )

    @property
    def variance(self) -> float:
        """The mean."""
        self._require_numbers()
        return float(self.mean)

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Binomial(WholeNumbers):
    """How many of `n` equal and independent chances come true.

    The mean is ``n probability`` and the variance ``n probability (1 - probability)``.

    Parameters
    ----------
    n : int or traced value
        How many chances, at least 1. It may be random, as a whole number.
    probability : float or traced value
        Of each, strictly between 0 and 1. It may be random.

    Raises
    ------
    ArgumentError
        If `n` is not a whole number of at least 1 or `probability` not between 0 and 1.

    Notes
    -----
    Parameters that are the same in every trial have a table, exact to the rounding of its
    probabilities; those that differ are met by iteration, with a u-error below 1e-9.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 3.

    Examples
    --------
    >>> defects = Binomial(n=50, probability=0.1)
    >>> defects.quantile([0.05, 0.5, 0.99]), defects.mean
    (array([ 2.,  5., 10.]), 5.0)
    """

    n: Parameter
    probability: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, n=laws.count, probability=laws.chance)

    def _counts_below(self, k: Floats) -> Floats:
        from scipy.special import betaincc

        return np.asarray(betaincc(k + 1.0, np.maximum(self.n - k, 0.5), self.probability))

    def _counts_above(self, k: Floats) -> Floats:
        from scipy.special import betainc

        return np.asarray(betainc(k + 1.0, np.maximum(self.n - k, 0.5), self.probability))

    def _random_draw(self, p: Probability) -> Expression:
        n, chance = self.n, self.probability
        at = log(chance) - log1p(-chance)
        spread = n * chance * (1.0 - chance)
        moments = skewed(n * chance, spread, spread * (1.0 - 2.0 * chance))
        return iterated_count(
            lambda k: (beta_view(k + 1.0, maximum(n - k, 0.01))(at), True), moments, n, p
        )

    @property
    def mean(self) -> float:
        """``n probability``."""
        self._require_numbers()
        return float(self.n * self.probability)

    @property
    def variance(self) -> float:
        """``n probability (1 - probability)``."""
        self._require_numbers()
        return float(self.n * self.probability * (1.0 - self.probability))

    @property
    def support(self) -> tuple[float, float]:
        """``(0, n)``."""
        self._require_numbers()
        return 0.0, float(self.n)


@final
@dataclass(frozen=True, eq=False)
class NegativeBinomial(WholeNumbers):
    """How many failures come before success number `successes`; counts that cluster.

    It is a Poisson whose mean is a gamma. The mean is ``successes (1 - probability) /
    probability`` and the variance the mean over `probability`.

    Parameters
    ----------
    successes : float or traced value
        Above 0; need not be whole. The smaller, the more the counts cluster. It may be
        random.
    probability : float or traced value
        Of a success, strictly between 0 and 1. It may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    See Also
    --------
    NegativeBinomial.from_mean : From mean and variance.

    Notes
    -----
    Parameters that are the same in every trial have a table, exact to the rounding of its
    probabilities; those that differ are met by iteration, with a u-error below 1e-9.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 5.

    Examples
    --------
    >>> claims = NegativeBinomial.from_mean(mean=6, variance=12)
    >>> claims
    NegativeBinomial(successes=6.0, probability=0.5)
    >>> claims.quantile([0.05, 0.5, 0.99])
    array([ 1.,  5., 16.])
    """

    successes: Parameter
    probability: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, successes=laws.positive, probability=laws.chance)

    @classmethod
    def from_mean(cls, mean: Parameter, variance: Parameter) -> Self:
        """Return the negative binomial of this mean and this larger variance.

        Parameters
        ----------
        mean, variance : float or traced value
            Above 0, `variance` above `mean`; without unit.

        Examples
        --------
        >>> NegativeBinomial.from_mean(mean=2, variance=4).mean
        2.0
        """
        probability = laws.positive("mean", mean) / laws.positive("variance", variance)
        laws.chance("mean / variance", probability)
        return cls(mean * probability / (1.0 - probability), probability)

    def _counts_below(self, k: Floats) -> Floats:
        from scipy.special import betainc

        return np.asarray(betainc(self.successes, k + 1.0, self.probability))

    def _counts_above(self, k: Floats) -> Floats:
        from scipy.special import betaincc

        return np.asarray(betaincc(self.successes, k + 1.0, self.probability))

    def _random_draw(self, p: Probability) -> Expression:
        chance = self.probability
        at = log(chance) - log1p(-chance)
        mean = self.successes * (1.0 - chance) / chance
        moments = skewed(mean, mean / chance, mean * (2.0 - chance) / (chance * chance))
        return iterated_count(
            lambda k: (beta_view(self.successes, k + 1.0)(at), False), moments, math.inf, p
        )

    @property
    def mean(self) -> float:
        """``successes (1 - probability) / probability``."""
        self._require_numbers()
        return float(self.successes * (1.0 - self.probability) / self.probability)

    @property
    def variance(self) -> float:
        """The mean over `probability`."""
        return self.mean / self.probability  # type: ignore[no-any-return]

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class Geometric(Distribution):
    """How many failures come before the first success.

    The quantile function is ``ceil(log(1 - u) / log(1 - probability)) - 1``; the mean is
    ``(1 - probability) / probability``.

    Parameters
    ----------
    probability : float or traced value
        Of a success, strictly between 0 and 1. It may be random.

    Raises
    ------
    ArgumentError
        If `probability` does not lie strictly between 0 and 1.

    Notes
    -----
    Some count the success as well: add 1.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 5.

    Examples
    --------
    >>> dry_wells = Geometric(probability=0.25)
    >>> dry_wells.quantile([0.2, 0.5, 0.99]), dry_wells.mean
    (array([ 0.,  2., 16.]), 3.0)
    """

    probability: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, probability=laws.chance)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        failures = standard_exponential(p) / -log1p(-self.probability)
        return maximum(ceil(failures) - 1.0, 0.0)  # type: ignore[no-any-return]

    def _below(self, x: Floats) -> Floats:
        return np.where(x < 0.0, 0.0, -np.expm1(self._log_of_failures(x)))

    def _above(self, x: Floats) -> Floats:
        return np.where(x < 0.0, 1.0, np.exp(self._log_of_failures(x)))

    def _log_of_failures(self, x: Floats) -> Floats:
        return (np.floor(np.maximum(x, 0.0)) + 1.0) * math.log1p(-self.probability)

    @property
    def mean(self) -> float:
        """``(1 - probability) / probability``."""
        self._require_numbers()
        return float((1.0 - self.probability) / self.probability)

    @property
    def variance(self) -> float:
        """``(1 - probability) / probability**2``."""
        self._require_numbers()
        return float((1.0 - self.probability) / self.probability**2)

    @property
    def support(self) -> tuple[float, float]:
        """0 to infinity."""
        return 0.0, math.inf
