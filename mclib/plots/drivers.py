"""What drives an output: tornado, spider, and a matrix of scatters with regressions."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import sure
from mclib.plots.style import (
    BELOW,
    BLUE,
    COLORS,
    DASHES,
    ORANGE,
    SYMBOLS,
    TEXT,
    axis,
    folded,
    frame,
    named_ticks,
    words,
)
from mclib.results.estimate import Estimate
from mclib.results.sensitivity import Tornado

if TYPE_CHECKING:
    from mclib.results.result import Result

TOP = 10
"""How many drivers are shown."""

_MOST_WHISKERS = 20
"""Points of a spider's leg that have whiskers; of more they would hide each other."""

MEASURES = {
    "rank_correlation": "rank correlation with",
    "contribution": "contribution to the variance of",
    "regression": "standardized coefficient in a regression of",
    "first_order": "first-order share of the variance of",
    "partial_rank": "partial rank correlation with",
    "delta": "part of the probability that moves (delta) of",
}


def tornado(bars: Tornado, *, n_drivers: int = TOP, unit: str = "") -> Any:
    """Tornado: how far each input moves a statistic, the strongest on top.

    Parameters
    ----------
    bars : Tornado
        Such as ``result.tornado("profit")``, of any statistic.
    n_drivers : int, default 10
        How many inputs are shown.
    unit : str, default ""
        Of the output; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        Left and right of the baseline in two colors: where the input is low, and where it
        is high. Whiskers are 95 % intervals of the ends; pointing at a bar tells the
        standard error.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(2, 1), b=mc.Normal(4, 1)):
    ...     return {"total": 3 * a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.tornado(result.tornado("total")).description
    'mean of total, 9.998 in all: a 4.753 to 15.27, b 8.276 to 11.73'
    """
    table = bars.table.head(checked_count(n_drivers)).iloc[::-1]
    go = graph_objects()
    sides: dict[str, list[Any]] = {"low": [], "high": []}
    for name, row in table.iterrows():
        # An end belongs to the side where the input lies when the statistic is there.
        is_rising = row["input_at_high"] >= row["input_at_low"]
        for end, other in (("low", "high"), ("high", "low")):
            side = end if is_rising else other
            at, error = row[f"input_at_{end}"], row[f"{end}_error"]
            sides[side].append((str(name), row[end], at, error))
    title = f"{bars.statistic} of {bars.output}"
    traces = [
        go.Bar(
            orientation="h",
            y=[name for name, *_ in ends],
            base=bars.baseline,
            x=[value - bars.baseline for _, value, *_ in ends],
            error_x=_reach(bars, [(value, error) for _, value, _, error in ends]),
            customdata=[
                [
                    _sure(value, error, unit),
                    words(x, "", 4),
                    _signed(value - bars.baseline, unit),
                ]
                for _, value, x, error in ends
            ],
            marker={
                "color": color,
                "line": {"width": 0},
                "pattern": {"shape": shape, "fgcolor": TEXT, "size": 5, "solidity": 0.15},
            },
            name=f"input {side}",
            hovertemplate=f"%{{y}} about %{{customdata[1]}}<br>{title}: "
            f"%{{customdata[0]}}<br>%{{customdata[2]}} against "
            f"{words(bars.baseline, unit, 4)} in all<extra></extra>",
        )
        for (side, ends), color, shape in zip(
            sides.items(), (ORANGE, BLUE), ("/", ""), strict=True
        )
    ]
    layout = barred(
        frame(
            title,
            f"bars: along each input's range; baseline {words(bars.baseline, unit, 4)}; "
            "whiskers: 95 % interval",
            _sentence(bars, unit),
        ),
        axis(title, unit),
        list(map(str, table.index)),
        len(table),
    )
    layout["shapes"] = [baseline(bars.baseline)]
    return make_figure(traces, layout)


def _sure(value: float, error: float, unit: str) -> str:
    """Write a number and its standard error, where that is known."""
    if not np.isfinite(error):
        return words(value, unit, 4)
    return sure(Estimate(value, error, 0), unit)


