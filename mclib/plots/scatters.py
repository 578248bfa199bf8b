"""A matrix of scatters: an output and the inputs that drive it, each against each.

A thousand trials are sent to the browser, never more than `MOST_POINTS`; regressions and
correlations are over many more, on this side.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.style import BLUE, TEXT, VERMILION, axis, folded, frame, hover_format
from mclib.results.formatting import plain
from mclib.results.windows import is_whole
from mclib.statistics.correlations import spearman

if TYPE_CHECKING:
    from mclib.results.result import Result

MOST_POINTS = 5_000
"""Trials that a scatter may show."""


def scatter(
    result: "Result",
    output: str,
    *,
    n_drivers: int = 3,
    n_points: int = 500,
    unit: str = "",
) -> Any:
    """Matrix of scatters of an output and its strongest drivers.

    Parameters
    ----------
    result : Result
        The run.
    output : str
        Which output.
    n_drivers : int, default 3
        How many inputs, 1 to 6: those with the largest first-order shares.
    n_points : int, default 500
        Trials shown in each scatter, at most 5,000.
    unit : str, default ""
        Of the output.

    Returns
    -------
    Figure
        Below the diagonal the trials with a line of regression; on it histograms; above it
        rank correlations with their standard errors, and R², the share a line explains.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 3 * a + 4 * b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.scatter(result, "total", n_points=200).description
    'Rank correlations: a and b 0.00, total and b 0.78, total and a 0.58'
    """
    if not is_whole(n_points) or not 10 <= n_points <= MOST_POINTS:
        raise law("n_points", f"be a whole number from 10 to {MOST_POINTS:,}", n_points)
    if not is_whole(n_drivers) or not 1 <= n_drivers <= 6:
        raise law("n_drivers", "be a whole number from 1 to 6", n_drivers)
    names = [*map(str, result.drivers(output).index[:n_drivers]), output]
    table = result.to_frame()
    finite = np.isfinite(table[names].to_numpy()).all(axis=1)
    columns = {name: table[name].to_numpy()[finite] for name in names}
    trials = np.flatnonzero(finite)[:n_points].tolist()
    layout = frame(
        f"{output} and what drives it",
        f"{min(n_points, int(finite.sum())):,} of {result.n_trials:,} trials, "
        "with lines of least squares; above: rank correlations, and R² of the lines",
        "",
    )
    n = len(names)
    traces: list[Any] = []
    said, notes = [], []
    for row, below in enumerate(names):
        for column, left in enumerate(names):
            place = row * n + column + 1
            axes = {"xaxis": f"x{place}", "yaxis": f"y{place}"}
            x, y = columns[left], columns[below]
            layout |= _axes(place, (row, column), names, unit)
            if row == column:
                traces.append(_bars(x, axes, left, unit if left == output else ""))
            elif row > column:
                units = [unit if each == output else "" for each in (left, below)]
                traces += _points(x, y, trials, axes, (left, below), units)
            else:
                value, error = spearman(x, y)
                said.append(f"{left} and {below} {value:z.2f}")
                explained = float(np.corrcoef(x, y)[0, 1] ** 2)
                notes.append(_number((row, column), n, value, error, explained))
    layout["meta"]["description"] = f"Rank correlations: {', '.join(said)}"
    return make_figure(
        traces, layout | {"annotations": notes, "height": 150 * n + 130, "bargap": 0.05}
    )


def _axes(place: int, at: tuple[int, int], names: list[str], unit: str) -> dict[str, Any]:
    """Return the axes of one cell of the matrix; names stand at its left and lower edge."""
    n, (row, column) = len(names), at
    width, gap = 1.0 / n, 0.08 / n

    def title(name: str) -> str:
        named = f"{name} ({unit})" if unit not in ("", "%") and name == names[-1] else name
        return folded(named, 18)

    is_lowest, is_first = row == n - 1, column == 0
    across = axis(
        title(names[column]) if is_lowest else "",
        domain=[column * width + gap, (column + 1) * width - gap],
        anchor=f"y{place}",
        showticklabels=is_lowest and row >= column,
        nticks=4,
        visible=row >= column,
    )
    up = axis(
        title(names[row]) if is_first else "",
        domain=[1.0 - (row + 1) * width + gap, 1.0 - row * width - gap],
        anchor=f"x{place}",
        showticklabels=is_first and row > column,
        nticks=4,
        visible=row >= column,
    )
    if row == column:
        up["showgrid"] = False
    return {f"xaxis{place}": across, f"yaxis{place}": up}


def _bars(x: Any, axes: dict[str, str], name: str, unit: str) -> Any:
    low, high = np.quantile(x, [0.005, 0.995])
    counts, edges = np.histogram(x, 30, (low, high) if low < high else None)
    return graph_objects().Bar(
        x=((edges[:-1] + edges[1:]) / 2.0).tolist(),
        y=(counts / len(x)).tolist(),
        marker={"color": BLUE, "line": {"width": 0}},
        customdata=(np.mean(x < edges[0]) + np.cumsum(counts) / len(x)).tolist(),
        hovertemplate=f"{name} {hover_format(unit)}<br>%{{y:.1%}} of trials in this bar, "
        "%{customdata:.1%} up to its end<extra></extra>",
        **axes,
    )


def _points(
    x: Any,
    y: Any,
    trials: list[int],
    axes: dict[str, str],
    names: tuple[str, str],
    units: list[str],
) -> list[Any]:
    """Return some trials and the line of regression of them all."""
    go = graph_objects()
    slope, start = np.polyfit(x, y, 1)
    ends = np.quantile(x, [0.005, 0.995])
    left, below = names
    n_points = len(trials)
    return [
        go.Scattergl(
            x=x[:n_points].tolist(),
            y=y[:n_points].tolist(),
            mode="markers",
            marker={"color": BLUE, "size": 4, "opacity": 0.45},
            customdata=trials,
            hovertemplate=f"trial %{{customdata:,}}<br>{left} {hover_format(units[0])}<br>"
            f"{below} {hover_format(units[1], 'y')}<extra></extra>",
            **axes,
        ),
        go.Scatter(
            x=ends.tolist(),
            y=(start + slope * ends).tolist(),
            mode="lines",
            line={"color": VERMILION, "width": 2.5},
            hovertemplate=f"{below} = {plain(start, 4)} {'+' if slope >= 0.0 else '-'} "
            f"{plain(abs(slope), 4)} × {left}<extra></extra>",
            **axes,
        ),
    ]


def _number(
    at: tuple[int, int], n: int, value: float, error: float, explained: float
) -> dict[str, Any]:
    """Write a correlation in a cell above the diagonal, the larger the stronger."""
    row, column = at
    return {
        "xref": "paper",
        "yref": "paper",
        "x": (column + 0.5) / n,
        "y": 1.0 - (row + 0.5) / n,
        "xanchor": "center",
        "yanchor": "middle",
        "showarrow": False,
        "text": f"<b>{value:z.2f}</b><br>"
        f"<span style='font-size:11px'>± {max(error, 1e-4):.1g}<br>"
        f"R² {explained:.0%}</span>",
        "font": {"color": TEXT, "size": round(12 + 6 * abs(value))},
    }
