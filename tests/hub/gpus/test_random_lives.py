"""Random lives of a hub: no device over-committed, nothing leaked, all served."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import URL, delete

from hub.database import METADATA
from hub.database.connection import engine_at
from hub.gpus import Capacity, Leases
from hub.gpus.reconciling import Seen
from hub.gpus.tables import LEASES, QUEUE
from tests.hub.gpus.world import Key, World

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CAPACITY = Capacity(devices=("a", "b"), parts=4_000)
USERS = tuple("abcdefg")
KEYS = st.sampled_from([(user, "") for user in USERS])
PARTS = st.sampled_from([1_000, 1_500, 4_000])

ENGINE = engine_at(URL.create("sqlite", database=":memory:"))


class Life(RuleBasedStateMachine):
    """Starts, stops, crashes and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        METADATA.create_all(ENGINE, [LEASES, QUEUE])
        with ENGINE.begin() as connection:
            connection.execute(delete(LEASES))
            connection.execute(delete(QUEUE))
        self.world = World(Leases(ENGINE, CAPACITY), NOON, set(USERS))

    @rule(key=KEYS, parts=PARTS)
    def start(self, key: Key, parts: int) -> None:
        self.world.start(key, parts)

    @precondition(lambda self: self.world.starting)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        world = self.world
        key = data.draw(st.sampled_from(sorted(world.starting)))
        if key in world.granted:
            world.run(key)
            return
        before, had = world.alive_before(key), world.leases.of(*key)
        got = world.ask(key)
        assert had or not (got and before), f"{key} passed {before}"

    @precondition(lambda self: self.world.active and self.world.is_up)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        self.world.stop(data.draw(st.sampled_from(sorted(self.world.active))))

    @precondition(lambda self: self.world.containers)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.world.crash(data.draw(st.sampled_from(sorted(self.world.containers))))

    @precondition(lambda self: self.world.ready and self.world.is_up)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        self.world.forget(data.draw(st.sampled_from(sorted(self.world.ready))))

    @precondition(lambda self: self.world.is_up)
    @rule()
    def look(self) -> None:
        self.world.look()

    @rule(is_long=st.booleans())
    def wait(self, is_long: bool) -> None:
        self.world.now += timedelta(minutes=10) if is_long else timedelta(seconds=5)

    @rule()
    def die(self) -> None:
        self.world.die()

    @precondition(lambda self: not self.world.is_up)
    @rule()
    def rise(self) -> None:
        self.world.rise()

    @precondition(lambda self: self.world.is_up)
    @rule()
    def reconcile(self) -> None:
        self.world.reconcile()

    @invariant()
    def no_device_is_over_committed(self) -> None:
        for taken in (self.world.leases.held(), self._running()):
            parts: Counter[str] = Counter()
            for one in taken:
                parts[one.device] += one.parts
            assert all(total <= CAPACITY.parts for total in parts.values()), parts

    @invariant()
    def whatever_runs_holds_its_very_lease(self) -> None:
        leases = {(one.user, one.server): one for one in self.world.leases.held()}
        for one in self._running():
            lease = leases[(one.user, one.server)]
            assert (one.device, one.parts) == (lease.device, lease.parts)

    def _running(self) -> list[Seen]:
        return [one for one in self.world.containers.values() if one.is_running]

    def teardown(self) -> None:
        """However it went: all who wait are served in the end, and nothing is left over."""
        world = self.world
        world.rise() if not world.is_up else None
        world.reconcile()
        for _ in range(10 * len(USERS)):
            world.now += timedelta(seconds=5)
            for key in sorted(world.starting):
                if key not in world.granted:
                    world.ask(key)
                if key in world.granted:
                    world.run(key)
            if world.ready:
                world.stop(min(world.ready))
            if not world.active:
                break
        assert set() == world.active
        world.reconcile()
        assert () == world.leases.held()
        assert () == world.leases.waiting()
        assert [] == world.reconcile()


@pytest.mark.parametrize("n_lives", [100, pytest.param(1_000, marks=pytest.mark.slow)])
def test_random_lives_over_commit_nothing_leak_nothing_and_starve_nobody(
    n_lives: int,
) -> None:
    lives = settings(
        max_examples=n_lives,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Life, settings=lives)
