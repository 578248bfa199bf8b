"""The ledger: every minute that a server ran is charged, and none twice."""

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, StaticPool, create_engine

from hub.database import METADATA
from hub.quotas import (
    Reading,
    RunningServer,
    clock,
    forget_before,
    meter,
    minutes,
    minutes_of,
    used,
)
from tests.hub.databases import run_at_once

NOON = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SERVER = RunningServer(
    user="ada", name="", started=NOON, profile="gpu-slice", gpu=0.1, cpus=2
)
METER_ONCE = """
import sys
from datetime import UTC, datetime, timedelta
from sqlalchemy.engine import make_url
from hub.database.connection import engine_at
from hub.quotas import Reading, RunningServer, meter
engine = engine_at(make_url(sys.argv[1]))
noon = datetime(2026, 1, 1, tzinfo=UTC)
server = RunningServer(user="ada", name="", started=noon, profile="p", gpu=1, cpus=1)
for i in range(30):
    at = noon + timedelta(minutes=i)
    meter(engine, [server], Reading(at=at, boot="b", monotonic=60.0 * i))
"""


def reading(
    passed: timedelta, set_by: timedelta = timedelta(0), boot: str = "b"
) -> Reading:
    """Both clocks after `passed`, the wall clock having been set by `set_by`."""
    return Reading(at=NOON + passed + set_by, boot=boot, monotonic=passed.total_seconds())


