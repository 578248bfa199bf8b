"""Distances of data from a fit, and p-values that know of the estimation."""

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.fitting.goodness import distances
from mclib.fitting.observations import observe
from tests.mclib.fitting.truths import drawn

X = drawn(mc.Gamma(2.5, 10), 137)


def test_kolmogorov_smirnov_and_anderson_darling_are_scipys() -> None:
    found = distances(mc.Normal(25, 15), observe(X), is_whole=False)

    exact, ordered = stats.norm(25, 15), np.sort(X)
    assert abs(found["kolmogorov_smirnov"] - stats.kstest(X, exact.cdf).statistic) < 1e-12
    terms = exact.logcdf(ordered) + exact.logsf(ordered[::-1])
    expected = -137 - np.sum((2 * np.arange(1, 138) - 1) * terms) / 137
    assert abs(found["anderson_darling"] - expected) < 1e-9


def test_chi_square_counts_cells_of_equal_probability() -> None:
    found = distances(mc.Uniform(0, 1), observe([0.05, 0.1, 0.2, 0.3] * 5), is_whole=False)

    # Twenty numbers, four cells of which each expects five; 15 and 5 are in the first two.
    assert found["chi_square"] == pytest.approx((10**2 + 0 + 5**2 + 5**2) / 5)


def test_counts_are_joined_until_each_cell_expects_five() -> None:
    corps_years = [109, 65, 22, 3, 1]
    observed = observe(range(5), weights=corps_years)

    found = distances(mc.Poisson(0.61), observed, is_whole=True)

    # Two would expect 20, three and more 5; none and one the rest.
    law = stats.poisson(0.61)
    expected = 200 * np.array([law.pmf(0), law.pmf(1), law.sf(1)])
    last = 200 * law.sf(2)
    assert last < 5.0
    square = np.sum((np.array([109, 65, 26]) - expected) ** 2 / expected)
    assert found["chi_square"] == pytest.approx(square)
    apart = np.abs(np.cumsum(corps_years) / 200 - law.cdf(range(5))).max()
    assert found["kolmogorov_smirnov"] == pytest.approx(apart)
    assert np.isnan(found["anderson_darling"])


def test_p_values_are_those_of_stephens_where_both_parameters_are_estimated() -> None:
    # R. B. D'Agostino, M. A. Stephens, "Goodness-of-Fit Techniques", 1986, table 4.9.
    n = 40
    fits = mc.fit(drawn(mc.Gamma(6), n), "Normal")

    found = fits.goodness(1_500).loc["anderson_darling"]

    adjusted = fits["Normal"].distances["anderson_darling"] * (1 + 0.75 / n + 2.25 / n**2)
    if adjusted >= 0.6:
        expected = np.exp(1.2937 - 5.709 * adjusted + 0.0186 * adjusted**2)
    elif adjusted >= 0.34:
        expected = np.exp(0.9177 - 4.279 * adjusted - 1.38 * adjusted**2)
    else:
        expected = 1 - np.exp(-8.318 + 42.796 * adjusted - 59.938 * adjusted**2)
    assert abs(found["p_value"] - expected) < 5.0 * found["standard_error"]


def test_the_textbooks_p_value_would_have_let_pass_what_this_one_refuses() -> None:
    x = drawn(mc.Gamma(2.5), 50)
    fits = mc.fit(x, "Normal")

    p_value = fits.goodness(999).loc["kolmogorov_smirnov", "p_value"]

    textbook = stats.kstest(x, stats.norm(x.mean(), x.std()).cdf).pvalue
    assert p_value < 0.05 < 0.3 * textbook


@pytest.mark.slow
def test_p_values_of_true_families_are_spread_evenly() -> None:
    p_values = [
        mc.fit(drawn(mc.Exponential(3), 20, seed), "Exponential")
        .goodness(39, seed=seed)
        .loc["kolmogorov_smirnov", "p_value"]
        for seed in range(200)
    ]

    # Forty equally likely values from 1/40 to 1.
    error = np.sqrt((40**2 - 1) / 12) / 40 / np.sqrt(200)
    assert abs(np.mean(p_values) - 41 / 80) < 5.0 * error
    share = np.mean(np.array(p_values) <= 0.1)
    assert abs(share - 0.1) < 5.0 * np.sqrt(0.1 * 0.9 / 200)
