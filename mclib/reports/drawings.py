"""Charts as a page without a kernel needs them: what is drawn, and what it says in words.

Title, caption and statistics stand in the page, where they are read out, searched and
fitted to a phone; the figure keeps the drawing alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mclib.errors import ArgumentError, law
from mclib.plots.curves import cumulative, exceedance
from mclib.plots.drivers import tornado
from mclib.plots.figure import SAFE_CONFIG
from mclib.plots.histograms import histogram
from mclib.plots.style import beside, unfolded
from mclib.reports.markup import escaped
from mclib.results.result import Result

CHARTS: Mapping[str, Any] = {
    "histogram": lambda result, name, unit: histogram(result[name], unit=unit),
    "cumulative": lambda result, name, unit: cumulative(result[name], unit=unit),
    "exceedance": lambda result, name, unit: exceedance(result[name], unit=unit),
    "tornado": lambda result, name, unit: tornado(result.tornado(name), unit=unit),
}
"""By name: how a chart of one output is drawn."""

TITLES = {
    "histogram": "Histogram",
    "cumulative": "Cumulative curve",
    "exceedance": "Exceedance curve",
    "tornado": "What drives the mean",
}

USUAL = ("histogram", "cumulative", "tornado")
"""Charts of every output unless others are asked for, each where the trials can tell."""

_AIR_BESIDE, _AIR_ABOVE = 30, 60
_CLEAR, _FAINT = "rgba(0,0,0,0)", "rgba(128,128,128,0.3)"


@dataclass(frozen=True)
class Drawing:
    """A chart, apart from the words about it.

    Attributes
    ----------
    title, caption : str
        Above and below it.
    statistics : tuple of (str, str)
        Names and numbers that go with it.
    height : float
        In pixels.
    content : str
        Data, layout and configuration for plotly.js, as JSON.
    has_paper : bool
        Whether it has a background of its own, and its text the colors for that.
    """

    title: str
    caption: str
    statistics: tuple[tuple[str, str], ...]
    height: float
    content: str
    has_paper: bool = False


def draw(result: Result, name: str, kind: str, unit: str) -> Drawing:
    """Draw a chart of one output.

    Raises
    ------
    ArgumentError
        If the result can't tell what the chart shows.
    """
    figure = CHARTS[kind](result, name, unit)
    drawn = drawing_of(figure, TITLES[kind])
    figure.close()
    return drawn


def reason(error: ArgumentError) -> str:
    """Say in one line why a chart isn't there."""
    return str(error).partition("\n")[0].replace("`", "")


def drawing_of(figure: Any, title: str = "") -> Drawing:
    """Take a figure apart.

    Parameters
    ----------
    figure : Figure
        Any plotly figure.
    title : str, default ""
        By default the figure's own.

    Raises
    ------
    ArgumentError
        If `figure` is no plotly figure.
    """
    if not hasattr(figure, "to_plotly_json"):
        raise unknown_chart(figure)
    return drawing_from(json.loads(figure.to_json()), title)


def unknown_chart(found: Any) -> ArgumentError:
    """Return the refusal of what is neither a figure nor the name of a chart."""
    must = f"list plotly figures and names among {', '.join(CHARTS)}"
    return law("charts", must, found)


def drawing_from(content: dict[str, Any], title: str = "") -> Drawing:
    """Take a figure apart that is there as JSON.

    Parameters
    ----------
    content : dict
        ``data``, ``layout`` and perhaps ``frames``, as notebooks keep them; it is changed.
    title : str, default ""
        By default the figure's own; ``"Chart"`` where it has none.
    """
    layout = content.setdefault("layout", {})
    meta = layout.pop("meta", None)
    known = meta if isinstance(meta, dict) else {}
    statistics = tuple((str(a), str(b)) for a, b in known.get("table", ()))
    own = layout.pop("title", {})
    own = own if isinstance(own, dict) else {"text": own}
    subtitle = own.get("subtitle", {}).get("text", "")
    words = [str(known.get("description", "")), subtitle]
    if statistics:
        # They stand below the chart instead, where a narrow page has room for them.
        there = {each["text"] for each in beside(statistics)}
        notes = layout.get("annotations", ())
        layout["annotations"] = [each for each in notes if each.get("text") not in there]
        layout["margin"]["r"] = _AIR_BESIDE
    if known and "margin" in layout:
        layout["margin"]["t"] = _AIR_ABOVE
    has_paper = "paper_bgcolor" in layout or "plot_bgcolor" in layout
    if not has_paper:
        _lay_bare(layout)
    drawing = {"data": content.get("data", []), "layout": layout, "config": SAFE_CONFIG}
    if content.get("frames"):
        drawing["frames"] = content["frames"]
    name = title or unfolded(own.get("text") or "") or "Chart"
    return Drawing(
        name,
        "; ".join(each for each in words if each) or name,
        statistics,
        float(layout.get("height", 450)),
        json.dumps(drawing),
        has_paper and not known,
    )


def _lay_bare(layout: dict[str, Any]) -> None:
    """Let the page's own paper be seen, light or dark, through a figure without any."""
    layout |= {"paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR}
    drawn = layout.get("template", {}).get("layout", {})
    for axis in ("xaxis", "yaxis"):
        lines = {"gridcolor": _FAINT, "linecolor": _FAINT, "zerolinecolor": _FAINT}
        drawn[axis] = {**drawn.get(axis, {}), **lines}


def chart(drawing: Drawing, at: int) -> str:
    """Return the place of a drawing in a page, with what it says and its statistics.

    Parameters
    ----------
    drawing : Drawing
        What the page's script draws there.
    at : int
        Its place among the drawings of the page, from 1.
    """
    numbers = "".join(
        f"<div><dt>{escaped(name)}</dt><dd>{escaped(number)}</dd></div>"
        for name, number in drawing.statistics
    )
    paper = " papered" if drawing.has_paper else ""
    return (
        f'<figure aria-labelledby="said-{at}"><div class="chart{paper}" '
        f'style="min-height:{drawing.height:g}px" data-drawing="drawing-{at}"></div>'
        f'<figcaption id="said-{at}">{escaped(drawing.caption)}</figcaption>'
        + (f'<dl class="statistics">{numbers}</dl>' if numbers else "")
        + "</figure>"
    )
