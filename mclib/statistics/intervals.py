"""Confidence intervals: of means, probabilities and quantiles.

Every function here takes numbers and returns numbers; none of them knows what a model is.
"""

import functools
import math
from collections.abc import Iterable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from mclib.errors import law

# Below this the ranks around a quantile come from the binomial distribution itself.
_EXACT_VARIANCE = 1e6


class Interval(NamedTuple):
    """A confidence interval.

    Attributes
    ----------
    low, high : float
        Where it starts and ends, in the output's unit; an end may be infinite.
    level : float
        Coverage aimed at.
    """

    low: float
    high: float
    level: float

    @property
    def half_width(self) -> float:
        """Half the distance from `low` to `high`."""
        return (self.high - self.low) / 2.0


def check_level(level: float) -> float:
    """Return `level`, or say which law it breaks."""
    if not _is_between(level, 0.0, 1.0):
        hint = None
        if _is_between(level, 1.0, 100.0):
            hint = f"for a {level:g} % interval write `level={level / 100.0:g}`."
        raise law("level", "be strictly between 0 and 1", level, hint)
    return level


def check_order(q: float, name: str = "q") -> float:
    """Return the order of a quantile, or say which law the argument of a name breaks."""
    if not _is_between(q, 0.0, 1.0):
        hint = None
        if _is_between(q, 1.0, 100.0):
            hint = f"for P{q:g} write `{q / 100.0:g}`."
        raise law(name, "be strictly between 0 and 1", q, hint)
    return q


def check_orders(quantiles: Any) -> list[float]:
    """Return orders of quantiles, or say what a list of them must be."""
    if isinstance(quantiles, str) or not isinstance(quantiles, Iterable):
        hint = "write `quantiles=(0.05, 0.5, 0.95)`."
        raise law("quantiles", "be a list of orders", quantiles, hint)
    return [check_order(q, "quantiles") for q in quantiles]


def check_threshold(value: Any, name: str = "threshold") -> float:
    """Return a number that outcomes are compared with, or say which law it breaks."""
    if not isinstance(value, Real) or math.isnan(value):
        raise law(name, "be a number", value)
    return float(value)


def _is_between(value: object, low: float, high: float) -> bool:
    return isinstance(value, Real) and low < float(value) < high


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def two_sided(level: float) -> float:
    """Standard errors on each side of a normal interval of this level: 1.96 for 0.95."""
    return normal_quantile((1.0 + check_level(level)) / 2.0)


def mean_interval(
    mean: float, standard_deviation: float, n_trials: int, *, level: float = 0.95
) -> Interval:
    """Confidence interval of a mean, by the central limit theorem.

    With sample mean ``m`` and sample standard deviation ``s`` over ``n`` trials, the
    interval is ``m ± z s / sqrt(n)``, where ``z`` is the standard normal quantile at
    ``(1 + level) / 2``.

    Parameters
    ----------
    mean : float
        Sample mean, in the output's unit.
    standard_deviation : float
        Sample standard deviation (divisor ``n - 1``), in the output's unit.
    n_trials : int
        Number of independent trials behind the two numbers; at least 2.
    level : float, default 0.95
        Coverage aimed at, strictly between 0 and 1.

    Returns
    -------
    Interval
        ``(low, high, level)``, in the output's unit.

    Raises
    ------
    ArgumentError
        If `level` is not strictly between 0 and 1, or `n_trials` is below 2.

    Notes
    -----
    The trials must be independent. Coverage falls short of `level` by ``O(1 / n)`` for a
    skewed output [1]_.

    References
    ----------
    .. [1] P. Hall, "The Bootstrap and Edgeworth Expansion", Springer, 1992, ch. 2.

    Examples
    --------
    >>> low, high, _ = mean_interval(10.0, 2.0, n_trials=400)
    >>> print(f"{low:.3f} to {high:.3f}")
    9.804 to 10.196
    """
    z = two_sided(level)
    if n_trials < 2:
        raise law("n_trials", "be at least 2, to tell how outcomes vary", n_trials)
    half_width = z * standard_deviation / math.sqrt(n_trials)
    return Interval(mean - half_width, mean + half_width, level)


def probability_interval(hits: int, n_trials: int, *, level: float = 0.95) -> Interval:
    """Confidence interval of a probability, by Wilson's score.

    Parameters
    ----------
    hits : int
        Trials in which the event came up, from 0 to `n_trials`.
    n_trials : int
        All trials; at least 1.
    level : float, default 0.95
        Coverage aimed at, strictly between 0 and 1.

    Returns
    -------
    Interval
        Within [0, 1]. Without a hit it is ``(0, 1 - (1 - level)**(1/n))``, about ``3/n`` at
        95 % (the rule of three): the probability at which so long a run without a hit is
        as rare as ``1 - level``. Without a miss it is the mirror image.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical
       inference", J. Am. Stat. Assoc. 22 (1927) 209-212.
    .. [2] J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?",
       J. Am. Med. Assoc. 249 (1983) 1743-1745.

    Examples
    --------
    >>> low, high, _ = probability_interval(0, 1_000)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0000 to 0.0030
    """
    z = two_sided(level)
    if hits in (0, n_trials):
        rare = -math.expm1(math.log1p(-level) / n_trials)
        return Interval(0.0, rare, level) if hits == 0 else Interval(1.0 - rare, 1.0, level)
    p, z2n = hits / n_trials, z * z / n_trials
    center = (p + z2n / 2.0) / (1.0 + z2n)
    reach = math.sqrt(p * (1.0 - p) * z2n + z2n * z2n / 4.0) / (1.0 + z2n)
    return Interval(max(0.0, center - reach), min(1.0, center + reach), level)


