"""Histogram with delimiters that can be moved, and what lies between them.

Bars come from the counts that the run has; no trial is sent to the browser.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.errors import ArgumentError, law
from mclib.plots.bars import bars_of
from mclib.plots.figure import make_figure
from mclib.plots.statistics import find_all, said_of, shares_beside, statistics_table
from mclib.plots.style import BLUE, GREY, TEXT, VERMILION, axis, frame, words
from mclib.results.output import Output
from mclib.statistics.intervals import check_order

_DRAWN_WIDTH, _LETTER, _SHARE_WIDTH = 250.0, 6.6, 56.0
"""In pixels: of the bars on a narrow page, of a letter, of a share above the bars."""

_REDRAWN = ("x", "y", "width", "customdata", "hovertemplate", "name")

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

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"one": a, "two": a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> figure = mc.plots.histogram(result["one"])
    >>> mc.plots.redraw_histogram(figure, result["two"])
    >>> figure.description.split("; ")[0]
    'two: median 1.0001, 90 % between 0.317 and 1.683'
    """
    before = figure._drawn
    drawn = _Drawn(output, None, before.orders, before.unit)
    layout = drawn.layout(*drawn.ends)
    # Its own change of the lines is no move of a delimiter.
    figure._drawn = None
    bars = drawn.bars()
    figure.plotly_update(
        restyle_data={
            **{key: [bars[key]] for key in _REDRAWN},
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

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b}
    >>> figure = mc.plots.histogram(mc.simulate(total, 100_000, seed=7)["total"])
    >>> mc.plots.set_delimiters(figure, 0.5, 1.5)
    >>> figure.description.split("; ")[1]
    '75.1 % between 0.5 and 1.5, 12.4 % below, 12.4 % above'
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
        self.counted = bars_of(output, n_bins)

    @property
    def ends(self) -> list[float]:
        return [each.value for each in self.output.quantile(list(self.orders))]

    def colors(self, low: float, high: float) -> list[str]:
        middles = self.counted.middles
        is_tail = (middles < low) | (middles > high)
        return [GREY if each else BLUE for each in is_tail]

    def bars(self) -> dict[str, Any]:
        counted = self.counted
        return {
            "type": "bar",
            "x": counted.middles.tolist(),
            "y": counted.shares.tolist(),
            "width": counted.width,
            "customdata": counted.told(),
            "marker": {"line": {"width": 0}, "color": self.colors(*self.ends)},
            "hovertemplate": counted.template(self.unit),
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
        counted = self.counted
        sums = np.concatenate([[0.0], np.cumsum(counted.shares)]) + counted.below
        below, upto = np.interp([low, high], counted.edges, sums)
        return (float(below), float(upto - below), float(1.0 - upto)), False

    def layout(self, low: float, high: float) -> dict[str, Any]:
        output, unit, edges = self.output, self.unit, self.counted.edges
        shares, is_exact = self.shares(low, high)
        table = statistics_table(output, unit)
        layout = frame(
            output.name,
            self.counted.beyond,
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
            "margin": {**layout["margin"], "t": layout["margin"]["t"] + 35},
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
    sign = "" if is_exact else "≈ "
    texts = [f"<b>{sign}{100.0 * share:.1f} %</b>" for share in shares]
    values = [words(x, unit) for x in ends]
    places, shifts = _above(ends, [len(each) for each in values], edges)
    common = {"showarrow": False, "yref": "paper", "yanchor": "bottom"}
    names = [
        {
            **common,
            "x": x,
            "y": 1.0,
            "xshift": shift,
            "text": text,
            "font": {"color": TEXT, "size": 13},
            "name": name,
            "xanchor": anchor,
        }
        for (x, anchor), shift, text, name in zip(
            places[:3], shifts[:3], texts, ("below", "between", "above"), strict=True
        )
    ]
    return names + [
        {
            **common,
            "x": x,
            "y": 1.08,
            "xshift": shift,
            "text": value,
            "font": {"color": VERMILION, "size": 12},
        }
        for (x, _), shift, value in zip(places[3:], shifts[3:], values, strict=True)
    ]


def _above(
    ends: tuple[float, float], letters: list[int], edges: Any
) -> tuple[list[tuple[float, str]], list[float]]:
    """Return where three shares and two values stand, and how far they are pushed aside.

    Each has its place by its line; where lines are too near for that, all stand in rows.
    """
    left, right = float(edges[0]), float(edges[-1])
    low, high = (min(max(x, left), right) for x in ends)
    middle = (low + high) / 2.0
    halves = [_LETTER * n / 2.0 + 5.0 for n in letters]
    gap = _DRAWN_WIDTH * (high - low) / ((right - left) or 1.0)
    if gap >= max(sum(halves), _SHARE_WIDTH):
        places = [(low, "right"), (middle, "center"), (high, "left")]
        return [*places, (low, "center"), (high, "center")], [-6.0, 0.0, 6.0, 0.0, 0.0]
    # A row goes as far to the one side as there is room on it.
    aside = 1.0 - 2.0 * (middle - left) / ((right - left) or 1.0)
    shares = [_SHARE_WIDTH * (k + aside) for k in (-1, 0, 1)]
    pushed = [max(halves) * aside * 2.0 + side for side in (-halves[0], halves[1])]
    return [(middle, "center")] * 5, [*shares, *pushed]


def _sentence(low: float, high: float, shares: tuple[float, ...], unit: str) -> str:
    below, between, above = (f"{100.0 * share:.1f} %" for share in shares)
    return (
        f"{between} between {words(low, unit)} and {words(high, unit)}, "
        f"{below} below, {above} above"
    )
