import math

import numpy as np
import pytest

from mclib.statistics.bins import N_BINS, bins_between, fine_bins, first_keys
from mclib.statistics.keys import key_of, value_of
from mclib.statistics.moments import Record
from tests.mclib.array_run import accumulated


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3e8, 7.1), (1e-300, 2e-300), (-1e153, 1e153)]
)
def test_the_last_bin_contains_the_upper_end(low: float, high: float) -> None:
    request = bins_between(0, low, high, 80)

    assert request is not None
    assert [1, 80] == request.places(np.array([low, high])).tolist()


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 1.0), (-1e308, 1e308), (0.0, 5e-324), (0.0, math.inf)]
)
def test_no_bins_where_their_width_can_not_be_told(low: float, high: float) -> None:
    assert bins_between(0, low, high, 80) is None


def test_bins_span_the_extremes_of_a_tame_output(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=5000)

    request = fine_bins(3, accumulated(values).total())

    assert request is not None
    assert (3, N_BINS, values.min()) == (request.output, request.n_bins, request.low)
    counts = request.answer(values)
    assert counts[0] == counts[-1] == 0


def test_bins_stay_near_the_mean_of_a_wild_output(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=50_000)
    values[77] = 1e6

    request = fine_bins(0, accumulated(values).total())

    assert request is not None
    assert request.answer(values)[-1] == 1


def test_bins_are_found_where_moments_overflow() -> None:
    record = Record(10.0, 1e200, math.nan, math.nan, math.nan, 0.0, 3e200)

    request = fine_bins(0, record)

    assert request is not None
    assert request.low == 0.0


def test_the_first_key_of_a_bin_is_the_lowest_in_it(seed: int) -> None:
    request = bins_between(0, -3.7, 11.3, 500)
    assert request is not None
    places = np.random.default_rng(seed).integers(1, 502, 60)

    keys = first_keys(request, places)

    for place, key in zip(places, keys.tolist(), strict=True):
        here, before = np.array([value_of(key)]), np.array([value_of(key - 1)])
        assert request.places(here)[0] >= place > request.places(before)[0]


def test_the_lowest_key_of_what_lies_below_is_that_of_minus_infinity() -> None:
    request = bins_between(0, 0.0, 1.0, 4)
    assert request is not None

    keys = first_keys(request, np.array([1]))

    assert key_of(-0.1) < keys[0] <= key_of(0.0)
