"""Which inputs drive an output: from the run's own trials, nothing drawn twice."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.results.formatting import plain
from mclib.results.grouping import Groups, grouped
from mclib.results.quantiles import share_of
from mclib.results.windows import is_whole, read_values
from mclib.statistics import correlations, distances, drivers
from mclib.statistics.intervals import check_order, check_threshold

if TYPE_CHECKING:
    import pandas as pd

    from mclib.results.run import Trials

Floats = NDArray[np.float64]

MOST_TRIALS = 1 << 20
"""Trials that are looked at; more would hardly move a bar."""

_WITH_ORDER = ("quantile", "tail_mean", "lower_tail_mean")
_WITH_THRESHOLD = ("probability_above", "probability_below")
STATISTICS = ("mean", "standard_deviation", *_WITH_ORDER, *_WITH_THRESHOLD)
"""Of an output: what a tornado can be about."""

_BAR = 40
_MOST_BINS = 100
MOST_RANKED = 1 << 18
"""Trials that are ranked by each measure of `Result.drivers`."""

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
        statistic takes in its bins, where the input lies then, the distance, and the
        standard errors of both ends, ``low_error`` and ``high_error``.
    spider : pandas.DataFrame
        For each input and bin: where the input lies, the statistic there, and its
        ``standard_error``.

    Notes
    -----
    A standard error is that of the statistic among the trials of one bin, given where the
    bin begins and ends, as if trials were independent: ``s / sqrt(n)`` of a mean, from
    order statistics of a quantile, binomial of a probability; with the weights of a
    weighted run. It is NaN where the bin has too few trials to tell. The lowest and the
    highest of several bins lie about a standard error too far out for an input that hardly
    matters.
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
    threshold: float | None,
    n_bins: Any,
    groups: Groups | None,
) -> Tornado:
    """Return `Result.tornado`."""
    label = statistic_label(statistic, order, threshold)
    n_bins = checked_bins(n_bins)
    of = _statistic(statistic, None if order is None else float(order))
    columns, outcomes = _columns(trials, output)

    def together(members: list[Floats]) -> Floats:
        """What the members say of the output's rank, in one column."""
        ranked = [correlations.ranks(x) for x in members]
        weights, _, _ = drivers.regression(ranked, correlations.ranks(outcomes))
        both = zip(weights, ranked, strict=True)
        return np.asarray(sum(weight * x for weight, x in both)) / len(outcomes)

    y = indicated(outcomes, statistic, threshold)
    found = {
        name: drivers.conditional(x, y, n_bins, of, is_equal=True)
        for name, x in grouped(columns, groups, together).items()
    }
    baseline = float(np.mean(y)) if of is None else of(y)[0]
    told = _of_mean_or_statistic if threshold is None else _of_share
    bins = {name: (x.centers, *told(x)) for name, x in found.items()}
    return tornado_of(output, label, baseline, bins)


def _of_mean_or_statistic(found: drivers.Conditional) -> tuple[Floats, Floats]:
    return found.values, found.errors


def _of_share(found: drivers.Conditional) -> tuple[Floats, Floats]:
    """Return shares in bins and their binomial errors."""
    # They are found as differences from the share of all trials: whole but for rounding.
    hits = np.rint(found.values * found.counts)
    pairs = zip(hits, found.counts, strict=True)
    shares = [share_of(int(k), int(n)) for k, n in pairs]
    return hits / found.counts, np.array([each.standard_error for each in shares])


def checked_bins(n_bins: Any) -> int:
    """Return how many bins an input is cut into, or say what they must be."""
    if not is_whole(n_bins) or not 2 <= n_bins <= 100:
        raise law("n_bins", "be a whole number from 2 to 100", n_bins)
    return int(n_bins)


