"""How an estimate became surer as trials went on."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.style import BLUE, TEXT, VERMILION, axis, frame, words
from mclib.results.formatting import plain, with_error
from mclib.statistics.intervals import two_sided

if TYPE_CHECKING:
    from mclib.results.result import Result

_MOST = 100


def convergence(
    result: "Result", output: str, *, tolerance: float | None = None, unit: str = ""
) -> Any:
    """Running mean of an output with its 95 % interval, over the trials of a run.

    Parameters
    ----------
    result : Result
        The run; it needs independent trials, 2,048 at least.
    output : str
        Which output.
    tolerance : float, optional
        A half-width in the output's unit: where the interval first was so narrow is marked.
    unit : str, default ""
        Of the output.

    Returns
    -------
    Figure
        On a logarithmic axis of trials, from the run's own records: nothing is drawn again.

    Raises
    ------
    ArgumentError
        If the run has no such records: a sampler placed its trials, or it came from a file.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b}
    >>> result = mc.simulate(total, 100_000, seed=7)
    >>> mc.plots.convergence(result, "total", tolerance=0.01).description
    'Mean of total after 100,000 trials: 0.9999 ± 0.0025 (95 %)'
    """
    history = result[output].history()
    step = np.unique(np.geomspace(1, len(history), _MOST).round().astype(int)) - 1
    history = history.iloc[step]
    trials = history.index.to_list()
    means = history["mean"].to_numpy()
    half = two_sided(0.95) * history["standard_error"].to_numpy()
    scale = 100.0 if unit == "%" else 1.0
    behind = f" {unit}" if unit else ""
    go = graph_objects()
    band = go.Scatter(
        x=[*trials, *trials[::-1]],
        y=[*(means - half), *(means + half)[::-1]],
        fill="toself",
        fillcolor="rgba(0,114,178,0.2)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % interval",
    )
    line = go.Scatter(
        x=trials,
        y=means.tolist(),
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        customdata=[
            [
                with_error(scale * at, scale * reach) + behind,
                plain(scale * error, 2) + behind,
            ]
            for at, reach, error in zip(means, half, history["standard_error"], strict=True)
        ],
        hovertemplate="after %{x:,} trials<br>%{customdata[0]} (95 %)<br>"
        "standard error %{customdata[1]}<extra></extra>",
        name="mean",
    )
    mean = result[output].mean
    told = f"{mean:%}" if unit == "%" else str(mean)
    said = f"Mean of {output} after {trials[-1]:,} trials: {told}"
    layout = frame(
        f"Convergence of the mean of {output}",
        f"{told} after {trials[-1]:,} trials; shaded: 95 % interval",
        said,
    )
    layout |= {
        "xaxis": axis("trials", type="log", dtick=_steps(trials)),
        "yaxis": axis(f"mean of {output}", unit),
    }
    marks, notes = _stopping(result, trials, half, tolerance, unit)
    layout |= {"shapes": [_level(mean.value), *marks], "annotations": notes}
    return make_figure([band, line], layout)


def _stopping(
    result: "Result", trials: list[int], half: Any, tolerance: float | None, unit: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a line and a note where the run stopped, or where it could have."""
    at, text = None, ""
    if tolerance is not None:
        if not tolerance > 0.0:
            raise law("tolerance", "be a half-width above 0", tolerance)
        reached = np.flatnonzero(half <= tolerance)
        if len(reached):
            at = trials[int(reached[0])]
            text = f"± {words(tolerance, unit)} after {words(at)} trials"
    elif result.stopping is not None:
        at = result.n_trials
        text = f"stopped: {'converged' if result.stopping.converged else 'budget spent'}"
    if at is None:
        return [], []
    line = {"color": VERMILION, "width": 2, "dash": "dash"}
    mark = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
    note = {
        # plotly places notes on a logarithmic axis by the exponent.
        "x": float(np.log10(at)),
        "y": 1.0,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": "right",
        "xshift": -6,
        "text": text,
        "showarrow": False,
        "font": {"color": VERMILION},
    }
    return [{**mark, "line": line}], [note]


def _steps(trials: list[int]) -> Any:
    """Return at which trials a number stands: at 1, 2 and 5 where powers of ten are few."""
    return 1 if trials[-1] >= 1_000 * trials[0] else "D2"


def _level(y: float) -> dict[str, Any]:
    line = {"color": TEXT, "width": 1, "dash": "dot"}
    return {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": y,
        "y1": y,
        "line": line,
    }
