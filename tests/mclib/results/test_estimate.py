import math

import pytest

from mclib.errors import ArgumentError
from mclib.results.estimate import Estimate
from mclib.statistics.intervals import Interval, mean_interval

ESTIMATE = Estimate(26_151.33, 4.7, n_trials=1_000_000)


def test_it_prints_as_the_readme_says() -> None:
    assert str(ESTIMATE) == "26,151 ± 9 (95 %)"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", "26,151 ± 9 (95 %)"),
        (".2f", "26151.33 ± 9.21 (95 %)"),
        (",.1f", "26,151.3 ± 9.2 (95 %)"),
        (".3e", "2.615e+04 ± 9.212e+00 (95 %)"),
    ],
)
def test_it_takes_the_format_of_floats(spec: str, expected: str) -> None:
    assert expected == format(ESTIMATE, spec)


def test_small_shares_are_shown_with_one_unit() -> None:
    assert f"{Estimate(3e-7, 1e-8, 10**9):%}" == "(3.00 ± 0.20)e-05 % (95 %)"


@pytest.mark.parametrize(
    ("spec", "expected"), [("%", "3.12 % ± 0.04 % (95 %)"), (".1%", "3.1 % ± 0.0 % (95 %)")]
)
def test_it_can_be_shown_in_percent(spec: str, expected: str) -> None:
    assert expected == format(Estimate(0.0312, 0.0002, 1_000_000), spec)


def test_an_interval_that_ends_at_the_value_is_shown_by_its_ends() -> None:
    estimate = Estimate(0.0, 0.001, 1000, lambda level: Interval(0.0, 0.003, level))

    assert str(estimate) == "0, within 0 to 0.003 (95 %)"
    assert f"{estimate:%}" == "0 %, within 0 to 0.3 % (95 %)"


def test_an_unknown_error_is_said_to_be_unknown() -> None:
    assert str(Estimate(3.5, math.nan, 1)) == "3.5 ± unknown (95 %)"


def test_its_representation_is_one_line() -> None:
    expected = "Estimate(value=26151.33, standard_error=4.7, n_trials=1000000)"

    assert expected == repr(ESTIMATE)


def test_it_is_its_value_as_a_float() -> None:
    assert float(ESTIMATE) == 26_151.33


def test_its_interval_is_that_of_a_mean() -> None:
    expected = mean_interval(26_151.33, 4.7 * 1000.0, 1_000_000, level=0.9)

    assert expected == pytest.approx(ESTIMATE.interval(0.9))


def test_estimates_are_not_ordered() -> None:
    with pytest.raises(TypeError, match="not supported"):
        assert ESTIMATE < ESTIMATE  # type: ignore[operator]


def test_a_level_must_be_a_share() -> None:
    with pytest.raises(ArgumentError, match="`level` must be strictly between 0 and 1"):
        ESTIMATE.interval(95)


def test_a_value_alone_has_the_digits_its_error_supports() -> None:
    assert ESTIMATE.rounded() == "26,151"
    assert Estimate(1.23456e15, 2e10, 10).rounded() == "1.23456e+15"
