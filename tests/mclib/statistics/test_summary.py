import math

import numpy as np
import pytest
from scipy import stats

from mclib.statistics import summary
from mclib.statistics.blocks import BLOCK, to_lane_order
from mclib.statistics.moments import EMPTY, Record
from mclib.statistics.records import block_records
from tests.mclib.array_run import accumulated

N_RUNS = 2_000


def test_moments_are_scipys(seed: int) -> None:
    values = np.random.default_rng(seed).gamma(2.0, 3.0, 50_000)

    record = accumulated(values).total()

    expected = [
        values.mean(),
        values.var(ddof=1),
        stats.skew(values),
        stats.kurtosis(values),
    ]
    found = [
        summary.mean(record),
        summary.variance(record),
        summary.skewness(record),
        summary.kurtosis(record),
    ]
    assert expected == pytest.approx(found, rel=1e-11)
    assert summary.standard_deviation(record) == pytest.approx(values.std(ddof=1))


@pytest.mark.parametrize("name", ["mean", "variance", "standard_deviation"])
def test_standard_errors_are_the_spread_over_runs(name: str, seed: int) -> None:
    # Each block is a run.
    values = np.random.default_rng(seed).gamma(4.0, 1.0, N_RUNS * BLOCK)
    records = [Record(*each) for each in block_records(to_lane_order(values))]
    statistic = getattr(summary, name)
    standard_error = getattr(summary, f"{name}_standard_error")

    told = math.sqrt(np.mean([standard_error(record) ** 2 for record in records]))
    seen = np.array([statistic(record) for record in records])

    # The spread itself is uncertain: for a nearly normal statistic by 1 / sqrt(2 n).
    deviation = (seen.std(ddof=1) / told - 1.0) * math.sqrt(2.0 * N_RUNS)
    assert abs(deviation) < 5.0


def test_too_few_trials_leave_things_unknown() -> None:
    one = accumulated(np.array([3.0])).total()

    assert summary.mean(one) == 3.0
    unknown = [
        summary.mean(EMPTY),
        summary.mean_standard_error(one),
        summary.variance(one),
        summary.variance_standard_error(one),
        summary.standard_deviation(one),
        summary.skewness(one),
        summary.kurtosis(one),
    ]
    assert np.all(np.isnan(unknown))


def test_a_constant_has_no_spread_and_no_shape() -> None:
    record = accumulated(np.full(5000, 0.1)).total()

    assert summary.mean(record) == 0.1
    assert summary.standard_deviation(record) == 0.0
    assert summary.standard_deviation_standard_error(record) == 0.0
    assert np.isnan(summary.skewness(record))
    assert np.isnan(summary.kurtosis(record))
