"""One database server: it stops at once, and goes back to a second."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.deployer import database
from tests.integration.database.conftest import Note
from tests.integration.database.world import World, running_world, settings, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    chosen = settings("one-of-tests", replicas=0, subnet="10.217.0.0/20")
    folder = tmp_path_factory.mktemp("single")
    with running_world(chosen, folder) as single:
        wait_until("there are copies", lambda: len(_copies(single)) == 2, 180)
        yield single


def _copies(single: World) -> list[database.DatabaseCopy]:
    return database.database_backups(single.docker, single.settings)


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
