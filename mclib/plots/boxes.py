"""Boxes and violins: several outputs, or one output of several runs, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from mclib.plots.bars import all_of, bars_of, checked_outputs
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import find_all, sure
from mclib.plots.style import COLORS, TEXT, axis, frame, named_ticks, words
from mclib.results.estimate import Estimate
from mclib.results.output import Output

_ORDERS = (0.05, 0.25, 0.5, 0.75, 0.95)


def box(outputs: Mapping[str, Output], *, unit: str = "") -> Any:
    """Boxes from P25 to P75, whiskers to P5 and P95, the median, and the mean as a diamond.

    Parameters
    ----------
    outputs : mapping of str to Output
        By the name to be shown: outputs of one run (a `Result` is such a mapping), or one
        output of several runs.
    unit : str, default ""
        Of the outputs; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sums(a=mc.Uniform(0, 4), b=mc.Uniform(0, 4)):
    ...     return {"one": a, "two": a + b}
    >>> figure = mc.plots.box(mc.simulate(sums, 100_000, seed=7))
    >>> figure.description
    'Medians, with P5 to P95: one 1.99 (0.2008 to 3.797), two 4 (1.269 to 6.731)'
    """
    named = checked_outputs(outputs)
    go = graph_objects()
    traces, said = [], []
    for at, (name, output) in enumerate(named.items()):
        found = output.quantile(list(_ORDERS))
        low, first, middle, third, high = (each.value for each in found)
        mean = output.mean
        traces.append(
            go.Box(
                name=name,
                x=[name],
                q1=[first],
                median=[middle],
                q3=[third],
                lowerfence=[low],
                upperfence=[high],
                line={"color": COLORS[at % len(COLORS)]},
                hoverinfo="skip",
            )
        )
        text = _told(("P95", "P75", "P50", "P25", "P5"), found[::-1], unit)
        traces.append(
            go.Scatter(
                x=[name],
                y=[mean.value],
                mode="markers",
                marker={"symbol": "diamond", "size": 9, "color": COLORS[at % len(COLORS)]},
                hovertemplate=f"{name}, {all_of(output)}<br>{text}<br>"
                f"mean: {sure(mean, unit)}<extra></extra>",
            )
        )
        said.append(
            f"{name} {words(middle, unit)} ({words(low, unit)} to {words(high, unit)})"
        )
    layout = frame(
        "Medians and spreads",
        "box: P25 to P75; whiskers: P5 and P95; line: median; diamond: mean",
        f"Medians, with P5 to P95: {', '.join(said)}",
    )
    ticks = named_ticks(list(named), 16)
    layout |= {"yaxis": axis("value", unit), "xaxis": axis("", type="category", **ticks)}
    return make_figure(traces, layout)


def violin(outputs: Mapping[str, Output], *, unit: str = "") -> Any:
    """Violins: the histogram of each, as wide as it is dense, with its median and P5, P95.

    Parameters and result are those of `box`; the outlines go from P0.5 to P99.5.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sums(a=mc.Uniform(0, 4), b=mc.Uniform(0, 4)):
    ...     return {"one": a, "two": a + b}
    >>> figure = mc.plots.violin(mc.simulate(sums, 100_000, seed=7))
    >>> figure.description
    'P5 to P95: one 0.2008 to 3.797, two 1.269 to 6.731'
    """
    named = checked_outputs(outputs)
    traces, said = [], []
    for at, (name, output) in enumerate(named.items()):
        color = COLORS[at % len(COLORS)]
        find_all(output)
        traces += [_outline(at, name, output, color, unit), _middle(at, name, output, unit)]
        low, _, high = (each.value for each in output.quantile([0.05, 0.5, 0.95]))
        said.append(f"{name} {words(low, unit)} to {words(high, unit)}")
    layout = frame(
        "Distributions side by side",
        "outline: density from P0.5 to P99.5; bar: P5 to P95; point: median",
        f"P5 to P95: {', '.join(said)}",
    )
    places = list(range(len(named)))
    layout |= {
        "yaxis": axis("value", unit),
        "xaxis": axis(
            "",
            showgrid=False,
            zeroline=False,
            **{**named_ticks(list(named), 16), "tickvals": places},
        ),
    }
    return make_figure(traces, layout)


def _outline(at: int, name: str, output: Output, color: str, unit: str) -> Any:
    counted = bars_of(output)
    density = counted.shares / (float(counted.shares.max()) or 1.0) * 0.42
    middles, told = counted.middles, counted.told()
    return graph_objects().Scatter(
        x=[*(at - density), *(at + density[::-1])],
        y=[*middles, *middles[::-1]],
        mode="lines",
        fill="toself",
        # A filled shape tells its name alone, and nothing of the point that is meant.
        hoveron="points",
        customdata=[*told, *told[::-1]],
        line={"color": color, "width": 1.5},
        name=name,
        hovertemplate=counted.template(unit, "y", f"{name}<br>"),
    )


def _middle(at: int, name: str, output: Output, unit: str) -> Any:
    found = output.quantile([0.05, 0.5, 0.95])
    low, middle, high = (each.value for each in found)
    text = _told(("P95", "P50", "P5"), found[::-1], unit)
    return graph_objects().Scatter(
        x=[at, at, at],
        y=[low, middle, high],
        mode="lines+markers",
        line={"color": TEXT, "width": 2},
        marker={"size": [0, 9, 0], "color": TEXT, "symbol": "circle"},
        hovertemplate=f"{name}, {all_of(output)}<br>{text}<extra></extra>",
    )


def _told(labels: Sequence[str], found: Sequence[Estimate], unit: str) -> str:
    """Write quantiles below each other, the highest on top as in the drawing."""
    rows = zip(labels, found, strict=True)
    return "<br>".join(f"{label}: {sure(each, unit)}" for label, each in rows)
