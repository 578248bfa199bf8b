import math

import numpy as np
import pytest
from numpy.typing import NDArray

from mclib.statistics.blocks import BLOCK
from mclib.statistics.jackknife import (
    influence_standard_errors,
    jackknife_standard_error,
)
from mclib.statistics.moments import Record
from mclib.statistics.records import unpack
from mclib.statistics.summary import kurtosis_of, skewness_of
from tests.mclib.array_run import accumulated


def _groups(values: NDArray[np.float64], ends: list[int]) -> Record:
    parts = np.split(values, ends)
    return unpack(np.stack([accumulated(part).totals()[0] for part in parts]))


def test_of_the_mean_it_is_the_textbooks_formula(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=64)
    groups = _groups(values, list(range(1, 64)))

    found = jackknife_standard_error(groups, lambda record: np.asarray(record.mean))

    assert found == pytest.approx(values.std(ddof=1) / 8.0, rel=1e-12)


@pytest.mark.parametrize("statistic", [skewness_of, kurtosis_of])
def test_leaving_out_a_group_is_what_it_does(statistic, seed: int) -> None:  # type: ignore[no-untyped-def]
    values = 1e3 + np.random.default_rng(seed).gamma(3.0, 1.0, 4000)
    n_groups = 40
    groups = _groups(values, list(range(100, 4000, 100)))
    without = [
        float(statistic(accumulated(np.delete(values, np.s_[at : at + 100])).total()))
        for at in range(0, 4000, 100)
    ]

    found = jackknife_standard_error(groups, statistic)

    spread = np.var(without) * (n_groups - 1)
    assert found == pytest.approx(math.sqrt(spread), rel=1e-6)


@pytest.mark.parametrize("place", [0, 1])
def test_jackknife_and_influence_agree_on_a_normal_output(place: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=300 * BLOCK)
    exact = (math.sqrt(6.0 / len(values)), math.sqrt(24.0 / len(values)))[place]

    groups = accumulated(values).groups()
    jackknife = jackknife_standard_error(groups, (skewness_of, kurtosis_of)[place])
    influence = influence_standard_errors(values)[place]

    # 300 groups know their own spread to 1 / sqrt(2 x 300).
    assert abs(jackknife / exact - 1.0) < 5.0 / math.sqrt(600.0)
    assert influence == pytest.approx(exact, rel=0.03)


def test_an_uneven_last_group_weighs_what_it_holds(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=100 * BLOCK)
    even = _groups(values, list(range(BLOCK, len(values), BLOCK)))
    uneven = _groups(values, [*range(BLOCK, len(values), BLOCK), len(values) - 7])

    expected = jackknife_standard_error(even, skewness_of)
    found = jackknife_standard_error(uneven, skewness_of)

    assert found == pytest.approx(expected, rel=0.1)


def test_one_group_tells_nothing() -> None:
    groups = _groups(np.arange(10.0), [])

    assert math.isnan(jackknife_standard_error(groups, skewness_of))


def test_a_constant_has_no_shape_to_be_sure_of() -> None:
    assert np.all(np.isnan(influence_standard_errors(np.full(100, 3.0))))
