"""Observations of which only bounds are known."""

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.errors import ArgumentError
from tests.mclib.fitting.truths import TRUTHS, drawn


def test_exponential_waits_that_go_on_add_their_time() -> None:
    ended, going_on = [3.0, 1.0, 7.0], [4.0, 4.0, 9.0]

    found = mc.fit(ended, "Exponential", right=going_on)["Exponential"]

    # Total time over the number of ends, and the information of three.
    assert abs(found.peak.numbers["mean"] - 28.0 / 3.0) < 1e-5
    error = found.parameters["mean"].standard_error
    assert abs(error - 28.0 / 3.0 / np.sqrt(3.0)) < 1e-4


def test_exponential_waits_in_whole_days_are_geometric() -> None:
    days = np.array([0, 1, 1, 2, 5, 0, 3])
    intervals = np.stack([days, days + 1.0], axis=1)

    found = mc.fit([], "Exponential", intervals=intervals)["Exponential"]

    chance = 1.0 / (1.0 + days.mean())
    assert abs(found.peak.numbers["mean"] + 1.0 / np.log1p(-chance)) < 1e-5


def test_scipys_censored_fit_is_met_and_its_data_are_understood() -> None:
    x = drawn(mc.Weibull(1.7, 20), 200)
    is_early, is_late, is_between = x < 8.0, x > 30.0, (x > 15.0) & (x < 18.0)
    data = stats.CensoredData(
        x[~(is_early | is_late | is_between)],
        left=np.full(is_early.sum(), 8.0),
        right=np.full(is_late.sum(), 30.0),
        interval=np.tile([15.0, 18.0], (is_between.sum(), 1)),
    )

    found = mc.fit(data, "Weibull")["Weibull"].peak.numbers

    shape, _, scale = stats.weibull_min.fit(data, floc=0)
    np.testing.assert_allclose([found["shape"], found["scale"]], [shape, scale], rtol=1e-4)


@pytest.mark.parametrize("name", ["Normal", "Gamma", "LogNormal", "Gumbel", "Poisson"])
def test_parameters_are_found_though_the_upper_third_is_only_known_to_be_there(
    name: str,
) -> None:
    made = TRUTHS[name]
    x = drawn(made, 2_000)
    bound = float(made.quantile(2 / 3))

    found = mc.fit(x[x <= bound], name, right=np.full((x > bound).sum(), bound))[name]

    for key, estimate in found.parameters.items():
        z = (estimate.value - made.parameters[key]) / estimate.standard_error
        assert abs(z) < 5.0


def test_what_bounds_leave_unknown_is_not_told() -> None:
    fits = mc.fit([1.5, 2.0, 5.0], right=[6.0, 6.0])

    assert np.isnan(fits.to_frame()["kolmogorov_smirnov"]).all()
    assert "exact value" in fits.refused["Pareto"]
    with pytest.raises(ArgumentError, match="compare families by AIC"):
        fits.goodness()
    with pytest.raises(ArgumentError, match="what would have been censored"):
        fits.with_uncertainty(resample="model")
    with pytest.raises(ArgumentError, match="2 bounds"):
        fits[next(iter(fits))].qq()


def test_bounded_observations_are_redrawn_with_their_bounds() -> None:
    x = drawn(mc.Exponential(3), 300)
    right = np.full((x > 4.0).sum(), 4.0)
    found = mc.fit(x[x <= 4.0], "Exponential", right=right)["Exponential"]

    spread = found.bootstrap(400).standard_errors["mean"]

    # The spread of 400 is known to 3.5 %.
    assert abs(spread / found.parameters["mean"].standard_error - 1.0) < 0.2
