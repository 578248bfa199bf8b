import math

import pytest

from mclib.errors import ArgumentError
from mclib.results.estimate import Estimate
from mclib.testing import (
    assert_within_standard_errors,
    standard_errors_from,
    within_standard_errors,
)


def _estimate(value: float, standard_error: float) -> Estimate:
    return Estimate(value, standard_error, n_trials=100)


@pytest.mark.parametrize(
    ("value", "standard_error", "exact", "z"),
    [(3.0, 0.5, 1.0, 4.0), (1.0, 0.5, 3.0, -4.0), (2.0, 0.0, 2.0, 0.0)],
)
def test_distance_is_counted_in_standard_errors(
    value: float, standard_error: float, exact: float, z: float
) -> None:
    assert z == standard_errors_from(_estimate(value, standard_error), exact)


def test_an_estimate_without_error_is_at_its_value_or_endlessly_far() -> None:
    assert standard_errors_from(_estimate(2.0, 0.0), 3.0) == -math.inf
    assert not within_standard_errors(_estimate(2.0, 0.0), 3.0)


def test_near_is_five_standard_errors_unless_told_otherwise() -> None:
    assert within_standard_errors(_estimate(5.0, 1.0), 0.0)
    assert not within_standard_errors(_estimate(5.1, 1.0), 0.0)
    assert within_standard_errors(_estimate(5.1, 1.0), 0.0, k=6)


@pytest.mark.parametrize("value", [math.nan, 1.0])
def test_what_is_not_known_is_not_near(value: float) -> None:
    assert not within_standard_errors(_estimate(value, math.nan), 1.0)


def test_a_failure_says_how_far_off() -> None:
    with pytest.raises(AssertionError, match=r"z = \+6\.2: 16\.2 ± 1\.0 s\.e\. lies"):
        assert_within_standard_errors(_estimate(16.2, 1.0), 10.0)


def test_a_success_says_nothing() -> None:
    assert_within_standard_errors(_estimate(10.2, 1.0), 10.0)


def test_the_distance_allowed_must_be_one() -> None:
    with pytest.raises(ArgumentError, match=r"`k` must be above 0; got -1"):
        within_standard_errors(_estimate(1.0, 1.0), 1.0, k=-1)
