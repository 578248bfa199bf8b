"""What drives an output, told by weighted trials: columns and shares in, tables out."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.results.associations import MEASURES
from mclib.results.sensitivity import Tornado, checked_bins, statistic_label, tornado_of
from mclib.results.windows import is_whole
from mclib.statistics import weighting
from mclib.statistics.intervals import check_order

if TYPE_CHECKING:
    import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]
Columns = Mapping[str, Floats]

MOST_PAIRED = 2_000
"""Trials that Kendall's measure compares with each other."""


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
    y: Floats,
    shares: Floats,
    output: str,
    statistic: str,
    order: float | None,
    n_bins: Any,
    groups: Mapping[str, Sequence[str]] | None,
) -> Tornado:
    """Return `Weighted.tornado`."""
    label, n_bins = statistic_label(statistic, order), checked_bins(n_bins)
    of = _statistic(statistic, order)
    bins = {
        name: weighting.conditional(x, y, shares, n_bins, of)
        for name, x in _grouped(columns, y, shares, groups).items()
    }
    return tornado_of(output, label, of(y, shares), bins)


def tail_table(
    columns: Columns, y: Floats, shares: Floats, order: float, tail: Any
) -> "pd.DataFrame":
    """Return `Weighted.tail_drivers`."""
    import pandas as pd

    check_order(order)
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


def _statistic(statistic: str, order: float | None) -> weighting.Statistic:
    if order is None:
        is_mean = statistic == "mean"
        return weighting.mean_of if is_mean else weighting.standard_deviation_of
    if statistic == "quantile":
        return weighting.quantile_of(order)
    return weighting.tail_mean_of(order)


def _grouped(
    columns: Columns,
    y: Floats,
    shares: Floats,
    groups: Mapping[str, Sequence[str]] | None,
) -> Columns:
    """Return columns, those of a group put together: what they say of the output."""
    if not groups:
        return columns
    if not isinstance(groups, Mapping):
        raise law("groups", "be a mapping of names to lists of inputs", groups)
    taken: set[str] = set()
    together: dict[str, Floats] = {}
    target = weighting.grades(y, shares)
    for group, members in groups.items():
        for name in members:
            if name not in columns or name in taken:
                must = f"list inputs that vary, each once ({', '.join(columns)})"
                raise law("groups", must, name)
            taken.add(name)
        graded = [weighting.grades(columns[name], shares) for name in members]
        slopes = weighting.regression(graded, target, shares)
        together[group] = np.asarray(slopes @ np.stack(graded))
    rest = {name: x for name, x in columns.items() if name not in taken}
    return {**together, **rest}
