"""Whole numbers from finite lots, chances that differ, and choices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.counted import WholeNumbers
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.shares import Shares
from mclib.distributions.walked import walked_chances, walked_sample
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.probability import Probability

_MOST = 1 << 20


class Listed(WholeNumbers):
    """Whole numbers whose probabilities are listed, and summed from both ends."""

    def _logs(self) -> tuple[int, Floats]:
        """Return the lowest number, and logarithms of probabilities from it on."""
        raise law("distribution", "list its probabilities", self)

    @final
    def _counts_below(self, k: Floats) -> Floats:
        low, below, _ = _sums(self)
        return np.asarray(below[_places(k, low)])

    @final
    def _counts_above(self, k: Floats) -> Floats:
        low, _, above = _sums(self)
        return np.asarray(above[_places(k, low)])


def _places(k: Floats, low: int) -> Any:
    return np.nan_to_num(k - low).astype(int)


@lru_cache(maxsize=256)
def _sums(distribution: Any) -> tuple[int, Floats, Floats]:
    low, logs = distribution._logs()
    shares = np.exp(logs - logs.max())
    shares = shares / math.fsum(shares)
    below = np.minimum(np.cumsum(shares), 1.0)
    below[-1] = 1.0
    above = np.append(np.cumsum(shares[::-1])[::-1], 0.0)[1:]
    return low, below, np.minimum(above, 1.0)


@final
@dataclass(frozen=True, eq=False)
class Hypergeometric(Listed):
    """How many marked pieces are in a sample from a finite lot, without replacement.

    Parameters
    ----------
    n_drawn : int or traced value
        Pieces in the sample, 1 at least and at most `n_pieces`.
    n_marked : int or traced value
        Marked pieces in the lot, 1 at least and at most `n_pieces`.
    n_pieces : int or traced value
        Pieces in the lot, at most 2**20 (for larger ones `Binomial` is the same).
        All three may be random, as whole numbers.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    Notes
    -----
    Numbers that are the same in every trial have a table. Where one differs the count is
    found by walking from the nearer end of what is possible, a step for each count, with a
    u-error below 1e-9: quick for samples of some hundred pieces.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 6.

    Examples
    --------
    >>> defects = Hypergeometric(n_drawn=20, n_marked=10, n_pieces=100)
    >>> defects.mean, float(defects.quantile(0.95))
    (2.0, 4.0)
    """

    n_drawn: Parameter
    n_marked: Parameter
    n_pieces: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, n_drawn=laws.count, n_marked=laws.count, n_pieces=laws.count)
        if not all(map(laws.is_plain, self.parameters.values())):
            return
        if self.n_pieces > _MOST:
            hint = "for such a lot take `Binomial(n_drawn, n_marked / n_pieces)`."
            raise law("n_pieces", f"be at most {_MOST:,}", self.n_pieces, hint)
        for name in ("n_drawn", "n_marked"):
            if getattr(self, name) > self.n_pieces:
                must = f"be at most `n_pieces` ({self.n_pieces:,})"
                raise law(name, must, getattr(self, name))

    def _logs(self) -> tuple[int, Floats]:
        from scipy.special import gammaln

        n, marked, pieces = int(self.n_drawn), int(self.n_marked), int(self.n_pieces)
        low, high = max(0, n + marked - pieces), min(n, marked)
        k = np.arange(low, high + 1.0)
        rest = (gammaln(k + 1.0), gammaln(marked - k + 1.0), gammaln(n - k + 1.0))
        return low, -sum(rest) - gammaln(pieces - marked - n + k + 1.0)

    def _random_draw(self, p: Probability) -> Expression:
        return walked_sample(self.n_drawn, self.n_marked, self.n_pieces, p)

    @property
    def mean(self) -> float:
        """``n_drawn n_marked / n_pieces``."""
        self._require_numbers()
        return float(self.n_drawn * self.n_marked / self.n_pieces)

    @property
    def variance(self) -> float:
        """That of a binomial, less what a finite lot takes away."""
        self._require_numbers()
        share = self.n_marked / self.n_pieces
        left = (self.n_pieces - self.n_drawn) / max(self.n_pieces - 1, 1)
        return float(self.n_drawn * share * (1.0 - share) * left)

    @property
    def support(self) -> tuple[float, float]:
        """What the numbers leave possible."""
        self._require_numbers()
        low = max(0, self.n_drawn + self.n_marked - self.n_pieces)
        return float(low), float(min(self.n_drawn, self.n_marked))


@final
@dataclass(frozen=True, eq=False)
class BetaBinomial(Listed):
    """How many of `n` chances come true where their probability itself is uncertain.

    The probability is a beta's; all n chances share it.

    Parameters
    ----------
    n : int or traced value
        How many chances, 1 to 2**20. It may be random, as a whole number.
    a, b : float or traced value
        Shapes of the beta, above 0; its mean is ``a / (a + b)``. They may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    See Also
    --------
    mclib.Binomial : ``Binomial(n, probability)`` with an input `Beta` as probability is the
        same, with the probability as a driver of its own.

    Notes
    -----
    Parameters that are the same in every trial have a table. Where one differs the count is
    found by walking from the nearer end, a step for each count, with a u-error below 1e-9.

    References
    ----------
    .. [1] N. L. Johnson, A. W. Kemp, S. Kotz, "Univariate Discrete Distributions", 3rd ed.,
       Wiley, 2005, ch. 6.9.

    Examples
    --------
    >>> defaults = BetaBinomial(n=100, a=2, b=38)
    >>> round(defaults.mean, 9), float(defaults.quantile(0.95))
    (5.0, 13.0)
    """

    n: Parameter
    a: Parameter
    b: Parameter

    def __post_init__(self) -> None:
        laws.settle(self, n=laws.count, a=laws.positive, b=laws.positive)
        if laws.is_plain(self.n) and self.n > _MOST:
            raise law("n", f"be at most {_MOST:,}", self.n)

    def _logs(self) -> tuple[int, Floats]:
        from scipy.special import betaln, gammaln

        n, k = float(self.n), np.arange(int(self.n) + 1.0)
        ways = -gammaln(k + 1.0) - gammaln(n - k + 1.0)
        return 0, np.asarray(ways + betaln(k + float(self.a), n - k + float(self.b)))

    def _random_draw(self, p: Probability) -> Expression:
        return walked_chances(self.n, self.a, self.b, p)

    @property
    def mean(self) -> float:
        """``n a / (a + b)``."""
        self._require_numbers()
        return float(self.n * self.a / (self.a + self.b))

    @property
    def variance(self) -> float:
        """That of a binomial times ``(a + b + n) / (a + b + 1)``."""
        self._require_numbers()
        both = self.a + self.b
        share = self.a / both
        more = (both + self.n) / (both + 1.0)
        return float(self.n * share * (1.0 - share) * more)

    @property
    def support(self) -> tuple[float, float]:
        """0 to n."""
        self._require_numbers()
        return 0.0, float(self.n)


@final
@dataclass(frozen=True, eq=False)
class Categorical(Distribution):
    """One of a few values, each with its probability: scenarios, codes, branches.

    Parameters
    ----------
    probabilities : mapping of float to float
        For each value how likely it is, 0 or more; brought to a sum of 1, from which they
        may differ by rounding.

    Raises
    ------
    ArgumentError
        If there is no value, a number breaks its law, or the sum isn't 1.

    Examples
    --------
    >>> lead_time = Categorical({2: 0.5, 5: 0.3, 14: 0.2})
    >>> round(lead_time.mean, 9), lead_time.quantile([0.5, 0.51, 0.9])
    (5.3, array([ 2.,  5., 14.]))
    """

    probabilities: Mapping[float, float]

    def __post_init__(self) -> None:
        given: Any = self.probabilities
        if isinstance(given, tuple):
            given = dict(given)
        if not isinstance(given, Mapping) or not given:
            hint = "write `Categorical({2: 0.5, 5: 0.3, 14: 0.2})`."
            raise law("probabilities", "be a mapping of values to them", given, hint)
        pairs = []
        for value, share in given.items():
            plain = laws.number("value", value), laws.probability("probability", share)
            if not all(map(laws.is_plain, plain)):
                raise law("probabilities", "be numbers", plain)
            pairs.append(plain)
        total = math.fsum(share for _, share in pairs)
        if abs(total - 1.0) > 1e-6:
            raise law("probabilities", "have a sum of 1", total)
        object.__setattr__(self, "probabilities", tuple(sorted(pairs)))

    @property
    def _shares(self) -> Shares:
        return _listed(self)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return self._shares.draw(p)

    def _below(self, x: Floats) -> Floats:
        return self._shares.up_to[np.searchsorted(self._shares.values, x, side="right")]

    def _above(self, x: Floats) -> Floats:
        return self._shares.beyond[np.searchsorted(self._shares.values, x, side="right")]

    @property
    def _arrays(self) -> tuple[Floats, Floats]:
        values, shares = np.array(self.probabilities, np.float64).T
        return values, shares / shares.sum()

    @property
    def mean(self) -> float:
        """The weighted mean of the values."""
        values, shares = self._arrays
        return float(shares @ values)

    @property
    def variance(self) -> float:
        """The weighted mean squared distance from the mean."""
        values, shares = self._arrays
        return float(shares @ (values - self.mean) ** 2)

    @property
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that has a probability."""
        return float(self._shares.values[0]), float(self._shares.values[-1])

    def __repr__(self) -> str:
        return f"Categorical({dict(self.probabilities)!r})"


@lru_cache(maxsize=256)
def _listed(distribution: Categorical) -> Shares:
    return Shares.of(*distribution._arrays)
