"""Several runs in one picture: laid over each other, and trial by trial."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.plots.bars import Bars, bars_of, checked_outputs, n_not_finite
from mclib.plots.curves import curve_of
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import find_all, rounded, sure
from mclib.plots.style import (
    BELOW,
    BLUE,
    COLORS,
    DASHES,
    GREY,
    TEXT,
    axis,
    folded,
    frame,
    pale,
    shortened,
    words,
)
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.output import Output
from mclib.statistics.histogram import WINDOW

if TYPE_CHECKING:
    from mclib.results.result import Result

_LOOKED_AT = 1 << 20


def overlay(
    outputs: Mapping[str, Output], *, cumulative: bool = False, unit: str = ""
) -> Any:
    """Distributions of several runs, or outputs, over each other.

    Parameters
    ----------
    outputs : mapping of str to Output
        By the name to be shown, as in ``{"base": a["profit"], "high": b["profit"]}``.
    cumulative : bool, default False
        Whether to draw cumulative curves instead of densities.
    unit : str, default ""
        Of the outputs; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        Lines of different color and dash; beside them means with standard errors, P5, P95.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=20.0):
    ...     return {"revenue": units * price}
    >>> base = mc.simulate(sales, 100_000, seed=7)
    >>> high = mc.simulate(sales, 100_000, seed=7, parameters={"price": 22})
    >>> figure = mc.plots.overlay({"base": base["revenue"], "high": high["revenue"]})
    >>> figure.description
    'revenue. base: median 2,162.3; high: median 2,378.6'
    """
    named = checked_outputs(outputs)
    scale = 100.0 if unit == "%" else 1.0
    draw = _rising if cumulative else _dense
    traces, table, said = [], [], []
    for at, (name, output) in enumerate(named.items()):
        traces.append(draw(name, output, at, unit))
        low, middle, high = output.quantile([0.05, 0.5, 0.95])
        table += [
            (f"<b>{shortened(name)}</b>", ""),
            ("mean", rounded(output.mean, scale)),
            ("± s.e.", plain(scale * output.mean.standard_error, 2)),
            ("P5", rounded(low, scale)),
            ("P50", rounded(middle, scale)),
            ("P95", rounded(high, scale)),
            *(("not finite", f"{n:,}") for n in (n_not_finite(output),) if n),
        ]
        said.append(f"{name}: median {rounded(middle, scale)}")
    what = next(iter(named.values())).name
    layout = frame(what, f"{len(named)} distributions", f"{what}. {'; '.join(said)}", table)
    layout |= {
        "xaxis": axis(what, unit),
        "yaxis": axis("probability of at most x", "%", tickformat=".0%")
        if cumulative
        else axis("density", showticklabels=False, rangemode="tozero"),
        "showlegend": True,
        "legend": BELOW,
        "height": max(440, 150 + 20 * len(table)),
    }
    return make_figure(traces, layout)


def difference(a: "Result", b: "Result", output: str, *, unit: str = "") -> Any:
    """Histogram of what changes from one run to another, trial by trial.

    Both runs must have the same draws: common random numbers. What differs then is what
    was changed, and the mean difference is known far better than either mean.

    Parameters
    ----------
    a, b : Result
        Before and after, of the same seed and sampler.
    output : str
        Which output.
    unit : str, default ""
        Of the output.

    Returns
    -------
    Figure
        Of the first million trials.

    Raises
    ------
    ArgumentError
        If the two runs don't have the same seed and sampler.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=20.0):
    ...     return {"revenue": units * price}
    >>> base = mc.simulate(sales, 100_000, seed=7)
    >>> high = mc.simulate(sales, 100_000, seed=7, parameters={"price": 22})
    >>> mc.plots.difference(base, high, "revenue").description
    'Change of revenue: mean 219.98 ± 0.18 (95 %); higher in 100.0% of trials'
    """
    seeds = [(each.seed, each.provenance.sampler) for each in (a, b)]
    if seeds[0] != seeds[1]:
        hint = f"run the second with `seed={a.seed}`."
        raise law("a, b", "have the same seed and sampler", seeds, hint)
    n = min(a.n_trials, b.n_trials, _LOOKED_AT)
    with np.errstate(invalid="ignore"):
        # Two trials of the same infinity differ by no number.
        change = b[output].sample(n) - a[output].sample(n)
    change = change[np.isfinite(change)]
    if len(change) < 2:
        raise law("a, b", "have two finite trials in common at least", len(change))
    mean = Estimate(
        float(np.mean(change)),
        float(np.std(change, ddof=1)) / float(np.sqrt(len(change))),
        len(change),
    )
    low, middle, high = (float(x) for x in np.quantile(change, [0.05, 0.5, 0.95]))
    counted = _counted(change)
    centers = counted.middles
    above, below = float(np.mean(change > 0.0)), float(np.mean(change < 0.0))
    bars = graph_objects().Bar(
        x=centers.tolist(),
        y=counted.shares.tolist(),
        width=counted.width,
        marker={"color": np.where(centers < 0.0, GREY, BLUE).tolist()},
        customdata=counted.told(),
        hovertemplate=counted.template(unit),
    )
    scale, shown = (100.0, "%") if unit == "%" else (1.0, "")
    table = [
        ("mean", rounded(mean, scale)),
        ("± s.e.", plain(scale * mean.standard_error, 2)),
        ("P5", words(low, shown, 4)),
        ("P50", words(middle, shown, 4)),
        ("P95", words(high, shown, 4)),
        ("higher", f"{above:.1%}"),
        ("lower", f"{below:.1%}"),
        ("trials", f"{len(change):,}"),
    ]
    said = f"Change of {output}: mean {mean}; higher in {above:.1%} of trials"
    layout = frame(
        f"Change of {output}", "trial by trial, with the same draws", said, table
    )
    layout |= {
        "bargap": 0.04,
        "xaxis": axis(f"change of {output}", unit, showgrid=False),
        "yaxis": axis("share of trials", "%", rangemode="tozero"),
        "shapes": [_zero()],
    }
    return make_figure([bars], layout)


def _counted(change: Any) -> Bars:
    low, high = (float(x) for x in np.quantile(change, WINDOW))
    if not low < high:
        low, high = float(np.min(change)), float(np.max(change))
    if not low < high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(change, 60, (low, high))
    n = len(change)
    shares = counts / n
    below, above = (float(np.mean(each)) for each in (change < low, change > high))
    return Bars(edges, shares, np.sqrt(shares * (1.0 - shares) / n), below, above, "")


def _zero() -> dict[str, Any]:
    line = {"color": TEXT, "width": 1.5, "dash": "dash"}
    return {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": line,
    }


def _line_of(at: int) -> dict[str, Any]:
    return {
        "color": COLORS[at % len(COLORS)],
        "dash": DASHES[at % len(DASHES)],
        "width": 2.5,
    }


def _dense(name: str, output: Output, at: int, unit: str) -> Any:
    find_all(output)
    counted = bars_of(output)
    line = _line_of(at)
    low, high = float(counted.edges[0]), float(counted.edges[-1])
    density, told = (counted.shares / counted.width).tolist(), counted.told()
    return graph_objects().Scatter(
        # From the ground to the ground, so that one bar alone is seen too.
        x=[low, low, *counted.middles.tolist(), high, high],
        y=[0.0, density[0], *density, density[-1], 0.0],
        customdata=[told[0], told[0], *told, told[-1], told[-1]],
        mode="lines",
        line={**line, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=pale(line["color"]),
        name=folded(name, 40),
        hovertemplate=counted.template(unit, "x", f"{name}<br>"),
    )


def _rising(name: str, output: Output, at: int, unit: str) -> Any:
    orders, found = curve_of(output)
    return graph_objects().Scatter(
        x=[each.value for each in found],
        y=orders,
        customdata=[
            [sure(each, unit), 100.0 * q] for q, each in zip(orders, found, strict=True)
        ],
        mode="lines",
        line=_line_of(at),
        name=folded(name, 40),
        hovertemplate=f"{name}<br>P%{{customdata[1]:.4~g}}: %{{customdata[0]}}"
        "<extra></extra>",
    )
