"""What drives an output, told by weighted trials: columns and shares in, tables out."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.results.associations import MEASURES
from mclib.results.sensitivity import Tornado
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
    import pandas as pd

    of, named = _statistic(statistic, order)
    if not is_whole(n_bins) or not 2 <= n_bins <= 100:
        raise law("n_bins", "be a whole number from 2 to 100", n_bins)
    lines, legs = {}, []
    for name, x in _grouped(columns, y, shares, groups).items():
        centers, values = weighting.conditional(x, y, shares, int(n_bins), of)
        low, high = int(np.argmin(values)), int(np.argmax(values))
        lines[name] = {
            "low": values[low],
            "high": values[high],
            "input_at_low": centers[low],
            "input_at_high": centers[high],
            "range": values[high] - values[low],
        }
        leg = pd.DataFrame({"input": centers, named: values})
        legs.append(leg.assign(driver=name, bin=np.arange(len(leg))))
    table = pd.DataFrame.from_dict(lines, orient="index")
    table = table.sort_values("range", ascending=False).rename_axis("input")
    spider = pd.concat(legs).set_index(["driver", "bin"])
    return Tornado(output, named, of(y, shares), table, spider)


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


def _statistic(statistic: str, order: float | None) -> tuple[weighting.Statistic, str]:
    plain = {
        "mean": weighting.mean_of,
        "standard_deviation": weighting.standard_deviation_of,
    }
    ordered = {"quantile": weighting.quantile_of, "tail_mean": weighting.tail_mean_of}
    if statistic not in (*plain, *ordered):
        raise law("statistic", f"be one of {', '.join((*plain, *ordered))}", statistic)
    if (statistic in ordered) != (order is not None):
        must = "be given for a quantile or a tail mean, and for nothing else"
        raise law("order", must, order)
    if order is None:
        return plain[statistic], statistic.replace("_", " ")
    point = f"P{100.0 * check_order(order):.10g}"
    label = point if statistic == "quantile" else f"tail mean beyond {point}"
    return ordered[statistic](order), label


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
