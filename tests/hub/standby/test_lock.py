"""Two hubs and one lock, in a real PostgreSQL: never both, and none is asked to let go."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, text

from hub.standby import LOST, HubLock, describe, hubs
from tests.architecture.checkout import ROOT
from tests.postgres import Postgres, running_postgres

pytestmark = pytest.mark.postgres

# A hub as far as the lock goes: it says when it is active, and watches until it is killed.
HUB = """
import sys, time
from sqlalchemy import make_url
from hub.standby import HubLock, describe
lock = HubLock(make_url(sys.argv[1]), describe(sys.argv[2], "1.0"))
lock.wait(lambda _: None)
print("active", flush=True)
lock.watch()
time.sleep(60)
"""
# As a fail-over of the database does.
END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'mchub hub blue 1.0'"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def engine(server: Postgres) -> Iterator[Engine]:
    engine = create_engine(server.url)
    yield engine
    engine.dispose()


def _lock(server: Postgres, color: str) -> HubLock:
    return HubLock(server.url, describe(color, "1.0"))


@contextmanager
def _started(server: Postgres, color: str) -> Iterator["subprocess.Popen[str]"]:
    """A hub of its own process that is active."""
    hub = subprocess.Popen(
        [sys.executable, "-c", HUB, server.url.render_as_string(), color],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with hub:
        assert hub.stdout is not None
        assert hub.stdout.readline() == "active\n"
        yield hub
        hub.kill()


def _wait_for(lock: HubLock) -> threading.Thread:
    thread = threading.Thread(target=lock.wait, args=(lambda _: None,), daemon=True)
    thread.start()
    return thread


def test_a_second_hub_waits_until_the_first_lets_go(
    server: Postgres, engine: Engine
) -> None:
    blue, green = _lock(server, "blue"), _lock(server, "green")
    blue.wait(lambda _: None)
    waited: list[bool] = []
    waiting = threading.Thread(
        target=green.wait, args=(lambda _: None, lambda: waited.append(True)), daemon=True
    )
    waiting.start()
    while len(waited) < 3:
        time.sleep(0.05)

    found = hubs(engine)
    assert found.active is not None
    assert (found.active.color, found.active.release) == ("blue", "1.0")
    assert [hub.color for hub in found.standing_by] == ["green"]
    assert not green.is_held

    blue.release()
    waiting.join(timeout=5)
    assert green.is_held
    assert not blue.is_held
    after = hubs(engine)
    assert after.active is not None
    assert after.active.color == "green"
    assert after.standing_by == ()
    green.release()
    assert hubs(engine).active is None


def test_who_must_come_between_two_hubs_is_first(server: Postgres) -> None:
    blue, green, between = (_lock(server, name) for name in ("blue", "green", "between"))
    blue.wait(lambda _: None)
    waiting = _wait_for(green)
    said: list[str] = []
    coming = threading.Thread(target=between.take_first, args=(said.append,), daemon=True)
    coming.start()
    while not said:
        time.sleep(0.02)
    # In PostgreSQL's own queue by then.
    time.sleep(0.3)

    blue.release()
    coming.join(timeout=5)
    time.sleep(0.3)

    assert between.is_held
    assert not green.is_held
    between.release()
    waiting.join(timeout=5)
    assert green.is_held
    green.release()


def test_a_hub_whose_connection_ends_is_ended_at_once(
    server: Postgres, engine: Engine
) -> None:
    with _started(server, "blue") as hub:
        waiting = _wait_for(green := _lock(server, "green"))
        began = time.monotonic()

        with engine.connect() as connection:
            connection.execute(END)

        assert hub.wait(timeout=5) == LOST
        assert time.monotonic() - began < 2
    waiting.join(timeout=5)
    assert green.is_held
    green.release()


def test_a_hub_that_is_killed_leaves_no_lock_behind(server: Postgres) -> None:
    with _started(server, "blue") as hub:
        waiting = _wait_for(green := _lock(server, "green"))
        began = time.monotonic()

        hub.kill()

    waiting.join(timeout=5)
    assert green.is_held
    assert time.monotonic() - began < 2
    green.release()


def test_a_watched_lock_that_is_given_back_ends_nothing(server: Postgres) -> None:
    lock = _lock(server, "blue")
    lock.wait(lambda _: None)
    lost: list[str] = []
    watching = lock.watch(lost.append)

    lock.release()

    watching.join(timeout=5)
    assert not watching.is_alive()
    assert lost == []
