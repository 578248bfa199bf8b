"""Fan charts: outputs that are one quantity at several times."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mclib.errors import law
from mclib.plots.bars import check_drawable
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import sure
from mclib.plots.style import BLUE, CLEAR, TEXT, VERMILION, axis, frame, named_ticks, words
from mclib.statistics.intervals import check_order

if TYPE_CHECKING:
    from mclib.results.result import Result

BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
_LONG = 16
_DRAWN_HEIGHT, _TEXT_HEIGHT = 240.0, 15.0
"""In pixels: from the lowest line to the highest, and of a text beside them."""


def fan(
    result: "Result",
    outputs: Sequence[str],
    *,
    times: Sequence[Any] | None = None,
    orders: Sequence[float] = BANDS,
    title: str = "Over time",
    unit: str = "",
) -> Any:
    """Fan chart: the median over time, in bands that hold the middle of all trials.

    Parameters
    ----------
    result : Result
        The run.
    outputs : sequence of str
        Names of outputs in the order of time, such as ``["cash_2026", "cash_2027"]``.
    times : sequence, optional
        What stands on the axis: numbers or dates; by default the outputs' names.
    orders : sequence of float, default (0.05, 0.25, 0.5, 0.75, 0.95)
        Of the quantiles: an odd number of them, rising, the median in the middle.
    title : str, default "Over time"
        What the outputs are.
    unit : str, default ""
        Of the outputs; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        The mean is a dotted line.

    Raises
    ------
    ArgumentError
        If there are fewer than two outputs, or as many times as outputs are not given.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def cash(first=mc.Normal(10, 2), second=mc.Normal(10, 2)):
    ...     return {"cash_2026": first, "cash_2027": first + second}
    >>> result = mc.simulate(cash, 100_000, seed=7)
    >>> figure = mc.plots.fan(result, list(result), times=[2026, 2027], title="Cash")
    >>> figure.description
    'Cash at 2027: median 19.99, 15.33 to 24.61'
    """
    names = list(outputs)
    if len(names) < 2:
        raise law("outputs", "be two outputs at least, in the order of time", outputs)
    shown = list(names if times is None else times)
    if len(shown) != len(names):
        raise law("times", f"be as many as the outputs, {len(names)}", len(shown))
    levels = [float(check_order(q)) for q in orders]
    if len(levels) % 2 == 0 or levels != sorted(set(levels)):
        raise law("orders", "be an odd number of orders, rising", orders)
    table = result.quantiles(*levels).loc[names]
    for name in names:
        check_drawable(result[name])
    rows = [table.iloc[:, k].to_list() for k in range(len(levels))]
    lines = _lines(result, names, shown, rows, levels, unit)
    traces = _bands(shown, rows, levels) + lines
    ends = [
        f"P{100.0 * q:g} {words(row[-1], unit)}"
        for q, row in zip(levels, rows, strict=True)
    ]
    last = [words(row[-1], unit) for row in rows]
    said = f"{title} at {shown[-1]}: median {last[len(last) // 2]}, {last[0]} to {last[-1]}"
    labels = ", ".join(f"P{100.0 * q:g}" for q in levels)
    layout = frame(title, f"{labels}; dotted: mean; {result.n_trials:,} trials", said)
    layout |= {
        "xaxis": axis("", **(named_ticks(shown, 16) if _are_long(shown) else {})),
        "yaxis": axis(title, unit),
        "hovermode": "x unified",
        "margin": {"t": 90, "l": 70, "r": 24 + 7 * max(map(len, ends)), "b": 60},
        "annotations": _ends(shown[-1], ends, rows),
    }
    return make_figure(traces, layout)


def _bands(shown: list[Any], rows: list[list[float]], levels: list[float]) -> list[Any]:
    go = graph_objects()
    traces = []
    for k in range(len(levels) // 2):
        low, high = rows[k], rows[-1 - k]
        traces.append(
            go.Scatter(
                x=[*shown, *shown[::-1]],
                y=[*low, *high[::-1]],
                fill="toself",
                fillcolor="rgba(0,114,178,0.22)",
                line={"color": CLEAR},
                hoverinfo="skip",
                name=f"P{100 * levels[k]:g} to P{100 * levels[-1 - k]:g}",
            )
        )
    return traces


def _are_long(shown: list[Any]) -> bool:
    return all(isinstance(x, str) for x in shown) and max(map(len, shown)) > _LONG


def _ends(x: Any, texts: list[str], rows: list[list[float]]) -> list[dict[str, Any]]:
    """Say at its end what each line is and where it ends; one pushes the next up."""
    low, high = min(map(min, rows)), max(map(max, rows))
    scale = _DRAWN_HEIGHT / ((high - low) or 1.0)
    places = [scale * (row[-1] - low) for row in rows]
    pushed = places[:]
    for at in range(1, len(pushed)):
        pushed[at] = max(pushed[at], pushed[at - 1] + _TEXT_HEIGHT)
    # What the upmost was pushed above the drawing, all that lie close below it go down.
    pushed[-1] = min(pushed[-1], max(places[-1], _DRAWN_HEIGHT))
    for at in range(len(pushed) - 2, -1, -1):
        pushed[at] = min(pushed[at], pushed[at + 1] - _TEXT_HEIGHT)
    return [
        {
            "x": x,
            "y": row[-1],
            "text": text,
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": 6,
            "yshift": there - place,
            "showarrow": False,
            "font": {"color": TEXT, "size": 12},
        }
        for row, text, place, there in zip(rows, texts, places, pushed, strict=True)
    ]


def _lines(
    result: "Result",
    names: list[str],
    shown: list[Any],
    rows: list[list[float]],
    levels: list[float],
    unit: str,
) -> list[Any]:
    go = graph_objects()
    found = [result[name].quantile(levels) for name in names]
    means = [result[name].mean for name in names]
    middle = len(levels) // 2
    traces = []
    for k, row in reversed(list(enumerate(rows))):
        label = f"P{100.0 * levels[k]:g}"
        is_middle = k == middle
        traces.append(
            go.Scatter(
                x=shown,
                y=row,
                mode="lines",
                line={"color": BLUE, "width": 3 if is_middle else 0.7},
                customdata=[sure(each[k], unit) for each in found],
                name=label,
                hovertemplate="%{customdata}",
            )
        )
    traces.append(
        go.Scatter(
            x=shown,
            y=[each.value for each in means],
            mode="lines",
            line={"color": VERMILION, "width": 2, "dash": "dot"},
            customdata=[sure(each, unit) for each in means],
            name="mean",
            hovertemplate="%{customdata}",
        )
    )
    return traces
