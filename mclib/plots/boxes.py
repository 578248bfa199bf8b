"""Boxes and violins: several outputs, or one output of several runs, side by side."""

from collections.abc import Mapping
from typing import Any

from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import find_all
from mclib.plots.style import COLORS, TEXT, axis, frame, hover_format, words
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
    """
    named = _checked(outputs)
    go = graph_objects()
    traces, said = [], []
    for at, (name, output) in enumerate(named.items()):
        low, first, middle, third, high = (
            each.value for each in output.quantile(list(_ORDERS))
        )
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
        rows = zip(
            ("P5", "P25", "P50", "P75", "P95"),
            (low, first, middle, third, high),
            strict=True,
        )
        text = "<br>".join(f"{label}: {words(x, unit, 4)}" for label, x in rows)
        traces.append(
            go.Scatter(
                x=[name],
                y=[mean.value],
                mode="markers",
                marker={"symbol": "diamond", "size": 9, "color": COLORS[at % len(COLORS)]},
                hovertemplate=f"{name}<br>{text}<br>mean: {mean}<extra></extra>",
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
    layout |= {"yaxis": axis("value", unit), "xaxis": axis("", type="category")}
    return make_figure(traces, layout)


def violin(outputs: Mapping[str, Output], *, unit: str = "") -> Any:
    """Violins: the histogram of each, as wide as it is dense, with its median and P5, P95.

    Parameters and result are those of `box`; the outlines go from P0.5 to P99.5.
    """
    named = _checked(outputs)
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
        "xaxis": axis("", tickvals=places, ticktext=list(named), showgrid=False),
    }
    return make_figure(traces, layout)


def _outline(at: int, name: str, output: Output, color: str, unit: str) -> Any:
    counted = output.histogram()
    density = counted.counts / max(1, int(counted.counts.max())) * 0.42
    middles = (counted.edges[:-1] + counted.edges[1:]) / 2.0
    return graph_objects().Scatter(
        x=[*(at - density), *(at + density[::-1])],
        y=[*middles, *middles[::-1]],
        fill="toself",
        line={"color": color, "width": 1.5},
        name=name,
        hovertemplate=f"{name}<br>{hover_format(unit, 'y')}<extra></extra>",
    )


def _middle(at: int, name: str, output: Output, unit: str) -> Any:
    low, middle, high = (each.value for each in output.quantile([0.05, 0.5, 0.95]))
    text = f"P5 {words(low, unit)}, P50 {words(middle, unit)}, P95 {words(high, unit)}"
    return graph_objects().Scatter(
        x=[at, at, at],
        y=[low, middle, high],
        mode="lines+markers",
        line={"color": TEXT, "width": 2},
        marker={"size": [0, 9, 0], "color": TEXT, "symbol": "circle"},
        hovertemplate=f"{name}<br>{text}<extra></extra>",
    )


def _checked(outputs: Any) -> dict[str, Output]:
    if isinstance(outputs, Output):
        return {outputs.name: outputs}
    named = dict(outputs.items()) if hasattr(outputs, "items") else {}
    if not named or not all(isinstance(each, Output) for each in named.values()):
        hint = 'write `{"base": result["profit"], "high": other["profit"]}`.'
        raise law("outputs", "be outputs by name", outputs, hint)
    return named
