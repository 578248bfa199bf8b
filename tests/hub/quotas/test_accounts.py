"""Budgets: whose holds, how much of it is used, and which starts it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub import SettingsError
from hub.choices import Budget
from hub.environments.shared import BUDGETS, PROFILES
from hub.quotas import (
    Decision,
    Reading,
    RunningServer,
    account_of,
    budget_of,
    check_start,
    decisions,
    folder_bytes,
    grant,
    meter,
    note_storage,
    override,
    storage_used,
    withdraw,
)

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CPU, _, SLICE, LARGE = PROFILES


def ran(
    engine: Engine, begin: datetime, hours: float, *, gpu: float = 0.1, cpus: float = 2
) -> None:
    """A server of ada's that ran for `hours`."""
    server = RunningServer(
        user="ada", name="", started=begin, profile="p", gpu=gpu, cpus=cpus
    )
    end = begin + hours * HOUR
    meter(engine, [server], Reading(at=end, boot=f"{begin}", monotonic=0.0))


def refusal(engine: Engine, profile: object = SLICE, **changes: object) -> str | None:
    """What ada is told who wants a server of a profile."""
    asked: dict[str, object] = {"user": "ada", "groups": (), "profile": profile, "now": NOW}
    return check_start(engine, BUDGETS, **asked | changes)  # type: ignore[arg-type]


def test_who_used_nothing_may_start(engine: Engine) -> None:
    assert refusal(engine) is None


def test_an_account_adds_up_by_the_profiles_rates(engine: Engine) -> None:
    ran(engine, NOW - 10 * HOUR, 4, gpu=0.4, cpus=4)
    ran(engine, NOW - 5 * HOUR, 2, gpu=0.1, cpus=2)

    gpu, cpu = account_of(engine, BUDGETS, "ada", (), NOW).parts

    assert (gpu.used, cpu.used) == (pytest.approx(1.8), pytest.approx(20))
    assert (gpu.limit, gpu.left) == (20, pytest.approx(18.2))
    assert gpu.fraction == pytest.approx(0.09)


def test_a_used_up_budget_refuses_with_the_numbers(engine: Engine) -> None:
    ran(engine, NOW - 28 * DAY, 60, gpu=0.4)

    assert refusal(engine) == (
        "`GPU, a tenth of a card` needs 0.1 GPU hours for each hour, and 0.00 are left: "
        "24.0 of 20 GPU hours were used in the last 30 days. Hours come free from "
        "2026-07-02 22:00 UTC on. Take a profile without a GPU, or ask an admin for more."
    )
    assert refusal(engine, CPU) is None


def test_what_was_used_before_the_period_is_forgotten(engine: Engine) -> None:
    ran(engine, NOW - 40 * DAY, 9 * 24, gpu=1)

    assert refusal(engine) is None
    assert refusal(engine, now=NOW - 2 * DAY) is not None


def test_without_budgets_nothing_is_refused(engine: Engine) -> None:
    ran(engine, NOW - 28 * DAY, 600, gpu=1)

    answer = check_start(engine, None, user="ada", groups=(), profile=LARGE, now=NOW)

    assert answer is None


def test_the_end_of_a_window_is_told_only_where_it_frees_something(engine: Engine) -> None:
    override(engine, "ada", gpu_hours=0, cpu_hours=0, by="admin", why="on leave")

    answer = refusal(engine, now=datetime.now(UTC))

    assert answer is not None
    assert "free from" not in answer


def test_the_moment_that_is_told_is_the_moment_it_starts_to_free(engine: Engine) -> None:
    ran(engine, NOW - 29 * DAY, 30, gpu=1)
    [gpu, _] = account_of(engine, BUDGETS, "ada", (), NOW).parts
    assert gpu.frees_at is not None

    before, after = (
        account_of(engine, BUDGETS, "ada", (), gpu.frees_at + move).parts[0]
        for move in (-HOUR, HOUR)
    )

    assert (before.left, after.left) == (0, pytest.approx(1))


