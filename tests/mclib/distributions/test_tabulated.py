"""Tabulated: distributions of SciPy, and the errors their tables state."""

import numpy as np
import pytest

import mclib as mc
from mclib.distributions import Tabulated
from mclib.distributions.fitting import U_ERROR
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors
from tests.contracts.distribution_contract import drawn

HARD = {
    "gamma 0.01": ("gamma", (0.01,)),
    "gamma 0.1": ("gamma", (0.1,)),
    "gamma 100": ("gamma", (100,)),
    "beta 0.3, 0.2": ("beta", (0.3, 0.2)),
    "beta 10,000, 30,000": ("beta", (1e4, 3e4)),
    "Cauchy": ("cauchy", ()),
    "t 2": ("t", (2,)),
    "Lévy": ("levy", ()),
    "lognormal 2": ("lognorm", (2,)),
    "Pareto 1.2": ("pareto", (1.2,)),
    "Fréchet": ("genextreme", (-0.3,)),
    "inverse Gauss": ("invgauss", (0.5,)),
    "chi-squared 1": ("chi2", (1,)),
    "F 3, 5": ("f", (3, 5)),
    "Laplace": ("laplace", ()),
    "uniform": ("uniform", (2, 3)),
    "normal far away": ("norm", (1e6, 1)),
}


def _frozen(name: str, shapes: tuple[float, ...]) -> object:
    from scipy import stats

    return getattr(stats, name)(*shapes)


@pytest.mark.parametrize(("name", "shapes"), HARD.values(), ids=HARD)
def test_hard_distributions_are_met_between_the_fitted_points(
    name: str, shapes: tuple[float, ...], seed: int
) -> None:
    made = Tabulated(_frozen(name, shapes))
    tails = 2.0 ** -np.random.default_rng(seed).uniform(1, 40, size=20_000)

    for is_upper, outside in ((False, made.cdf), (True, made.probability_above)):
        x = drawn(made, tails, is_upper)
        rounding = 8 * np.spacing(np.abs(x))
        ends = outside(x - rounding), outside(x + rounding)
        # Between its own test points a polynomial errs little more than on them.
        assert np.all(np.minimum(*ends) <= tails * (1 + U_ERROR))
        assert np.all(tails * (1 - U_ERROR) <= np.maximum(*ends))
    assert made.table.u_error <= U_ERROR
    assert made.table.tail_error <= U_ERROR


@pytest.mark.parametrize(
    ("name", "shapes"), [("triang", (0.3,)), ("dweibull", (2.5,)), ("pareto", (0.01,))]
)
def test_what_cannot_be_met_is_refused_with_the_place(
    name: str, shapes: tuple[float, ...]
) -> None:
    with pytest.raises(ArgumentError, match=rf"got {name}\({shapes[0]}\), with .* between"):
        Tabulated(_frozen(name, shapes))


def test_a_tail_that_scipy_loses_is_held_within_the_u_error() -> None:
    from scipy import stats

    made = Tabulated(stats.rice(1.0))
    held = made.quantile_from_above([1e-14, 1e-15, 1e-18])

    assert made.table.u_error <= U_ERROR
    assert len(set(held)) == 1
    assert made.probability_above(held[0]) <= U_ERROR


def test_location_and_scale_move_and_stretch() -> None:
    from scipy import stats

    u = np.array([1e-9, 0.2, 0.7])
    expected = stats.gamma(2.5, loc=10, scale=3)

    made = Tabulated(stats.gamma(2.5), location=10, scale=3)

    np.testing.assert_allclose(made.quantile(u), expected.ppf(u), rtol=1e-10)
    np.testing.assert_allclose(made.cdf([11, 30]), expected.cdf([11, 30]), rtol=1e-14)
    assert (made.mean, made.variance) == (expected.mean(), expected.var())
    assert made.support == (10, np.inf)


def test_tables_of_the_same_content_are_made_once() -> None:
    from scipy import stats

    assert Tabulated(stats.gamma(3.25)).table is Tabulated(stats.gamma(3.25)).table
    assert Tabulated(stats.gamma(3.25)).table is not Tabulated(stats.gamma(3.5)).table


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda stats: stats.gamma,
            "frozen continuous distribution of SciPy; .*\nhint: give",
        ),
        (lambda stats: stats.poisson(3), "frozen continuous distribution of SciPy"),
        (lambda stats: stats.Normal, "frozen continuous distribution of SciPy"),
        (lambda stats: "gamma", "frozen continuous distribution of SciPy; got 'gamma'"),
        (lambda stats: stats.gamma([1, 2]), "one distribution, not an array of them"),
    ],
    ids=["family", "discrete", "new family", "name", "array"],
)
def test_what_is_no_distribution_of_scipy_is_refused(make: object, message: str) -> None:
    from scipy import stats

    with pytest.raises(ArgumentError, match=message):
        Tabulated(make(stats))  # type: ignore[operator]


def test_a_frozen_distribution_of_scipy_is_an_input_as_it_is() -> None:
    from scipy import stats

    skewed, counts = stats.rice(1.5), stats.poisson(3)

    @mc.model
    def scaled(x=skewed):
        return {"y": 2.0 * x}

    assert scaled.inputs["x"] == Tabulated(skewed)
    mean = mc.simulate(scaled, 20_000, seed=5)["y"].mean
    assert_within_standard_errors(mean, 2.0 * skewed.mean())
    with pytest.raises(ArgumentError, match="frozen continuous distribution of SciPy"):
        mc.model(lambda n=counts: n)
