"""One output of a weighted run: its outcomes, their weights, and what they say."""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from mclib.errors import law
from mclib.rare.refusals import REFUSED_OF_HISTOGRAMS, REFUSED_OF_OUTPUTS, refuse
from mclib.results.bounds import CURVE, checked_probabilities, is_upper
from mclib.results.estimate import Estimate
from mclib.results.quantiles import Central
from mclib.results.tables import label
from mclib.results.windows import is_whole
from mclib.statistics import weighting
from mclib.statistics.histogram import WINDOW, n_bins_for
from mclib.statistics.intervals import Interval, check_level, check_order, two_sided

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]

_KNOWN_ORDERS = (0.05, 0.25, 0.50, 0.75, 0.95)
_MOST_BINS = 10_000


@dataclass(frozen=True, eq=False)
class WeightedHistogram:
    """Shares of the weights in bins of equal width, and beyond them.

    Attributes
    ----------
    edges : array of shape (n_bins + 1,)
        Where bins start and end, in the output's unit.
    shares, standard_errors : array of shape (n_bins,)
        Which part of the probability lies in each bin, and how sure that is.
    below, above : float
        Shares below the first bin and above the last.
    """

    edges: Floats
    shares: Floats
    standard_errors: Floats
    below: float
    above: float

    def __getattr__(self, name: str) -> Any:
        raise refuse(name, REFUSED_OF_HISTOGRAMS, type(self).__name__)

    @property
    def density(self) -> Floats:
        """Share per unit of the output, array of shape (n_bins,)."""
        return self.shares / np.diff(self.edges)


