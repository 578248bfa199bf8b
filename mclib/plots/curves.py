"""What is reached, and what is exceeded, how often: cumulative and exceedance curves.

Both go through exact quantiles, found in common passes over the trials.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mclib.errors import ArgumentError, law
from mclib.plots.bars import all_of, check_drawable, n_not_finite
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import SHOWN, said_of, statistics_table, sure
from mclib.plots.style import BLUE, TEXT, VERMILION, axis, frame, hover_format, words
from mclib.results.bounds import CURVE
from mclib.results.estimate import Estimate
from mclib.results.output import Output
from mclib.results.storing import KEPT_QUANTILES

_ORDERS = (0.001, 0.002, 0.005, *np.arange(1, 100) / 100.0, 0.995, 0.998, 0.999)
_MARKED = (0.05, 0.5, 0.95)
_ROOM = 0.45
"""Share of the drawing that a text beside a point needs on a narrow page."""


def cumulative(output: Output, *, descending: bool = False, unit: str = "") -> Any:
    """Cumulative curve: the probability of at most x, or of more than x.

    Parameters
    ----------
    output : Output
        Such as ``result["profit"]``.
    descending : bool, default False
        Whether it falls: what is exceeded, instead of what is reached.
    unit : str, default ""
        Of the output; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        From P0.1 to P99.9, with P5, P50 and P95 marked, and a table of statistics. That of
        a loaded result goes through the 27 quantiles which its file has.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.cumulative(result["total"]).description
    'total: median 1.0001, 90 % between 0.317 and 1.683; rising curve'
    """
    orders, found = curve_of(output)
    values = [each.value for each in found]
    shares = [1.0 - q if descending else q for q in orders]
    verb = "exceeded" if descending else "not exceeded"
    line = graph_objects().Scatter(
        x=values,
        y=shares,
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        customdata=[
            [sure(each, unit), 100.0 * q] for q, each in zip(orders, found, strict=True)
        ],
        hovertemplate=f"P%{{customdata[1]:.4~g}}: %{{customdata[0]}}<br>is {verb} with "
        "%{y:.3~%}<extra></extra>",
        name=output.name,
    )
    marked = [each.value for each in output.quantile(list(_MARKED))]
    heights = [1.0 - q if descending else q for q in _MARKED]
    points = graph_objects().Scatter(
        x=marked,
        y=heights,
        mode="markers+text",
        marker={"color": VERMILION, "size": 9, "symbol": "diamond"},
        text=[
            f" P{100 * q:g}: {words(x, unit)}" for q, x in zip(_MARKED, marked, strict=True)
        ],
        textposition=_beside_curve(marked, _window(values, orders), descending),
        textfont={"color": TEXT},
        cliponaxis=False,
        hoverinfo="skip",
    )
    layout = frame(
        output.name,
        f"probability of {'more than' if descending else 'at most'} x",
        f"{said_of(output)}; {'falling' if descending else 'rising'} curve",
        statistics_table(output, unit),
    )
    layout |= {
        "xaxis": axis(output.name, unit, range=_window(values, orders)),
        "yaxis": axis("probability", "%", range=[-0.02, 1.02], tickformat=".0%"),
    }
    return make_figure([line, points], layout)


def exceedance(output: Output, *, unit: str = "") -> Any:
    """Exceedance curve: how large a loss is met how rarely, on a logarithmic scale.

    Parameters
    ----------
    output : Output
        Such as ``result["loss"]``.
    unit : str, default ""
        Of the output; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        Quantiles from an exceedance of 99.9 % to 0.1 %, with their 95 % intervals; those of
        a loaded result are the 27 which its file has.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def year(loss=mc.Exponential(10)):
    ...     return {"loss": loss}
    >>> result = mc.simulate(year, 100_000, seed=7)
    >>> mc.plots.exceedance(result["loss"], unit="EUR").description
    'loss: median 6.90, 90 % between 0.507 and 29.89; exceeded with 0.1 %: 69.14 EUR'
    """
    check_drawable(output)
    try:
        # In one pass over the trials.
        output.quantile([*(1.0 - each for each in CURVE), *SHOWN])
        table = output.exceedance()
    except ArgumentError:
        # A result from a file has those that it kept, and no trials to look for others.
        table = _kept(output)
    table = table[np.isfinite(table["low"]) & np.isfinite(table["high"])]
    if not len(table):
        n_finite = output.n_trials - n_not_finite(output)
        raise law("output", "have trials enough for quantiles", f"{n_finite:,} finite ones")
    go = graph_objects()
    shares = table.index.to_list()
    band = go.Scatter(
        x=[*table["low"], *table["high"][::-1]],
        y=[*shares, *shares[::-1]],
        fill="toself",
        fillcolor="rgba(0,114,178,0.2)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % interval",
    )
    line = go.Scatter(
        x=table["value"].to_list(),
        y=shares,
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker={"size": 6},
        customdata=[
            [1.0 / share, words(low, unit, 4), words(high, unit, 4), 100.0 * (1.0 - share)]
            for share, low, high in zip(shares, table["low"], table["high"], strict=True)
        ],
        hovertemplate=f"{hover_format(unit)} (P%{{customdata[3]:.4~g}})<br>"
        "is exceeded with %{y:.3~%}, once in "
        "%{customdata[0]:,.4~g} trials<br>95 % interval %{customdata[1]} to "
        "%{customdata[2]}<extra></extra>",
        name=output.name,
    )
    rare = min(shares)
    layout = frame(
        output.name,
        f"how often x is exceeded; shaded: 95 % interval; {all_of(output)}",
        f"{said_of(output)}; exceeded with {100 * rare:g} %: "
        f"{words(float(table['value'].iloc[-1]), unit, 4)}",
        statistics_table(output, unit),
    )
    layout |= {
        "xaxis": axis(output.name, unit),
        "yaxis": axis(
            "probability of more than x",
            type="log",
            tickvals=[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0],
            ticktext=[f"{100 * p:g} %" for p in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)]
            + ["10 %", "20 %", "50 %", "100 %"],
        ),
    }
    return make_figure([band, line], layout)


def _beside_curve(marked: list[float], window: list[float], descending: bool) -> list[str]:
    """Return on which side of the curve a text stands: where the page has room for it."""
    sides = []
    for at, x in enumerate(marked):
        is_right = x > window[0] + _ROOM * (window[1] - window[0])
        # The curve runs through two of the four corners of a point.
        side = "left" if is_right and at == len(marked) - 1 else "right"
        sides.append(f"{'top' if descending == (side == 'right') else 'bottom'} {side}")
    return sides


def curve_of(output: Output) -> tuple[list[float], list[Estimate]]:
    """Return orders of quantiles that so many trials can tell, and those quantiles.

    A result from a file tells the 27 that it has.
    """
    check_drawable(output)
    orders = _told(output, _ORDERS)
    try:
        found = output.quantile(orders)
    except ArgumentError:
        # A result from a file has those that it kept, and no trials to look for others.
        orders = _told(output, KEPT_QUANTILES)
        found = output.quantile(orders)
    return orders, found


def _kept(output: Output) -> Any:
    """Return what an exceedance's table has, of the quantiles that a file has."""
    import pandas as pd

    orders = _told(output, KEPT_QUANTILES)
    found = output.quantile(orders)
    lines = {
        1.0 - q: {"value": each.value, "low": ends.low, "high": ends.high}
        for q, each in zip(orders, found, strict=True)
        for ends in (each.interval(),)
    }
    return pd.DataFrame.from_dict(lines, orient="index")


def _told(output: Output, orders: Iterable[float]) -> list[float]:
    n = max(output.n_trials, 1)
    return [float(q) for q in orders if min(q, 1.0 - q) * n >= 1.0 or 0.01 < q < 0.99]


def _window(values: list[float], orders: list[float]) -> list[float]:
    """From P0.5 to P99.5, with a little air."""
    low, high = np.interp([0.005, 0.995], orders, values)
    air = 0.03 * (high - low) or 1.0
    return [float(low - air), float(high + air)]
