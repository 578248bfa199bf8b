"""What designs have found of each driver: bars of shares, and a map of effects."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mclib.errors import law
from mclib.plots.drivers import TOP, barred, baseline, checked_count
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.statistics import sure
from mclib.plots.style import (
    BLUE,
    COLORS,
    SKY,
    SYMBOLS,
    TEXT,
    axis,
    frame,
    words,
)
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain

Measures = Mapping[str, Mapping[str, Mapping[str, Estimate]]]
"""By measure, output and driver."""

_LOOKS = ((BLUE, ""), (SKY, "/"))


def share_bars(
    measures: Measures, output: str, *, title: str = "Shares of", n_drivers: int = TOP
) -> Any:
    """Bars of each driver's shares of an output's variance, with their 95 % intervals.

    Parameters
    ----------
    measures : mapping
        Estimates by measure, output and driver, as ``measures`` of `mc.sobol_indices` and
        `mc.shapley_effects`, which have it as ``plot("profit")``. The last measure ranks
        the drivers.
    output : str
        Which output.
    title : str
        Of the figure; the output's name stands behind it.
    n_drivers : int, default 10
        How many drivers are shown.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 3 * a + b}
    >>> effects = mc.shapley_effects(total, seed=7)
    >>> mc.plots.share_bars(effects.measures, "total").description
    'Shares of total: effect of a 0.90, effect of b 0.10'
    """
    *_, last = measures.values()
    ranked = _checked(last, output)
    names = sorted(ranked, key=lambda name: -ranked[name].value)
    names = names[: checked_count(n_drivers)][::-1]
    traces, said = [], []
    for (measure, outputs), (color, shape) in zip(measures.items(), _LOOKS, strict=False):
        found = [outputs[output][name] for name in names]
        label = measure.replace("_", " ")
        traces.append(
            graph_objects().Bar(
                orientation="h",
                y=names,
                x=[each.value for each in found],
                error_x=_reach(found),
                name=label,
                marker={
                    "color": color,
                    "pattern": {"shape": shape, "fgcolor": TEXT, "solidity": 0.15},
                },
                customdata=[plain(100.0 * each.standard_error, 2) for each in found],
                hovertemplate=f"%{{y}}<br>{label} of the variance of {output}:<br>"
                "%{x:.1%} ± %{customdata} % (s.e.)<extra></extra>",
            )
        )
        said += [
            f"{label} of {name} {each.value:z.2f}"
            for name, each in zip(names[::-1], found[::-1], strict=True)
        ]
    heading = f"{title} {output}"
    layout = frame(heading, "whiskers: 95 % interval", f"{heading}: {', '.join(said)}")
    layout = barred(
        layout, axis("share of the variance", "%"), names, len(names) * len(traces)
    )
    layout |= {"barmode": "group", "shapes": [baseline(0.0)]}
    layout["legend"]["traceorder"] = "reversed"
    layout["showlegend"] = len(traces) > 1
    return make_figure(traces, layout)


def screening(measures: Measures, output: str, *, unit: str = "") -> Any:
    """Map of elementary effects: how large they are, and how much they differ.

    Parameters
    ----------
    measures : mapping
        Estimates as ``"mu_star"`` and ``"sigma"``, by output and driver, as ``measures`` of
        `mc.morris`, which has it as ``plot("profit")``.
    output : str
        Which output.
    unit : str, default ""
        Of the output; ``"%"`` shows shares in percent.

    Returns
    -------
    Figure
        A point for each driver, with 95 % intervals. Far right: it matters. Near the
        bottom: it acts alone, by a straight line of its quantiles; on the dashed line and
        above, by curves or together with others. Drivers without a spread, as groups, are
        named below the title.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 2)):
    ...     return {"total": 3 * a + a * b}
    >>> effects = mc.morris(total, seed=7)
    >>> mc.plots.screening(effects.measures, "total").description
    'Elementary effects on total: a 4, spread 0.5774; b 1, spread 0.5774'
    """
    sizes, spreads = (_checked(measures[key], output) for key in ("mu_star", "sigma"))
    ranked = sorted(sizes, key=lambda name: -sizes[name].value)
    names = [name for name in ranked if not np.isnan(spreads[name].value)]
    others = [
        f"{name} {words(sizes[name].value, unit)}" for name in ranked if name not in names
    ]
    x, y = ([of[name] for name in names] for of in (sizes, spreads))
    reach = max((each.value for each in x), default=0.0)
    points = graph_objects().Scatter(
        x=[each.value for each in x],
        y=[each.value for each in y],
        error_x=_reach(x),
        error_y=_reach(y),
        mode="markers+text",
        text=names,
        textposition="top center",
        cliponaxis=False,
        marker={
            "size": 10,
            "color": [COLORS[k % len(COLORS)] for k in range(len(names))],
            "symbol": [SYMBOLS[k % len(SYMBOLS)] for k in range(len(names))],
        },
        customdata=[[sure(a, unit), sure(b, unit)] for a, b in zip(x, y, strict=True)],
        hovertemplate="%{text}<br>size (mu*): %{customdata[0]}<br>"
        "spread (sigma): %{customdata[1]}<extra></extra>",
    )
    title = f"Elementary effects on {output}"
    said = "; ".join(
        f"{name} {words(a.value, unit)}, spread {words(b.value, unit)}"
        for name, a, b in zip(names, x, y, strict=True)
    )
    beside = f"; of a size only: {', '.join(others)}" if others else ""
    subtitle = f"dashed: spread as large as the size{beside}"
    layout = frame(title, subtitle, f"{title}: {said}{beside}")
    line = {"color": TEXT, "width": 1.5, "dash": "dash"}
    layout |= {
        "xaxis": axis("mean size of the effects (mu*)", unit, rangemode="tozero"),
        "yaxis": axis("their spread (sigma)", unit, rangemode="tozero"),
        "shapes": [
            {"type": "line", "x0": 0.0, "y0": 0.0, "x1": reach, "y1": reach, "line": line}
        ],
    }
    return make_figure([points], layout)


def _checked(
    outputs: Mapping[str, Mapping[str, Estimate]], output: str
) -> Mapping[str, Estimate]:
    if output not in outputs:
        raise law("output", f"be one of {', '.join(outputs)}", output)
    return outputs[output]


def _reach(found: list[Estimate]) -> dict[str, Any]:
    half = [each.half_width for each in found]
    shown = [each if np.isfinite(each) else 0.0 for each in half]
    return {"type": "data", "array": shown, "color": TEXT, "thickness": 1.5}
