"""Means of outputs that are one quantity at several places, and how sure they are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mclib.errors import law
from mclib.plots.bars import check_drawable
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import sure
from mclib.plots.style import BLUE, CLEAR, VERMILION, axis, frame, pale, words
from mclib.results.formatting import plain

if TYPE_CHECKING:
    from mclib.results.result import Result

MOST_PLACES = 100


def means(
    result: "Result",
    outputs: Sequence[str],
    at: Sequence[float],
    *,
    title: str = "Mean",
    along: str = "at",
    mark: float | None = None,
    unit: str = "",
) -> Any:
    """Line of the means of some outputs, in a band that holds 95 % of the error.

    Parameters
    ----------
    result : Result
        The run.
    outputs : sequence of str
        Names of outputs, in the order of `at`; at most 100.
    at : sequence of float
        Where they are on the horizontal axis, rising.
    title : str, default "Mean"
        What the outputs are.
    along : str, default "at"
        What the horizontal axis is.
    mark : float, optional
        A place to be marked, such as where we are now.
    unit : str, default ""
        Of the outputs; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure

    Raises
    ------
    ArgumentError
        If there are fewer than two outputs, or not as many places, or these don't rise.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def shop(demand=mc.Normal(100, 20)):
    ...     return {f"{n}": 5 * mc.minimum(demand, n) - 3 * n for n in (80, 95, 110)}
    >>> figure = mc.plots.means(
    ...     mc.simulate(shop, 100_000, seed=7), ["80", "95", "110"], [80, 95, 110],
    ...     title="Profit", along="ordered",
    ... )
    >>> figure.description
    'Profit along ordered: from 151.7 at 80 to 150.4 at 110, most 161.5 at 95'
    """
    names, places = list(outputs), [float(each) for each in at]
    if not 2 <= len(names) <= MOST_PLACES:
        raise law("outputs", f"be 2 to {MOST_PLACES} outputs", names)
    if len(places) != len(names) or places != sorted(set(places)):
        must = f"be as many as the outputs, {len(names)}, and rise"
        raise law("at", must, places)
    found = [check_drawable(result[name]).mean for name in names]
    values = [each.value for each in found]
    ends = [each.interval() for each in found]
    lows, highs = [each.low for each in ends], [each.high for each in ends]
    go = graph_objects()
    band = go.Scatter(
        x=[*places, *reversed(places)],
        y=[*highs, *reversed(lows)],
        fill="toself",
        fillcolor=pale(BLUE, 0.3),
        line={"color": CLEAR},
        hoverinfo="skip",
    )
    line = go.Scatter(
        x=places,
        y=values,
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={"size": 5},
        customdata=[sure(each, unit) for each in found],
        hovertemplate=f"{along} %{{x:,.5~r}}<br>{title}: %{{customdata}}<extra></extra>",
    )
    top = max(range(len(values)), key=values.__getitem__)
    said = (
        f"{title} along {along}: from {words(values[0], unit)} at {plain(places[0], 4)} to "
        f"{words(values[-1], unit)} at {plain(places[-1], 4)}, "
        f"most {words(values[top], unit)} at {plain(places[top], 4)}"
    )
    layout = frame(title, "mean, and the band that holds it with 95 %", said)
    layout |= {"xaxis": axis(along), "yaxis": axis(title, unit), "height": 340}
    layout["shapes"] = [] if mark is None else [_mark(mark)]
    return make_figure([band, line], layout)


def _mark(place: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": VERMILION, "width": 1.5, "dash": "dash"},
    }
