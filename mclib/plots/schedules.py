"""A project on a line of time, and how likely each activity is to hold it up."""

from typing import Any

from mclib.errors import law
from mclib.plots.figure import graph_objects, make_figure
from mclib.plots.style import BLUE, GREY, SKY, TEXT, VERMILION, axis, frame, words
from mclib.results.formatting import plain

_SHARES = (
    (0.5, VERMILION, "critical in half of all trials or more"),
    (0.05, BLUE, "critical in 5 to 50 %"),
    (0.0, SKY, "critical in less than 5 %"),
)


def gantt(schedule: Any, *, unit: str = "days") -> Any:
    """Gantt chart: activities as planned, colored by how often each is critical.

    Parameters
    ----------
    schedule : Schedule
        Of `Project.run`.
    unit : str, default "days"
        Of times.

    Returns
    -------
    Figure
        Bars go from the planned start to the planned finish, with mean durations; a grey
        line is the planned slack. Beside each stands its criticality, the share of trials
        in which it lies on the critical path; lines mark P5, P50 and P95 of the finish.

    Raises
    ------
    ArgumentError
        If `schedule` is none.

    Examples
    --------
    >>> import mclib as mc
    >>> import pandas as pd
    >>> lines = {"activity": ["dig", "build"], "duration": [mc.PERT(4, 5, 9), 10]}
    >>> plan = mc.Project.from_frame(pd.DataFrame({**lines, "predecessors": ["", "dig"]}))
    >>> mc.plots.gantt(plan.run(100_000, seed=7)).description.split(". ")[0]
    'Finish: median 15.38 days, 90 % between 14.3 days and 17.1 days'
    """
    if not (hasattr(schedule, "project") and hasattr(schedule, "to_frame")):
        hint = "write `mc.plots.gantt(project.run(100_000))`."
        raise law("schedule", "be what running a project has given", schedule, hint)
    plan = schedule.project.plan().sort_values(["start", "finish"], ascending=False)
    critical = [schedule.result[f"{name}, is critical"].mean for name in plan.index]
    shares = [each.value for each in critical]
    errors = [each.standard_error for each in critical]
    ends = [each.value for each in schedule.finish.quantile([0.05, 0.5, 0.95])]
    traces = [_slacks(plan, unit), *_bars(plan, shares, errors, unit)]
    strongest = sorted(zip(shares, plan.index, strict=True), reverse=True)[:3]
    said = ", ".join(f"{name} {share:.0%}" for share, name in strongest)
    layout = frame(
        "Schedule and criticality",
        f"bars: mean durations; thin: slack; finish P5 {words(ends[0], unit)}, "
        f"P50 {words(ends[1], unit)}, P95 {words(ends[2], unit)}",
        f"Finish: median {words(ends[1], unit)}, 90 % between {words(ends[0], unit)} and "
        f"{words(ends[2], unit)}. Most often critical: {said}",
    )
    layout |= {
        "barmode": "overlay",
        "bargap": 0.35,
        "height": max(300, 220 + 32 * len(plan)),
        "xaxis": axis(
            "time", unit, range=[0.0, 1.04 * max(ends[2], float(plan["finish"].max()))]
        ),
        "yaxis": axis("", type="category", showgrid=False, ticklabelstandoff=8),
        "shapes": [_finish(x, at) for at, x in enumerate(ends)],
        "showlegend": True,
        # On a narrow page it takes a line for each class.
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0.02,
            "yanchor": "bottom",
            "x": 0.0,
        },
        "margin": {"t": 80, "l": 70, "r": 60, "b": 130},
    }
    return make_figure(traces, layout)


def _slacks(plan: Any, unit: str) -> Any:
    return graph_objects().Bar(
        orientation="h",
        y=list(plan.index),
        base=plan["finish"].to_list(),
        x=plan["slack"].to_list(),
        width=0.12,
        marker={"color": GREY, "line": {"width": 0}},
        name="slack",
        customdata=plan["slack"].to_list(),
        hovertemplate=f"%{{y}}: may be late by %{{customdata:,.4~r}} {unit}".rstrip()
        + "<extra></extra>",
    )


def _bars(plan: Any, shares: list[float], errors: list[float], unit: str) -> list[Any]:
    """Return a trace for each class of criticality, as the legend tells them."""
    traces, above = [], 2.0
    for least, color, name in _SHARES:
        chosen = [at for at, share in enumerate(shares) if least <= share < above]
        above = least
        some = plan.iloc[chosen]
        traces.append(
            graph_objects().Bar(
                orientation="h",
                y=list(some.index),
                base=some["start"].to_list(),
                x=some["duration"].to_list(),
                marker={
                    "color": color,
                    "line": {"width": 0},
                    "pattern": {
                        "shape": "/" if color == VERMILION else "",
                        "solidity": 0.15,
                    },
                },
                text=[f"{shares[at]:.0%}" for at in chosen],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                customdata=[
                    [start, shares[at], plain(100.0 * errors[at], 2), finish, duration]
                    for at, start, finish, duration in zip(
                        chosen, some["start"], some["finish"], some["duration"], strict=True
                    )
                ],
                name=name,
                # Of a bar that begins elsewhere than at 0, plotly's x is its end.
                hovertemplate=f"%{{y}}: takes %{{customdata[4]:,.4~r}} {unit}<br>"
                f"planned from %{{customdata[0]:,.4~r}} to %{{customdata[3]:,.4~r}} "
                f"{unit}<br>"
                "critical in %{customdata[1]:.1%} ± %{customdata[2]} % (s.e.) of trials"
                "<extra></extra>",
            )
        )
    return traces


def _finish(x: float, at: int) -> dict[str, Any]:
    line = {
        "color": TEXT,
        "width": 2 if at == 1 else 1,
        "dash": ("dot", "solid", "dot")[at],
    }
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": line,
    }