def test_the_largest_budget_of_a_users_groups_holds() -> None:
    budgets = replace(
        BUDGETS,
        groups=(
            Budget(name="quants", gpu_hours=200, cpu_hours=10),
            Budget(name="cores", gpu_hours=None, cpu_hours=5),
            Budget(name="small", gpu_hours=1, cpu_hours=1),
        ),
    )

    def of(*groups: str) -> tuple[str, float | None, float | None]:
        budget = budget_of(budgets, groups, (), NOW)
        return budget.name, budget.gpu_hours, budget.cpu_hours

    assert of("strangers") == ("everybody", 20, 500)
    # Even where everybody's is larger: a group's budget may be a restriction.
    assert of("small") == ("small", 1, 1)
    assert of("quants", "small") == ("quants, small", 200, 10)
    assert of("quants", "cores") == ("quants, cores", None, 10)


def test_an_admin_may_override_withdraw_and_grant(engine: Engine) -> None:
    def limit() -> tuple[float | None, float | None]:
        budget = budget_of(BUDGETS, (), decisions(engine, "ada"), datetime.now(UTC))
        return budget.gpu_hours, budget.cpu_hours

    override(engine, "ada", gpu_hours=None, cpu_hours=7, by="admin", why="deadline")
    grant(engine, "ada", gpu_hours=5, cpu_hours=3, by="admin", why="more")
    during = limit()
    withdraw(engine, "ada", by="admin", why="over")

    assert (during, limit()) == ((None, 10), (25, 503))
    assert [(d.kind, d.by, d.why) for d in decisions(engine)] == [
        ("override", "admin", "deadline"),
        ("grant", "admin", "more"),
        ("withdraw", "admin", "over"),
    ]


def test_a_grant_ends_with_its_period() -> None:
    given_then = Decision(
        user="ada", kind="grant", gpu_hours=5, cpu_hours=0, at=NOW, by="a", why="b"
    )

    hours = [
        budget_of(BUDGETS, (), [given_then], NOW + days * DAY).gpu_hours
        for days in (0, 29, 30)
    ]

    assert hours == [25, 25, 20]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gpu_hours": -1}, "gpu_hours: must be 0 or more; got -1."),
        ({"cpu_hours": float("nan")}, "cpu_hours: must be 0 or more; got nan."),
        ({"why": " "}, "why: must be a text; got ' '."),
        ({"by": ""}, "by: must be a text; got ''."),
        ({"user": ""}, "user: must be a text; got ''."),
    ],
)
def test_a_decision_without_sense_is_refused(
    engine: Engine, changes: dict[str, object], sentence: str
) -> None:
    asked = {"user": "ada", "gpu_hours": 1, "cpu_hours": 1, "by": "admin", "why": "x"}

    with pytest.raises(SettingsError) as refused:
        override(engine, **asked | changes)  # type: ignore[arg-type]

    assert sentence == str(refused.value)
    assert decisions(engine) == []


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(["quants", "analysts", "x"]), unique=True),
    st.lists(st.floats(0, 1e6) | st.none(), max_size=4),
)
def test_a_grant_never_takes_anything_away(
    groups: list[str], granted: list[float | None]
) -> None:
    given_then = [
        Decision(user="a", kind="grant", gpu_hours=h, cpu_hours=h, at=NOW, by="b", why="c")
        for h in granted
    ]

    without_grants = budget_of(BUDGETS, groups, (), NOW)
    with_grants = budget_of(BUDGETS, groups, given_then, NOW)

    assert (with_grants.gpu_hours or 0) >= (without_grants.gpu_hours or 0)


def test_a_file_with_two_names_is_stored_once(engine: Engine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "a").write_bytes(b"x" * 100_000)
    (home / "b").hardlink_to(home / "a")

    note_storage(engine, "ada", 1)
    note_storage(engine, "ada", folder_bytes(home))

    assert 100_000 <= storage_used(engine)["ada"][0] < 150_000
    assert folder_bytes(tmp_path / "missing") == 0
