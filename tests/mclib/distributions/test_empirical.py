"""Empirical, and the search by which weighted draws are found."""

import numpy as np
import pytest

from mclib.distributions import Empirical
from mclib.distributions.shares import Shares
from tests.contracts.distribution_contract import drawn


def test_draws_are_the_inverted_cdf_of_the_data(seed: int) -> None:
    data = np.random.default_rng(seed).lognormal(size=257)
    u = np.random.default_rng(seed + 1).uniform(size=5_000)
    expected = np.quantile(data, u, method="inverted_cdf")

    np.testing.assert_array_equal(Empirical(data).quantile(u), expected)


def test_interpolated_draws_are_numpys_default_quantiles(seed: int) -> None:
    data = np.random.default_rng(seed).lognormal(size=257)
    u = np.random.default_rng(seed + 1).uniform(size=5_000)

    made = Empirical(data, interpolate=True).quantile(u)

    np.testing.assert_allclose(made, np.quantile(data, u), rtol=1e-12)


def test_equal_weights_draw_what_no_weights_draw(seed: int) -> None:
    data = np.random.default_rng(seed).normal(size=100)
    u = np.random.default_rng(seed + 1).uniform(size=5_000)

    made = Empirical(data, weights=np.full(100, 0.3)).quantile(u)

    np.testing.assert_array_equal(Empirical(data).quantile(u), made)


@pytest.mark.parametrize("decay", [1.0, 1.5, 30.0])
def test_weighted_draws_are_found_among_any_weights(decay: float, seed: int) -> None:
    n = 300
    weights = np.random.default_rng(seed).uniform(size=n) * decay ** -np.arange(float(n))
    data = np.arange(float(n))
    shares = Shares.of(data, weights)
    tails = np.concatenate([np.geomspace(1e-18, 0.5, 4_000), shares.beyond[1:-1]])
    tails = tails[(tails > 0) & (tails <= 0.5)]

    lower = drawn(Empirical(data, weights=weights), tails, is_upper=False)
    upper = drawn(Empirical(data, weights=weights), tails, is_upper=True)

    first = np.searchsorted(shares.up_to[1:], tails, side="left")
    np.testing.assert_array_equal(shares.values[first], lower)
    beyond = shares.beyond[1:][::-1]
    last = len(beyond) - np.searchsorted(beyond, tails, side="right")
    np.testing.assert_array_equal(shares.values[last], upper)


def test_values_without_weight_are_never_drawn() -> None:
    made = Empirical([1, 2, 3, 4], weights=[0, 1, 1, 0])

    assert made.support == (2, 3)
    assert set(made.quantile(np.linspace(0, 1, 101))) == {2.0, 3.0}


def test_the_weights_of_equal_values_add_up() -> None:
    made = Empirical([5, 1, 5], weights=[1, 2, 1])

    np.testing.assert_array_equal(made.cdf([0, 1, 4, 5]), [0, 0.5, 0.5, 1])
    np.testing.assert_array_equal(made.probability_above([0, 1, 4, 5]), [1, 0.5, 0.5, 0])


def test_moments_are_those_of_the_population() -> None:
    data, weights = np.array([1.0, 2, 4, 9]), np.array([4.0, 3, 2, 1])

    assert Empirical(data).variance == pytest.approx(np.var(data))
    made = Empirical(data, weights=weights)
    assert made.mean == pytest.approx(2.7)
    assert made.variance == pytest.approx(np.average((data - 2.7) ** 2, weights=weights))


def test_interpolated_data_that_repeat_have_an_atom() -> None:
    made = Empirical([1, 2, 2, 2, 3], interpolate=True)

    np.testing.assert_array_equal(made.cdf([1.5, 2, 2.5]), [0.125, 0.75, 0.875])
    np.testing.assert_array_equal(
        made.probability_above([1.5, 2, 2.5]), [0.875, 0.25, 0.125]
    )


def test_data_given_are_not_changed_and_do_not_change_the_draws() -> None:
    data = np.array([3.0, 1, 2])
    made = Empirical(data)
    data[0] = 100

    np.testing.assert_array_equal(made.data, [1, 2, 3])
    np.testing.assert_array_equal(data, [100, 1, 2])
    with pytest.raises(ValueError, match="read-only"):
        made.data[0] = 7  # type: ignore[index]


def test_a_large_data_set_shows_its_size_only() -> None:
    shown = repr(Empirical(np.arange(100_000), weights=np.ones(100_000)))

    assert shown == "Empirical(100,000 values from 0.0 to 99999.0, weighted)"