def empty_ledger() -> Engine:
    """Tables in memory, for many examples."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    METADATA.create_all(engine)
    return engine


def test_a_server_is_charged_from_its_start_to_now(engine: Engine) -> None:
    meter(engine, [SERVER], reading(90 * MINUTE))

    [stretch] = used(engine, NOON, NOON + 2 * HOUR)
    assert (stretch.begin, stretch.end) == (NOON, NOON + 90 * MINUTE)
    assert stretch.hours(NOON, NOON + HOUR) == 1.0


def test_a_minute_that_has_begun_counts_whole(engine: Engine) -> None:
    meter(
        engine,
        [replace(SERVER, started=NOON + 59 * timedelta(seconds=1))],
        reading(61 * timedelta(seconds=1)),
    )

    assert (
        minutes_of(engine, replace(SERVER, started=NOON + 59 * timedelta(seconds=1))) == 2
    )


def test_a_restart_within_a_minute_charges_it_once(engine: Engine) -> None:
    again = replace(SERVER, started=NOON + 2.5 * MINUTE)

    meter(engine, [SERVER], reading(2.2 * MINUTE))
    meter(engine, [again], reading(5 * MINUTE))

    assert (minutes_of(engine, SERVER), minutes_of(engine, again)) == (3, 2)


def test_hours_that_the_meter_slept_are_charged_when_it_comes_back(engine: Engine) -> None:
    meter(engine, [SERVER], reading(1 * MINUTE))

    meter(engine, [SERVER], reading(5 * HOUR))

    assert minutes_of(engine, SERVER) == 300


def test_a_clock_set_forward_charges_nobody(engine: Engine) -> None:
    other = replace(SERVER, user="bob")
    meter(engine, [SERVER, other], reading(10 * MINUTE))

    # The one that stops is charged first, by the hub; the other by the next round.
    jumped = meter(engine, [SERVER], reading(11 * MINUTE, set_by=5 * HOUR))
    meter(engine, [other], reading(12 * MINUTE, set_by=5 * HOUR))

    assert jumped == 5 * HOUR
    assert (minutes_of(engine, SERVER), minutes_of(engine, other)) == (11, 12)


def test_a_clock_set_back_charges_no_minute_twice(engine: Engine) -> None:
    meter(engine, [SERVER], reading(120 * MINUTE))

    for passed in range(121, 241):
        meter(engine, [SERVER], reading(passed * MINUTE, set_by=-HOUR))

    assert minutes_of(engine, SERVER) == 180


def test_a_clock_that_was_wrong_for_a_while_costs_nothing(engine: Engine) -> None:
    meter(engine, [SERVER], reading(10 * MINUTE))
    meter(engine, [SERVER], reading(11 * MINUTE, set_by=5 * HOUR))
    meter(engine, [SERVER], reading(12 * MINUTE, set_by=5 * HOUR))

    for passed in range(13, 70):
        meter(engine, [SERVER], reading(passed * MINUTE))

    assert 68 <= minutes_of(engine, SERVER) <= 70


def test_a_new_start_of_the_machine_is_no_jump(engine: Engine) -> None:
    meter(engine, [SERVER], reading(10 * MINUTE))

    jumped = meter(engine, [SERVER], replace(reading(3 * HOUR), boot="c", monotonic=5.0))

    assert (jumped, minutes_of(engine, SERVER)) == (timedelta(0), 180)


def test_meters_in_several_processes_charge_once(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)

    run_at_once(METER_ONCE, [[url], [url], [url]])

    total = sum(
        stretch.hours(stretch.begin, stretch.end)
        for stretch in used(engine, datetime(2025, 1, 1, tzinfo=UTC), NOON)
    )
    assert total * 60 == 29


def test_old_stretches_can_be_forgotten(engine: Engine) -> None:
    meter(engine, [SERVER], reading(HOUR))
    young = replace(SERVER, user="bob", started=NOON + 3 * HOUR)
    meter(engine, [young], reading(4 * HOUR))

    removed = forget_before(engine, NOON + 2 * HOUR)

    assert removed == 1
    assert [stretch.user for stretch in used(engine, NOON, NOON + 9 * HOUR)] == ["bob"]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_any_rounds_of_the_meter_charge_what_one_at_the_end_would(
    rounds: list[tuple[int, int, bool]],
) -> None:
    often, once = empty_ledger(), empty_ledger()
    servers = [
        replace(SERVER, name=f"s{i}", started=NOON + i * 7.5 * MINUTE) for i in range(4)
    ]
    passed = timedelta(minutes=30)

    for minutes_more, n_servers, is_twice in rounds:
        passed += minutes_more * MINUTE
        for _ in range(1 + is_twice):
            meter(often, servers[: n_servers + 1], reading(passed))
    meter(often, servers, reading(passed))
    meter(once, servers, reading(passed))

    expected = [minutes_of(once, server) for server in servers]
    assert expected == [minutes_of(often, server) for server in servers]
    assert expected[0] == int(passed / MINUTE)
    often.dispose()
    once.dispose()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=12), st.integers(0, 10_000))
def test_hours_of_windows_that_meet_add_up(lengths: list[int], cut: int) -> None:
    ledger = empty_ledger()
    begin = NOON
    for i, length in enumerate(lengths):
        server = replace(SERVER, started=begin)
        begin += (length + i) * MINUTE
        meter(ledger, [server], reading(begin - NOON))
    end = begin + HOUR
    middle = NOON + (end - NOON) * (cut / 10_000)

    def hours(since: datetime, until: datetime) -> float:
        return sum(s.hours(since, until) for s in used(ledger, since, until))

    assert hours(NOON, end) == pytest.approx(hours(NOON, middle) + hours(middle, end))
    ledger.dispose()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-90, 90)), max_size=20))
def test_no_clock_makes_a_server_older_than_it_is(jumps: list[tuple[int, int]]) -> None:
    ledger = empty_ledger()
    passed, set_by = timedelta(0), timedelta(0)
    meter(ledger, [SERVER], reading(passed))

    for minutes_more, jumped in jumps:
        passed += minutes_more * MINUTE
        set_by += jumped * MINUTE if abs(jumped) > 2 else timedelta(0)
        meter(ledger, [SERVER], reading(passed, set_by))

    # Each jump may begin one minute more.
    assert minutes_of(ledger, SERVER) <= passed / MINUTE + len(jumps) + 1
    ledger.dispose()


@pytest.mark.parametrize("module", [clock, minutes])
def test_the_examples_in_docstrings_print_what_they_say(module: object) -> None:
    assert doctest.testmod(module).failed == 0
