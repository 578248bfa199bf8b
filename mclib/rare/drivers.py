"""What drives an output, told by weighted trials: columns and shares in, tables out."""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.results.associations import MEASURES
from mclib.results.grouping import Groups, grouped
from mclib.results.sensitivity import (
    MOST_RANKED,
    Tornado,
    checked_bins,
    finished,
    indicated,
    statistic_label,
    tornado_of,
)
from mclib.results.windows import is_whole
from mclib.statistics import weighting
from mclib.statistics.intervals import check_order

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]
Columns = Mapping[str, Floats]

MOST_PAIRED = 2_000
"""Trials that Kendall's measure compares with each other."""

_MOST_BINS = 100
_PAWN_BINS = 10


def correlation_table(
    columns: Columns, shares: Floats, measure: Any, n: Any
) -> "pd.DataFrame":
    """Return `Weighted.correlations`."""
    import pandas as pd

    if measure not in MEASURES:
        raise law("measure", f"be one of {', '.join(MEASURES)}", measure)
    most = min(len(shares), MOST_PAIRED) if measure == "kendall" else len(shares)
    if n is not None and (not is_whole(n) or not 3 <= n <= most):
        raise law("n", f"be a whole number from 3 to {most:,}", n)
    n = most if n is None else int(n)
    columns = {name: each[:n] for name, each in columns.items()}
    shares = shares[:n] / shares[:n].sum()
    of = getattr(weighting, measure)
    names = list(columns)
    values = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    errors = pd.DataFrame(np.zeros((len(names),) * 2), index=names, columns=names)
    for a, b in combinations(names, 2):
        value, error = of(columns[a], columns[b], shares)
        values.loc[a, b] = values.loc[b, a] = value
        errors.loc[a, b] = errors.loc[b, a] = error
    values.attrs["standard_error"] = errors
    return values


def tornado(
    columns: Columns,
    outcomes: Floats,
    shares: Floats,
    output: str,
    statistic: str,
    order: float | None,
    threshold: float | None,
    n_bins: Any,
    groups: Groups | None,
) -> Tornado:
    """Return `Weighted.tornado`."""
    label = statistic_label(statistic, order, threshold)
    n_bins = checked_bins(n_bins)
    of = _statistic(statistic, None if order is None else float(order))
    if threshold is not None:
        of = weighting.share_of

    def together(members: list[Floats]) -> Floats:
        """What the members say of the output's rank, in one column."""
        graded = [weighting.grades(x, shares) for x in members]
        slopes = weighting.regression(graded, weighting.grades(outcomes, shares), shares)
        return np.asarray(slopes @ np.stack(graded))

    y = indicated(outcomes, statistic, threshold)
    bins = {
        name: weighting.conditional(x, y, shares, n_bins, of)
        for name, x in grouped(columns, groups, together).items()
    }
    return tornado_of(output, label, of(y, shares)[0], bins)


def tail_table(
    columns: Columns, y: Floats, shares: Floats, order: float, tail: Any
) -> "pd.DataFrame":
    """Return `Weighted.tail_drivers`."""
    import pandas as pd

    check_order(order, "order")
    if tail not in ("upper", "lower"):
        raise law("tail", 'be "upper" or "lower"', tail)
    pivot = weighting.quantile(y, shares, order)
    within = y > pivot if tail == "upper" else y < pivot
    n = int(np.count_nonzero(within))
    if n < 30:
        hint = "draw inputs towards that tail, or run more trials."
        raise law("order", "leave 30 trials in the tail at least", order, hint)
    part = np.where(within, shares, 0.0) / float(np.sum(shares[within]))
    lines = {}
    for name, x in columns.items():
        u = weighting.grades(x, shares)
        rank = float(part @ u)
        lines[name] = {
            "mean_rank": rank,
            "mean_rank_error": weighting.error_of(part, u - rank),
            "distance": weighting.distance(x, part, shares),
            "mean_in_tail": float(part @ x),
            "mean_in_all": float(shares @ x),
        }
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("input")
    table.attrs["n_trials"] = n
    table.attrs["effective_n_trials"] = float(1.0 / np.sum(part**2))
    return table.sort_values("distance", ascending=False)


def driver_table(columns: Columns, y: Floats, shares: Floats) -> "pd.DataFrame":
    """Return `Weighted.drivers`."""
    columns, y = {name: x[:MOST_RANKED] for name, x in columns.items()}, y[:MOST_RANKED]
    shares = shares[:MOST_RANKED] / shares[:MOST_RANKED].sum()
    effective = 1.0 / float(np.sum(shares**2))
    n_bins = min(max(int(effective) // 500, 8), _MOST_BINS)
    inputs = list(columns.values())
    coefficients, errors, explained = weighting.regression_with_errors(inputs, y, shares)
    graded = [weighting.grades(x, shares) for x in inputs]
    target = weighting.grades(y, shares)
    partial = weighting.partial_correlations(graded, target, shares)
    lines = {}
    for k, (name, x) in enumerate(columns.items()):
        rank, rank_error = weighting.spearman(x, y, shares)
        share, share_error = weighting.share_between(graded[k], y, shares, n_bins)
        delta, delta_error = weighting.delta(graded[k], target, shares)
        lines[name] = {
            "rank_correlation": rank,
            "rank_correlation_error": rank_error,
            "regression": coefficients[k],
            "regression_error": errors[k],
            "first_order": share,
            "first_order_error": share_error,
            "partial_rank": partial[k].value,
            "partial_rank_error": partial[k].standard_error,
            "pawn": weighting.pawn(graded[k], y, shares, _PAWN_BINS),
            "delta": delta,
            "delta_error": delta_error,
        }
    return finished(lines, explained)


def _statistic(statistic: str, order: float | None) -> weighting.Statistic:
    match statistic, order:
        case "quantile", float():
            return weighting.quantile_of(order)
        case "tail_mean", float():
            return weighting.tail_mean_of(order)
        case "lower_tail_mean", float():
            return weighting.lower_tail_mean_of(order)
        case "standard_deviation", None:
            return weighting.standard_deviation_of
    return weighting.mean_of
