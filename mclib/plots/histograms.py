"""Histogram with delimiters that can be moved, and what lies between them.

Bars come from the counts that the run has; no trial is sent to the browser.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.errors import ArgumentError, law
from mclib.plots.figure import make_figure
from mclib.plots.statistics import find_all, said_of, shares_beside, statistics_table
from mclib.plots.style import BLUE, GREY, TEXT, VERMILION, axis, frame, hover_format, words
from mclib.results.output import Output
from mclib.statistics.histogram import Histogram
from mclib.statistics.intervals import check_order

EXACT_TRIALS = 20_000_000
"""Up to so many trials a moved delimiter counts them all; beyond, it reads the bars."""


def histogram(
    output: Output,
    *,
    delimiters: Sequence[float] = (0.05, 0.95),
    n_bins: int | None = None,
    unit: str = "",
) -> Any:
    """Histogram of an output with two delimiters, to be moved by the mouse.

    Parameters
    ----------
    output : Output
        Such as ``result["profit"]``.
    delimiters : sequence of two float, default (0.05, 0.95)
        Orders of the quantiles where the delimiters stand at first.
    n_bins : int, optional
        As for `Output.histogram`.
    unit : str, default ""
        Of the output; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        A plotly figure and a widget. In a notebook the two lines can be dragged; the three
        probabilities above the bars follow. `set_delimiters` moves them by a program.

    Raises
    ------
    ArgumentError
        If `delimiters` aren't two orders between 0 and 1, the lower one first.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
    ...     return {"revenue": units * price}
    >>> result = mc.simulate(sales, 100_000, seed=7)
    >>> figure = mc.plots.histogram(result["revenue"], unit="EUR")
    >>> figure.layout.xaxis.title.text
    'revenue (EUR)'
    """
    ends = tuple(delimiters)
    if len(ends) != 2 or not check_order(ends[0]) < check_order(ends[1]):
        raise law("delimiters", "be two orders of quantiles, the lower first", delimiters)
    drawn = _Drawn(output, n_bins, ends, unit)
    figure = make_figure(
        [drawn.bars()], drawn.layout(*drawn.ends), {"edits": {"shapePosition": True}}
    )
    figure._drawn = drawn
    figure.layout.on_change(lambda *_: _moved(figure), "shapes")
    return figure


def redraw_histogram(figure: Any, output: Output) -> None:
    """Draw another output, or the same of another run, into a histogram.

    Bars, delimiters and statistics change in one step; the delimiters stand at the same
    orders as at first.
    """
    before = figure._drawn
    drawn = _Drawn(output, None, before.orders, before.unit)
    layout = drawn.layout(*drawn.ends)
    # Its own change of the lines is no move of a delimiter.
    figure._drawn = None
    bars = drawn.bars()
    figure.plotly_update(
        restyle_data={
            **{key: [bars[key]] for key in ("x", "y", "width", "customdata", "name")},
            "marker.color": [bars["marker"]["color"]],
        },
        relayout_data={
            **{key: layout[key] for key in ("title", "meta", "shapes", "annotations")},
            "xaxis.range": layout["xaxis"]["range"],
            "xaxis.title.text": layout["xaxis"]["title"]["text"],
        },
        trace_indexes=[0],
    )
    figure._drawn = drawn


def set_delimiters(figure: Any, low: float, high: float) -> None:
    """Move the delimiters of a histogram to two values, in the output's unit.

    Raises
    ------
    ArgumentError
        If `figure` has no delimiters, or `low` isn't below `high`.
    """
    if len(figure.layout.shapes) != 2:
        raise law("figure", "be a histogram with two delimiters", figure.description)
    if not low < high:
        raise law("low, high", "be two numbers, the lower first", (low, high))
    shapes = figure.layout.to_plotly_json()["shapes"]
    for shape, x in zip(shapes, (low, high), strict=True):
        shape["x0"] = shape["x1"] = float(x)
    figure.layout.shapes = shapes


class _Drawn:
    """An output and its bars: all that moving a delimiter needs."""

    def __init__(
        self, output: Output, n_bins: int | None, orders: Sequence[float], unit: str
    ) -> None:
        find_all(output, orders, with_bins=n_bins is None)
        self.output, self.orders, self.unit = output, orders, unit
        self.counted = output.histogram(n_bins)

    @property
    def ends(self) -> list[float]:
        return [each.value for each in self.output.quantile(list(self.orders))]

    @property
    def middles(self) -> Any:
        return (self.counted.edges[:-1] + self.counted.edges[1:]) / 2.0

    def colors(self, low: float, high: float) -> list[str]:
        is_tail = (self.middles < low) | (self.middles > high)
        return [GREY if each else BLUE for each in is_tail]

    def bars(self) -> dict[str, Any]:
        counted = self.counted
        sums = counted.below + np.cumsum(counted.counts) - counted.counts / 2.0
        return {
            "type": "bar",
            "x": self.middles.tolist(),
            "y": (counted.counts / counted.n_trials).tolist(),
            "width": float(counted.edges[1] - counted.edges[0]),
            "customdata": (sums / counted.n_trials).tolist(),
            "marker": {"line": {"width": 0}, "color": self.colors(*self.ends)},
            "hovertemplate": hover_format(self.unit)
            + "<br>%{y:.2%} of trials are in this bar,"
            "<br>%{customdata:.1%} below its middle<extra></extra>",
            "name": self.output.name,
        }

    def shares(self, low: float, high: float) -> tuple[tuple[float, float, float], bool]:
        """Return the shares below, between and above, and whether they are exact."""
        if [low, high] == self.ends:
            told = shares_beside(self.output, *self.orders)
            if told is not None:
                below, above = told
                return (below, 1.0 - below - above, above), True
        if self.output.n_trials <= EXACT_TRIALS:
            # A result from a file has its bars, and no trials to count again.
            with contextlib.suppress(ArgumentError):
                below, above = (each.value for each in self.output.shares(low, high))
                return (below, 1.0 - below - above, above), True
        sums = np.concatenate([[0], np.cumsum(self.counted.counts)]) + self.counted.below
        total = self.counted.n_trials
        below, upto = np.interp([low, high], self.counted.edges, sums) / total
        return (float(below), float(upto - below), float(1.0 - upto)), False

    def layout(self, low: float, high: float) -> dict[str, Any]:
        output, unit, edges = self.output, self.unit, self.counted.edges
        shares, is_exact = self.shares(low, high)
        table = statistics_table(output, unit)
        layout = frame(
            output.name,
            beyond(self.counted),
            f"{said_of(output)}; {_sentence(low, high, shares, unit)}",
            table,
        )
        width = float(edges[-1] - edges[0])
        return {
            **layout,
            "bargap": 0.04,
            "shapes": [_line(low), _line(high)],
            "annotations": layout["annotations"]
            + _notes((low, high), shares, is_exact=is_exact, edges=edges, unit=unit),
            "margin": {**layout["margin"], "t": 125},
            "xaxis": axis(
                output.name,
                unit,
                showgrid=False,
                range=[float(edges[0]) - 0.02 * width, float(edges[-1]) + 0.02 * width],
            ),
            "yaxis": axis("share of trials", "%", rangemode="tozero", fixedrange=True),
        }


def _moved(figure: Any) -> None:
    drawn = figure._drawn
    if drawn is None:
        return
    low, high = sorted(float(shape.x0) for shape in figure.layout.shapes)
    layout = drawn.layout(low, high)
    with figure.batch_update():
        figure.data[0].marker.color = drawn.colors(low, high)
        figure.layout.annotations = layout["annotations"]
        figure.layout.meta = layout["meta"]


def _line(x: float) -> dict[str, Any]:
    line = {"color": VERMILION, "width": 3}
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": line,
    }


def _notes(
    ends: tuple[float, float],
    shares: tuple[float, float, float],
    *,
    is_exact: bool,
    edges: Any,
    unit: str,
) -> list[dict[str, Any]]:
    """Three probabilities above the bars, and where the lines stand."""
    low, high = ends
    left, right = float(edges[0]), float(edges[-1])
    sign = "" if is_exact else "≈ "
    places = ((left + max(low, left)) / 2, (low + high) / 2, (min(high, right) + right) / 2)
    common = {"showarrow": False, "yref": "paper", "yanchor": "bottom"}
    anchors = ("right", "center", "left")
    names = [
        {
            **common,
            "x": min(max(place, left), right),
            "y": 1.0,
            "text": f"<b>{sign}{100.0 * share:.1f} %</b>",
            "font": {"color": TEXT, "size": 13},
            "name": ("below", "between", "above")[at],
            **({} if at == 1 else {"x": ends[at // 2], "xshift": (-6, 0, 6)[at]}),
            "xanchor": anchors[at],
        }
        for at, (place, share) in enumerate(zip(places, shares, strict=True))
    ]
    values = [
        {
            **common,
            "x": x,
            "y": 1.08,
            "text": words(x, unit),
            "font": {"color": VERMILION, "size": 12},
        }
        for x in ends
    ]
    return names + values


def _sentence(low: float, high: float, shares: tuple[float, ...], unit: str) -> str:
    below, between, above = (f"{100.0 * share:.1f} %" for share in shares)
    return (
        f"{between} between {words(low, unit)} and {words(high, unit)}, "
        f"{below} below, {above} above"
    )


def beyond(counted: Histogram) -> str:
    """Say how many trials there are, and how many lie outside of the window."""
    return (
        f"{counted.n_trials:,} trials; {counted.below:,} below and "
        f"{counted.above:,} above the window"
    )
