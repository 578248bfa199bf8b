"""Arithmetic of shares: parts, fits, and when a turn comes."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.gpus import Capacity, Lease, Waiting, n_parts
from hub.gpus.shares import (
    best_fit,
    expected_times,
    fraction_text,
    free_parts,
    n_times_free,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TWO = Capacity(devices=("a", "b"), parts=4_000)


def lease(device: str, parts: int, hours: float, number: int = 1) -> Lease:
    return Lease(
        id=number,
        user=f"user{number}",
        server="",
        profile="gpu",
        device=device,
        parts=parts,
        since=NOON,
        until=NOON + hours * HOUR,
    )


def waiting(parts: int, hours: float, number: int = 1) -> Waiting:
    return Waiting(
        id=number,
        user=f"waiting{number}",
        server="",
        profile="gpu",
        parts=parts,
        lasts=hours * HOUR,
        since=NOON,
        rank=NOON,
        seen=NOON,
    )


@pytest.mark.parametrize(
    ("fraction", "parts", "text"),
    [(0.1, 1_000, "0.1"), (0.4, 4_000, "0.4"), (1, 10_000, "1"), (0.0125, 125, "0.0125")],
)
def test_a_fraction_is_a_whole_number_of_parts(
    fraction: float, parts: int, text: str
) -> None:
    assert parts == n_parts(fraction)
    assert text == fraction_text(parts)


def test_ten_tenths_are_a_whole_where_floats_are_not() -> None:
    assert sum([0.1] * 3) != 0.3
    assert n_parts(0.3) == 3 * n_parts(0.1)


def test_the_fullest_device_that_fits_is_taken_so_that_large_pieces_stay_whole() -> None:
    free = free_parts(TWO, [lease("b", 1_000, 1)])

    assert "b" == best_fit(free, 1_000)
    assert "a" == best_fit(free, 4_000)
    assert None is best_fit(free, 4_001)


def test_leases_of_a_device_that_is_gone_take_nothing_from_the_others() -> None:
    assert {"a": 4_000, "b": 4_000} == free_parts(TWO, [lease("taken out", 4_000, 1)])


def test_how_many_fit_is_counted_card_by_card() -> None:
    assert 2 == n_times_free({"a": 1_900, "b": 1_900}, 1_000)
    assert 0 == n_times_free({"a": -100}, 1_000)


def test_turns_come_when_those_who_hold_must_end_and_in_the_order_of_the_queue() -> None:
    held = [lease("a", 4_000, 2, 1), lease("b", 4_000, 5, 2)]
    queue = [waiting(4_000, 1, 1), waiting(1_000, 1, 2), waiting(4_000, 1, 3)]

    times = expected_times(TWO, held, queue, NOON)

    # The second waits for the end of the first, who lasts an hour; so does the third.
    assert [NOON + 2 * HOUR, NOON + 3 * HOUR, NOON + 4 * HOUR] == times


def test_a_lease_past_its_end_is_expected_to_end_now() -> None:
    one = Capacity(devices=("a",), parts=4_000)

    times = expected_times(one, [lease("a", 4_000, -1)], [waiting(4_000, 1)], NOON)

    assert [NOON] == times


def test_what_never_fits_is_expected_never_and_holds_nobody_up() -> None:
    queue = [waiting(9_000, 1, 1), waiting(1_000, 1, 2)]

    assert [None, NOON] == expected_times(TWO, [], queue, NOON)
