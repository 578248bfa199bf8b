"""Which inputs drive an output: from the run's own trials, nothing drawn twice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.results.formatting import plain
from mclib.results.windows import is_whole, read_values
from mclib.statistics import correlations, distances, drivers
from mclib.statistics.intervals import check_order

if TYPE_CHECKING:
    import pandas as pd

    from mclib.results.run import Trials

Floats = NDArray[np.float64]

MOST_TRIALS = 1 << 20
"""Trials that are looked at; more would hardly move a bar."""

_BAR = 40
_MOST_BINS = 100
_MOST_RANKED = 1 << 18
_PAWN_BINS = 10


@dataclass(frozen=True, repr=False)
class Tornado:
    """How far each input moves a statistic of an output, in the output's unit.

    Attributes
    ----------
    output, statistic : str
        Of what.
    baseline : float
        The statistic over all trials.
    table : pandas.DataFrame
        For each input, the strongest first: the lowest and the highest value that the
        statistic takes in its bins, where the input lies then, and the distance.
    spider : pandas.DataFrame
        For each input and bin: where the input lies, and the statistic there.
    """

    output: str
    statistic: str
    baseline: float
    table: "pd.DataFrame"
    spider: "pd.DataFrame"

    def __repr__(self) -> str:
        return self.text()

    def text(self) -> str:
        """Return the bars in characters, with their ends."""
        low, high = float(self.table["low"].min()), float(self.table["high"].max())
        unit = _BAR / (high - low) if high > low else 0.0
        width = max(map(len, self.table.index), default=0)
        lines = [f"{self.statistic} of {self.output}, {plain(self.baseline)} in all"]
        for name, row in self.table.iterrows():
            start = round((row["low"] - low) * unit)
            length = max(round((row["high"] - row["low"]) * unit), 1)
            bar = " " * start + "█" * length
            ends = f"{plain(row['low'], 4)} to {plain(row['high'], 4)}"
            lines.append(f"{name!s:<{width}}  {bar:<{_BAR + 1}}  {ends}")
        return "\n".join(lines)

    def plot(self, *, unit: str = "") -> Any:
        """Return the tornado as a figure; see `mclib.plots.tornado`.

        Raises
        ------
        MclibError
            If plotly isn't installed.
        """
        from mclib.plots.drivers import tornado

        return tornado(self, unit=unit)


def tornado(
    trials: "Trials",
    output: str,
    statistic: str,
    order: float | None,
    n_bins: Any,
    groups: Mapping[str, Sequence[str]] | None,
) -> Tornado:
    """Return `Result.tornado`."""
    label, n_bins = statistic_label(statistic, order), checked_bins(n_bins)
    of = _statistic(statistic, order)
    columns, y = _columns(trials, output)
    found = {
        name: drivers.conditional(x, y, n_bins, of, is_equal=True)
        for name, x in _grouped(columns, y, groups).items()
    }
    baseline = float(np.mean(y)) if of is None else of(y)
    bins = {name: (each.centers, each.values) for name, each in found.items()}
    return tornado_of(output, label, baseline, bins)


def checked_bins(n_bins: Any) -> int:
    """Return how many bins an input is cut into, or say what they must be."""
    if not is_whole(n_bins) or not 2 <= n_bins <= 100:
        raise law("n_bins", "be a whole number from 2 to 100", n_bins)
    return int(n_bins)


def tornado_of(
    output: str,
    label: str,
    baseline: float,
    bins: Mapping[str, tuple[Floats, Floats]],
) -> Tornado:
    """Put together what a statistic does along inputs.

    Parameters
    ----------
    output, label : str
        Of what, and the statistic's name.
    baseline : float
        The statistic over all trials.
    bins : mapping of str to (array, array)
        Of each input, where it lies in its bins, and the statistic there.
    """
    import pandas as pd

    lines, legs = {}, []
    for name, (centers, values) in bins.items():
        low, high = int(np.argmin(values)), int(np.argmax(values))
        lines[name] = {
            "low": values[low],
            "high": values[high],
            "input_at_low": centers[low],
            "input_at_high": centers[high],
            "range": values[high] - values[low],
        }
        leg = pd.DataFrame({"input": centers, label: values})
        legs.append(leg.assign(driver=name, bin=np.arange(len(leg))))
    table = pd.DataFrame.from_dict(lines, orient="index")
    table = table.sort_values("range", ascending=False).rename_axis("input")
    spider = pd.concat(legs).set_index(["driver", "bin"])
    return Tornado(output, label, baseline, table, spider)


def driver_table(trials: "Trials", output: str) -> "pd.DataFrame":
    """Return `Result.drivers`."""
    import pandas as pd

    columns, y = _columns(trials, output, _MOST_RANKED)
    # What varies within a bin is missed: fine bins, as long as each holds many trials.
    n_bins = min(max(len(y) // 500, 8), _MOST_BINS)
    coefficients, errors, explained = drivers.regression(list(columns.values()), y)
    ranked = correlations.ranks(y)
    ranks = [correlations.ranks(x) for x in columns.values()]
    partial = drivers.partial_correlations(ranks, ranked)
    lines = {}
    for k, (name, x) in enumerate(columns.items()):
        rank = correlations.spearman_of_ranks(ranks[k], ranked)
        found = drivers.conditional(x, y, n_bins)
        delta, delta_error = distances.delta(x, y)
        lines[name] = {
            "rank_correlation": rank.value,
            "rank_correlation_error": rank.standard_error,
            "regression": coefficients[k],
            "regression_error": errors[k],
            "first_order": found.share,
            "first_order_error": found.share_error,
            "partial_rank": partial[k].value,
            "partial_rank_error": partial[k].standard_error,
            "pawn": distances.pawn(x, y, _PAWN_BINS),
            "delta": delta,
            "delta_error": delta_error,
        }
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("input")
    squares = table["rank_correlation"] ** 2
    signs = np.sign(table["rank_correlation"])
    table.insert(2, "contribution", signs * squares / squares.sum())
    table = table.sort_values("first_order", ascending=False)
    table.attrs["explained_by_regression"] = explained
    return table


def tail_table(trials: "Trials", output: str, order: float, tail: Any) -> "pd.DataFrame":
    """Return `Result.tail_drivers`."""
    import pandas as pd

    check_order(order)
    if tail not in ("upper", "lower"):
        raise law("tail", 'be "upper" or "lower"', tail)
    columns, y = _columns(trials, output)
    pivot = drivers.quantile_of(order)(y)
    within = y > pivot if tail == "upper" else y < pivot
    n = int(np.count_nonzero(within))
    if n < 30:
        hint = "run more trials, or begin the tail nearer to the middle."
        raise law("order", "leave 30 trials in the tail at least", order, hint)
    lines = {}
    for name, x in columns.items():
        # Ranks as shares of all trials: 1/2 on average where the tail is as the rest.
        u = (correlations.ranks(x)[within] - 0.5) / len(x)
        lines[name] = {
            "mean_rank": float(np.mean(u)),
            "mean_rank_error": float(np.std(u, ddof=1)) / math.sqrt(n),
            "distance": distances.distance(np.sort(x[within]), np.sort(x)),
            "mean_in_tail": float(np.mean(x[within])),
            "mean_in_all": float(np.mean(x)),
        }
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("input")
    table.attrs["n_trials"] = n
    return table.sort_values("distance", ascending=False)


def _columns(
    trials: "Trials", output: str, most: int = MOST_TRIALS
) -> tuple[dict[str, Floats], Floats]:
    """Return inputs that vary, and the output, over trials in which all is finite."""
    if output not in trials.output_names:
        raise law("output", f"be one of {', '.join(trials.output_names)}", output)
    names = [name for name in trials.input_names if name != output]
    n = min(trials.n_trials, most)
    values = read_values(trials, 0, n, [*names, output])
    finite = np.isfinite(values[output])
    for name in names:
        finite &= np.isfinite(values[name])
    kept = values if finite.all() else {name: x[finite] for name, x in values.items()}
    y = kept[output]
    if len(y) < 100:
        raise law("n_trials", "be 100 at least, with finite outcomes", len(y))
    columns = {name: kept[name] for name in names if np.ptp(kept[name]) > 0.0}
    if not columns or not np.ptp(y) > 0.0:
        must = "vary, and have an input that does"
        raise law("output", must, output, "what is the same in every trial has no driver.")
    return columns, y


def _grouped(
    columns: Mapping[str, Floats], y: Floats, groups: Mapping[str, Sequence[str]] | None
) -> dict[str, Floats]:
    """Return columns, those of a group put together: what they say of the output's rank."""
    if not groups:
        return dict(columns)
    if not isinstance(groups, Mapping):
        raise law("groups", "be a mapping of names to lists of inputs", groups)
    taken: set[str] = set()
    together: dict[str, Floats] = {}
    target = correlations.ranks(y)
    for group, members in groups.items():
        for name in members:
            if name not in columns or name in taken:
                must = f"list inputs that vary, each once ({', '.join(columns)})"
                raise law("groups", must, name)
            taken.add(name)
        ranked = [correlations.ranks(columns[name]) for name in members]
        weights, _, _ = drivers.regression(ranked, target)
        together[group] = sum(
            weight * x for weight, x in zip(weights, ranked, strict=True)
        ) / len(y)
    rest = {name: x for name, x in columns.items() if name not in taken}
    return {**together, **rest}


def statistic_label(statistic: str, order: float | None) -> str:
    """Return what a tornado's statistic is called, or say what it must be."""
    needs_order = statistic in ("quantile", "tail_mean")
    if statistic not in ("mean", "standard_deviation", "quantile", "tail_mean"):
        must = "be one of mean, standard_deviation, quantile, tail_mean"
        raise law("statistic", must, statistic)
    if needs_order != (order is not None):
        must = "be given for a quantile or a tail mean, and for nothing else"
        raise law("order", must, order)
    if order is None:
        return statistic.replace("_", " ")
    check_order(order)
    point = f"P{100.0 * order:.10g}"
    return point if statistic == "quantile" else f"tail mean beyond {point}"


def _statistic(statistic: str, order: float | None) -> drivers.Statistic | None:
    if order is None:
        return drivers.standard_deviation_of if statistic != "mean" else None
    if statistic == "quantile":
        return drivers.quantile_of(order)
    return drivers.tail_mean_of(order)
