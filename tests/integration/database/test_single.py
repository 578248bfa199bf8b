"""One database server: back to a second, on a new host, and a place for copies gone."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.deployer import database
from tests.architecture.checkout import ROOT
from tests.integration.database.conftest import Note
from tests.integration.database.world import World, running_world, settings, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]

AGING = (ROOT / "tests" / "integration" / "database" / "aging.py").read_bytes()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    chosen = settings("one-of-tests", replicas=0, subnet="10.217.0.0/20")
    folder = tmp_path_factory.mktemp("single")
    # Two segments may wait.
    with running_world(chosen, folder, MC_ARCHIVE_QUEUE="32MiB") as single:
        wait_until("there are copies", lambda: len(_copies(single)) == 2, 180)
        yield single


def _copies(single: World) -> list[database.DatabaseCopy]:
    return database.database_backups(single.docker, single.settings)


def _pgbackrest(single: World, *words: str) -> str:
    node = single.part("postgres")
    return single.docker("exec", node, "pgbackrest", "--stanza=mchub", *words)


def test_it_stops_at_once_although_a_client_is_connected(single: World) -> None:
    node = single.part("postgres")
    single.docker("exec", "--detach", node, "psql", "-c", "SELECT pg_sleep(90)")

    single.docker("stop", "--time=30", node)

    ended = single.docker("inspect", "--format={{.State.ExitCode}}", node).strip()
    single.docker("start", node)
    wait_until("it answers", single.primary)
    assert ended == "0"


def test_it_goes_back_to_a_second_and_keeps_what_was_there(
    single: World, measured: Note
) -> None:
    single.sql("CREATE TABLE story AS SELECT 'before' AS word")
    time.sleep(1.1)
    to = datetime.now(UTC)
    time.sleep(1.1)
    single.sql("INSERT INTO story VALUES ('after')")
    began = time.monotonic()

    aside = database.restore_database(single.docker, single.settings, to=to)

    measured(f"one server, back to a second: {time.monotonic() - began:.1f} s")
    assert single.sql("TABLE story") == "before"
    kept = single.docker("exec", single.part("postgres"), "ls", "/srv/database").split()
    assert aside in kept
    assert [copy.notes["reason"] for copy in _copies(single)][-1] == "before-restore"


def test_copies_of_thirty_days_are_kept_with_the_one_that_they_begin_with(
    single: World,
) -> None:
    made = [
        database.backup_database(
            single.docker, single.settings, reason="test", full=full, repositories=[1]
        )[0].label
        for full in (True, False, True, True)
    ]
    first, on_first, second, third = made
    others = {copy.label for copy in _copies(single) if copy.repository == 1} - set(made)
    aged = dict.fromkeys(others, 90) | {first: 45, on_first: 44, second: 31}
    words = [f"{label}={days}" for label, days in aged.items()]
    run = ("exec", "--interactive", single.part("postgres"), "python3", "-", *words)
    single.docker(*run, stdin=AGING)

    _pgbackrest(single, "--repo=1", "expire")

    left = {copy.label for copy in _copies(single) if copy.repository == 1}
    # The one of 31 days is needed to go back to the thirtieth day.
    assert left == {second, third}


def test_a_place_that_is_gone_stops_neither_writing_nor_archiving_for_ever(
    single: World, measured: Note
) -> None:
    node, store = single.part("postgres"), single.part("object-store")
    waiting = "ls /srv/database/data/pg_wal/archive_status | grep -c ready || true"
    network = f"mchub-{single.settings.name}_off-site"
    single.docker("network", "disconnect", network, store)
    try:
        for number in range(6):
            single.sql(f"CREATE TABLE gone{number} AS SELECT 1 AS one")
            single.sql("SELECT pg_switch_wal()")

        seconds = wait_until(
            "nothing waits any more",
            lambda: single.docker("exec", node, "sh", "-c", waiting).strip() == "0",
            # pgBackRest looks at its queue once a minute.
            240,
        )
    finally:
        single.docker("network", "connect", "--alias=object-store", network, store)
    measured(f"off-site gone: the queue was given up after {seconds:.1f} s")
    # What was given up is missing; a copy made from here on is whole again.
    made = database.backup_database(
        single.docker, single.settings, reason="test", full=True
    )
    # One that the node makes by itself meanwhile may come besides.
    assert {copy.repository for copy in made} == {1, 2}
    drilled = database.drill_database(single.docker, single.settings, repository=2)
    assert "Bad checksums:  0" in drilled.checksums


def test_what_watches_is_told_how_old_the_copies_are(single: World) -> None:
    def told() -> dict[str, dict[str, dict[str, float]]]:
        name = f"mchub-{single.settings.name}_database-status"
        look = ("--network=none", "--user=1100", f"--volume={name}:/status:ro")
        words = ("run", "--rm", *look, single.told["MC_BASE_IMAGE"])
        answer = single.docker(*words, "cat", "/status/database.json")
        found: dict[str, dict[str, dict[str, float]]] = json.loads(answer)
        return found

    newest = max(copy.ended for copy in _copies(single)).timestamp()

    wait_until(
        "it is written down",
        lambda: told()["repositories"]["2"]["last"]["ended"] == newest,  # type: ignore[index]
    )
    # What failed while the object store was away is tried again in every round.
    wait_until("nothing fails any more", lambda: told()["failed"] == {}, 120)


def test_a_new_host_gets_the_database_from_elsewhere(single: World, measured: Note) -> None:
    single.sql("CREATE TABLE moved AS SELECT 'here' AS word")
    node, project = single.part("postgres"), f"mchub-{single.settings.name}"
    single.docker("exec", node, "python3", "-m", "deploy.database", "push")
    single.docker("rm", "--force", "--volumes", node)
    for name in ("postgres", "database-backups", "database-status"):
        single.docker("volume", "rm", f"{project}_{name}")
    single.compose("create")
    began = time.monotonic()

    database.restore_database(single.docker, single.settings, to=None, repository=2)

    measured(f"new host, database from off-site: {time.monotonic() - began:.1f} s")
    assert single.sql("TABLE moved") == "here"
    assert time.monotonic() - began < 300
    # And from there on it is copied to both places again.
    wait_until(
        "there is a copy here",
        lambda: any(copy.repository == 1 for copy in _copies(single)),
    )
