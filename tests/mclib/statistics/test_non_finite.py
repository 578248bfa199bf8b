import numpy as np
import pytest

from mclib.statistics.blocks import BLOCK
from mclib.statistics.non_finite import NonFinite, count_non_finite, finite_records
from mclib.statistics.records import block_records
from mclib.statistics.summary import mean, standard_deviation
from tests.mclib.array_run import accumulated, blocks_of


def _holed(seed: int, n_trials: int = 5 * BLOCK + 10) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = generator.normal(10.0, 3.0, n_trials)
    values[generator.integers(0, n_trials, 50)] = np.nan
    values[generator.integers(0, n_trials, 20)] = np.inf
    values[[0, BLOCK, 2 * BLOCK - 1]] = -np.inf
    return values


def test_the_kinds_are_counted_and_the_first_is_named() -> None:
    values = np.array([1.0, np.inf, np.nan, -np.inf, np.nan, 2.0])

    found = count_non_finite(values, first_trial=2048)

    expected = NonFinite(nan=2, positive_infinity=1, negative_infinity=1, first_trial=2049)
    assert expected == found
    assert found.total == 4


def test_counts_merge_in_any_order() -> None:
    left, right = NonFinite(nan=1, first_trial=7), NonFinite(3, 2, 1, first_trial=5)

    assert NonFinite(4, 2, 1, 5) == left.merge(right) == right.merge(left)
    assert left == left.merge(NonFinite())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            NonFinite(nan=3, first_trial=17),
            "3 of 10,000 trials gave NaN, the first is trial 17",
        ),
        (
            NonFinite(1200, 0, 1, first_trial=1234),
            (
                "1,201 of 10,000 trials gave NaN or -inf (1,200 NaN, 1 -inf), "
                "the first is trial 1,234"
            ),
        ),
    ],
)
def test_the_sentence_says_what_and_where(found: NonFinite, expected: str) -> None:
    assert expected == found.sentence(10_000)


def test_statistics_are_those_of_the_finite_trials(seed: int) -> None:
    values = _holed(seed)
    finite = values[np.isfinite(values)]

    accumulator = accumulated(values)

    record = accumulator.total()
    assert len(finite) == record.count
    assert mean(record) == pytest.approx(finite.mean(), rel=1e-13)
    assert standard_deviation(record) == pytest.approx(finite.std(ddof=1), rel=1e-13)
    assert (finite.min(), finite.max()) == (record.minimum, record.maximum)
    assert count_non_finite(values) == accumulator.non_finite[0]


def test_finite_trials_alone_have_the_ordinary_record(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(2, 3 * BLOCK + 7))

    records, found = finite_records(values, first_trial=0)

    assert np.array_equal(block_records(blocks_of(*values), values.shape[1]), records)
    assert (NonFinite(), NonFinite()) == found


def test_where_nothing_is_finite_the_mean_is_unknown() -> None:
    accumulator = accumulated(np.full(2000, np.nan))

    assert np.isnan(mean(accumulator.total()))
    assert NonFinite(nan=2000, first_trial=0) == accumulator.non_finite[0]


def test_one_bad_output_leaves_the_others_alone(seed: int) -> None:
    bad = _holed(seed)
    good = np.random.default_rng(seed).normal(size=len(bad))

    together = accumulated(good, bad)

    assert accumulated(good).total() == together.total(0)
    assert NonFinite() == together.non_finite[0]


def test_float32_sums_that_overflow_are_made_again_in_float64(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.0, 1e12, 3000).astype(np.float32)

    accumulator = accumulated(values)

    exact = values.astype(np.float64)
    assert standard_deviation(accumulator.total()) == pytest.approx(exact.std(ddof=1))
    assert NonFinite() == accumulator.non_finite[0]
