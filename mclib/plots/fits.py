"""How well distributions fit data: cumulative curves, and below them P-P and Q-Q plots.

Plain functions on arrays: nothing here needs a run.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mclib.distributions.distribution import Distribution
from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.style import (
    BELOW,
    COLORS,
    DASHES,
    GREY,
    SYMBOLS,
    TEXT,
    axis,
    frame,
    hover_format,
)

_MOST = 60


def fit_check(
    data: npt.ArrayLike, distributions: Mapping[str, Distribution], *, unit: str = ""
) -> Any:
    """Cumulative curves, P-P and Q-Q plots of distributions against data.

    Parameters
    ----------
    data : array_like of shape (n,)
        Observations; those that aren't finite are left out.
    distributions : mapping of str to Distribution
        By the name to be shown, such as ``{"normal": mc.Normal(10, 2)}``.
    unit : str, default ""
        Of the data.

    Returns
    -------
    Figure
        On the diagonal of the P-P plot (probabilities) and the Q-Q plot (values) a
        distribution is as the data are. At most 60 points each, of any number of data.

    Raises
    ------
    ArgumentError
        If fewer than three data are finite, or `distributions` holds something else.

    Examples
    --------
    >>> import mclib as mc
    >>> import numpy as np
    >>> data = mc.Normal(10, 2).quantile(np.arange(0.005, 1, 0.01))
    >>> tried = {"normal": mc.Normal(10, 2), "uniform": mc.Uniform(5, 15)}
    >>> mc.plots.fit_check(data, tried, unit="days").description
    'normal: largest gap 0.005. uniform: largest gap 0.150'
    """
    values = np.asarray(data, np.float64).ravel()
    values = np.sort(values[np.isfinite(values)])
    if len(values) < 3:
        raise law("data", "hold three finite numbers at least", len(values))
    named: Any = distributions
    is_named = isinstance(named, Mapping) and len(named) > 0
    if not is_named or not all(isinstance(each, Distribution) for each in named.values()):
        hint = 'write `{"normal": mc.Normal(10, 2)}`.'
        raise law("distributions", "be distributions by name", distributions, hint)
    n = len(values)
    shares = (np.arange(n) + 0.5) / n
    some = np.unique(np.linspace(0, n - 1, _MOST).round().astype(int))
    places, heights = values[some], shares[some]
    traces, said = [_steps(places, heights, unit)], []
    for at, (name, fitted) in enumerate(distributions.items()):
        traces += _three(at, name, fitted, places, heights, unit)
        below = np.asarray(fitted.cdf(values))
        gap = float(np.max(np.abs(below - shares)) + 0.5 / n)
        said.append(f"{name}: largest gap {gap:.3f}")
    return make_figure(traces, _layout(places, said, n, unit))


def _steps(places: Any, heights: Any, unit: str) -> Any:
    return graph_objects().Scatter(
        x=places.tolist(),
        y=heights.tolist(),
        mode="markers",
        marker={"color": GREY, "size": 5},
        name="data",
        hovertemplate=f"data: %{{y:.1%}} up to {hover_format(unit)}<extra></extra>",
        xaxis="x",
        yaxis="y",
    )


def _three(
    at: int, name: str, fitted: Distribution, places: Any, heights: Any, unit: str
) -> list[Any]:
    go = graph_objects()
    color = COLORS[at % len(COLORS)]
    line = {"color": color, "dash": DASHES[at % len(DASHES)], "width": 2.5}
    points = {"color": color, "symbol": SYMBOLS[at % len(SYMBOLS)], "size": 6}
    group = {"name": name, "legendgroup": name}
    grid = np.linspace(places[0], places[-1], 2 * _MOST)
    return [
        go.Scatter(
            x=grid.tolist(),
            y=np.asarray(fitted.cdf(grid)).tolist(),
            mode="lines",
            line=line,
            hovertemplate=f"{name}: %{{y:.1%}} up to {hover_format(unit)}<extra></extra>",
            xaxis="x",
            yaxis="y",
            **group,
        ),
        go.Scatter(
            x=np.asarray(fitted.cdf(places)).tolist(),
            y=heights.tolist(),
            mode="markers",
            marker=points,
            customdata=places.tolist(),
            hovertemplate=f"up to {hover_format(unit, 'customdata')}<br>{name}: "
            "%{x:.1%}, data: %{y:.1%}<extra></extra>",
            xaxis="x2",
            yaxis="y2",
            showlegend=False,
            **group,
        ),
        go.Scatter(
            x=np.asarray(fitted.quantile(heights)).tolist(),
            y=places.tolist(),
            mode="markers",
            marker=points,
            customdata=(100.0 * heights).tolist(),
            hovertemplate=f"P%{{customdata:.3~g}}<br>{name}: {hover_format(unit)}<br>"
            f"data: {hover_format(unit, 'y')}<extra></extra>",
            xaxis="x3",
            yaxis="y3",
            showlegend=False,
            **group,
        ),
    ]


def _layout(places: Any, said: list[str], n: int, unit: str) -> dict[str, Any]:
    low, high = float(places[0]), float(places[-1])
    line = {"color": TEXT, "width": 1, "dash": "dash"}
    diagonals = [
        {
            "type": "line",
            "xref": f"x{k}",
            "yref": f"y{k}",
            "x0": a,
            "y0": a,
            "x1": b,
            "y1": b,
            "line": line,
            "layer": "below",
        }
        for k, a, b in ((2, 0.0, 1.0), (3, low, high))
    ]
    return frame(
        "Data and distributions", f"{n:,} data; {'; '.join(said)}", ". ".join(said)
    ) | {
        "xaxis": axis("value", unit, domain=[0.0, 1.0]),
        "yaxis": axis("share up to it", "%", tickformat=".0%", domain=[0.62, 1.0]),
        "xaxis2": axis("P-P: fitted", "%", domain=[0.0, 0.42], anchor="y2", nticks=5),
        "yaxis2": axis("data", "%", anchor="x2", tickformat=".0%", domain=[0.0, 0.4]),
        "xaxis3": axis("Q-Q: fitted", unit, domain=[0.6, 1.0], anchor="y3", nticks=5),
        "yaxis3": axis("data", unit, anchor="x3", domain=[0.0, 0.4]),
        "shapes": diagonals,
        "showlegend": True,
        "legend": BELOW,
        "height": 560,
        "margin": {"t": 90, "l": 60, "r": 20, "b": 60},
    }
