import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mclib.results.formatting import plain, with_error


@pytest.mark.parametrize(
    ("value", "half_width", "expected"),
    [
        (26151.33, 9.2, "26,151 ± 9"),
        (26151.33, 41.0, "26,150 ± 40"),
        (26151.33, 1.77, "26,151.3 ± 1.8"),
        (0.12345, 0.00949, "0.123 ± 0.009"),
        (0.12345, 0.0095, "0.123 ± 0.010"),
        (-0.02, 2.0, "0.0 ± 2.0"),
        (0.25, 0.0, "0.25 ± 0"),
        (3.14159e-12, 2.4e-15, "(3.1416 ± 0.0024)e-12"),
        (1.2345678e15, 4e10, "(1.23457 ± 0.00004)e+15"),
        (9.99996e-5, 2e-9, "(9.99996 ± 0.00020)e-05"),
        (99.996, 0.02, "99.996 ± 0.020"),
        (0.0, 1e-9, "(0.0 ± 1.0)e-09"),
        (0.1, 1e-18, "0.1 ± 0"),
        (5.0, math.nan, "5 ± unknown"),
        (math.nan, math.nan, "unknown ± unknown"),
        (5.0, math.inf, "5 ± ∞"),
    ],
)
def test_no_more_digits_than_the_error_supports(
    value: float, half_width: float, expected: str
) -> None:
    assert expected == with_error(value, half_width)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1234567.89, "1,234,568"),
        (999999.6, "1,000,000"),
        (0.00012, "0.00012"),
        (9.9999999e-6, "1e-05"),
        (-1.5e300, "-1.5e+300"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "unknown"),
    ],
)
def test_plain_numbers_are_short(value: float, expected: str) -> None:
    assert expected == plain(value)


@given(st.floats(-1e200, 1e200), st.floats(1e-14, 1e14))
def test_what_is_written_is_within_the_error(value: float, share: float) -> None:
    half_width = max(share * abs(value), 1e-200)

    text = with_error(value, half_width)

    inside, _, exponent = text.partition(")")
    shown, error = (float(part.replace(",", "")) for part in inside.strip("(").split(" ± "))
    scale = float(f"1{exponent}") if exponent else 1.0
    assert abs(shown * scale - value) <= 0.15 * half_width + 1e-15 * abs(value)
    assert abs(error * scale / half_width - 1.0) < 0.15
