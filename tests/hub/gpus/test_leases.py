"""Leases and the queue, on a database: one by one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hub import load
from hub.database import connect, upgrade
from hub.gpus import Asked, Capacity, Lease, Leases, Place
from hub.gpus.queue import PATIENCE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def leases() -> Iterator[Leases]:
    """One device, of which two fifths are ours."""
    engine = connect(load("development", {}))
    upgrade(engine)
    yield Leases(engine, Capacity(devices=("a",), parts=4_000))
    engine.dispose()


def asked(user: str, parts: int = 4_000, ahead: timedelta = timedelta(0)) -> Asked:
    return Asked(
        user=user, server="", profile="gpu", parts=parts, lasts=HOUR, ahead_by=ahead
    )


def test_a_server_gets_one_lease_however_often_it_asks(leases: Leases) -> None:
    first = leases.ask(asked("ada", 1_000), NOON)
    again = leases.ask(asked("ada", 1_000), NOON + SECOND)

    assert isinstance(first, Lease)
    assert first == again
    assert (first,) == leases.held()
    assert (first.device, first.until) == ("a", NOON + HOUR)


def test_who_finds_nothing_free_gets_a_place_and_the_time_of_the_turn(
    leases: Leases,
) -> None:
    leases.ask(asked("ada"), NOON)

    second = leases.ask(asked("ben"), NOON + SECOND)
    third = leases.ask(asked("eve"), NOON + 2 * SECOND)

    assert Place(number=1, expected=NOON + HOUR) == second
    assert Place(number=2, expected=NOON + 2 * HOUR) == third


def test_a_small_request_does_not_pass_a_large_one(leases: Leases) -> None:
    leases.ask(asked("ada", 1_000), NOON)
    leases.ask(asked("ben", 4_000), NOON + SECOND)

    small = leases.ask(asked("eve", 1_000), NOON + 2 * SECOND)

    assert isinstance(small, Place)


def test_whose_turn_it_is_gets_the_lease_and_leaves_the_queue(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON + SECOND)
    leases.release("ada", "")

    got = leases.ask(asked("ben"), NOON + 3 * SECOND)

    assert isinstance(got, Lease)
    assert () == leases.waiting()


def test_nobody_waits_behind_a_start_that_has_stopped_asking(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON)
    leases.release("ada", "")
    later = NOON + PATIENCE + SECOND

    got = leases.ask(asked("eve"), later)

    assert isinstance(got, Lease)
    assert ["ben"] == [one.user for one in leases.waiting()]


def test_a_start_that_asks_again_later_finds_its_old_place(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON)
    later = NOON + 2 * PATIENCE
    leases.ask(asked("eve"), later)

    back = leases.ask(asked("ben"), later + SECOND)

    assert isinstance(back, Place)
    assert 1 == back.number


def test_members_of_the_groups_ahead_pass_those_who_came_a_little_earlier(
    leases: Leases,
) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON)
    leases.ask(asked("eve"), NOON + 20 * SECOND)

    ahead = leases.ask(asked("quinn", ahead=10 * SECOND), NOON + 25 * SECOND)

    assert isinstance(ahead, Place)
    assert ["ben", "quinn", "eve"] == [one.user for one in leases.waiting()]


def test_who_asks_for_something_else_queues_anew(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON)
    leases.ask(asked("eve"), NOON + SECOND)

    changed = leases.ask(asked("ben", 1_000), NOON + 2 * SECOND)

    assert isinstance(changed, Place)
    assert 2 == changed.number


def test_who_leaves_is_waited_for_no_more(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("ben"), NOON)

    left, again = leases.leave("ben", ""), leases.leave("ben", "")

    assert (True, False) == (left, again)
    assert () == leases.waiting()


def test_ending_a_lease_ends_no_later_one_of_the_same_server(leases: Leases) -> None:
    old = leases.ask(asked("ada"), NOON)
    leases.release("ada", "")
    new = leases.ask(asked("ada"), NOON + SECOND)
    assert isinstance(old, Lease)

    assert not leases.end(old)
    assert (new,) == leases.held()


def test_what_a_container_holds_is_recorded_even_above_the_share(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)

    restored = leases.restore(asked("ben", 1_000), "a", NOON - HOUR)
    nothing_left = leases.ask(asked("eve", 1), NOON)

    assert (restored.parts, restored.until) == (1_000, NOON)
    assert isinstance(nothing_left, Place)


def test_an_outlook_joins_no_queue(leases: Leases) -> None:
    free = leases.outlook(asked("ada"), NOON)
    leases.ask(asked("ada"), NOON)
    taken = leases.outlook(asked("ben"), NOON)

    assert Place(number=0, expected=NOON) == free
    assert Place(number=1, expected=NOON + HOUR) == taken
    assert () == leases.waiting()


def test_a_clock_that_is_set_back_lets_nobody_pass(leases: Leases) -> None:
    leases.ask(asked("ada"), NOON)
    leases.ask(asked("grace"), NOON)

    place = leases.ask(asked("karl"), NOON - 2 * HOUR)

    assert isinstance(place, Place)
    assert place.number == 2
    assert leases.outlook(asked("sofia"), NOON - 2 * HOUR).number == 3
    assert ["grace", "karl"] == [one.user for one in leases.waiting()]