def _reach(bars: Tornado, found: Iterable[tuple[float, float]]) -> dict[str, Any]:
    """Return whiskers of numbers with standard errors; those of shares stay within 0 to 1.

    Where all trials of a bin agree on a share, its error is 1 of them, and 95 % are 3.
    """
    values, errors = zip(*found, strict=True)
    up = whiskers(errors)
    if not bars.statistic.startswith("probability"):
        return up
    pairs = zip(values, up["array"], strict=True)
    half = [3.0 / 1.96 * each if value in (0.0, 1.0) else each for value, each in pairs]
    return up | {
        "symmetric": False,
        "array": [min(a, 1.0 - p) for p, a in zip(values, half, strict=True)],
        "arrayminus": [min(a, p) for p, a in zip(values, half, strict=True)],
    }


def _signed(value: float, unit: str) -> str:
    """Write a difference, with its sign."""
    return f"{'+' if value > 0.0 else ''}{words(value, unit, 4)}"


def driver_bars(
    result: "Result",
    output: str,
    measure: str = "rank_correlation",
    *,
    n_drivers: int = TOP,
) -> Any:
    """Tornado of one measure of `Result.drivers`, with its 95 % intervals.

    Parameters
    ----------
    result : Result
        The run.
    output : str
        Which output.
    measure : str, default "rank_correlation"
        Or ``"contribution"``, ``"regression"``, ``"first_order"``, ``"partial_rank"``,
        ``"delta"``.
    n_drivers : int, default 10
        How many inputs are shown.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 3 * a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.driver_bars(result, "total", "first_order").description
    'first-order share of the variance of total: b 0.10, a 0.90'
    """
    if measure not in MEASURES:
        raise law("measure", f"be one of {', '.join(MEASURES)}", measure)
    table = result.drivers(output)
    order = table[measure].abs().sort_values(ascending=False).index
    table = table.loc[order].head(checked_count(n_drivers)).iloc[::-1]
    values = table[measure].to_list()
    errors = table[f"{measure}_error"].to_list() if f"{measure}_error" in table else None
    is_share = measure in ("contribution", "first_order", "delta")
    written = "%{x:.1%}" if is_share else "%{x:.3f}"
    if errors is not None:
        written += (
            " ± %{customdata:.2%} (s.e.)" if is_share else " ± %{customdata:.2~g} (s.e.)"
        )
    title = f"{MEASURES[measure]} {output}"
    bars = graph_objects().Bar(
        orientation="h",
        y=[str(name) for name in table.index],
        x=values,
        marker={"color": [BLUE if value >= 0 else ORANGE for value in values]},
        hovertemplate=f"%{{y}}<br>{title}:<br>{written}<extra></extra>",
        **(
            {}
            if errors is None
            else {
                "error_x": whiskers(errors),
                "customdata": [each if np.isfinite(each) else None for each in errors],
            }
        ),
    )
    said = ", ".join(
        f"{name} {value:z.2f}" for name, value in zip(table.index, values, strict=True)
    )
    explained = table.attrs.get("explained_by_regression", float("nan"))
    subtitle = (
        "whiskers: 95 % interval" if errors is not None else "signed, of the sum of all"
    )
    if measure == "regression":
        subtitle += f"; a linear model explains {100.0 * explained:.1f} %"
    layout = frame(f"What drives {output}", subtitle, f"{title}: {said}")
    along = axis(title, "%" if is_share else "")
    layout = barred(layout, along, list(map(str, table.index)), len(table))
    layout["showlegend"] = False
    layout["shapes"] = [baseline(0.0)]
    return make_figure([bars], layout)