class WeightedOutput:
    """An output's outcomes and their weights.

    Parameters
    ----------
    values : array of shape (n,)
        Outcomes, in the output's unit; those that aren't finite are left out.
    weights : array of shape (n,)
        How much each counts, 0 or more.
    name : str, default ""
        Of the output.

    Notes
    -----
    Weights are divided by their sum. Standard errors are those of ratios of means, to first
    order: the square root of the sum of squares of weight times deviation. What only makes
    sense of trials that count the same, such as the largest of them, is refused.

    Examples
    --------
    >>> import numpy as np
    >>> output = WeightedOutput(np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 1.0]))
    >>> output.mean.value, output.quantile(0.5).value
    (2.0, 1.0)
    """

    def __init__(self, values: Floats, weights: Floats, name: str = "") -> None:
        self.name = name
        is_finite = np.isfinite(values)
        self.n_left_out = int(values.size - np.count_nonzero(is_finite))
        kept = weights[is_finite]
        total = kept.sum()
        self._by_trial = values[is_finite], kept
        order = np.argsort(values[is_finite], kind="stable")
        self._values: Floats = values[is_finite][order]
        self._shares: Floats = kept[order] / (total if total > 0.0 else math.nan)

    def __getattr__(self, name: str) -> Any:
        raise refuse(name, REFUSED_OF_OUTPUTS, type(self).__name__)

    @functools.cached_property
    def _below(self) -> Floats:
        return np.cumsum(self._shares)

    @property
    def n_trials(self) -> int:
        """Trials with a finite outcome."""
        return self._values.size

    @property
    def effective_n_trials(self) -> float:
        """Of how many equal weights a mean would be as sure: ``1 / sum(share ** 2)``."""
        return float(1.0 / np.sum(self._shares**2)) if self._values.size else 0.0

    @property
    def mean(self) -> Estimate:
        """The weighted mean."""
        return self._estimate(self._average(self._values), self._values)

    @property
    def variance(self) -> Estimate:
        """The weighted mean square deviation."""
        squares = (self._values - self._average(self._values)) ** 2
        return self._estimate(self._average(squares), squares)

    @property
    def standard_deviation(self) -> Estimate:
        """The root of the weighted mean square deviation."""
        variance = self.variance
        deviation = math.sqrt(variance.value)
        error = variance.standard_error / (2.0 * deviation) if deviation else 0.0
        return Estimate(deviation, error, self._values.size)

    @property
    def skewness(self) -> Estimate:
        """Skewness: 0 for a symmetric output."""
        return Estimate(*weighting.skewness(self._values, self._shares), self._values.size)

    @property
    def kurtosis(self) -> Estimate:
        """Excess kurtosis: 0 for a normal output."""
        return Estimate(*weighting.kurtosis(self._values, self._shares), self._values.size)

    @property
    def median(self) -> Estimate:
        """Median: the quantile of order 0.5."""
        return self.quantile(0.5)

    def probability_above(self, x: float) -> Estimate:
        """Chance of more than `x`; its error is NaN if no trial is there, or all are."""
        return self._chance(self._values > _number(x))

    def probability_below(self, x: float) -> Estimate:
        """Chance of less than `x`; its error is NaN if no trial is there, or all are."""
        return self._chance(self._values < _number(x))

    def shares(self, low: float, high: float) -> tuple[Estimate, Estimate]:
        """Probabilities of an outcome below `low` and above `high`."""
        return self.probability_below(low), self.probability_above(high)

    @overload
    def quantile(self, q: float) -> Estimate: ...
    @overload
    def quantile(self, q: Sequence[float]) -> list[Estimate]: ...

    def quantile(self, q: float | Sequence[float]) -> Estimate | list[Estimate]:
        """Return the smallest outcome at which the weights so far reach the share `q`.

        Parameters
        ----------
        q : float or sequence of float
            Order, strictly between 0 and 1.

        Returns
        -------
        Estimate or list of Estimate
            Its interval goes between the quantiles of ``q ± z`` standard errors of the
            share; an end is infinite where there are none.
        """
        if isinstance(q, Iterable) and not isinstance(q, str):
            return [self.quantile(float(check_order(each))) for each in q]
        value = self._at(check_order(q))
        error = self._error(np.where(self._values <= value, 1.0 - q, -q))

        def rule(level: float) -> Interval:
            reach = two_sided(level) * error
            return Interval(self._at(q - reach), self._at(q + reach), level)

        low, high, _ = rule(0.95)
        spread = (high - low) / (2.0 * two_sided(0.95))
        return Estimate(value, spread, self._values.size, rule)

    def quantiles(self, *orders: float) -> dict[str, Estimate]:
        """Quantiles under the names that people know: P5, P25, P50, P75 and P95.

        Parameters
        ----------
        *orders : float
            Others than these five, each strictly between 0 and 1.
        """
        return {label(q): self.quantile(q) for q in orders or _KNOWN_ORDERS}

    def interval(self, level: float = 0.90) -> Central:
        """Where the middle of the probability lies: ``level=0.9`` gives P5 and P95."""
        outside = (1.0 - check_level(level)) / 2.0
        return Central(self.quantile(outside), self.quantile(1.0 - outside), level)

    def tail_mean(self, q: float, tail: str = "upper") -> Estimate:
        """Return the mean of what lies beyond the quantile of `q`: expected shortfall.

        Parameters
        ----------
        q : float
            Order of the quantile where the tail starts, strictly between 0 and 1.
        tail : {"upper", "lower"}
            The highest ``1 - q`` of the outcomes, or the lowest ``q`` of them.
        """
        start = self._at(check_order(q))
        sign, share = (1.0, 1.0 - q) if is_upper(tail) else (-1.0, q)
        excess = np.maximum(sign * (self._values - start), 0.0) * (sign / share)
        mean = self._average(excess)
        return Estimate(start + mean, self._error(excess - mean), self._values.size)

    def exceedance(self, probabilities: Sequence[float] | None = None) -> "pd.DataFrame":
        """Table of what is exceeded with which probability, with errors and intervals.

        Parameters
        ----------
        probabilities : sequence of float, optional
            Each strictly between 0 and 1; by default twenty from 99.9 % to 0.1 %.
        """
        import pandas as pd

        lines = {}
        given = CURVE if probabilities is None else checked_probabilities(probabilities)
        for probability in given:
            estimate = self.quantile(1.0 - probability)
            low, high, _ = estimate.interval()
            lines[probability] = {
                "value": estimate.value,
                "standard_error": estimate.standard_error,
                "low": low,
                "high": high,
            }
        table = pd.DataFrame.from_dict(lines, orient="index")
        return table.rename_axis("probability")

    def histogram(self, n_bins: int | None = None) -> WeightedHistogram:
        """Shares in bins of equal width, between P0.5 and P99.5.

        Parameters
        ----------
        n_bins : int, optional
            How many bins, 10,000 at most; by default what Freedman and Diaconis advise for
            as many trials as these are worth, at least 30 and at most 80.
        """
        if not (n_bins is None or (is_whole(n_bins) and 1 <= n_bins <= _MOST_BINS)):
            raise law("n_bins", f"be a whole number from 1 to {_MOST_BINS:,}", n_bins)
        if not self._values.size:
            raise law("output", "have a finite outcome to draw a histogram", self.name)
        low, high, first, third = (self._at(q) for q in (*WINDOW, 0.25, 0.75))
        if low == high:
            low, high = float(self._values[0]), float(self._values[-1])
        if n_bins is None:
            worth = max(round(self.effective_n_trials), 1)
            n_bins = n_bins_for(worth, third - first, high - low)
        edges = np.histogram_bin_edges([low, high], n_bins)
        # NumPy's last bin takes its upper edge in, as ours does.
        shares, _ = np.histogram(self._values, edges, weights=self._shares)
        squares, _ = np.histogram(self._values, edges, weights=self._shares**2)
        whole = float(np.sum(self._shares**2))
        errors = np.sqrt(squares * (1.0 - shares) ** 2 + (whole - squares) * shares**2)
        errors[squares == 0.0] = math.nan
        below, above = (
            float(np.sum(self._shares[is_there]))
            for is_there in (self._values < edges[0], self._values > edges[-1])
        )
        return WeightedHistogram(edges, shares, errors, below, above)

    def history(self) -> "pd.DataFrame":
        """Table of how the mean, its error and the trials' worth went as trials were added.

        Returns
        -------
        pandas.DataFrame
            By number of trials with a finite outcome: at most 64 lines.
        """
        import pandas as pd

        values, weights = self._by_trial
        n = values.size
        ends = np.unique(np.linspace(0, n, min(n, 64) + 1).astype(int))[1:]
        average = self._average(self._values)
        apart = values - average
        terms = (weights, weights * apart, weights**2, weights**2 * apart)
        w, wy, ww, wwy = (np.cumsum(each)[ends - 1] for each in terms)
        wwyy = np.cumsum(weights**2 * apart**2)[ends - 1]
        mean = wy / w
        squares = np.maximum(wwyy - 2.0 * mean * wwy + mean**2 * ww, 0.0)
        return pd.DataFrame(
            {
                "mean": mean + average,
                "standard_error": np.where(ends > 1, np.sqrt(squares) / w, math.nan),
                "effective_n_trials": w**2 / ww,
            },
            index=pd.Index(ends, name="n_trials"),
        )

    def __repr__(self) -> str:
        worth = f"{self.n_trials:,} weighted trials, worth {self.effective_n_trials:,.0f}"
        return f"WeightedOutput({self.name!r}: {self.mean}, {worth})"

    def _average(self, values: Floats) -> float:
        return float(self._shares @ values) if values.size else math.nan

    def _error(self, deviations: Floats) -> float:
        return weighting.error_of(self._shares, deviations)

    def _estimate(self, value: float, values: Floats) -> Estimate:
        return Estimate(value, self._error(values - value), self._values.size)

    def _chance(self, is_there: "np.ndarray[Any, np.dtype[np.bool_]]") -> Estimate:
        there = is_there.astype(np.float64)
        made = self._estimate(self._average(there), there)
        if np.all(is_there) or not np.any(is_there):
            return Estimate(made.value, math.nan, made.n_trials)
        return made

    def _at(self, q: float) -> float:
        """Return the outcome where weights reach `q`."""
        if not 0.0 < q < 1.0:
            return -math.inf if q <= 0.0 else math.inf
        if not self._values.size:
            return math.nan
        place = int(np.searchsorted(self._below, q))
        return float(self._values[min(place, self._values.size - 1)])


def _number(x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, (int, float, np.number)) or math.isnan(x):
        raise law("x", "be a number", x)
    return float(x)
