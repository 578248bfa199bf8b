import pandas as pd
import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError


def test_bars_are_the_plan_and_their_color_the_criticality() -> None:
    project = mc.Project.from_frame(
        pd.DataFrame(
            {
                "activity": ["dig", "order", "paint", "build"],
                "duration": [mc.PERT(4, 5, 9), mc.PERT(3, 5, 12), 1, 10],
                "predecessors": ["", "", "", "dig; order FS+1"],
            }
        )
    )
    schedule = project.run(20_000, seed=7)

    figure = plots.gantt(schedule)

    plan, found = project.plan(), schedule.to_frame()
    slack, *classes = figure.data
    drawn = {
        name: (start, length)
        for trace in classes
        for name, start, length in zip(trace.y, trace.base, trace.x, strict=True)
    }
    assert {name: (row["start"], row["duration"]) for name, row in plan.iterrows()} == drawn
    often, seldom, hardly = (set(trace.y) for trace in classes)
    assert {name for name in plan.index if found.loc[name, "criticality"] >= 0.5} == often
    assert "build" in often
    assert {"paint"} == hardly
    assert set() == often & seldom
    assert plan["slack"][list(slack.y)].to_list() == list(slack.x)
    expected = [each.value for each in schedule.finish.quantile([0.05, 0.5, 0.95])]
    assert expected == [line.x0 for line in figure.layout.shapes]
    assert "time (days)" == figure.layout.xaxis.title.text


def test_a_gantt_chart_is_of_a_schedule() -> None:
    with pytest.raises(ArgumentError, match=r"`schedule` must be .*\nhint: write"):
        plots.gantt(3)
