import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mclib.statistics.keys import (
    HIGHEST,
    LOWEST,
    key_of,
    keys_at,
    keys_of,
    value_of,
    values_of,
)

NUMBERS = st.floats(allow_nan=False)


@given(NUMBERS, NUMBERS)
def test_keys_compare_as_their_floats_do(x: float, y: float) -> None:
    assert (x < y) == (key_of(x) < key_of(y))
    assert (x == y) == (key_of(x) == key_of(y))


@given(NUMBERS)
def test_a_key_leads_back_to_its_float(x: float) -> None:
    assert x == value_of(key_of(x))


@given(st.lists(NUMBERS))
def test_keys_of_arrays_are_those_of_their_floats(numbers: list[float]) -> None:
    values = np.array(numbers, dtype=np.float64)

    keys = keys_of(values)

    assert [key_of(x) for x in numbers] == keys.tolist()
    assert np.array_equal(values, values_of(keys))


def test_neighbouring_floats_have_neighbouring_keys() -> None:
    for x in (1.0, -1.0, 0.0, 1e300, -1e-310):
        assert key_of(x) + 1 == key_of(math.nextafter(x, math.inf))


def test_zero_has_one_key() -> None:
    assert key_of(0.0) == key_of(-0.0) == keys_of(np.array([-0.0]))[0]


def test_no_range_of_finite_keys_holds_nan() -> None:
    keys = keys_of(np.array([np.nan, -np.nan, np.inf, -np.inf]))

    assert not np.any((keys >= np.uint64(LOWEST)) & (keys <= np.uint64(HIGHEST)))


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50),
    st.integers(0, 63),
    st.data(),
)
def test_keys_in_places_are_those_of_the_sorted_keys(
    numbers: list[int], spread: int, data: st.DataObject
) -> None:
    keys = np.array(numbers, np.uint64) >> np.uint64(spread)
    places = data.draw(st.lists(st.integers(0, len(keys) - 1), max_size=20))

    found = keys_at(keys, np.array(places, np.int64))

    assert np.sort(keys)[places].tolist() == found.tolist()
