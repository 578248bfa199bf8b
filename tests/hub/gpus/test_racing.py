"""Many at once: processes race for the same devices, on a real PostgreSQL and on a file."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL

from hub.database import upgrade
from hub.database.connection import engine_at
from hub.gpus import Asked, Capacity, Lease, Leases
from tests.postgres import running_postgres

CAPACITY = Capacity(devices=("a", "b"), parts=4_000)
N_RACERS = 4


DATABASES = [
    pytest.param("sqlite", marks=pytest.mark.slow),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """A database with our tables."""
    with ExitStack() as stack:
        found = URL.create("sqlite", database=str(tmp_path / "hub.sqlite"))
        if request.param == "postgres":
            found = stack.enter_context(running_postgres()).url
        engine = engine_at(found)
        upgrade(engine)
        engine.dispose()
        yield found


def _race(url: URL, racer: int, seed: int, n_rounds: int) -> list[str]:
    """Ask, wait, stop and stop waiting, at random; what was seen above the share."""
    engine = engine_at(url)
    leases, chance = Leases(engine, CAPACITY), random.Random(seed)
    faults = []
    for _ in range(n_rounds):
        server = str(chance.randrange(6))
        # Two racers share each user: the same server is asked for from two sides.
        user, parts = f"user{racer // 2}", chance.choice([1_000, 1_500, 4_000])
        match chance.randrange(4):
            case 0 | 1:
                leases.ask(_asked(user, server, parts), datetime.now(UTC))
            case 2:
                leases.release(user, server)
            case _:
                leases.leave(user, server)
        faults += _over_committed(leases.held())
    engine.dispose()
    return faults


def _asked(user: str, server: str, parts: int) -> Asked:
    lasts = timedelta(hours=1)
    return Asked(user=user, server=server, profile="gpu", parts=parts, lasts=lasts)


def _over_committed(held: tuple[Lease, ...]) -> list[str]:
    parts: Counter[str] = Counter()
    for lease in held:
        parts[lease.device] += lease.parts
    return [f"{one}: {total}" for one, total in parts.items() if total > CAPACITY.parts]


def test_racing_processes_over_commit_nothing_and_leak_nothing(url: URL, seed: int) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(N_RACERS, mp_context=context) as racers:
        found = [
            racers.submit(_race, url, racer, seed + racer, 150) for racer in range(N_RACERS)
        ]
        faults = [fault for future in found for fault in future.result()]

    engine = engine_at(url)
    leases = Leases(engine, CAPACITY)
    held = leases.held()
    for lease in held:
        leases.release(lease.user, lease.server)
    for place in leases.waiting():
        leases.leave(place.user, place.server)
    left = (leases.held(), leases.waiting())
    engine.dispose()
    assert [] == faults
    assert len(held) == len({(lease.user, lease.server) for lease in held})
    assert ((), ()) == left
