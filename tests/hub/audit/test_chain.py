"""The chain: any change of a record, or of their order, is found where it was made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit.chain import GENESIS, Event, Record, first_broken, link

AT = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = st.text(max_size=20)
EVENTS = st.builds(
    Event,
    actor=TEXTS,
    action=TEXTS,
    target=TEXTS,
    outcome=st.sampled_from(["ok", "refused", "failed"]),
    source=TEXTS,
    detail=st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=3),
    at=st.datetimes(timezones=st.just(UTC)),
)


def chain(events: list[Event]) -> list[Record]:
    records: list[Record] = []
    last: tuple[int, str] = (0, GENESIS)
    for event in events:
        records.append(link(event, *last))
        last = (records[-1].id, records[-1].hash)
    return records


FIVE = chain([Event(actor="ada", action=f"step.{i}", at=AT) for i in range(5)])
CHANGES: dict[str, Any] = {
    "id": 7,
    "at": AT + timedelta(microseconds=1),
    "actor": "eve",
    "action": "step.9",
    "target": "ada/",
    "outcome": "refused",
    "source": "192.0.2.1",
    "detail": '{"a":1}',
    "previous": "f" * 64,
    "hash": "e" * 64,
}


@given(st.lists(EVENTS, max_size=8))
def test_an_untouched_chain_is_whole(events: list[Event]) -> None:
    assert first_broken(chain(events)) is None


def test_every_field_of_a_record_is_guarded() -> None:
    assert set(CHANGES) == set(vars(FIVE[0]))


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_is_found(field: str, place: int) -> None:
    records = FIVE.copy()
    records[place] = replace(records[place], **{field: CHANGES[field]})

    assert first_broken(records) == records[place]


@pytest.mark.parametrize("place", range(4))
def test_two_records_that_changed_places_are_found(place: int) -> None:
    records = FIVE.copy()
    records[place : place + 2] = reversed(records[place : place + 2])

    assert first_broken(records) is not None


@pytest.mark.parametrize("place", range(4))
def test_a_removed_record_is_found(place: int) -> None:
    records = FIVE[:place] + FIVE[place + 1 :]

    assert first_broken(records) == FIVE[place + 1]


def test_a_record_made_anew_with_its_hash_breaks_the_one_behind_it() -> None:
    forged = replace(FIVE[2], actor="eve")
    forged = replace(forged, hash=forged.digest())

    assert first_broken([*FIVE[:2], forged, *FIVE[3:]]) == FIVE[3]


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    from datetime import timezone

    there = FIVE[0].at.astimezone(timezone(timedelta(hours=5)))

    assert first_broken([replace(FIVE[0], at=there), *FIVE[1:]]) is None


def test_what_no_database_stores_is_recorded_all_the_same() -> None:
    record = link(Event(actor="a\0b\ud800", action="x" * 10_000), 0, GENESIS)

    assert record.actor == "a�b?"
    assert len(record.action) == 501
