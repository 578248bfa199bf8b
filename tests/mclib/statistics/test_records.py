"""Block records, judged turn by turn in plain Python."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from mclib.statistics.blocks import BLOCK, N_LANES, to_lane_order
from mclib.statistics.moments import Record, record_of_sums
from mclib.statistics.records import (
    block_records,
    counted_records,
    doubtful_blocks,
    pack,
    unpack,
)
from tests.mclib.array_run import blocks_of


def _judged(values: NDArray[np.floating]) -> Record:
    """Record of at most one block, as the convention says it, one number at a time."""
    real = values.dtype.type
    pivot = values[0]
    lanes = []
    for lane in range(N_LANES):
        s1 = s2 = s3 = s4 = real(0)
        low, high = real(np.inf), real(-np.inf)
        for x in (values[t] for t in range(len(values)) if t % 128 // 4 == lane):
            d = x - pivot
            d2 = d * d
            s1 = s1 + d
            s2, s3, s4 = (
                _fused(a, b, s) for a, b, s in ((d, d, s2), (d2, d, s3), (d2, d2, s4))
            )
            low, high = min(low, x), max(high, x)
        lanes.append([float(each) for each in (s1, s2, s3, s4, low, high)])
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [_together(lanes[k], lanes[k + half]) for k in range(half)]
    *sums, low, high = lanes[0]
    ends = (low + 0.0, high + 0.0)
    return record_of_sums(float(len(values)), float(pivot), *sums, *ends, where=_where)


def _together(left: list[float], right: list[float]) -> list[float]:
    sums = [a + b for a, b in zip(left[:4], right[:4], strict=True)]
    return [*sums, min(left[4], right[4]), max(left[5], right[5])]


def _fused(a: np.floating, b: np.floating, c: np.floating) -> np.floating:
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    if a.dtype == np.float64:
        return np.float64(exact.numerator / exact.denominator)
    return _nearest_float32(exact)


def _nearest_float32(exact: Fraction) -> np.float32:
    near = np.float32(exact.numerator / exact.denominator)
    around = (np.nextafter(near, np.float32(sign * np.inf)) for sign in (-1, 1))
    candidates = [near, *around]
    return min(
        candidates,
        key=lambda x: (abs(Fraction(float(x)) - exact), int(x.view(np.uint32)) & 1),
    )


def _where(condition: bool, a: float, b: float) -> float:
    return a if condition else b


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_trials", [1, 3, 5, 127, 128, 1000, 1023, 1024])
def test_records_are_the_conventions_bits(
    seed: int, dtype: type[np.floating], n_trials: int
) -> None:
    values = np.random.default_rng(seed).lognormal(size=n_trials).astype(dtype)

    record = block_records(blocks_of(values), n_trials)[0, 0]

    assert np.array_equal(np.array(_judged(values)), record)


def test_blocks_and_outputs_are_independent_of_their_neighbours(seed: int) -> None:
    values = np.random.default_rng(seed).normal(5.0, 2.0, (3, 150 * BLOCK + 99))

    together = block_records(blocks_of(*values), values.shape[1])

    for output in range(3):
        for block in (0, 63, 64, 149, 150):
            mine = values[output, block * BLOCK : (block + 1) * BLOCK]
            alone = block_records(blocks_of(mine), len(mine))[0, 0]
            assert np.array_equal(alone, together[block, output])


def test_a_run_may_end_blocks_before_its_buffer() -> None:
    records = block_records(blocks_of(np.arange(3.0 * BLOCK)), BLOCK + 1)

    assert [1024.0, 1.0, 0.0] == records[:, 0, 0].tolist()


def test_counting_all_trials_is_the_same_as_not_counting(seed: int) -> None:
    values = blocks_of(np.random.default_rng(seed).normal(size=4 * BLOCK))

    counted = counted_records(values, np.ones(values.shape, np.bool_))

    assert np.array_equal(block_records(values), counted)


def test_what_does_not_count_leaves_no_trace(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=BLOCK)
    is_counted = generator.random(BLOCK) < 0.5
    others = np.where(is_counted, values, np.nan)
    mask = to_lane_order(is_counted)[:, None]

    record = counted_records(blocks_of(values), mask)
    same = counted_records(blocks_of(others), mask)

    assert np.array_equal(record, same)
    assert record[0, 0, 0] == is_counted.sum()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 3, 600, 1023])
def test_a_value_that_is_not_finite_makes_its_block_doubtful(
    value: float, place: int
) -> None:
    values = np.linspace(1.0, 2.0, 3 * BLOCK)
    values[BLOCK + place] = value

    doubtful = doubtful_blocks(block_records(blocks_of(values)))

    assert [1] == doubtful.tolist()


@pytest.mark.parametrize(("scale", "expected"), [(1.0, []), (1e12, [0]), (1e-12, [0])])
def test_float32_sums_that_overflow_or_underflow_are_doubtful(
    scale: float, expected: list[int]
) -> None:
    values = (np.linspace(-1.0, 1.0, BLOCK) * scale).astype(np.float32)

    doubtful = doubtful_blocks(block_records(blocks_of(values)), np.float32)

    assert expected == doubtful.tolist()


def test_a_constant_is_not_doubtful_in_float32() -> None:
    values = np.full(BLOCK, 1e-12, np.float32)

    doubtful = doubtful_blocks(block_records(blocks_of(values)), np.float32)

    assert [] == doubtful.tolist()


def test_packing_is_undone_by_unpacking() -> None:
    records = np.arange(42.0).reshape(3, 2, 7)

    assert np.array_equal(records, pack(unpack(records)))