def quantile_ranks(q: float, n_trials: int, *, level: float = 0.95) -> tuple[int, int]:
    """Ranks of the order statistics between which a quantile lies.

    The count of outcomes below the true quantile is binomial, with `n_trials` and `q`, for
    every continuous output; so order statistics of ranks l and u enclose it with
    probability ``P(l <= count < u)``, whatever the distribution.

    Parameters
    ----------
    q : float
        Order of the quantile, strictly between 0 and 1.
    n_trials : int
        Number of independent trials; at least 1.
    level : float, default 0.95
        Coverage aimed at; each side is missed with at most half of ``1 - level``.

    Returns
    -------
    low, high : int
        Ranks, from 1 for the smallest outcome. ``low`` is 0 where no outcome is low enough,
        ``high`` is ``n_trials + 1`` where none is high enough.

    References
    ----------
    .. [1] H. A. David, H. N. Nagaraja, "Order Statistics", 3rd ed., Wiley, 2003, ch. 7.1.

    Examples
    --------
    >>> quantile_ranks(0.95, 1_000)
    (936, 964)
    """
    check_order(q)
    missed = (1.0 - check_level(level)) / 2.0
    # P(count < low) <= missed, and the same from the other side with 1 - q.
    low = _most_below(missed, n_trials, q)
    high = n_trials + 1 - _most_below(missed, n_trials, 1.0 - q)
    return low, high


def near_ranks(q: float, n_trials: int) -> tuple[int, int]:
    """Ranks a binomial standard deviation below and above a quantile, rounded outwards."""
    center, spread = n_trials * q, math.sqrt(n_trials * q * (1.0 - q))
    return math.floor(center - spread), math.ceil(center + spread)


def rank_error(
    q: float, n_trials: int, ranks: tuple[int, int], ends: tuple[float, float]
) -> float:
    """Return the standard error of a quantile, from the outcomes at its `near_ranks`."""
    # The ranks were rounded outwards; the distance is scaled back.
    spread = math.sqrt(n_trials * q * (1.0 - q))
    return (ends[1] - ends[0]) * spread / (ranks[1] - ranks[0])


def tolerance_n_trials(q: float, level: float = 0.95, order: int = 1) -> int:
    """Fewest trials whose `order`-th largest outcome bounds the quantile `q` from above.

    Wilks' number: with so many trials the maximum (``order=1``) lies above the true
    quantile with probability `level`, for every continuous output.

    References
    ----------
    .. [1] S. S. Wilks, "Determination of sample sizes for setting tolerance limits",
       Ann. Math. Stat. 12 (1941) 91-96.

    Examples
    --------
    >>> tolerance_n_trials(0.95, 0.95), tolerance_n_trials(0.95, 0.95, order=2)
    (59, 93)
    """
    check_order(q)
    missed = 1.0 - check_level(level)
    if order < 1:
        raise law("order", "be at least 1, for the largest outcome", order)

    def is_enough(n_trials: int) -> bool:
        # The order-th largest lies below the quantile if fewer than `order` exceed it.
        return _most_below(missed, n_trials, 1.0 - q) >= order

    high = order
    while not is_enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def tolerance_rank(q: float, n_trials: int, *, level: float = 0.95) -> int:
    """Lowest rank whose outcome lies above the true quantile with probability `level`.

    ``n_trials + 1`` where even the largest outcome isn't sure enough.

    Examples
    --------
    >>> tolerance_rank(0.95, 58), tolerance_rank(0.95, 59), tolerance_rank(0.95, 93)
    (59, 59, 92)
    """
    missed = 1.0 - check_level(level)
    return n_trials + 1 - _most_below(missed, n_trials, 1.0 - check_order(q))


def coverage_rank(coverage: float, n_trials: int, *, level: float = 0.95) -> int:
    """Highest rank m so that outcomes m and ``n + 1 - m`` enclose a share of the output.

    Between them lies `coverage` of the output, or more, with probability `level`, for every
    continuous output: the share is a beta with shapes ``n + 1 - 2 m`` and ``2 m``. 0 where
    there are too few trials.

    Examples
    --------
    >>> coverage_rank(0.95, 92), coverage_rank(0.95, 93), coverage_rank(0.9, 1_000)
    (0, 1, 42)
    """
    missed = 1.0 - check_level(level)
    # P(B < 2 m) <= missed for the outcomes B that may lie outside.
    return _most_below(missed, n_trials, 1.0 - check_order(coverage)) // 2


# A dashboard asks for the same ranks at each step of a slider.
@functools.lru_cache(maxsize=1024)
def _most_below(missed: float, n_trials: int, q: float) -> int:
    """Highest k with P(B < k) <= `missed`, for B binomial with `n_trials` and `q`."""
    variance = n_trials * q * (1.0 - q)
    if variance > _EXACT_VARIANCE:
        # Cornish and Fisher's first term leaves less than a rank, rounded outwards.
        z = normal_quantile(missed)
        skew = (z * z - 1.0) * (1.0 - 2.0 * q) / 6.0
        return max(0, math.floor(n_trials * q + z * math.sqrt(variance) + skew - 0.5))
    mode = int((n_trials + 1) * q)
    reach = int(12.0 * math.sqrt(variance)) + 60
    counts = np.arange(max(0, mode - reach), min(n_trials, mode + reach) + 1)
    # From each count to the next, the probability is multiplied by this.
    steps = (n_trials - counts[:-1]) / (counts[:-1] + 1.0) * (q / (1.0 - q))
    heights = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    chances = np.exp(heights - heights.max())
    below = np.cumsum(chances / chances.sum())
    return int(counts[0] + np.searchsorted(below, missed, side="right"))
