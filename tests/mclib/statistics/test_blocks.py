import numpy as np
import pytest

from mclib.statistics.blocks import (
    BLOCK,
    fill_blocks,
    n_blocks_of,
    to_lane_order,
    to_trial_order,
)


def test_a_trial_lies_where_the_law_says() -> None:
    trials = np.arange(3 * BLOCK)

    in_lanes = to_lane_order(trials)

    block, t = divmod(trials, BLOCK)
    found = in_lanes[block, t // 128, t % 4, t % 128 // 4]
    assert np.array_equal(trials, found)


def test_lane_order_and_back_is_the_identity() -> None:
    values = np.arange(2 * 5 * BLOCK, dtype=float).reshape(2, -1)

    back = to_trial_order(to_lane_order(values))

    assert np.array_equal(values, back)


def test_trial_order_can_be_cut_off_after_so_many_trials() -> None:
    values = np.arange(2 * BLOCK)

    cut = to_trial_order(to_lane_order(values), 1500)

    assert np.array_equal(values[:1500], cut)


@pytest.mark.parametrize(
    ("n_trials", "n_blocks"), [(0, 0), (1, 1), (1024, 1), (1025, 2), (10**9, 976_563)]
)
def test_blocks_hold_all_trials(n_trials: int, n_blocks: int) -> None:
    assert n_blocks == n_blocks_of(n_trials)


def test_filling_adds_zeros_up_to_a_whole_block() -> None:
    values = np.ones((2, 1025))

    filled = fill_blocks(values)

    assert filled.shape == (2, 2 * BLOCK)
    assert filled.sum() == values.sum()


def test_whole_blocks_are_left_as_they_are() -> None:
    values = np.ones(BLOCK)

    assert fill_blocks(values) is values
