"""Outcomes with weights: the statistics of trials that were drawn where they matter."""

import functools
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance
from mclib.statistics.intervals import Interval, check_order, two_sided

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]

_QUANTILES = (0.05, 0.5, 0.95, 0.99, 0.999)


class WeightedOutput:
    """An output's outcomes and their weights.

    Parameters
    ----------
    values : array of shape (n,)
        Outcomes, in the output's unit; those that aren't finite are left out.
    weights : array of shape (n,)
        How much each counts, 0 or more.

    Notes
    -----
    Weights are divided by their sum. Standard errors are those of ratios of means, to first
    order: the square root of the sum of squares of weight times deviation.

    Examples
    --------
    >>> import numpy as np
    >>> output = WeightedOutput(np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 1.0]))
    >>> output.mean.value, output.quantile(0.5).value
    (2.0, 1.0)
    """

    def __init__(self, values: Floats, weights: Floats) -> None:
        is_finite = np.isfinite(values)
        self.n_left_out = int(values.size - np.count_nonzero(is_finite))
        order = np.argsort(values[is_finite], kind="stable")
        self._values: Floats = values[is_finite][order]
        weights = weights[is_finite][order]
        total = weights.sum()
        self._shares: Floats = weights / total if total > 0.0 else weights * math.nan

    @functools.cached_property
    def _below(self) -> Floats:
        return np.cumsum(self._shares)

    @property
    def effective_n_trials(self) -> float:
        """Of how many equal weights a mean would be as sure: ``1 / sum(share ** 2)``."""
        return float(1.0 / np.sum(self._shares**2)) if self._values.size else 0.0

    @property
    def mean(self) -> Estimate:
        """The weighted mean."""
        return self._estimate(self._average(self._values), self._values)

    @property
    def standard_deviation(self) -> Estimate:
        """The root of the weighted mean square deviation."""
        squares = (self._values - self._average(self._values)) ** 2
        variance = self._average(squares)
        deviation = math.sqrt(variance)
        error = self._error(squares - variance) / (2.0 * deviation) if deviation else 0.0
        return Estimate(deviation, error, self._values.size)

    def probability_above(self, x: float) -> Estimate:
        """Chance of more than `x`; its error is NaN if no trial is there, or all are."""
        return self._chance(self._values > _number(x))

    def probability_below(self, x: float) -> Estimate:
        """Chance of less than `x`; its error is NaN if no trial is there, or all are."""
        return self._chance(self._values < _number(x))

    def quantile(self, q: float) -> Estimate:
        """Return the smallest outcome that the share `q` of all weights doesn't exceed.

        Parameters
        ----------
        q : float
            Order, strictly between 0 and 1.

        Returns
        -------
        Estimate
            Its interval goes between the quantiles of ``q ± z`` standard errors of the
            share; an end is infinite where there are none.
        """
        value = self._at(check_order(q))
        error = self._error(np.where(self._values <= value, 1.0 - q, -q))

        def rule(level: float) -> Interval:
            reach = two_sided(level) * error
            return Interval(self._at(q - reach), self._at(q + reach), level)

        low, high, _ = rule(0.95)
        spread = (high - low) / (2.0 * two_sided(0.95))
        return Estimate(value, spread, self._values.size, rule)

    def tail_mean(self, q: float) -> Estimate:
        """Return the mean of what lies beyond the quantile of `q`: expected shortfall.

        Parameters
        ----------
        q : float
            Order of the quantile where the tail starts, strictly between 0 and 1.
        """
        start = self._at(check_order(q))
        excess = np.maximum(self._values - start, 0.0) / (1.0 - q)
        mean = self._average(excess)
        return Estimate(start + mean, self._error(excess - mean), self._values.size)

    def exceedance(self, xs: Any) -> "pd.DataFrame":
        """Table of the chances of more than each of some values, with standard errors."""
        import pandas as pd

        values = [float(x) for x in np.ravel(xs)]
        chances = [self.probability_above(x) for x in values]
        return pd.DataFrame(
            {
                "probability": [each.value for each in chances],
                "standard_error": [each.standard_error for each in chances],
            },
            index=pd.Index(values, name="above"),
        )

    def _average(self, values: Floats) -> float:
        return float(self._shares @ values) if values.size else math.nan

    def _error(self, deviations: Floats) -> float:
        if deviations.size < 2:
            return math.nan
        return float(np.linalg.norm(self._shares * deviations))

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


class Weighted(Mapping[str, WeightedOutput]):
    """What `mc.importance` found: weighted outcomes by output.

    Attributes
    ----------
    weights : array of shape (n_trials,)
        Of each trial, in order: 1 on average.
    provenance : Provenance
        What is needed to get the same numbers again, but for the strengths.
    """

    def __init__(
        self, values: Mapping[str, Floats], weights: Floats, provenance: Provenance
    ) -> None:
        self.weights = weights
        self.provenance = provenance
        self._values = dict(values)
        self._outputs: dict[str, WeightedOutput] = {}

    def __getitem__(self, name: str) -> WeightedOutput:
        if name not in self._values:
            known = ", ".join(self._values)
            raise law("name", f"be an output of the model ({known})", name)
        if name not in self._outputs:
            self._outputs[name] = WeightedOutput(self._values[name], self.weights)
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def n_trials(self) -> int:
        """Trials done."""
        return self.weights.size

    @property
    def effective_n_trials(self) -> float:
        """How many trials of equal weights these are worth for what is common."""
        return float(self.weights.sum() ** 2 / np.sum(self.weights**2))

    @property
    def mean_weight(self) -> Estimate:
        """The weights' own mean, which must be 1 within its error."""
        error = float(self.weights.std() / math.sqrt(self.n_trials))
        return Estimate(float(self.weights.mean()), error, self.n_trials)

    def trials(self) -> "pd.DataFrame":
        """Table of the outcomes of all trials, and their weights in the last column."""
        import pandas as pd

        return pd.DataFrame({**self._values, "weight": self.weights})

    def to_frame(self) -> "pd.DataFrame":
        """Table of mean, standard deviation and quantiles, each with its standard error."""
        import pandas as pd

        rows = {}
        for name, output in self.items():
            estimates = {
                "mean": output.mean,
                "standard_deviation": output.standard_deviation,
                **{f"P{100 * q:g}": output.quantile(q) for q in _QUANTILES},
            }
            rows[name] = {
                key: number
                for label, each in estimates.items()
                for key, number in (
                    (label, each.value),
                    (f"{label} error", each.standard_error),
                )
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        lines = [f"{name}: {output.mean}" for name, output in self.items()]
        left_out = max(output.n_left_out for output in self.values())
        lines.append(
            f"{self.n_trials:,} weighted trials, worth {self.effective_n_trials:,.0f} "
            "equal ones; weights are self-normalized"
        )
        if left_out:
            lines.append(f"left out, for they aren't finite: up to {left_out:,} outcomes")
        return "\n".join(lines)


def _number(x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, (int, float, np.number)) or math.isnan(x):
        raise law("x", "be a number", x)
    return float(x)
