"""Tabulated: distributions of SciPy, and the errors their tables state."""

from typing import Any

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


def _frozen(name: str, shapes: tuple[Any, ...]) -> Any:
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
            "frozen distribution of SciPy; .*\nhint: give",
        ),
        (lambda stats: stats.poisson, "frozen distribution of SciPy"),
        (lambda stats: stats.Normal, "frozen distribution of SciPy"),
        (lambda stats: "gamma", "frozen distribution of SciPy; got 'gamma'"),
        (lambda stats: stats.gamma([1, 2]), "one distribution, not an array of them"),
    ],
    ids=["family", "discrete family", "new family", "name", "array"],
)
def test_what_is_no_distribution_of_scipy_is_refused(make: object, message: str) -> None:
    from scipy import stats

    with pytest.raises(ArgumentError, match=message):
        Tabulated(make(stats))  # type: ignore[operator]


def test_a_frozen_distribution_of_scipy_is_an_input_as_it_is() -> None:
    from scipy import stats

    skewed, counts = stats.rice(1.5), stats.skellam(6, 2)

    @mc.model
    def scaled(x=skewed, n=counts):
        return {"y": 2.0 * x, "n": n}

    assert scaled.inputs == {"x": Tabulated(skewed), "n": Tabulated(counts)}
    result = mc.simulate(scaled, 20_000, seed=5)
    assert_within_standard_errors(result["y"].mean, 2.0 * skewed.mean())
    assert_within_standard_errors(result["n"].mean, 4.0)
    assert_within_standard_errors(result["n"].standard_deviation, 8.0**0.5)
    with pytest.raises(ArgumentError, match="be a frozen distribution of SciPy; got"):
        mc.model(lambda n=stats.poisson: n)


DISCRETE = {
    "bernoulli": (0.3,),
    "betabinom": (50, 2, 3),
    "betanbinom": (5, 30, 3),
    "binom": (1_000, 0.3),
    "boltzmann": (0.5, 40),
    "dlaplace": (0.3,),
    "geom": (0.2,),
    "hypergeom": (100, 30, 20),
    "logser": (0.8,),
    "nbinom": (0.4, 0.1),
    "nchypergeom_fisher": (140, 80, 60, 0.5),
    "nchypergeom_wallenius": (140, 80, 60, 0.5),
    "nhypergeom": (100, 30, 20),
    "planck": (0.3,),
    "poisson": (1e5,),
    "poisson_binom": ([0.1, 0.2, 0.7],),
    "randint": (-3, 8),
    "skellam": (30, 4),
    "yulesimon": (15,),
    "zipf": (9,),
    "zipfian": (1.2, 1_000),
}


@pytest.mark.parametrize(("name", "shapes"), DISCRETE.items())
def test_every_discrete_family_of_scipy_is_inverted_exactly(
    name: str, shapes: tuple[Any, ...], seed: int
) -> None:
    own = _frozen(name, shapes)
    made = Tabulated(own)
    u = np.random.default_rng(seed).uniform(size=500)
    x = made.quantile(u)

    # The smallest value whose cdf is u or more, up to the rounding of SciPy's cdf.
    assert np.all(own.cdf(x) >= u - 1e-11)
    assert np.all(own.cdf(x - 1) < u + 1e-11)
    np.testing.assert_allclose(made.cdf(x), own.cdf(x), rtol=0, atol=1e-10)
    np.testing.assert_allclose(made.probability_above(x), own.sf(x), rtol=0, atol=1e-10)
    assert (made.mean, made.variance) == pytest.approx((own.mean(), own.var()))
    assert made.support == own.support()


def test_every_discrete_family_of_scipy_is_among_them() -> None:
    from scipy import stats

    families = {each for each in dir(stats) if _is_family(getattr(stats, each))}

    assert families == set(DISCRETE)


def _is_family(value: object) -> bool:
    from scipy import stats

    return isinstance(value, stats.rv_discrete)


def test_values_that_are_not_whole_and_the_newer_kind_are_drawn() -> None:
    from scipy import stats

    own = stats.rv_discrete(values=([1.0, 2.5, 7.0], [0.25, 0.25, 0.5]))
    moved = Tabulated(own(loc=0.5), location=0.1, scale=0.3)

    assert Tabulated(own).quantile([0.1, 0.3, 0.9]).tolist() == [1.0, 2.5, 7.0]
    x = moved.quantile([0.25, 0.5, 0.9])
    np.testing.assert_allclose(x, [0.55, 1.0, 2.35])
    # A value counts as its own although moving and scaling has rounded it.
    assert moved.cdf(x).tolist() == [0.25, 0.5, 1.0]
    assert moved.cdf(np.nextafter(x, -9)).tolist() == [0.0, 0.25, 0.5]
    newer = Tabulated(stats.Binomial(n=10, p=0.3))
    assert newer.quantile([0.1, 0.5, 0.99]).tolist() == [1.0, 3.0, 7.0]
    with pytest.raises(ArgumentError, match="must be continuous to have errors"):
        _ = newer.table


def test_a_gap_in_the_values_is_no_end_of_them() -> None:
    from scipy import stats

    class Far(stats.rv_discrete):
        def _pmf(self, k: Any) -> Any:
            return np.where(k == 0, 0.5, np.where(k == 5_000, 0.5, 0.0))

        def _cdf(self, k: Any) -> Any:
            return np.where(k < 5_000, 0.5, 1.0)

    assert Tabulated(Far(a=0, name="far")()).quantile([0.4, 0.6]).tolist() == [0.0, 5_000.0]


@pytest.mark.parametrize(
    ("name", "shapes", "words"),
    [
        ("zipf", (2,), r"zipf\(2\) must have at most 4,194,304 values.* lies beyond"),
        ("randint", (0, 10**8), r"it has 50,000,000 of them to one side"),
    ],
)
def test_discrete_tails_without_an_end_are_refused(
    name: str, shapes: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        Tabulated(_frozen(name, shapes))


def test_a_pmf_that_contradicts_its_cdf_is_refused() -> None:
    from scipy import stats

    class Wrong(stats.rv_discrete):
        def _pmf(self, k: Any) -> Any:
            return np.full(np.shape(k), 0.2)

        def _cdf(self, k: Any) -> Any:
            return (k + 1) / 4

    with pytest.raises(ArgumentError, match="pmf that adds up to its cdf, to 1e-09; those"):
        Tabulated(Wrong(a=0, b=3, name="wrong")())
