"""Everything about one output of a run."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from mclib.results.answers import Answers, Known
from mclib.results.bounds import (
    exceedance_curve,
    is_upper,
    tolerance_bound,
    tolerance_interval,
)
from mclib.results.display import result_html
from mclib.results.estimate import Estimate
from mclib.results.histograms import draw_histogram
from mclib.results.histories import history_of_mean
from mclib.results.modes import mode_of
from mclib.results.quantiles import (
    Central,
    extreme_estimate,
    quantile_estimate,
    share_estimate,
    tail_estimate,
    targets_for,
)
from mclib.results.run import Trials
from mclib.results.spreads import (
    effective_n_trials_of,
    mean_of,
    replicated,
    standard_deviation_of,
    variance_of,
)
from mclib.results.tables import DISPLAYED_QUANTILES, Row, label, row_of
from mclib.results.windows import checked_window, read_values
from mclib.statistics import summary
from mclib.statistics.histogram import Histogram
from mclib.statistics.intervals import check_level, check_order, check_threshold
from mclib.statistics.non_finite import NonFinite

if TYPE_CHECKING:
    import pandas as pd


class Output:
    """One output of a run: a sample of outcomes, and what it says.

    Made by a `Result`: ``result["profit"]``. Moments are known at once; quantiles,
    probabilities and histograms go through the trials again where they have to, exactly,
    and are remembered.

    Parameters
    ----------
    name : str
        Name of the output.
    place : int
        Its place among the run's outputs.
    answers : Answers
        What is known about the run's outputs.
    trials : Trials
        The run's trials.

    Notes
    -----
    Trials that gave no finite number are counted by `non_finite` and left out of all
    statistics. The quantile of order q of n outcomes is the k-th smallest, with k = n q
    rounded up (the inverse of the empirical distribution function, NumPy's
    ``"inverted_cdf"``).
    """

    def __init__(self, name: str, place: int, answers: Answers, trials: Trials) -> None:
        self.name = name
        self._place = place
        self._answers = answers
        self._trials = trials

    @property
    def n_trials(self) -> int:
        """All trials of the run."""
        return self._trials.n_trials

    @property
    def non_finite(self) -> NonFinite:
        """How many trials gave no finite number, and which was the first."""
        return self._known.non_finite

    @property
    def effective_n_trials(self) -> float:
        """Independent trials that would know the mean as surely as this run does."""
        return effective_n_trials_of(self._known)

    @property
    def mean(self) -> Estimate:
        """Mean, ``± s / sqrt(n)`` where trials are independent."""
        return mean_of(self._known)

    @property
    def variance(self) -> Estimate:
        """Sample variance (divisor ``n - 1``); its error rests on the fourth moment."""
        return variance_of(self._known)

    @property
    def standard_deviation(self) -> Estimate:
        """Sample standard deviation (divisor ``n - 1``)."""
        return standard_deviation_of(self._known)

    @property
    def skewness(self) -> Estimate:
        """Skewness: 0 for a symmetric output.

        Its standard error is found by the jackknife over groups of neighbouring trials, or,
        for fewer than 32 blocks of 1,024, from the influence of each trial.
        """
        skewness = summary.skewness(self._known.record)
        return self._estimate(skewness, self._answers.shape_errors(self._place)[0])

    @property
    def kurtosis(self) -> Estimate:
        """Excess kurtosis: 0 for a normal output. Its error is found as of `skewness`."""
        kurtosis = summary.kurtosis(self._known.record)
        return self._estimate(kurtosis, self._answers.shape_errors(self._place)[1])

    @property
    def minimum(self) -> Estimate:
        """Smallest outcome; its standard error is the gap to the second smallest."""
        return extreme_estimate(self._answers, self._place, upper=False)

    @property
    def maximum(self) -> Estimate:
        """Largest outcome; its standard error is the gap to the second largest."""
        return extreme_estimate(self._answers, self._place, upper=True)

    @property
    def median(self) -> Estimate:
        """Median: the quantile of order 0.5."""
        return self.quantile(0.5)

    @cached_property
    def mode(self) -> Estimate:
        """Where outcomes lie the closest: the most frequent one, or by half samples."""
        return mode_of(self._trials, self.name)

    @overload
    def quantile(self, q: float) -> Estimate: ...
    @overload
    def quantile(self, q: Sequence[float]) -> list[Estimate]: ...

    def quantile(self, q: float | Sequence[float]) -> Estimate | list[Estimate]:
        """Quantile, exact for these trials, with its order-statistic interval.

        Parameters
        ----------
        q : float or sequence of float
            Order, strictly between 0 and 1; several are found together, in the same passes.

        Returns
        -------
        Estimate or list of Estimate
            The standard error is half the distance between the outcomes one binomial
            standard deviation of the rank below and above; NaN where there are none, for
            fewer than about ``1 / min(q, 1 - q)`` trials.

        Raises
        ------
        ArgumentError
            If `q` is not strictly between 0 and 1.
        """
        if isinstance(q, Iterable) and not isinstance(q, str):
            orders = [float(check_order(each)) for each in q]
            targets = targets_for(self._answers, self._place, orders)
            self._answers.find_order_statistics(targets)
            return [quantile_estimate(self._answers, self._place, each) for each in orders]
        return quantile_estimate(self._answers, self._place, float(check_order(q)))

    def quantiles(self, *orders: float) -> dict[str, Estimate]:
        """Quantiles under the names that people know: P5, P25, P50, P75 and P95.

        Parameters
        ----------
        *orders : float
            Others than these five, each strictly between 0 and 1.

        Returns
        -------
        dict of str to Estimate
            By name, such as ``"P5"``.
        """
        wanted = orders or (0.05, 0.25, 0.50, 0.75, 0.95)
        found = self.quantile(list(wanted))
        return {label(q): each for q, each in zip(wanted, found, strict=True)}

    def interval(self, level: float = 0.90) -> Central:
        """Where the middle outcomes lie: ``level=0.9`` gives P5 and P95.

        This is about the output, not about an estimate: more trials don't make it narrower.

        Parameters
        ----------
        level : float, default 0.90
            Share of outcomes between the two, strictly between 0 and 1.

        Returns
        -------
        Central
            ``(low, high, level)``, the ends with their standard errors.
        """
        outside = (1.0 - check_level(level)) / 2.0
        low, high = self.quantile([outside, 1.0 - outside])
        return Central(low, high, level)

    def probability_below(self, threshold: float) -> Estimate:
        """Probability of an outcome below a threshold, ``P(x < threshold)``.

        Parameters
        ----------
        threshold : float
            In the output's unit.

        Returns
        -------
        Estimate
            The share of trials below, with its binomial standard error and Wilson's
            interval. Without a single hit (or miss) the standard error is ``1 / n``, the
            change that one would make, and the interval is the rule of three's.
        """
        return share_estimate(self._answers, self._place, threshold, above=False)

    def probability_above(self, threshold: float) -> Estimate:
        """Probability of an outcome above a threshold, ``P(x > threshold)``.

        See `probability_below`; an outcome equal to the threshold counts for neither.
        """
        return share_estimate(self._answers, self._place, threshold, above=True)

    def shares(self, low: float, high: float) -> tuple[Estimate, Estimate]:
        """Probabilities of an outcome below `low` and above `high`, in one pass."""
        ends = [check_threshold(low, "low"), check_threshold(high, "high")]
        self._answers.find_beside(self._place, ends)
        return self.probability_below(low), self.probability_above(high)

    def tail_mean(self, q: float, tail: str = "upper") -> Estimate:
        """Mean of the outcomes beyond a quantile (expected shortfall).

        Parameters
        ----------
        q : float
            Order of the quantile where the tail starts, strictly between 0 and 1.
        tail : {"upper", "lower"}
            The highest ``1 - q`` of the outcomes (``tail_mean(0.95)``: the highest 5 %) or
            the lowest ``q`` of them (``tail_mean(0.05, tail="lower")``: the lowest 5 %).

        Returns
        -------
        Estimate
            Mean of exactly that share of the trials, a trial on the border in part. The
            standard error is NaN for fewer than two trials in the tail.

        References
        ----------
        .. [1] R. T. Rockafellar, S. Uryasev, "Conditional value-at-risk for general loss
           distributions", J. Banking and Finance 26 (2002) 1443-1471.
        """
        check_order(q)
        return tail_estimate(self._answers, self._place, q, upper=is_upper(tail))

    def exceedance(self, probabilities: Sequence[float] | None = None) -> "pd.DataFrame":
        """Table of what is exceeded with which probability, with errors and intervals.

        Parameters
        ----------
        probabilities : sequence of float, optional
            Each strictly between 0 and 1; by default twenty from 99.9 % to 0.1 %.
        """
        return exceedance_curve(self._answers, self._place, probabilities)

    def tolerance_bound(self, q: float, level: float = 0.95, tail: str = "upper") -> float:
        """Outcome that lies beyond the true quantile with a probability (Wilks' bound).

        Parameters
        ----------
        q : float
            Order of the quantile, from below for the upper and from above for the lower
            bound: 0.95 for what holds 95 % of the output.
        level : float, default 0.95
            How surely.
        tail : {"upper", "lower"}, default "upper"
            On which side it bounds the output.

        Raises
        ------
        ArgumentError
            If trials are too few (95/95 takes 59), or not independent.
        """
        return tolerance_bound(self._answers, self._place, q, level, upper=is_upper(tail))

    def tolerance_interval(
        self, coverage: float = 0.95, level: float = 0.95
    ) -> tuple[float, float]:
        """Outcomes that enclose a share of the output with a probability.

        As of `tolerance_bound`; 95/95 takes 93 trials.
        """
        return tolerance_interval(self._answers, self._place, coverage, level)

    def histogram(self, n_bins: int | None = None) -> Histogram:
        """Counts of outcomes in bins of equal width, between P0.5 and P99.5.

        Parameters
        ----------
        n_bins : int, optional
            How many bins; by default about as many as Freedman and Diaconis advise, at
            least 30 and at most 80, and the window is widened a little to save a pass.

        Returns
        -------
        Histogram
            What lies beyond the window is counted in ``below`` and ``above``.

        Raises
        ------
        ArgumentError
            If `n_bins` is not a whole number from 1 to 10,000, or no outcome is finite.
        """
        return draw_histogram(self._answers, self._place, self.name, n_bins)

    def history(self) -> "pd.DataFrame":
        """Table of how the mean and its standard error went as trials were added.

        Returns
        -------
        pandas.DataFrame
            By number of trials, at most 1,024 lines, from records the run has kept.

        Raises
        ------
        ArgumentError
            If a sampler placed the trials, or the result came from a file.
        """
        return history_of_mean(self._answers, self._place)

    def sample(self, n: int | None = None, *, start: int = 0) -> NDArray[np.float64]:
        """Outcomes by trial, computed again.

        Parameters
        ----------
        n : int, optional
            How many trials; by default all from `start` on.
        start : int, default 0
            Index of the first of them.

        Returns
        -------
        array of shape (n,), float64
            Outcome of trial ``start + i`` at place i; NaN and infinities are left in.

        Raises
        ------
        ArgumentError
            If there are no such trials, or the array would be above 2 GB.
        """
        start, n = checked_window(self.n_trials, start, n, n_columns=1)
        return read_values(self._trials, start, n, [self.name])[self.name]

    def plot(self, n_bins: int | None = None, *, unit: str = "") -> Any:
        """Histogram as a figure, with movable lines at P5 and P95.

        See `mclib.plots.histogram`; `unit` is the output's, and ``"%"`` shows percent.
        """
        from mclib.plots.histograms import histogram

        return histogram(self, n_bins=n_bins, unit=unit)

    def __repr__(self) -> str:
        return f"Output({self.name!r}: {self.mean}, {self.n_trials:,} trials)"

    def _repr_html_(self) -> str:
        return result_html([self.row], self._trials.provenance)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    @property
    def row(self) -> Row:
        """Its line in a table: estimates and a histogram."""
        targets = targets_for(self._answers, self._place, DISPLAYED_QUANTILES)
        self._answers.find_order_statistics(targets, with_bins=True)
        return row_of(self._answers, self._place, self.name)

    @property
    def _known(self) -> Known:
        return self._answers.known[self._place]

    def _estimate(self, value: float, standard_error: float) -> Estimate:
        if self._known.replications is not None:
            return replicated(self._known, value, standard_error)
        return Estimate(value, standard_error, self._known.n_finite)
