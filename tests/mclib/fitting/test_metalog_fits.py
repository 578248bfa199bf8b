"""Metalogs fitted to data and percentiles: published numbers, and the choice of terms."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from tests.mclib.fitting.truths import drawn

MADE = (
    mc.Metalog([20, 6.8, 5.7, 1.5]),
    mc.Metalog([3, 0.4, -0.1], low=1.0),
    mc.Metalog([-3, 0.4, 0.1], high=90.0),
    mc.Metalog([0.3, 0.5, 0.2], low=-1.0, high=9.0),
)


def test_three_percentiles_give_keelins_coefficients() -> None:
    quantiles = {0.1: 10, 0.5: 20, 0.9: 40}

    free, above = mc.fit_metalog(quantiles), mc.fit_metalog(quantiles, low=0)

    expected = [20, 6.82679419970, 5.68899516642]
    np.testing.assert_allclose(free.best.coefficients, expected, rtol=1e-11)
    assert free.n_terms == above.n_terms == 3
    assert free[3].criterion < 1e-9 < free[2].criterion
    u = [0.01, 0.05, 0.95, 0.99]
    found = above.best.quantile(u)
    np.testing.assert_allclose(found, [4.693288, 7.900019, 50.632788, 85.2281], rtol=1e-6)


@pytest.mark.parametrize("made", MADE, ids=repr)
def test_the_density_is_the_slope_of_the_probability(made: mc.Metalog) -> None:
    x = made.quantile(np.linspace(0.01, 0.99, 41))
    step = 1e-5 * np.ptp(x)

    slope = (made.cdf(x + step) - made.cdf(x - step)) / (2 * step)
    np.testing.assert_allclose(np.exp(made.log_density(x)), slope, rtol=1e-5)
    low, high = made.support
    beyond = [end for end in (low, high) if np.isfinite(end)]
    assert np.all(made.log_density([*beyond, *beyond]) == -np.inf)


@pytest.mark.parametrize("made", MADE, ids=repr)
def test_data_that_lie_on_a_metalog_give_it_back(made: mc.Metalog) -> None:
    x = made.quantile((np.arange(60) + 0.5) / 60)
    n_terms = np.size(made.coefficients)

    fits = mc.fit_metalog(x, low=made.low, high=made.high)

    np.testing.assert_allclose(
        fits[n_terms].distribution.coefficients, made.coefficients, rtol=1e-6, atol=1e-6
    )
    assert fits[n_terms].kolmogorov_smirnov == pytest.approx(0.5 / 60, rel=1e-6)


def test_as_many_terms_are_taken_as_data_ask_for() -> None:
    logistic, gamma = drawn(mc.Logistic(10, 2), 400), drawn(mc.Gamma(1.5, 10), 400)

    few, more = mc.fit_metalog(logistic), mc.fit_metalog(gamma, low=0)

    # Two terms without ends are a logistic.
    assert few.n_terms == 2
    total = float(np.sum(few.best.log_density(logistic)))
    assert few[2].criterion == pytest.approx(2 * np.log(400) - 2 * total)
    assert more.n_terms > 2
    truth: Any = mc.Gamma(1.5, 10).cdf(more.best.quantile([0.1, 0.5, 0.9]))
    np.testing.assert_allclose(truth, [0.1, 0.5, 0.9], atol=5 * 0.5 / np.sqrt(400))
    frame = more.to_frame()
    assert frame["criterion"].idxmin() == more.n_terms
    assert "terms are chosen" in more._repr_html_()
    assert len(more) == len(frame)


def test_numbers_of_terms_with_which_there_is_none_are_listed() -> None:
    # Three percentiles so skewed have no metalog without ends.
    fits = mc.fit_metalog({0.1: 10, 0.5: 11, 0.9: 40})

    assert fits.n_terms == 2
    assert "increases everywhere" in fits.refused[3]
    assert "3 terms" in repr(fits)
    assert 3 not in fits
    with pytest.raises(ArgumentError, match="it falls near"):
        fits[3]
    assert mc.fit_metalog({0.1: 10, 0.5: 11, 0.9: 40}, low=9).n_terms == 3


def test_refusals_say_the_way_out() -> None:
    with pytest.raises(ArgumentError, match="must lie between `low` and `high`"):
        mc.fit_metalog([1.0, 2.0, 3.0, 4.0], low=2)
    with pytest.raises(ArgumentError, match="from 2 to 16; got 40"):
        mc.fit_metalog([1.0, 2.0, 3.0], most_terms=40)
    with pytest.raises(ArgumentError, match="increase with their probabilities"):
        mc.fit_metalog({0.1: 10, 0.9: 5})
    with pytest.raises(ArgumentError, match="leave out what is missing"):
        mc.fit_metalog([1.0, np.nan, 3.0])
