"""Bernoulli and DiscreteUniform."""

import numpy as np
import pytest

from mclib.distributions import Bernoulli, DiscreteUniform
from mclib.expressions.dtypes import Type
from tests.contracts.distribution_contract import drawn

TAILS = np.array([2.0**-60, 2.0**-53, 1e-9, 0.3, 0.5])


def test_a_die_shows_each_face_in_a_sixth_of_all_uniforms() -> None:
    u = (np.arange(6_000) + 0.5) / 6_000

    faces, counts = np.unique(DiscreteUniform(1, 6).quantile(u), return_counts=True)

    np.testing.assert_array_equal(faces, [1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(counts, [1_000] * 6)


def test_a_quantile_on_a_step_is_the_smaller_value() -> None:
    np.testing.assert_array_equal(
        DiscreteUniform(0, 3).quantile([0.25, 0.5, 0.75]), [0, 1, 2]
    )
    assert Bernoulli(0.25).quantile(0.75) == 0


def test_a_discrete_uniform_has_the_closed_form_moments() -> None:
    die = DiscreteUniform(low=-3, high=7)

    assert (die.mean, die.variance, die.support) == (2, 10, (-3, 7))


def test_one_value_only_is_drawn_always() -> None:
    only = DiscreteUniform(5, 5)

    np.testing.assert_array_equal(only.quantile([0, 0.3, 1]), [5, 5, 5])
    assert only.variance == 0


def test_the_ends_of_a_large_range_are_drawn_exactly() -> None:
    wide = DiscreteUniform(-(2**53), 2**53)

    assert wide.quantile(2.0**-60) == -(2.0**53)
    assert wide.quantile_from_above(2.0**-60) == 2.0**53


@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_a_certain_event_is_certain_in_every_trial(
    precision: Type, probability: float
) -> None:
    for is_upper in (False, True):
        draws = drawn(Bernoulli(probability), TAILS, is_upper, precision)
        assert set(draws.tolist()) == {probability}


@pytest.mark.parametrize("probability", [1e-15, 1 - 2.0**-53])
def test_rare_events_happen_as_rarely_as_they_should(probability: float) -> None:
    event = Bernoulli(probability)

    assert event.quantile_from_above(np.nextafter(probability, 0)) == 1
    assert event.quantile_from_above(probability) == 0
