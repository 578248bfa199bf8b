"""Copulas fitted to tables: densities, parameters found again, the choice between them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.dependence.copula import Copula
from mclib.errors import ArgumentError
from mclib.fitting import copula_densities as densities

N = 800
U = np.array([[0.2, 0.3], [0.7, 0.4], [0.85, 0.95], [0.05, 0.6]])

PROBABILITIES: dict[str, tuple[Any, float, Callable[..., Any]]] = {
    "clayton": (densities.clayton, 2.0, lambda u, v, t: (u**-t + v**-t - 1) ** (-1 / t)),
    "gumbel": (
        densities.gumbel,
        1.7,
        lambda u, v, t: np.exp(-(((-np.log(u)) ** t + (-np.log(v)) ** t) ** (1 / t))),
    ),
    "frank": (
        densities.frank,
        5.0,
        lambda u, v, t: -np.log1p(np.expm1(-t * u) * np.expm1(-t * v) / np.expm1(-t)) / t,
    ),
    "joe": (
        densities.joe,
        2.5,
        lambda u, v, t: (
            1 - ((1 - u) ** t + (1 - v) ** t - (1 - u) ** t * (1 - v) ** t) ** (1 / t)
        ),
    ),
}


@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_density_is_the_slope_of_the_probability_in_both_directions(name: str) -> None:
    density, theta, probability = PROBABILITIES[name]
    u, v, h = U[:, 0], U[:, 1], 1e-4

    def at(a: float, b: float) -> Any:
        return probability(u + a * h, v + b * h, theta)

    slope = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h * h)
    np.testing.assert_allclose(np.exp(density(U, theta)), slope, rtol=1e-5)


@pytest.mark.parametrize("name", PROBABILITIES)
def test_without_a_column_a_density_is_that_of_the_others(name: str) -> None:
    density, theta, _ = PROBABILITIES[name]
    points, weights = np.polynomial.legendre.leggauss(400)
    t = (points + 1) / 2
    w, shares = t * t * (3 - 2 * t), weights / 2 * 6 * t * (1 - t)

    for k in (2, 3, 4):
        others = np.tile(U, 2)[:, :k]
        rows = np.concatenate(
            [np.repeat(others, 400, axis=0), np.tile(w, len(U))[:, None]], axis=1
        )
        total = np.exp(density(rows, theta)).reshape(len(U), 400) @ shares
        np.testing.assert_allclose(total, np.exp(density(others, theta)), rtol=1e-5)


def test_elliptical_densities_are_scipys() -> None:
    r = np.array([[1.0, 0.5], [0.5, 1.0]])

    z, t = stats.norm.ppf(U), stats.t(4).ppf(U)
    gauss = stats.multivariate_normal(cov=r).logpdf(z) - stats.norm.logpdf(z).sum(axis=1)
    student = stats.multivariate_t(shape=r, df=4).logpdf(t)
    student = student - stats.t(4).logpdf(t).sum(axis=1)
    np.testing.assert_allclose(densities.gaussian(U, r), gauss)
    np.testing.assert_allclose(densities.student(U, r, 4.0), student)


def _table(copula: Copula, k: int = 2) -> Any:
    """Draw a table from a copula, by mclib itself, with margins of any kind."""
    inputs = {"a": mc.Normal(5, 2), "b": mc.Exponential(3), "c": mc.Uniform(0, 1)}

    @mc.model
    def three(a=inputs["a"], b=inputs["b"], c=inputs["c"]):
        return {"a": a, "b": b, "c": c}

    names = list(inputs)[:k]
    linked = mc.couple(three, copula, names)
    result = mc.simulate(linked, N, seed=11, engine="llvm")
    return {name: result[name].sample() for name in names}


TRUE = {
    "Clayton": mc.ClaytonCopula(2),
    "Gumbel": mc.GumbelCopula(1.8),
    "Frank": mc.FrankCopula(5),
    "Joe": mc.JoeCopula(2.2),
}


@pytest.mark.parametrize("name", TRUE)
@pytest.mark.parametrize("k", [2, 3])
def test_theta_is_found_again_and_its_copula_chosen(name: str, k: int) -> None:
    fits = mc.fit_copula(_table(TRUE[name], k), [name, "Gaussian"])

    best: Any = fits.best
    assert type(best) is type(TRUE[name])
    assert fits.turned == ()
    error = fits.each[0].standard_errors[0]
    assert abs(best.theta - TRUE[name].theta) < 5.0 * error
    assert 0.0 < error < 0.15 * best.theta


def test_elliptical_parameters_are_found_again() -> None:
    r = [[1.0, 0.5, -0.3], [0.5, 1.0, 0.1], [-0.3, 0.1, 1.0]]
    below = [0.5, -0.3, 0.1]

    for name, copula in (
        ("GaussianCopula", mc.GaussianCopula(r)),
        ("StudentTCopula", mc.StudentTCopula(r, 3.5)),
    ):
        fits = mc.fit_copula(_table(copula, 3), ["Gaussian", "StudentT"])
        best: Any = fits.best
        errors = fits.each[0].standard_errors
        assert type(best).__name__ == name
        found = np.array(best.correlations)[np.tril_indices(3, -1)]
        assert np.all(np.abs(found - below) < 5.0 * np.array(errors[:3]))
        if name == "StudentTCopula":
            assert abs(best.degrees_of_freedom - 3.5) < 5.0 * errors[3]


def test_of_all_six_the_true_one_is_chosen_and_turned_as_the_data_are() -> None:
    table = _table(mc.ClaytonCopula(2))
    for way, data in (
        ((), table),
        (("a", "b"), {"a": -table["a"], "b": -table["b"]}),
        (("b",), {"a": table["a"], "b": -table["b"]}),
    ):
        fits = mc.fit_copula(data)
        assert isinstance(fits.best, mc.ClaytonCopula)
        assert fits.turned == way
        assert next(iter(fits.to_frame()["copula"])) == "ClaytonCopula"


def test_a_fitted_copula_couples_inputs() -> None:
    table = _table(mc.ClaytonCopula(2))
    fits = mc.fit_copula({"a": table["a"], "b": -table["b"]})

    @mc.model
    def model(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
        return {"sum": a + b}

    linked = mc.couple(model, fits.best, fits.names, turned=fits.turned)
    result = mc.simulate(linked, 50_000, seed=3)
    # Clayton's tau is 1/2: sums of what goes against each other spread little.
    assert result["sum"].variance.value < 1.0


def test_what_goes_against_each_other_in_threes_is_refused_where_it_must_be() -> None:
    table = _table(mc.GaussianCopula([[1, 0.5, -0.5], [0.5, 1, -0.4], [-0.5, -0.4, 1]]), 3)
    fits = mc.fit_copula(table)

    assert set(fits.refused) == {"Clayton", "Gumbel", "Frank", "Joe"}
    assert "against each other" in fits._repr_html_()
    assert "not fitted: Joe" in repr(fits)
    with pytest.raises(ArgumentError, match="joins all of them alike"):
        mc.fit_copula(table, ["Joe"])


def test_refusals() -> None:
    table = np.stack([np.arange(30.0), np.arange(30.0) ** 2], axis=1)

    with pytest.raises(ArgumentError, match="20 lines at least"):
        mc.fit_copula(table[:5])
    with pytest.raises(ArgumentError, match="be of Gaussian"):
        mc.fit_copula(table, ["Galambos"])
    with pytest.raises(ArgumentError, match="be 2 names"):
        mc.fit_copula(table, names=["a"])
    assert mc.fit_copula(table, ["Gaussian"]).names == ("x1", "x2")


def test_copulas_are_asked_for_by_name_or_by_class() -> None:
    table = stats.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]]).rvs(200, random_state=5)

    assert isinstance(mc.fit_copula(table, mc.FrankCopula).best, mc.FrankCopula)
    named = mc.fit_copula(table, ["Clayton", mc.GumbelCopula, "JoeCopula"]).to_frame()
    assert set(named["copula"]) == {"ClaytonCopula", "GumbelCopula", "JoeCopula"}
