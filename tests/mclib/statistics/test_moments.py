"""The formulas, against plain sums and the certified values of NIST StRD."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mclib.statistics.moments import EMPTY, FIELDS, Record, merge, record_of_sums
from mclib.statistics.summary import mean, standard_deviation
from tests.mclib.array_run import accumulated

MAVRO = [
    *(2.00180, 2.00170, 2.00180, 2.00190, 2.00180, 2.00170, 2.00150, 2.00140, 2.00150),
    *(2.00150, 2.00170, 2.00180, 2.00180, 2.00190, 2.00190, 2.00210, 2.00200, 2.00160),
    *(2.00140, 2.00130, 2.00130, 2.00150, 2.00150, 2.00160, 2.00150, 2.00140, 2.00130),
    *(2.00140, 2.00150, 2.00140, 2.00150, 2.00160, 2.00150, 2.00160, 2.00190, 2.00200),
    *(2.00200, 2.00210, 2.00220, 2.00230, 2.00240, 2.00250, 2.00270, 2.00260, 2.00260),
    *(2.00260, 2.00270, 2.00260, 2.00250, 2.00240),
]
# Michelson's 100 measurements, less 299, in hundredths.
MICHELSON = [
    *(85, 74, 90, 107, 93, 85, 95, 98, 98, 88, 100, 98, 93, 65, 76, 81, 100, 100, 96, 96),
    *(96, 94, 96, 94, 88, 80, 85, 88, 90, 84, 83, 79, 81, 88, 88, 83, 80, 79, 76, 80),
    *(88, 88, 88, 86, 72, 72, 62, 86, 97, 95, 88, 91, 85, 87, 84, 84, 85, 84, 84, 84),
    *(89, 81, 81, 82, 80, 77, 76, 74, 75, 76, 91, 92, 89, 86, 88, 72, 84, 85, 85, 78),
    *(89, 84, 78, 81, 76, 81, 79, 81, 82, 85, 87, 87, 81, 74, 81, 94, 95, 80, 81, 87),
]


def _pairs(first: float, low: float, high: float) -> list[float]:
    return [first, *([low, high] * 500)]


NIST = {
    "NumAcc1": ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1.0, 15.0),
    "NumAcc2": (_pairs(1.2, 1.1, 1.3), 1.2, 0.1, 14.0),
    # The next two are rounded in binary; certified digits end where that shows.
    "NumAcc3": (_pairs(1000000.2, 1000000.1, 1000000.3), 1000000.2, 0.1, 9.4),
    "NumAcc4": (_pairs(10000000.2, 10000000.1, 10000000.3), 10000000.2, 0.1, 8.2),
    "Mavro": (MAVRO, 2.001856, 0.000429123454003053, 12.5),
    "Michelso": ([299 + x / 100 for x in MICHELSON], 299.8524, 0.0790105478190518, 12.5),
}


def _digits(found: float, certified: float) -> float:
    error = abs(found - certified) / abs(certified)
    return 16.0 if error == 0.0 else -float(np.log10(error))


@pytest.mark.parametrize("name", NIST)
def test_mean_and_standard_deviation_reach_nists_certified_digits(name: str) -> None:
    values, certified_mean, certified_deviation, digits = NIST[name]

    record = accumulated(np.array(values)).total()

    assert _digits(mean(record), certified_mean) > 14.5
    assert _digits(standard_deviation(record), certified_deviation) >= digits


def _exact(values: list[Fraction]) -> Record:
    """Record of one lane, by sums of fractions."""
    pivot = values[0]
    sums = [sum((x - pivot) ** k for x in values) for k in range(1, 5)]
    count = Fraction(len(values))
    return record_of_sums(count, pivot, *sums, min(values), max(values), where=_where)


def _where(condition: bool, a: Any, b: Any) -> Any:
    return a if condition else b


def test_a_record_of_sums_agrees_with_sums_of_fractions() -> None:
    values = [Fraction(x) for x in (3, 1, 4, 1, 5, 9, 2, 6)]

    record = _exact(values)

    center = sum(values) / len(values)
    powers = [sum((x - center) ** k for x in values) for k in (2, 3, 4)]
    assert (len(values), center, *powers, 1, 9) == tuple(record)


@pytest.mark.parametrize("split", range(1, 8))
def test_merging_agrees_with_sums_of_fractions(split: int) -> None:
    values = [Fraction(x, 7) for x in (3, -1, 4, 1, -5, 9, 2, 6)]

    merged = merge(_exact(values[:split]), _exact(values[split:]), where=_where)

    expected = [float(each) for each in _exact(values)]
    assert expected == pytest.approx([float(each) for each in merged], rel=1e-14)


@pytest.mark.parametrize("empty_side", ["left", "right"])
def test_merging_with_nothing_changes_nothing(empty_side: str) -> None:
    record = Record(3.0, 10 / 3, 62 / 3, 140 / 9, 5402 / 27, 1.0, 7.0)
    sides = (EMPTY, record) if empty_side == "left" else (record, EMPTY)

    merged = merge(*sides, where=_where)

    assert tuple(record) == tuple(merged)


def test_merging_nothing_with_nothing_is_nothing() -> None:
    merged = merge(EMPTY, EMPTY, where=_where)

    assert tuple(EMPTY) == tuple(merged)


def test_a_lane_that_saw_nothing_has_an_empty_record() -> None:
    record = record_of_sums(0.0, 9.9, 0.0, 0.0, 0.0, 0.0, np.inf, -np.inf, where=_where)

    assert tuple(EMPTY) == tuple(record)


def test_the_mean_survives_where_squares_overflow() -> None:
    record = accumulated(np.array([1e300, 3e300])).total()

    assert mean(record) == pytest.approx(2e300, rel=1e-15)
    assert not np.isfinite(record.m2)


def test_the_fields_keep_their_order() -> None:
    expected = ("count", "mean", "m2", "m3", "m4", "minimum", "maximum")

    assert expected == FIELDS
