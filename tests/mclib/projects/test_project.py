"""Networks of activities: exact maxima, the critical path method, what is refused."""

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest
from scipy.stats import norm

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.reference import ReferenceEngine
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


def project(*lines: tuple[Any, ...]) -> mc.Project:
    columns = ["activity", "duration", "predecessors", "fixed_cost", "cost_per_day"]
    frame = pd.DataFrame(list(lines), columns=columns[: len(lines[0])])
    return mc.Project.from_frame(frame)


# Durations a to g, with finish-to-start and start-to-start lags; times by hand.
PLAN = project(
    ("g", 2, "e; f"),
    ("a", 3, ""),
    ("b", 4, "a"),
    ("c", 6, "a SS+1"),
    ("d", 5, "b FS+2"),
    ("e", 1, "c; b"),
    ("f", 3, "d FS-1"),
)


def test_one_case_of_a_project_needs_its_random_durations_alone() -> None:
    plan = project(("dig", mc.PERT(4, 5, 9), ""), ("build", 10, "dig"))

    assert plan.model(dig=7.0)["finish"] == 17.0


def test_the_critical_path_method_with_lags_is_as_by_hand() -> None:
    table = PLAN.plan()

    starts = {"a": 0, "b": 3, "c": 1, "d": 9, "e": 7, "f": 13, "g": 16}
    slacks = {"a": 0, "b": 0, "c": 8, "d": 0, "e": 8, "f": 0, "g": 0}
    assert table["start"].to_dict() == starts
    assert table["slack"].to_dict() == slacks
    assert PLAN.planned_finish == 18.0
    assert set(table.index[table["is_critical"]]) == {"a", "b", "d", "f", "g"}


def test_the_same_method_runs_in_every_trial() -> None:
    schedule = PLAN.run(2_048, seed=1)

    assert schedule.finish.mean.value == 18.0
    assert schedule.finish.standard_deviation.value == 0.0
    table = schedule.to_frame()
    assert table["criticality"].to_dict() == {
        name: float(name in "abdfg") for name in "abcdefg"
    }
    assert table.loc["c", "slack"] == 8.0


@pytest.mark.parametrize(
    ("n", "mean"), [(2, 0.5641895835), (3, 0.8462843753)], ids=["two", "three"]
)
def test_activities_side_by_side_end_with_the_last_of_them(n: int, mean: float) -> None:
    side_by_side = project(*[(f"a{k}", mc.Normal(0, 1), "") for k in range(n)])

    schedule = side_by_side.run(200_000, seed=3, engine=ENGINE)

    assert_within_standard_errors(schedule.finish.mean, mean)
    assert_within_standard_errors(schedule.merge_bias, mean)
    if n == 2:
        assert_within_standard_errors(schedule.finish.variance, 0.6816901138)


def test_two_unequal_paths_have_exact_finish_criticality_and_bias() -> None:
    unequal = project(("a", mc.Normal(10, 2), ""), ("b", mc.Normal(9, 3), ""))

    schedule = unequal.run(200_000, seed=3, engine=ENGINE)

    assert_within_standard_errors(schedule.finish.mean, 10.993378260797)
    below = schedule.finish.probability_below(12.0)
    assert_within_standard_errors(below, 0.707860981737)
    critical = schedule.result["a, is critical"].mean
    assert_within_standard_errors(critical, float(norm.cdf(1.0 / math.sqrt(13.0))))
    assert schedule.to_frame()["criticality"].sum() == pytest.approx(1.0)
    # The finish follows a to a share of 4 P(a is later) / 2, and b to 9 P(b is later) / 3.
    assert list(schedule.to_frame().index) == ["a", "b"]


def test_a_chain_adds_up_and_its_durations_may_be_correlated() -> None:
    chain = project(("a", mc.Normal(10, 2), ""), ("b", mc.Normal(9, 3), "a"))

    apart = chain.run(200_000, seed=3, engine=ENGINE)
    linked = mc.correlate(chain.model, {("a", "b"): 0.5}, measure="pearson")
    together = chain.run(200_000, model=linked, seed=3, engine=ENGINE)

    assert_within_standard_errors(apart.finish.variance, 13.0)
    assert_within_standard_errors(together.finish.variance, 13.0 + 6.0)


def test_costs_follow_the_durations_and_are_joint_with_the_finish() -> None:
    plan = project(
        ("a", mc.Normal(10, 2), "", 100.0, 5.0),
        ("b", mc.Normal(9, 3), "a", mc.Uniform(0, 12), 2.0),
    )

    schedule = plan.run(200_000, seed=3, engine=ENGINE)

    assert_within_standard_errors(schedule.cost.mean, 100.0 + 50.0 + 6.0 + 18.0)
    assert_within_standard_errors(schedule.cost.variance, 25 * 4 + 4 * 9 + 12.0)
    joint = schedule.joint_probability(19.0, 1e9)
    assert_within_standard_errors(joint, 0.5)
    both = schedule.joint_probability(19.0, 174.0).value
    assert 0.25 < both < 0.5
    trials = schedule.result.to_frame(200_000)
    assert both == ((trials["finish"] <= 19.0) & (trials["cost"] <= 174.0)).mean()


