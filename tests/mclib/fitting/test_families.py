"""Every family that can be fitted: its density is its own, and its fit finds it again."""

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.fitting.candidates import (
    ABOVE_ZERO,
    ANYWHERE,
    BETWEEN_ENDS,
    OUT_OF_N,
    WHOLE,
    families,
)
from mclib.fitting.likelihood import Search, log_likelihood
from mclib.fitting.observations import observe
from tests.mclib.fitting.truths import TRUTHS, drawn, fixed_of

N = 2_000
DEFAULT = (*ANYWHERE, *ABOVE_ZERO, *BETWEEN_ENDS, *WHOLE, *OUT_OF_N)
REGULAR = [name for name, each in families().items() if each.is_smooth and not each.pinned]


def test_every_family_has_a_truth_to_find() -> None:
    assert set(TRUTHS) == set(families())
    assert set(DEFAULT) <= set(TRUTHS)


@pytest.mark.parametrize("name", TRUTHS)
def test_the_density_is_the_slope_of_the_familys_own_probabilities(name: str) -> None:
    made, family = TRUTHS[name], families()[name]
    x = made.quantile(np.linspace(0.02, 0.98, 40))
    numbers = {key: float(made.parameters[key]) for key in family.parameters}

    density = np.exp(family.log_density(x, **numbers))

    if family.is_whole:
        expected = made.cdf(x) - made.cdf(x - 1.0)
        np.testing.assert_allclose(density, expected, rtol=1e-9, atol=1e-14)
        return
    low, high = made.support
    step = 1e-5 * np.minimum(np.ptp(x), np.minimum(x - low, high - x))
    slope = (made.cdf(x + step) - made.cdf(x - step)) / (2.0 * step)
    np.testing.assert_allclose(density, slope, rtol=2e-5)


@pytest.mark.parametrize("name", TRUTHS)
def test_a_fit_finds_the_parameters_again(name: str) -> None:
    made, family = TRUTHS[name], families()[name]
    fixed, observed = fixed_of(made), observe(drawn(made, N))
    truth = {key: float(made.parameters[key]) for key in family.parameters}

    peak = Search(family, observed, fixed).peak()

    # Wilks: twice the gain over the truth is a chi-square of so many parameters, and of
    # two for each end that is pinned to a value.
    gain = 2.0 * (peak.log_likelihood - log_likelihood(family, observed, truth))
    n_free = sum(key not in fixed for key in family.kinds) + len(family.pinned)
    assert -1e-9 <= gain <= stats.chi2.isf(5.7e-7, n_free)
    if name in REGULAR:
        z = {
            key: (peak.numbers[key] - truth[key]) / error
            for key, error in peak.standard_errors.items()
        }
        assert len(z) == n_free
        assert all(abs(each) < 5.0 for each in z.values()), z


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Gamma", "Beta", "NegativeBinomial", "Weibull"])
def test_standard_errors_are_those_of_repetition(name: str) -> None:
    made, family = TRUTHS[name], families()[name]
    peaks = [
        Search(family, observe(drawn(made, 500, seed)), {}).peak() for seed in range(200)
    ]

    for key in family.kinds:
        logs = np.log([peak.numbers[key] for peak in peaks])
        told = [peak.standard_errors[key] / peak.numbers[key] for peak in peaks]
        # The spread of 200 estimates is itself known to 5 %.
        assert abs(np.std(logs, ddof=1) / np.median(told) - 1.0) < 0.25


def test_a_known_location_moves_all_of_a_fit() -> None:
    for name in ("Gamma", "LogLogistic", "Pareto", "Burr"):
        x = drawn(TRUTHS[name], 300)
        here = mc.fit(x, name)[name]
        there = mc.fit(x + 50.0, name, fixed={"location": 50})[name]

        assert abs(here.log_likelihood - there.log_likelihood) < 1e-6
        np.testing.assert_allclose(
            there.distribution.quantile([0.1, 0.9]) - 50.0,
            here.distribution.quantile([0.1, 0.9]),
            rtol=1e-5,
        )


def test_known_ends_stretch_all_of_a_fit() -> None:
    for name in BETWEEN_ENDS:
        x = drawn(TRUTHS[name], 300)
        here = mc.fit(x, name)[name]
        there = mc.fit(10.0 + 40.0 * x, name, fixed={"low": 10, "high": 50})[name]

        loss = 300 * np.log(40.0)
        assert abs(here.log_likelihood - there.log_likelihood - loss) < 1e-6
        np.testing.assert_allclose(
            [there.peak.numbers[key] for key in families()[name].kinds],
            [here.peak.numbers[key] for key in families()[name].kinds],
            rtol=1e-5,
        )


@pytest.mark.parametrize("unit", [1e-6, 1e9])
def test_the_unit_of_the_data_changes_nothing_but_the_unit(unit: float) -> None:
    x = drawn(mc.Gamma(2.5, 10), 200)
    here, there = mc.fit(x, ABOVE_ZERO), mc.fit(unit * x, ABOVE_ZERO)

    assert list(here) == list(there)
    for name in here:
        shift = here[name].log_likelihood - there[name].log_likelihood
        assert abs(shift - 200 * np.log(unit)) < 1e-3
