"""Whole numbers without a closed quantile function: by table, or by iteration.

A table lists the probabilities of all whole numbers that a draw can come to. Where a
parameter differs from trial to trial, the count is the ceiling of a real number k at which
the probability, seen as a gamma's or a beta's with k in its shape, is u.
"""

from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.iterated import View
from mclib.distributions.laws import Floats
from mclib.distributions.shares import Shares
from mclib.errors import ArgumentError
from mclib.expressions.expression import Expression
from mclib.expressions.functions import ceil, log, maximum, minimum, sqrt, where
from mclib.expressions.loops import scan
from mclib.expressions.probability import Probability

MOST_VALUES = 1 << 22
_LEFT_OUT = 1e-25
_N_STEPS = 10


class WholeNumbers(Distribution):
    """A distribution of whole numbers, drawn from a table of their probabilities."""

    @abstractmethod
    def _counts_below(self, k: Floats) -> Floats:
        """Return the probability of at most `k`, for whole numbers in the support."""

    @abstractmethod
    def _counts_above(self, k: Floats) -> Floats:
        """Return the probability of more than `k`, for whole numbers in the support."""

    @abstractmethod
    def _random_draw(self, p: Probability) -> Expression:
        """Return the quantile function where a parameter differs from trial to trial."""

    @final
    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`.

        Raises
        ------
        TraceError
            If a parameter differs from trial to trial and this family can't follow it.
        """
        if not all(map(laws.is_fixed, self.parameters.values())):
            return self._random_draw(p)
        numbers = {name: float(value) for name, value in self.parameters.items()}
        return _shares(self.with_parameters(**numbers)).draw(p)

    @final
    def _below(self, x: Floats) -> Floats:
        return self._probabilities(x, self._counts_below, 0.0, 1.0)

    @final
    def _above(self, x: Floats) -> Floats:
        return self._probabilities(x, self._counts_above, 1.0, 0.0)

    def _probabilities(
        self, x: Floats, inside: Callable[[Floats], Floats], before: float, after: float
    ) -> Floats:
        low, high = self.support
        k = np.clip(np.floor(x), low, min(high, 2.0**62))
        with np.errstate(all="ignore"):
            values = inside(k)
        return np.where(x < low, before, np.where(x >= high, after, values))


@lru_cache(maxsize=256)
def _shares(distribution: Any) -> Shares:
    """Return the table of a distribution with numbers as parameters."""
    end, high = distribution.support
    low = end
    mean, deviation = distribution.mean, distribution.standard_deviation
    if np.isfinite(deviation):
        low = max(low, np.floor(mean - 40.0 - 12.0 * deviation))
        # A long tail below, as of counts that nearly all come true, reaches further down.
        while low > end and distribution.cdf(low - 1.0) > _LEFT_OUT:
            low = max(end, np.floor(mean - 2.0 * (mean - low)))
        first = np.ceil(mean + 40.0 + 12.0 * deviation)
    else:
        first = low + 100.0
    while first < high and distribution.probability_above(first) > _LEFT_OUT:
        first = low + 2.0 * (first - low)
    last = min(high, first)
    if last - low > MOST_VALUES:
        message = (
            f"a table of whole numbers must have at most {MOST_VALUES:,} of them; "
            f"`{distribution!r}` has some {last - low:,.0f}.\n"
            "hint: so many are nearly continuous: round a continuous draw by `mc.rint`."
        )
        raise ArgumentError(message)
    values = np.arange(low, last + 1.0)
    below, above = distribution.cdf(values), distribution.probability_above(values)
    below[-1], above[-1] = 1.0, 0.0
    return Shares(values, np.append(0.0, below), np.append(1.0, above))


def iterated_count(
    tail_at: Callable[[Expression], tuple[View, Any]],
    moments: tuple[Any, Any, Any],
    high: Any,
    p: Probability,
) -> Expression:
    """Return the smallest whole number k at which a relaxed probability reaches u.

    Parameters
    ----------
    tail_at : callable
        From a real k to a view of a gamma or beta, and which of its sides is the upper one
        of the count: whether the count's tail on side s is the view's on side ``s ^ it``.
    moments : tuple of three traced values
        Mean, standard deviation and skewness, for a first guess.
    high : number or traced value
        The largest count, or infinity.
    p : Probability
        Where.

    Notes
    -----
    The logarithm of a tail is concave in k: the secant method meets it from any start, and
    ten steps of it to 1e-10.
    """
    mean, deviation, skewness = moments
    z = p.standard_normal()
    guess = mean + deviation * (z + skewness * (z * z - 1.0) / 6.0)
    wanted = log(p.tail)

    def held(k: Any) -> Expression:
        return maximum(minimum(k, high - 0.05), -0.5)  # type: ignore[no-any-return]

    def gap(k: Any) -> Expression:
        view, is_swapped = tail_at(k)
        return view.log_of_tail(p.side ^ is_swapped)[0] - wanted  # type: ignore[no-any-return]

    def closer(state: tuple[Expression, ...]) -> tuple[Expression, ...]:
        before, gap_before, here = state
        gap_here = gap(here)
        slope = (gap_here - gap_before) / (here - before)
        is_done = (here == before) | (slope == 0.0)
        further = where(is_done, here, held(here - gap_here / where(is_done, 1.0, slope)))
        return here, gap_here, further

    first = held(guess)
    second = held(where(first > 0.0, first - 0.1 - 0.1 * deviation, first + 0.6))
    _, _, k = scan(closer, (first, gap(first), second), _N_STEPS)
    # A hair's breadth, so that rounding doesn't lift k above a whole number it has met.
    return maximum(ceil(k - 1e-11 * maximum(abs(k), 1.0)), 0.0)  # type: ignore[no-any-return]


def skewed(mean: Any, variance: Any, third: Any) -> tuple[Any, Any, Any]:
    """Return mean, standard deviation and skewness, from the third central moment."""
    deviation = sqrt(variance)
    return mean, deviation, third / (variance * deviation)