def test_an_end_is_a_date_on_a_working_day() -> None:
    schedule = PLAN.run(1_024, seed=1)

    # Eighteen working days from a Monday: three weeks, and three days.
    assert schedule.date(0.8, "2027-03-01") == dt.date(2027, 3, 24)
    assert schedule.date(0.8, "2027-03-01", working_days=False) == dt.date(2027, 3, 18)


def test_the_judge_agrees() -> None:
    plan = project(
        ("a", mc.PERT(4, 5, 9), ""),
        ("b", mc.PERT(3, 5, 12), "a SS+1"),
        ("c", mc.Exponential(2), "a; b FS-1"),
    )

    one, judge = (
        plan.run(3_000, seed=2, engine=each) for each in (ENGINE, ReferenceEngine())
    )

    for name in one.result:
        assert one.result[name].mean == judge.result[name].mean


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([("a", 1, "b"), ("b", 1, "a")], "in a circle; these do: a ← b ← a"),
        ([("a", 1, "a")], "these do: a ← a"),
        (
            [("x", 1, ""), ("a", 1, "c"), ("b", 1, "a"), ("c", 1, "b SS")],
            "these do: a ← c ← b ← a",
        ),
        ([("a", 1, ""), ("b", 1, "c")], "`b` waits for 'c', which is no activity"),
        ([("a", 1, ""), ("a", 2, "")], "`activity` must have a name of its own; got 'a'"),
        ([("finish", 1, "")], 'other than "finish" and "cost"'),
        ([("a", "long", "")], "`duration of a` must be a distribution or a number"),
        ([("a", math.nan, "")], "`duration of a` must be a distribution or a number"),
        ([("a", 1, "+2")], "`predecessors` must be names of activities"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_is_no_network_is_refused_by_name(lines: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        project(*lines)


def test_columns_that_are_not_known_are_refused() -> None:
    with pytest.raises(ArgumentError, match="`columns` must be among activity, duration"):
        mc.Project.from_frame(pd.DataFrame({"task": ["a"], "duration": [1]}))
    with pytest.raises(ArgumentError, match="`activities` must be one at least"):
        mc.Project([])


def test_a_negative_duration_is_refused() -> None:
    frame = pd.DataFrame({"activity": ["dig"], "duration": [-1.0]})

    with pytest.raises(mc.ArgumentError, match="`duration of dig` must be 0 or more"):
        mc.Project.from_frame(frame)


def test_a_first_day_that_is_no_date_is_refused() -> None:
    plan = mc.Project.from_frame(pd.DataFrame({"activity": ["dig"], "duration": [3.0]}))
    schedule = plan.run(1_000, seed=5)

    with pytest.raises(mc.ArgumentError, match="`start` must be a date"):
        schedule.date(0.8, "Monday")
    assert (schedule.to_frame()["slack"] == 0.0).all()


def test_a_finish_waits_for_a_finish_or_a_start() -> None:
    # b finishes 2 after a: from 9 to 12. c finishes 4 after b has started: from 6 to 13.
    plan = mc.Project.from_frame(
        pd.DataFrame(
            {
                "activity": ["a", "b", "c", "d"],
                "duration": [10.0, 3.0, 7.0, 1.0],
                "predecessors": ["", "a FF+2", "b SF+4", "b"],
            }
        )
    )
    table = plan.plan()

    assert plan.planned_finish == 13.0
    assert table["start"].to_dict() == {"a": 0.0, "b": 9.0, "c": 6.0, "d": 12.0}
    assert table["slack"].to_dict() == {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0}


def test_two_finishes_that_wait_for_each_other_end_with_the_later_one() -> None:
    plan = mc.Project.from_frame(
        pd.DataFrame(
            {
                "activity": ["long", "short"],
                "duration": [mc.Normal(10, 2), mc.Normal(9, 3)],
                "predecessors": ["", "long FF"],
            }
        )
    )
    finish = plan.run(200_000, seed=5).finish

    # ACCEPTANCE: the larger of N(10, 2) and N(9, 3).
    assert_within_standard_errors(finish.mean, 10.993378260797)
    assert_within_standard_errors(finish.probability_below(12.0), 0.707860981737)


def test_names_that_commas_join_are_told_apart() -> None:
    frame = pd.DataFrame(
        {"activity": ["a", "b"], "duration": [1.0, 1.0], "predecessors": ["", "a, b"]}
    )

    with pytest.raises(mc.ArgumentError, match="hint: put a semicolon between several"):
        mc.Project.from_frame(frame)
