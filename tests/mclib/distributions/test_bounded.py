"""Uniform and Triangular."""

import numpy as np
import pytest

from mclib.distributions import Triangular, Uniform

TINY = 1e-12


def test_triangular_meets_the_acceptance_numbers() -> None:
    cost = Triangular(low=10, mode=20, high=60)

    assert cost.mean == 30
    assert cost.variance == pytest.approx(350 / 3, rel=1e-15)
    np.testing.assert_allclose(
        cost.quantile([0.05, 0.5, 0.95]), [15, 28.3772234, 50], rtol=3e-9
    )


def test_uniform_has_the_closed_form_moments() -> None:
    delay = Uniform(low=-2, high=4)

    assert (delay.mean, delay.variance, delay.support) == (1, 3, (-2, 4))


@pytest.mark.parametrize("mode", [0.0, 1e-9, 0.3, 1 - 1e-9, 1.0])
def test_triangular_keeps_its_digits_at_both_ends_wherever_the_mode_is(mode: float) -> None:
    from_low = Triangular(low=0, mode=mode, high=1)
    to_high = Triangular(low=-1, mode=mode - 1, high=0)

    assert from_low.cdf(from_low.quantile(TINY)) == pytest.approx(TINY, rel=1e-14)
    x = to_high.quantile_from_above(TINY)
    assert to_high.probability_above(x) == pytest.approx(TINY, rel=1e-14)


def test_a_triangle_that_rises_to_its_end_is_a_square_root() -> None:
    u = np.array([TINY, 0.25, 0.81])

    np.testing.assert_allclose(Triangular(low=0, mode=1, high=1).quantile(u), np.sqrt(u))


def test_the_middle_of_far_ends_does_not_overflow() -> None:
    assert Uniform(low=-8e307, high=8e307).mean == 0
