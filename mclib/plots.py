"""Figures: numbers in, plotly figure out.

plotly is imported when a figure is made, not before. Colors are Okabe and Ito's, which
people who see colors differently can tell apart; backgrounds are clear and text is a grey
that reads on light and on dark pages.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mclib.errors import MclibError
from mclib.statistics.histogram import Histogram

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILION, YELLOW = "#56B4E9", "#D55E00", "#F0E442"
GREY = "#8c8c8c"
_TEXT = "#767676"
_GRID = "rgba(128,128,128,0.25)"


def histogram_figure(
    title: str,
    histogram: Histogram,
    marks: Mapping[str, tuple[float, str]],
    description: str,
) -> Any:
    """Histogram with lines at quantiles; what lies outside of them is grey.

    Parameters
    ----------
    title : str
        Name of the output.
    histogram : Histogram
        Its counts.
    marks : mapping of str to (float, str)
        For each line its name, such as ``"P5"``: where it stands, and that in words. Bars
        beyond the outermost lines are grey.
    description : str
        What the figure says, for those who don't see it: kept in ``figure.layout.meta``.

    Returns
    -------
    plotly.graph_objects.Figure
        With one trace of as many bars as there are bins.
    """
    go = _graph_objects()
    middles = (histogram.edges[:-1] + histogram.edges[1:]) / 2.0
    places = [place for place, _ in marks.values()]
    is_tail = (middles < min(places)) | (middles > max(places))
    shares = 100.0 * histogram.counts / histogram.n_trials
    bars = go.Bar(
        x=middles,
        y=shares,
        width=float(histogram.edges[1] - histogram.edges[0]),
        marker={"color": np.where(is_tail, GREY, BLUE).tolist(), "line": {"width": 0}},
        hovertemplate="%{x:,.6g}<br>%{y:.2f} % of trials<extra></extra>",
        name=title,
    )
    figure = _figure_class()(bars)
    for at, (name, (place, words)) in enumerate(marks.items()):
        figure.add_vline(
            x=place,
            line={"color": _TEXT, "width": 1.5, "dash": ("dash", "solid")[at % 2]},
            annotation={"text": f"{name}<br>{words}", "yref": "paper", "y": 1.0},
            annotation_position="top",
        )
    figure.update_layout(
        title={
            "text": title,
            "subtitle": {"text": _beyond(histogram)},
            "y": 0.97,
            "yanchor": "top",
        },
        meta={"description": description},
        font={"color": _TEXT},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0.05,
        showlegend=False,
        xaxis={"title": {"text": title}, "showgrid": False},
        yaxis={
            "title": {"text": "share of trials"},
            "ticksuffix": " %",
            "gridcolor": _GRID,
            "zerolinecolor": _GRID,
        },
        margin={"t": 130},
    )
    return figure


def tornado_figure(
    title: str, rows: Sequence[tuple[str, float, float]], baseline: float, description: str
) -> Any:
    """Bars from low to high, the strongest driver on top, a line at the baseline.

    Parameters
    ----------
    title : str
        Which statistic of which output.
    rows : sequence of (str, float, float)
        For each input its name, and the lowest and highest value of the statistic.
    baseline : float
        The statistic over all trials.
    description : str
        What the figure says, for those who don't see it: kept in ``figure.layout.meta``.
    """
    go = _graph_objects()
    names, lows, highs = zip(*reversed(rows), strict=True)
    bars = go.Bar(
        orientation="h",
        y=names,
        base=lows,
        x=[high - low for low, high in zip(lows, highs, strict=True)],
        customdata=list(zip(lows, highs, strict=True)),
        marker={"color": BLUE, "line": {"width": 0}},
        hovertemplate="%{y}<br>%{customdata[0]:,.6g} to %{customdata[1]:,.6g}"
        "<extra></extra>",
    )
    figure = _figure_class()(bars)
    figure.add_vline(x=baseline, line={"color": _TEXT, "width": 1.5, "dash": "dash"})
    figure.update_layout(
        title={"text": title},
        meta={"description": description},
        font={"color": _TEXT},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        xaxis={"title": {"text": title}, "gridcolor": _GRID, "zerolinecolor": _GRID},
    )
    return figure


def _beyond(histogram: Histogram) -> str:
    return (
        f"{histogram.n_trials:,} trials; {histogram.below:,} below and "
        f"{histogram.above:,} above the window"
    )


SAFE_CONFIG = {"showSendToCloud": False, "displaylogo": False}
"""Since its version 4, plotly.js offers to upload a chart to its makers' servers."""


@functools.cache
def _figure_class() -> Any:
    """Plotly's figure, without the button that uploads it."""

    class Figure(_graph_objects().Figure):  # type: ignore[misc]
        def show(self, *args: Any, **kwargs: Any) -> Any:
            config = {**SAFE_CONFIG, **kwargs.pop("config", {})}
            return super().show(*args, config=config, **kwargs)

        def _ipython_display_(self) -> None:
            self.show()

        def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> Any:
            bundle = super()._repr_mimebundle_(*args, **kwargs)
            for content in bundle.values():
                if isinstance(content, dict):
                    content["config"] = {**content.get("config", {}), **SAFE_CONFIG}
            return bundle

    return Figure


def _graph_objects() -> Any:
    try:
        import plotly.graph_objects as go
    except ModuleNotFoundError as error:
        message = (
            "figures must have plotly to be drawn with; it isn't installed.\n"
            'hint: install it by `pip install "mchub[notebooks]"`.'
        )
        raise MclibError(message) from error
    return go
