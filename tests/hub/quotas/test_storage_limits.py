"""Storage: how much a user may keep, what is noted of it, and which starts it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from hub import SettingsError
from hub.choices import Budget
from hub.environments.shared import BUDGETS, PROFILES
from hub.laws import n_bytes
from hub.quotas import (
    StorageUse,
    budget_of,
    check_storage,
    decisions,
    grant,
    note_all_storage,
    note_storage,
    override,
    storage_limit,
    storage_of,
    storage_used,
)

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
GIB = 1024**3
SMALL, LARGE, SLICE, GPU = PROFILES
OF_GROUPS = replace(
    BUDGETS,
    groups=(
        Budget(name="quants", gpu_hours=1, cpu_hours=1, storage="200G"),
        Budget(name="interns", gpu_hours=1, cpu_hours=1, storage="512M"),
        Budget(name="others", gpu_hours=None, cpu_hours=None),
    ),
)


def use(fraction: float, age: timedelta = timedelta(minutes=9)) -> StorageUse:
    return StorageUse(
        used_bytes=int(fraction * 10 * GIB), limit_bytes=10 * GIB, at=NOW - age
    )


def refusal(
    stored: StorageUse | None, profile: object = GPU, offered: object = PROFILES
) -> str | None:
    return check_storage(stored, profile=profile, offered=offered, now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("groups", "limit"),
    [
        ((), "50G"),
        (("strangers",), "50G"),
        (("others",), "50G"),
        (("quants",), "200G"),
        (("interns",), "512M"),
        (("interns", "quants"), "200G"),
        (("interns", "others"), "512M"),
    ],
)
def test_the_largest_storage_that_a_groups_budget_names_holds(
    groups: tuple[str, ...], limit: str
) -> None:
    assert n_bytes(limit) == storage_limit("50G", OF_GROUPS, groups, NOW)


def test_storage_that_is_no_size_is_refused() -> None:
    budget = replace(OF_GROUPS.groups[0], storage="lots")

    with pytest.raises(SettingsError, match="must be a size such as `512M`"):
        budget.check("budgets.groups.quants")


def test_everybodys_budget_may_name_storage_too() -> None:
    budgets = replace(OF_GROUPS, everybody=replace(OF_GROUPS.everybody, storage="3G"))

    assert n_bytes("3G") == storage_limit("50G", budgets, ("strangers",), NOW)
    assert n_bytes("50G") == storage_limit("50G", budgets, ("others",), NOW)


def test_without_budgets_the_environments_limit_holds() -> None:
    assert n_bytes("50G") == storage_limit("50G", None, ("quants",), NOW)


def test_an_override_of_hours_leaves_the_storage_of_the_group(engine: Engine) -> None:
    override(engine, "ada", gpu_hours=0, cpu_hours=0, by="admin", why="x")
    grant(engine, "ada", gpu_hours=1, cpu_hours=1, by="admin", why="x")

    now = datetime.now(UTC)
    budget = budget_of(OF_GROUPS, ("quants",), decisions(engine, "ada"), now)

    assert ("own", 1, "200G") == (budget.name, budget.gpu_hours, budget.storage)


@pytest.mark.parametrize("profile", [LARGE, SLICE, GPU])
def test_above_six_fifths_only_the_smallest_profile_starts(profile: object) -> None:
    assert refusal(use(1.2), profile) is None
    assert refusal(use(1.21), profile) is not None
    assert refusal(use(9), SMALL) is None


def test_the_refusal_says_the_numbers_and_the_way_out() -> None:
    assert refusal(use(1.3), SLICE) == (
        "Your files take 13 GB of 10 GB (measured 11:51 UTC), more than 120%: until you "
        "have deleted some, `CPU` starts and `GPU, a tenth of a card` doesn't. They are "
        "measured again every ten minutes. If you need them all, ask an admin for more."
    )


def test_who_is_offered_gpus_alone_can_still_clean_up() -> None:
    assert refusal(use(2), SLICE, (SLICE, GPU)) is None
    assert refusal(use(2), GPU, (SLICE, GPU)) is not None
    # On one machine there is nothing to choose.
    assert refusal(use(2), SMALL, ()) is None


def test_a_profile_with_a_gpu_is_larger_than_any_without() -> None:
    slender = replace(SLICE, cpus=0.5, memory="512M")

    assert refusal(use(2), slender, (slender, LARGE)) is not None
    assert refusal(use(2), LARGE, (slender, LARGE)) is None


def test_what_nobody_measured_of_late_refuses_nothing() -> None:
    assert refusal(None) is None
    assert refusal(use(2, timedelta(hours=3, minutes=1))) is None
    assert refusal(use(2, timedelta(hours=2, minutes=59))) is not None


def test_a_use_is_held_against_the_limit(engine: Engine) -> None:
    note_storage(engine, "ada", 6 * GIB)

    found = storage_of(engine, "ada", 8 * GIB)

    assert found is not None
    assert 0.75 == found.fraction
    assert found.told.startswith("Your files take 6 GB of 8 GB (measured ")
    assert storage_of(engine, "eve", 8 * GIB) is None


def test_who_has_no_home_any_more_is_forgotten_and_who_is_unknown_is_kept(
    engine: Engine,
) -> None:
    note_all_storage(engine, {"ada": 1, "eve": 2, "gus": 3})
    note_all_storage(engine, {"ada": 0, "eve": None, "new": None})

    found = {user: stored for user, (stored, _) in storage_used(engine).items()}

    assert {"ada": 0, "eve": 2} == found
    note_all_storage(engine, {})
    assert {} == storage_used(engine)
