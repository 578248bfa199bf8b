"""When a copy of files is due, where it goes, and how restic is told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.backup.copies import Copy, due, homes
from deploy.backup.keeper import Keeper, database_copies
from deploy.backup.repositories import Place

HOUR = 3600.0
OFF_SITE = {
    "MC_OFF_SITE_ENDPOINT": "https://s3.example.org",
    "MC_OFF_SITE_BUCKET": "copies",
    "MC_OFF_SITE_REGION": "north",
}


def _place(folder: Path, **variables: str) -> Place:
    told = {"MC_ENVIRONMENT": "staging", "MC_BACKUP_EVERY": "21600"}
    for name in ("volumes", "state", "local", "secrets", "scratch"):
        (folder / name).mkdir(exist_ok=True)
    return Place(
        variables=told | {"MC_BACKUP_KEEP_DAYS": "7"} | variables,
        volumes=folder / "volumes",
        state=folder / "state",
        local=folder / "local",
        secrets=folder / "secrets",
        scratch=folder / "scratch",
    )


def _copy(ended: float, repository: int = 1) -> Copy:
    return Copy(
        label="x",
        repository=repository,
        began=ended - 60,
        ended=ended,
        n_files=1,
        n_bytes=1,
        homes=(),
        notes={},
    )


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        (None, 1 * HOUR, True),
        (6.1 * HOUR, 11.9 * HOUR, False),
        (6.1 * HOUR, 12 * HOUR, True),
        (6.1 * HOUR, 40 * HOUR, True),
    ],
)
def test_a_copy_is_due_at_the_next_moment_and_not_before(
    last: float | None, now: float, is_due: bool
) -> None:
    there = [] if last is None else [_copy(last)]

    assert due(timedelta(hours=6), there, 1, now) == is_due


def test_a_copy_here_is_none_elsewhere() -> None:
    assert due(timedelta(hours=6), [_copy(7 * HOUR, 1)], 2, 8 * HOUR)


def test_homes_and_reports_of_the_environment_alone_are_copied(tmp_path: Path) -> None:
    place = _place(tmp_path)
    for name in (
        "mchub-staging-reports",
        "mchub-production-reports",
        "mchub-staging-home-ada",
        "mchub-staging-home--41da",
        "mchub-production-home-ada",
        "mchub-staging_postgres",
    ):
        (place.volumes / name / "_data").mkdir(parents=True)

    homes_of_two = ["mchub-staging-home--41da", "mchub-staging-home-ada"]
    assert homes(place) == [*homes_of_two, "mchub-staging-reports"]


def test_without_a_bucket_there_is_one_repository(tmp_path: Path) -> None:
    assert [each.number for each in _place(tmp_path).repositories] == [1]
    with pytest.raises(RuntimeError, match="there must be a repository 2"):
        _place(tmp_path).repository(2)


def _database(folder: Path, ended: float) -> Path:
    folder.mkdir(exist_ok=True)
    last = {"began": ended - 5, "ended": ended, "n_bytes": 9}
    told = {"looked": ended, "repositories": {"1": {"last": last}, "2": {"last": None}}}
    (folder / "postgres.json").write_text(json.dumps(told))
    return folder


def test_the_database_comes_first_but_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    database = _database(tmp_path / "database", 5 * HOUR)
    keeper = Keeper(_place(tmp_path), tmp_path, database)

    # Its last copy is of the moment before.
    assert not keeper._may_begin(6 * HOUR + 60)
    assert keeper._may_begin(6 * HOUR + 16 * 60)
    _database(tmp_path / "database", 6 * HOUR + 30)
    assert keeper._may_begin(6 * HOUR + 60)


def test_of_two_nodes_the_one_that_looked_last_is_believed(tmp_path: Path) -> None:
    database = _database(tmp_path / "database", 5 * HOUR)
    older = {"looked": 1, "repositories": {"1": {"last": {"ended": 1}}}}
    (database / "other.json").write_text(json.dumps(older))

    assert database_copies(database)[1]["ended"] == 5 * HOUR
    assert database_copies(tmp_path / "state") == {}
