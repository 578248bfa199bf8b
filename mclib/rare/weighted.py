"""A run whose trials count differently: outputs, conditions, drivers, tables."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.conditions import Condition, asked, no_comparison
from mclib.errors import law
from mclib.rare.drivers import (
    Columns,
    correlation_table,
    driver_table,
    tail_table,
    tornado,
)
from mclib.rare.outputs import WeightedOutput
from mclib.rare.refusals import REFUSED, refuse
from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance, Repeatable
from mclib.results.sensitivity import Tornado
from mclib.results.tables import label
from mclib.results.trial import Trial
from mclib.results.windows import checked_window, is_whole
from mclib.statistics.intervals import check_order

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]

_QUANTILES = (0.05, 0.5, 0.95, 0.99, 0.999)
_FRAME_ROWS = 100_000


class Weighted(Repeatable, Mapping[str, WeightedOutput]):
    """What `mc.importance` found: weighted outcomes by output.

    It answers what a `Result` does, with the weights in it, or says why it can't.

    Attributes
    ----------
    weights : array of shape (n_trials,)
        Of each trial, in order: 1 on average.
    provenance : Provenance
        What is needed to get the same numbers again, but for the strengths.
    stopping : Stopping or None
        How the run ended, if it went on until a tolerance was reached.
    """

    def __init__(
        self,
        values: Mapping[str, Floats],
        weights: Floats,
        provenance: Provenance,
        inputs: Callable[[], Mapping[str, Floats]] = dict,
        stopping: Any = None,
    ) -> None:
        self.weights = weights
        self._provenance = provenance
        self.stopping = stopping
        self._values = dict(values)
        self._read = inputs
        self._kept: Floats | None = None
        self._outputs: dict[str, WeightedOutput] = {}

    def __getattr__(self, name: str) -> Any:
        raise refuse(name, REFUSED, type(self).__name__)

    def __getstate__(self) -> dict[str, Any]:
        # A run can't leave its process; what it draws can.
        state = {**self.__dict__, "_inputs": self._inputs, "_outputs": {}}
        return {**state, "_read": dict}

    def __getitem__(self, name: str) -> WeightedOutput:
        if name not in self._values:
            known = ", ".join(self._values)
            raise law("name", f"be an output of the model ({known})", name)
        if name not in self._outputs:
            values, weights = self._values[name], self.weights
            if self._kept is not None:
                values, weights = values[self._kept], weights[self._kept]
            self._outputs[name] = WeightedOutput(values, weights, name)
        return self._outputs[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

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
        weights = self.weights if self._kept is None else self.weights[self._kept]
        return float(weights.sum() ** 2 / np.sum(weights**2)) if weights.size else 0.0

    @property
    def efficiency(self) -> dict[str, float]:
        """By output: independent trials that one trial is worth, for the mean."""
        return {
            name: output.variance.value
            / (output.mean.standard_error**2 * max(output.n_trials, 1))
            if output.mean.standard_error
            else math.nan
            for name, output in self.items()
        }

    @property
    def mean_weight(self) -> Estimate:
        """The weights' own mean, which must be 1 within its error."""
        error = float(self.weights.std() / math.sqrt(self.n_trials))
        return Estimate(float(self.weights.mean()), error, self.n_trials)

    @property
    def provenance(self) -> Provenance:
        """What is needed to get the same numbers again, but for the strengths."""
        return self._provenance

    @property
    def share(self) -> Estimate:
        """How probable the trials are that this is about: 1 but for `where`."""
        if self._kept is None:
            return Estimate(1.0, 0.0, self.n_trials)
        return WeightedOutput(self._kept.astype(float), self.weights).probability_above(0.5)

    def where(self, condition: Condition) -> "Weighted":
        """Statistics of the trials that keep a condition: all inputs and all outputs.

        Parameters
        ----------
        condition : callable
            From values by name, as in ``lambda trial: trial["loss"] > 20``, to whether a
            trial is wanted; conditions are joined by ``&`` and ``|``.

        Returns
        -------
        Weighted
            Of the same trials; `share` says how probable the condition is.

        Raises
        ------
        ArgumentError
            If `condition` is no function that compares values, or uses other names.
        """
        if not callable(condition):
            hint = 'write `result.where(lambda trial: trial["loss"] > 20)`.'
            must = "be a function of a trial's values by name"
            raise law("condition", must, condition, hint)
        values = self._columns
        kept = np.asarray(asked(condition, values))
        if kept.dtype != np.bool_ or kept.shape != self.weights.shape:
            raise no_comparison(kept.dtype)
        inputs = self._inputs
        part = Weighted(values, self.weights, self.provenance, lambda: inputs)
        part._kept = kept if self._kept is None else kept & self._kept
        return part

    def correlations(
        self, measure: str = "spearman", n: int | None = None
    ) -> "pd.DataFrame":
        """Table of the correlations of all inputs and outputs with each other.

        Parameters
        ----------
        measure : {"spearman", "kendall", "pearson"}, default "spearman"
            Of ranks or of values.
        n : int, optional
            How many trials to look at; by default all (2,000 for Kendall's, which compares
            all pairs).

        Returns
        -------
        pandas.DataFrame
            A line and a column for each; the standard errors lie in
            ``.attrs["standard_error"]``, a table of the same form.
        """
        columns, shares = self._together(self._columns)
        return correlation_table(columns, shares, measure, n)

    def tornado(
        self,
        output: str,
        statistic: str = "mean",
        *,
        order: float | None = None,
        threshold: float | None = None,
        n_bins: int = 10,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> Tornado:
        """How far each input moves a statistic of an output, in the output's unit.

        As `Result.tornado`; bins of an input are equally probable, and the statistic in
        each has the weights in it.
        """
        columns, y, shares = self._driving(output)
        asked = statistic, order, threshold, n_bins, groups
        return tornado(columns, y, shares, output, *asked)

    def drivers(self, output: str) -> "pd.DataFrame":
        """Table of what an output owes to each input, by seven measures.

        As `Result.drivers`, with the weights in each: bins of an input are equally
        probable, a hundred of them, and fewer where the trials are worth fewer than 50,000
        of equal weight.
        """
        return driver_table(*self._driving(output))

    def tail_drivers(
        self, output: str, order: float = 0.95, *, tail: str = "upper"
    ) -> "pd.DataFrame":
        """Table of what the inputs are like where an output is in its tail.

        As `Result.tail_drivers`; ``.attrs["effective_n_trials"]`` says how many trials of
        equal weight those in the tail are worth.
        """
        columns, y, shares = self._driving(output)
        return tail_table(columns, y, shares, order, tail)

    def quantiles(self, *orders: float) -> "pd.DataFrame":
        """Table of quantiles of all outputs, by default P5, P25, P50, P75 and P95."""
        import pandas as pd

        wanted = [float(check_order(q)) for q in orders or (0.05, 0.25, 0.5, 0.75, 0.95)]
        lines = {
            name: {label(q): output.quantile(q).value for q in wanted}
            for name, output in self.items()
        }
        return pd.DataFrame.from_dict(lines, orient="index").rename_axis("output")

    def summary(self) -> "pd.DataFrame":
        """Table of mean, spread and quantiles with their errors, and what they rest on."""
        import pandas as pd

        rows = {}
        for name, output in self.items():
            estimates = {
                "mean": output.mean,
                "standard_deviation": output.standard_deviation,
                **{label(q): output.quantile(q) for q in _QUANTILES},
            }
            rows[name] = {
                key: number
                for named, each in estimates.items()
                for key, number in (
                    (named, each.value),
                    (f"{named} error", each.standard_error),
                )
            } | {"effective_n_trials": output.effective_n_trials}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("output")

    def to_frame(self, n: int | None = None, *, start: int = 0) -> "pd.DataFrame":
        """Table of trials: inputs, outputs, and the weights in the last column.

        Parameters
        ----------
        n : int, optional
            How many trials; by default 100,000, or all that are there if they are fewer.
        start : int, default 0
            Index of the first of them.

        Returns
        -------
        pandas.DataFrame
            Indexed by trial. A weight is 0 where a condition fails.
        """
        import pandas as pd

        columns = self._columns
        if n is None and is_whole(start) and 0 <= start < self.n_trials:
            n = min(_FRAME_ROWS, self.n_trials - start)
        start, n = checked_window(self.n_trials, start, n, len(columns) + 1)
        weights = self.weights if self._kept is None else self.weights * self._kept
        index = pd.RangeIndex(start, start + n, name="trial")
        table = pd.DataFrame({**columns, "weight": weights})[start : start + n]
        return table.set_axis(index)

    def trial(self, index: Any) -> Trial:
        """Return one trial, its weight among the outputs."""
        if not is_whole(index) or index not in range(self.n_trials):
            raise law("index", f"be a trial of this run, 0 to {self.n_trials - 1:,}", index)
        inputs, outputs = (
            {name: float(each[index]) for name, each in columns.items()}
            for columns in (self._inputs, {**self._values, "weight": self.weights})
        )
        return Trial(int(index), inputs, outputs)

    def __repr__(self) -> str:
        lines = [f"{name}: {output.mean}" for name, output in self.items()]
        left_out = max(output.n_left_out for output in self.values())
        lines.append(
            f"{self.n_trials:,} weighted trials, worth {self.effective_n_trials:,.0f} "
            "equal ones; weights are self-normalized"
        )
        if self._kept is not None:
            n_kept = int(np.count_nonzero(self._kept))
            lines.append(f"{n_kept:,} of them keep the condition: probability {self.share}")
        if left_out:
            lines.append(f"left out, for they aren't finite: up to {left_out:,} outcomes")
        return "\n".join(lines)

    @functools.cached_property
    def _inputs(self) -> Mapping[str, Floats]:
        return self._read()

    @property
    def _columns(self) -> dict[str, Floats]:
        return {**self._inputs, **self._values}

    def _together(self, columns: Columns) -> tuple[dict[str, Floats], Floats]:
        """Return columns over trials in which all is finite, and shares."""
        finite = np.logical_and.reduce([np.isfinite(each) for each in columns.values()])
        if self._kept is not None:
            finite = finite & self._kept
        weights = self.weights[finite]
        if len(weights) < 3:
            raise law("n_trials", "be 3 at least, with finite outcomes", len(weights))
        return {k: each[finite] for k, each in columns.items()}, weights / weights.sum()

    def _driving(self, output: str) -> tuple[dict[str, Floats], Floats, Floats]:
        """Return inputs that vary, the output, and shares."""
        if output not in self._values:
            raise law("output", f"be one of {', '.join(self._values)}", output)
        inputs = {name: x for name, x in self._inputs.items() if name != output}
        named = {**inputs, output: self._values[output]}
        columns, shares = self._together(named)
        y = columns.pop(output)
        if len(y) < 100:
            raise law("n_trials", "be 100 at least, with finite outcomes", len(y))
        varying = {name: x for name, x in columns.items() if np.ptp(x) > 0.0}
        if not varying or not np.ptp(y) > 0.0:
            must = "vary, and have an input that does"
            hint = "what is the same in every trial has no driver."
            raise law("output", must, output, hint)
        return varying, y, shares