def spider(bars: Tornado, *, n_drivers: int = 7, unit: str = "") -> Any:
    """Spider: the statistic against how far each input lies in its range.

    Parameters are those of `tornado`. Lines are told apart by color, dash and marker.
    Whiskers are 95 % intervals, of up to 20 bins; pointing at a place tells the standard
    error.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(2, 1), b=mc.Normal(4, 1)):
    ...     return {"total": 3 * a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.spider(result.tornado("total")).description
    'mean of total, 9.998 in all: a 4.753 to 15.27, b 8.276 to 11.73'
    """
    chosen = [str(name) for name in bars.table.head(checked_count(n_drivers)).index]
    title = f"{bars.statistic} of {bars.output}"
    traces = []
    has_whiskers = max(len(bars.spider.loc[name]) for name in chosen) <= _MOST_WHISKERS
    for at, name in enumerate(chosen):
        leg = bars.spider.loc[name]
        n, color = len(leg), COLORS[at % len(COLORS)]
        errors = leg["standard_error"].to_list()
        thin = {"color": color, "thickness": 1, "width": 3, "visible": has_whiskers}
        traces.append(
            graph_objects().Scatter(
                x=[(k + 0.5) / n for k in range(n)],
                y=leg[bars.statistic].to_list(),
                customdata=[
                    [
                        words(x, "", 4),
                        _sure(y, error, unit),
                        _signed(y - bars.baseline, unit),
                        100.0 * (k + 0.5) / n,
                    ]
                    for k, (x, y, error) in enumerate(
                        zip(leg["input"], leg[bars.statistic], errors, strict=True)
                    )
                ],
                error_y=_reach(bars, zip(leg[bars.statistic], errors, strict=True)) | thin,
                mode="lines+markers",
                name=folded(name, 40),
                line={"color": color, "dash": DASHES[at % len(DASHES)]},
                marker={"symbol": SYMBOLS[at % len(SYMBOLS)], "size": 8},
                hovertemplate=f"{name} about %{{customdata[0]}} "
                "(near its P%{customdata[3]:.3~g})<br>"
                f"{title}: %{{customdata[1]}}<br>%{{customdata[2]}} against "
                f"{words(bars.baseline, unit, 4)} in all<extra></extra>",
            )
        )
    layout = frame(
        title,
        "over the range of each input, in equal shares of trials"
        + ("; whiskers: 95 % interval" if has_whiskers else ""),
        _sentence(bars, unit),
    )
    layout |= {
        "xaxis": axis("where the input lies in its range", "%", tickformat=".0%"),
        "yaxis": axis(title, unit),
        "showlegend": True,
        "legend": BELOW,
        "height": 460,
    }
    return make_figure(traces, layout)


def _sentence(bars: Tornado, unit: str) -> str:
    drivers = ", ".join(
        f"{name} {words(row['low'], unit)} to {words(row['high'], unit)}"
        for name, row in bars.table.head(TOP).iterrows()
    )
    return (
        f"{bars.statistic} of {bars.output}, {words(bars.baseline, unit)} in all: {drivers}"
    )


def checked_count(n_drivers: Any) -> int:
    """Return how many drivers are shown."""
    if isinstance(n_drivers, bool) or not isinstance(n_drivers, int) or n_drivers < 1:
        raise law("n_drivers", "be a whole number, 1 at least", n_drivers)
    return n_drivers


def barred(
    layout: dict[str, Any], along: dict[str, Any], names: Sequence[str], n_bars: int
) -> dict[str, Any]:
    """Return a layout for bars that lie, with their names on as many lines as they need."""
    ticks = named_ticks(names, 24)
    n_lines = max((text.count("<br>") + 1 for text in ticks["ticktext"]), default=1)
    above = layout["margin"]["t"] - 90
    apart = max(34 * n_bars, (15 * n_lines + 8) * len(names))
    return layout | {
        "barmode": "overlay",
        "bargap": 0.3,
        "height": above + max(260, 150 + apart),
        "xaxis": along,
        "yaxis": axis("", type="category", showgrid=False, ticklabelstandoff=8, **ticks),
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
        },
    }


def baseline(x: float) -> dict[str, Any]:
    """Return an upright line."""
    line = {"color": TEXT, "width": 1.5, "dash": "dash"}
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": line,
    }


def whiskers(errors: Sequence[float]) -> dict[str, Any]:
    """Return 95 % intervals, of standard errors."""
    half = [1.96 * each if np.isfinite(each) else 0.0 for each in errors]
    return {"type": "data", "array": half, "color": TEXT, "thickness": 1.5}
