"""What a distribution looks like, before anything is drawn."""

from typing import Any

import numpy as np

from mclib.distributions.distribution import Distribution
from mclib.errors import law
from mclib.plots.figure import drawings, make_figure, redraw
from mclib.plots.style import BLUE, GREY, axis, frame, hover_format, words
from mclib.results.formatting import plain

_BARS = 80


def distribution(shown: Distribution, *, name: str = "", unit: str = "") -> Any:
    """Preview of a distribution: its probability in bars, P5 and P95 marked in color.

    Parameters
    ----------
    shown : Distribution
        With numbers as parameters.
    name : str, default ""
        Of the input, to be shown instead of the family's.
    unit : str, default ""
        Of the draws; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        From P0.5 to P99.5, at most 80 bars; whole numbers have a bar each.

    Examples
    --------
    >>> import mclib as mc
    >>> mc.plots.distribution(mc.Normal(10, 2), name="price", unit="EUR").description
    'Normal: median 10 EUR, 90 % between 6.71 EUR and 13.29 EUR'
    """
    return _drawn(shown, name, unit)


def show_distribution(
    figure: Any, shown: Distribution, *, name: str = "", unit: str = ""
) -> None:
    """Draw another distribution into a figure of `distribution`.

    Examples
    --------
    >>> import mclib as mc
    >>> figure = mc.plots.distribution(mc.Normal(10, 2))
    >>> mc.plots.show_distribution(figure, mc.Uniform(0, 1))
    >>> figure.description
    'Uniform: median 0.5, 90 % between 0.05 and 0.95'
    """
    with drawings():
        drawing = _drawn(shown, name, unit)
    redraw(figure, drawing)


def _drawn(shown: Distribution, name: str, unit: str) -> Any:
    if not isinstance(shown, Distribution):
        raise law("shown", "be a distribution", shown)
    low, middle, high = (float(x) for x in shown.quantile([0.05, 0.5, 0.95]))
    edges, width = _edges(shown)
    heights = np.diff(np.asarray(shown.cdf(edges)))
    middles = (edges[:-1] + edges[1:]) / 2.0
    is_tail = (middles < low) | (middles > high)
    family = type(shown).__name__
    shares = unit if unit == "%" else ""
    table = [
        ("mean", _number(shown.mean, shares)),
        ("st. deviation", _number(shown.standard_deviation, shares)),
        ("P5", words(low, shares, 4)),
        ("P50", words(middle, shares, 4)),
        ("P95", words(high, shares, 4)),
        ("least", _number(shown.support[0], shares)),
        ("most", _number(shown.support[1], shares)),
    ]
    numbers = ", ".join(
        f"{key} {plain(float(value), 5)}"
        for key, value in shown.parameters.items()
        if isinstance(value, (int, float))
    )
    said = f"{family}: median {words(middle, unit)}, 90 % between {words(low, unit)} and "
    layout = frame(name or family, f"{family}: {numbers}", said + words(high, unit), table)
    layout |= {
        "xaxis": axis(name or "value", unit, showgrid=False),
        "yaxis": axis("probability in a bar", "%", rangemode="tozero"),
        "bargap": 0.04,
        "height": 320,
    }
    bars = {
        "type": "bar",
        "x": middles.tolist(),
        "y": heights.tolist(),
        "width": width * 0.96,
        "marker": {"color": np.where(is_tail, GREY, BLUE).tolist(), "line": {"width": 0}},
        "customdata": (100.0 * np.asarray(shown.cdf(middles))).tolist(),
        "hovertemplate": f"{hover_format(unit)} (P%{{customdata:.3~g}})<br>"
        "%{y:.3~%} of draws in this bar<extra></extra>",
    }
    return make_figure([bars], layout)


def _number(value: float, unit: str) -> str:
    return f"{plain(100.0 * value, 4)} %" if unit == "%" else plain(value, 4)


def _edges(shown: Distribution) -> tuple[Any, float]:
    """Return edges of bars over the window; whole numbers lie in the middle of theirs."""
    inside = np.asarray(shown.quantile(np.linspace(0.005, 0.995, 199)))
    low, high = float(inside[0]), float(inside[-1])
    if np.all(inside == np.round(inside)) and high - low < _BARS:
        return np.arange(low - 0.5, high + 1.0), 1.0
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BARS + 1)
    return edges, float(edges[1] - edges[0])
