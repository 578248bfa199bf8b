"""Correlations of everything with everything, as a heat map."""

from math import isnan
from typing import TYPE_CHECKING, Any

from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.style import BLUE, TEXT, VERMILION, axis, frame, named_ticks

if TYPE_CHECKING:
    from mclib.results.result import Result

_MOST_WRITTEN = 14
_MOST_TRIALS = 1 << 17


def correlations(result: "Result", measure: str = "spearman") -> Any:
    """Heat map of the correlations of all inputs and outputs.

    Parameters
    ----------
    result : Result
        The run.
    measure : {"spearman", "kendall", "pearson"}, default "spearman"
        As for `Result.correlations`.

    Returns
    -------
    Figure
        From -1 (vermilion) over 0 (clear) to 1 (blue), with the numbers in the cells.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 3 * a + 4 * b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.correlations(result, "pearson").description
    'Strongest correlations: total and b 0.80, total and a 0.60, b and a 0.00'
    """
    n = None if measure == "kendall" else min(result.n_trials, _MOST_TRIALS)
    table = result.correlations(measure, n)
    errors = table.attrs["standard_error"]
    names = [str(name) for name in table.columns]
    values = table.to_numpy().tolist()
    rows = zip(values, errors.to_numpy().tolist(), strict=True)
    heat = graph_objects().Heatmap(
        x=names,
        y=names,
        z=values,
        zmin=-1,
        zmax=1,
        colorscale=[[0, VERMILION], [0.5, "rgba(128,128,128,0.08)"], [1, BLUE]],
        customdata=[[_sure(*each) for each in zip(*row, strict=True)] for row in rows],
        hovertemplate="%{y} and %{x}<br>%{customdata}<extra></extra>",
        hoverongaps=True,
        xgap=2,
        ygap=2,
        colorbar={"title": {"text": measure}, "outlinewidth": 0, "thickness": 14},
    )
    strongest = _strongest(names, values)
    layout = frame(
        f"Correlations ({measure.capitalize()})", f"{result.n_trials:,} trials", strongest
    )
    side = 46 * len(names)
    ticks = named_ticks(names, 20)
    layout |= {
        "xaxis": axis("", type="category", showgrid=False, tickangle=-35, **ticks),
        "yaxis": axis("", type="category", showgrid=False, autorange="reversed", **ticks),
        "height": min(max(360, side + 200), 900),
    }
    traces = [heat, _numbers(names, values)] if len(names) <= _MOST_WRITTEN else [heat]
    return make_figure(traces, layout)


def _numbers(names: list[str], values: list[list[float]]) -> Any:
    """Write the numbers into the cells, white where the color is strong."""
    flat = [value for row in values for value in row]
    return graph_objects().Scatter(
        x=names * len(names),
        y=[name for name in names for _ in names],
        mode="text",
        text=[_short(value) for value in flat],
        textfont={"color": ["#ffffff" if abs(value) > 0.5 else TEXT for value in flat]},
        hoverinfo="skip",
    )


def _short(value: float) -> str:
    # What is the same in all trials goes with nothing.
    return "–" if isnan(value) else f"{value:z.2f}"


def _sure(value: float, error: float) -> str:
    if isnan(value):
        return "unknown: one of them is the same in all trials"
    return f"{value:.3f}" + ("" if isnan(error) else f" ± {error:.2g} (s.e.)")


def _strongest(names: list[str], values: list[list[float]]) -> str:
    pairs = [
        (abs(values[a][b]), f"{names[a]} and {names[b]} {values[a][b]:z.2f}")
        for a in range(len(names))
        for b in range(a)
        if values[a][b] == values[a][b]
    ]
    pairs.sort(reverse=True)
    return f"Strongest correlations: {', '.join(text for _, text in pairs[:5])}"
