"""Each kind of request, against the plainest way to count."""

import math

import numpy as np
import pytest

from mclib.statistics.blocks import BLOCK
from mclib.statistics.keys import key_of
from mclib.statistics.requests import (
    KeyBins,
    KeysWithin,
    LinearBins,
    Request,
    TailMoments,
    merged,
)
from mclib.statistics.sieves import Sieve
from mclib.statistics.summary import mean
from tests.mclib.array_run import ArraySource

HARD = np.array(
    [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e-310, -1e-310, 1e300, -1e300, 0.5]
)
KINDS: tuple[Request, ...] = (
    LinearBins(0, -1.5, 8.0, 24),
    KeyBins(0, key_of(-2.0), key_of(1.5), 48),
    KeysWithin(0, key_of(-0.5), key_of(0.25)),
    Sieve(0, ((-2.0, -1.5), (0.0, 0.0), (0.3, 0.4)), (True, False, True)),
    TailMoments(0, 0.5, upper=True),
    TailMoments(0, 0.5, upper=False),
)


@pytest.mark.parametrize("request_", KINDS, ids=repr)
def test_any_split_gives_the_same_answer(request_: Request, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=20_001)
    values[5000:5003] = np.nan, np.inf, -np.inf

    answers = [
        ArraySource(values, blocks_at_once=n).sweep([request_])[0] for n in (1, 4, 30)
    ]

    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_linear_bins_count_by_floor_and_cut_off() -> None:
    request = LinearBins(0, low=-1.0, scale=2.0, n_bins=4)

    counts = request.answer(HARD)

    expected = np.zeros(6, int)
    for x in HARD[~np.isnan(HARD)]:
        place = (x - -1.0) * 2.0
        expected[int(min(max(math.floor(min(max(place, -9), 9)) + 1, 0), 5))] += 1
    assert expected.tolist() == counts.tolist()
    assert counts.dtype == np.uint64


def test_key_bins_count_keys_in_their_range_only() -> None:
    request = KeyBins(0, first=key_of(-1.0), last=key_of(1.0), shift=52)

    counts = request.answer(HARD)

    assert sum(-1.0 <= x <= 1.0 for x in HARD) == counts.sum()
    assert request.n_bins == len(counts)
    assert counts[0] == 1
    assert counts[-1] == 1


def test_keys_within_are_those_keys_sorted() -> None:
    request = KeysWithin(0, first=key_of(-1.0), last=key_of(1.0))

    (keys,) = ArraySource(HARD).sweep([request])

    within = sorted(x for x in HARD if -1.0 <= x <= 1.0)
    assert [key_of(x) for x in within] == keys.tolist()


def test_a_sieve_counts_below_and_within_and_fetches_what_is_kept() -> None:
    request = Sieve(0, ((-1.0, -1e-310), (0.0, 0.0), (0.5, 1e300)), (True, False, True))

    (answer,) = ArraySource(HARD).sweep([request])
    (below, within), keys = request.read(answer)

    assert [1, 3, 6] == below.tolist()
    assert [2, 2, 3] == within.tolist()
    assert [key_of(x) for x in (-1.0, -1e-310, 0.5, 1.0, 1e300)] == keys.tolist()


@pytest.mark.parametrize("upper", [True, False])
def test_tail_moments_are_those_of_the_excess(upper: bool, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=5000)
    sign = 1.0 if upper else -1.0

    (record,) = ArraySource(values).sweep([TailMoments(0, 0.3, upper)])

    excess = np.maximum(sign * (values - 0.3), 0.0)
    expected = [5000, excess.mean(), np.sum((excess - excess.mean()) ** 2)]
    assert expected == pytest.approx(record[:3].tolist(), rel=1e-12)


def test_the_excess_of_what_is_not_finite_is_not_counted() -> None:
    values = np.array([1.0, 2.0, np.nan, np.inf, -np.inf, 4.0])

    (record,) = ArraySource(values).sweep([TailMoments(0, 1.5, upper=True)])

    assert [3.0, 1.0] == record[:2].tolist()


def test_float32_outcomes_are_widened_before_they_are_counted(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=3000).astype(np.float32)
    wide = values.astype(np.float64)

    for request in KINDS:
        (found,) = ArraySource(values).sweep([request])
        (expected,) = ArraySource(wide).sweep([request])
        assert np.array_equal(expected, found)


def test_the_mean_excess_does_not_depend_on_the_split(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(0.0, 2.0, 100_000)
    request = TailMoments(0, 5.0, upper=True)

    pieces = [ArraySource(values, blocks_at_once=n).sweep([request])[0] for n in (1, 7)]

    assert mean_of(pieces[0]) == mean_of(pieces[1])


def mean_of(record: np.ndarray) -> float:
    from mclib.statistics.moments import Record

    return mean(Record(*record))


@pytest.mark.parametrize("n_chunks", [1, 2, 3, 7, 8, 21])
def test_answers_of_chunks_are_merged_in_their_order(n_chunks: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(n_chunks, BLOCK))
    within = KeysWithin(0, key_of(-1.0), key_of(1.0))
    bins = KeyBins(0, key_of(0.0), key_of(2.0), 50)
    requests = [within, bins]
    given = ([request.answer(chunk, 0) for request in requests] for chunk in values)

    keys, counts = merged(requests, given)

    assert np.array_equal(within.answer(values.ravel()), keys)
    assert np.array_equal(bins.answer(values.ravel()), counts)
