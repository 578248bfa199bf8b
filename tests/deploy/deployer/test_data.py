"""Data and their copies: what differs is named, what was meant is found."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.deployer.backups import kept_digests, moment_of
from deploy.deployer.data_digests import DataDigests, differences
from deploy.deployer.database import DatabaseCopy
from deploy.deployer.outcomes import Failed
from deploy.deployer.platform_health import unwell

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BEFORE = DataDigests(
    tables={"users": (3, "a"), "mchub_audit": (9, "b")}, homes={"home-ada": (5, "c")}
)


def _copy(hours_ago: float, release: str) -> DatabaseCopy:
    return DatabaseCopy(
        label=f"{hours_ago:g}F",
        repository=1,
        kind="full",
        ended=NOW - timedelta(hours=hours_ago),
        n_bytes=1,
        notes={"release": release},
    )


COPIES = [_copy(24, "1.0.0"), _copy(6, "1.1.0")]


def test_equal_data_differ_in_nothing() -> None:
    same = DataDigests(tables=dict(BEFORE.tables), homes=dict(BEFORE.homes))

    assert differences(BEFORE, same) == []
    assert BEFORE.summary == "2 tables, 12 rows; 1 homes, 5 entries"


def test_a_changed_row_a_lost_table_and_a_new_home_are_named() -> None:
    after = DataDigests(
        tables={"users": (3, "x")},
        homes={"home-ada": (5, "c"), "home-grace": (2, "d")},
    )

    assert differences(BEFORE, after) == [
        "table mchub_audit: 9 before, none after",
        "table users: 3 before, 3 after",
        "home home-grace: none before, 2 after",
    ]


def test_a_copy_without_digests_has_none(tmp_path: Path) -> None:
    assert kept_digests(tmp_path, "24F") is None


def test_a_label_means_the_end_of_its_copy_and_its_release() -> None:
    moment = moment_of(COPIES, "24F", NOW)

    assert moment.at == NOW - timedelta(hours=24) + timedelta(seconds=1)
    assert (moment.label, moment.release) == ("24F", "1.0.0")


def test_a_time_means_itself_and_the_release_of_the_copy_before() -> None:
    moment = moment_of(COPIES, "2026-01-31 07:00:00+00:00", NOW)

    assert moment.at == NOW - timedelta(hours=5)
    assert (moment.label, moment.release) == ("6F", "1.1.0")
    assert moment_of(COPIES, "2026-01-31 07:00:00", NOW) == moment


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("the good one", "Copies: 24F, 6F."),
        ("2026-01-29 12:00:00+00:00", "the time must lie between 2026-01-30 12:00:00"),
        ("2026-02-01 12:00:00+00:00", "and now; got 2026-02-01 12:00:00"),
    ],
)
def test_what_names_no_moment_is_refused_with_those_there_are(
    wanted: str, sentence: str
) -> None:
    with pytest.raises(Failed) as failed:
        moment_of(COPIES, wanted, NOW)

    assert sentence in str(failed.value)


def test_a_part_that_ended_or_never_came_is_unwell() -> None:
    found = {"hub": "healthy", "steward": "running", "proxy": "unhealthy"}

    assert unwell(["hub", "steward"], found) == []
    assert unwell(["proxy", "front"], found) == [
        "proxy is unhealthy",
        "front has no container",
    ]
