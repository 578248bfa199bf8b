"""What was used, by user and by group, against the budget that holds."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from hub.choices import Budget, Budgets
from hub.quotas import Reading, RunningServer, grant, meter, note_storage
from hub.services.admin.consumption import Use, by_group, by_user, total

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUDGETS = Budgets(
    period=timedelta(days=30),
    warn_at=0.8,
    grace=timedelta(minutes=15),
    everybody=Budget(name="everybody", gpu_hours=1, cpu_hours=None),
    groups=(Budget(name="quants", gpu_hours=10, cpu_hours=100),),
)
GROUPS = {"ada": ["quants", "risk"], "bob": ["risk"]}


def run(engine: Engine, user: str, hours: float, gpu: float, cpus: int) -> None:
    """Let a server of `user` run from noon on."""
    server = RunningServer(
        user=user, name="", started=NOON, profile="p", gpu=gpu, cpus=cpus
    )
    passed = timedelta(hours=hours)
    now = Reading(at=NOON + passed, boot="b", monotonic=passed.total_seconds())
    meter(engine, [server], now)


@pytest.fixture
def uses(engine: Engine) -> list[Use]:
    run(engine, "ada", hours=4, gpu=0.5, cpus=2)
    run(engine, "bob", hours=2, gpu=0.25, cpus=1)
    run(engine, "cleo", hours=1, gpu=0, cpus=4)
    note_storage(engine, "ada", 3_000)
    note_storage(engine, "dora", 500)
    return by_user(engine, BUDGETS, GROUPS, days=30, now=NOON + 5 * HOUR)


def test_hours_are_those_of_each_server_times_what_it_has(uses: list[Use]) -> None:
    assert [(use.name, use.server_hours, use.gpu_hours, use.cpu_hours) for use in uses] == [
        ("ada", 4, 2, 8), ("bob", 2, 0.5, 2), ("cleo", 1, 0, 4), ("dora", 0, 0, 0),
    ]  # fmt: skip


def test_budgets_are_those_of_the_groups_and_the_fraction_is_the_larger(
    uses: list[Use],
) -> None:
    assert [(use.budget, use.gpu_limit, use.cpu_limit, use.fraction) for use in uses] == [
        ("quants", 10, 100, 0.2),
        ("everybody", 1, None, 0.5),
        ("everybody", 1, None, 0.0),
        ("everybody", 1, None, 0.0),
    ]


def test_a_grant_makes_the_limit_larger(engine: Engine) -> None:
    grant(engine, "bob", gpu_hours=3, cpu_hours=0, by="boss", why="a test")
    now = datetime.now(UTC) + HOUR
    note_storage(engine, "bob", 1)

    [bob] = by_user(engine, BUDGETS, GROUPS, days=30, now=now)

    assert bob.gpu_limit == 4


def test_another_period_than_the_budgets_has_no_limits(engine: Engine) -> None:
    run(engine, "ada", hours=4, gpu=0.5, cpus=2)

    [ada] = by_user(engine, BUDGETS, GROUPS, days=7, now=NOON + 5 * HOUR)

    assert (ada.gpu_hours, ada.gpu_limit, ada.fraction) == (2, None, None)


def test_what_was_used_before_is_not_counted(engine: Engine) -> None:
    run(engine, "ada", hours=4, gpu=0.5, cpus=2)

    [ada] = by_user(engine, None, {}, days=1, now=NOON + timedelta(days=1) + 3 * HOUR)

    assert ada.server_hours == 1


def test_a_group_used_what_its_members_did_and_nobody_is_lost(uses: list[Use]) -> None:
    found = {use.name: (use.gpu_hours, use.storage_bytes) for use in by_group(uses, GROUPS)}

    assert found == {"quants": (2, 3_000), "risk": (2.5, 3_000), "in no group": (0, 500)}
    assert total("all", uses).gpu_hours == 2.5