def tornado_of(
    output: str,
    label: str,
    baseline: float,
    bins: Mapping[str, tuple[Floats, Floats, Floats]],
) -> Tornado:
    """Put together what a statistic does along inputs.

    Parameters
    ----------
    output, label : str
        Of what, and the statistic's name.
    baseline : float
        The statistic over all trials.
    bins : mapping of str to (array, array, array)
        Of each input, where it lies in its bins, the statistic there, and its standard
        errors.
    """
    import pandas as pd

    lines, legs = {}, []
    for name, (centers, values, errors) in bins.items():
        low, high = int(np.argmin(values)), int(np.argmax(values))
        lines[name] = {
            "low": values[low],
            "high": values[high],
            "input_at_low": centers[low],
            "input_at_high": centers[high],
            "range": values[high] - values[low],
            "low_error": errors[low],
            "high_error": errors[high],
        }
        leg = pd.DataFrame({"input": centers, label: values, "standard_error": errors})
        legs.append(leg.assign(driver=name, bin=np.arange(len(leg))))
    table = pd.DataFrame.from_dict(lines, orient="index")
    table = table.sort_values("range", ascending=False).rename_axis("input")
    spider = pd.concat(legs).set_index(["driver", "bin"])
    return Tornado(output, label, baseline, table, spider)


def driver_table(trials: "Trials", output: str) -> "pd.DataFrame":
    """Return `Result.drivers`."""
    columns, y = _columns(trials, output, MOST_RANKED)
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
    return finished(lines, explained)


def finished(lines: dict[str, dict[str, float]], explained: float) -> "pd.DataFrame":
    """Return the table of drivers: with what each contributes, the strongest first."""
    import pandas as pd

    table: pd.DataFrame = pd.DataFrame.from_dict(lines, orient="index").rename_axis("input")
    squares = table["rank_correlation"] ** 2
    signs = np.sign(table["rank_correlation"])
    table.insert(2, "contribution", signs * squares / squares.sum())
    table = table.sort_values("first_order", ascending=False)
    table.attrs["explained_by_regression"] = explained
    return table


def tail_table(trials: "Trials", output: str, order: float, tail: Any) -> "pd.DataFrame":
    """Return `Result.tail_drivers`."""
    import pandas as pd

    check_order(order, "order")
    if tail not in ("upper", "lower"):
        raise law("tail", 'be "upper" or "lower"', tail)
    columns, y = _columns(trials, output)
    pivot = drivers.quantile(y, order)
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
    names = [name for name in trials.driver_names if name != output]
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


def statistic_label(statistic: str, order: float | None, threshold: float | None) -> str:
    """Return what a tornado's statistic is called, or say what it must be."""
    if statistic not in STATISTICS:
        raise law("statistic", f"be one of {', '.join(STATISTICS)}", statistic)
    if (statistic in _WITH_ORDER) != (order is not None):
        must = "be given for a quantile or a tail mean, and for nothing else"
        raise law("order", must, order)
    if (statistic in _WITH_THRESHOLD) != (threshold is not None):
        raise law(
            "threshold", "be given for a probability, and for nothing else", threshold
        )
    name = statistic.replace("_", " ")
    if threshold is not None:
        return f"{name} {plain(check_threshold(threshold))}"
    if order is None:
        return name
    check_order(order, "order")
    point = f"P{100.0 * order:.10g}"
    return point if statistic == "quantile" else f"{name} beyond {point}"


def indicated(y: Floats, statistic: str, threshold: float | None) -> Floats:
    """Return what the mean of is taken: for a probability 1 where it holds and 0 else."""
    if threshold is None:
        return y
    holds = y > threshold if statistic == "probability_above" else y < threshold
    return holds.astype(np.float64)


def _statistic(statistic: str, order: float | None) -> drivers.Statistic | None:
    match statistic, order:
        case "quantile", float():
            return drivers.quantile_of(order)
        case "tail_mean", float():
            return drivers.tail_mean_of(order)
        case "lower_tail_mean", float():
            return drivers.lower_tail_mean_of(order)
        case "standard_deviation", None:
            return drivers.standard_deviation_of
    return None
