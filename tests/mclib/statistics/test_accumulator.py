import numpy as np
import pytest

from mclib.errors import InternalError
from mclib.statistics.accumulator import N_GROUPS_KEPT, Accumulator
from mclib.statistics.blocks import BLOCK
from mclib.statistics.moments import EMPTY
from mclib.statistics.records import Floats, block_records, merge_up
from tests.contracts import accumulator_contract as contract
from tests.mclib.array_run import accumulated, blocks_of

SIZES = (1, 2, 3, 64, 1000, 1024, 1025, 5000)


def _records(n_blocks: int, seed: int, n_outputs: int = 2) -> Floats:
    """Made up records of blocks, quicker than from values."""
    generator = np.random.default_rng(seed)
    records = generator.lognormal(size=(n_blocks, n_outputs, 7))
    records[..., 0] = BLOCK
    records[-1, :, 0] = 77.0
    return records


@pytest.mark.parametrize("n_blocks", SIZES)
def test_any_split_in_any_order_gives_the_same_bits(n_blocks: int, seed: int) -> None:
    records = _records(n_blocks, seed)

    contract.check_any_split_gives_the_same_bits(Accumulator, records, seed)


@pytest.mark.parametrize("n_blocks", SIZES)
def test_looking_at_estimates_so_far_changes_nothing(n_blocks: int, seed: int) -> None:
    contract.check_looking_changes_nothing(Accumulator, _records(n_blocks, seed))


@pytest.mark.parametrize("n_blocks", SIZES)
def test_combining_with_nothing_changes_nothing(n_blocks: int, seed: int) -> None:
    contract.check_nothing_is_an_identity(Accumulator, _records(n_blocks, seed))


def test_parts_that_leave_gaps_combine_too(seed: int) -> None:
    records = _records(3001, seed)
    even, odd, whole = Accumulator(2), Accumulator(2), Accumulator(2)
    whole.add(0, records)
    for block in range(3001):
        (odd if block % 2 else even).add(block, records[block : block + 1])
    odd.combine(even)

    assert np.array_equal(whole.totals(), odd.totals())


def test_moments_are_those_of_all_values(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(size=300_123)

    record = accumulated(values).total()

    center = values.mean()
    assert len(values) == record.count
    assert record.mean == pytest.approx(center, rel=1e-14)
    for k, found in ((2, record.m2), (3, record.m3), (4, record.m4)):
        assert found == pytest.approx(np.sum((values - center) ** k), rel=1e-12)
    assert (values.min(), values.max()) == (record.minimum, record.maximum)


def test_groups_are_neighbouring_trials(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=40 * BLOCK + 1)

    groups = accumulated(values).groups()

    expected = [values[at : at + BLOCK].mean() for at in range(0, len(values), BLOCK)]
    assert groups.mean == pytest.approx(np.array(expected), rel=1e-11)


def test_no_more_than_so_many_groups_are_kept(seed: int) -> None:
    accumulator = Accumulator(1)
    for start in range(0, 20_000, 2_500):
        accumulator.add(start, _records(2_500, seed, n_outputs=1))

    n_groups = len(accumulator.groups().count)

    assert N_GROUPS_KEPT / 2 < n_groups <= N_GROUPS_KEPT


def test_memory_does_not_grow_with_the_number_of_blocks(seed: int) -> None:
    records = _records(10_000, seed, n_outputs=1)
    kept = []
    for n_chunks in (10, 40):
        accumulator = Accumulator(1)
        for chunk in range(n_chunks):
            accumulator.add(chunk * len(records), records)
        accumulator.totals()
        kept.append(sum(nodes.nbytes for _, nodes in accumulator._levels))

    assert kept[1] <= 1.1 * kept[0]
    assert max(kept) < 80_000


def test_without_blocks_the_record_is_empty() -> None:
    accumulator = Accumulator(2)

    assert EMPTY == accumulator.total(1)
    assert len(accumulator.groups().count) == 0


def test_the_records_given_are_copied(seed: int) -> None:
    records = _records(3, seed)
    accumulator = Accumulator(2)
    accumulator.add(0, records)
    before = accumulator.totals()
    records[:] = np.nan

    assert np.array_equal(before, accumulator.totals())


def test_a_block_can_not_be_added_twice(seed: int) -> None:
    accumulator = Accumulator(2)
    accumulator.add(0, _records(3, seed))
    accumulator.add(2, _records(1, seed))

    with pytest.raises(InternalError, match="block 2 was added twice"):
        accumulator.totals()


def test_a_doubtful_record_needs_its_values() -> None:
    values = np.zeros(3 * BLOCK)
    values[BLOCK + 5] = np.nan
    accumulator = Accumulator(1)

    with pytest.raises(InternalError, match="record of block 8 isn't finite"):
        accumulator.add(7, block_records(blocks_of(values)))


def test_values_are_asked_for_where_they_are_needed_only(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(1, 20 * BLOCK))
    values[0, [3 * BLOCK, 4 * BLOCK + 9, 11 * BLOCK]] = np.nan
    asked = []

    def values_of(first: int, n_blocks: int) -> np.ndarray:
        asked.append((first, n_blocks))
        return values[:, first * BLOCK : (first + n_blocks) * BLOCK]

    Accumulator(1).add(0, block_records(blocks_of(values[0])), values_of)

    assert [(3, 2), (11, 1)] == asked


def _many_records(seed: int, n_blocks: int) -> Floats:
    generator = np.random.default_rng(seed)
    records = generator.lognormal(size=(n_blocks, 2, 7))
    records[..., 0] = BLOCK
    records[..., 5], records[..., 6] = -1.0, 1e9
    return records


@pytest.mark.parametrize("n_blocks", [(1 << 15) + 96, 70_016])
def test_records_that_come_merged_make_the_same_tree(seed: int, n_blocks: int) -> None:
    records = _many_records(seed, n_blocks)
    apart, merged = Accumulator(2), Accumulator(2)

    apart.add(0, records)
    for start in range(0, n_blocks, 4096):
        some = merge_up(records[start : start + 4096], 5)
        merged.add_merged(start, some, 5, _nothing)

    assert np.array_equal(apart.totals(), merged.totals())
    for one, other in zip(apart.groups(1), merged.groups(1), strict=True):
        assert np.array_equal(one, other)


def test_a_merged_record_that_is_not_sound_is_made_of_its_blocks(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(1, 128 * BLOCK))
    values[0, 70 * BLOCK + 3] = np.inf
    values[0, 71 * BLOCK] = np.nan
    records = block_records(blocks_of(*values))

    def values_of(first_block: int, n_blocks: int) -> Floats:
        return values[:, first_block * BLOCK : (first_block + n_blocks) * BLOCK]

    def one_by_one(first_block: int, n_blocks: int) -> None:
        asked.append((first_block, n_blocks))
        some = records[first_block : first_block + n_blocks]
        merged.add(first_block, some, values_of)

    apart, merged = Accumulator(1), Accumulator(1)
    asked: list[tuple[int, int]] = []
    apart.add(0, records, values_of)
    merged.add_merged(0, merge_up(records, 5), 5, one_by_one)

    assert asked == [(64, 32)]
    assert apart.non_finite == merged.non_finite
    assert np.array_equal(apart.totals(), merged.totals())


def _nothing(first_block: int, n_blocks: int) -> None:
    message = "all of these records are sound"
    raise AssertionError(message)
