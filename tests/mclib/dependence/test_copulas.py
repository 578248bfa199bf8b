"""Copulas: the same bits on each engine, uniform margins, published measures, refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.dependence.copula import Copula, Coupling
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.loops import uniform
from mclib.statistics.blocks import to_trial_order
from mclib.statistics.correlations import kendall
from tests.helpers import assert_same_bits, ran

HALF = ((1.0, 0.5), (0.5, 1.0))
COPULAS: dict[str, Copula] = {
    "gaussian": mc.GaussianCopula(HALF),
    "student": mc.StudentTCopula(HALF, degrees_of_freedom=4),
    "student, heavy": mc.StudentTCopula(HALF, degrees_of_freedom=0.6),
    "clayton": mc.ClaytonCopula(theta=2),
    "clayton, strong": mc.ClaytonCopula(theta=60),
    "gumbel": mc.GumbelCopula(theta=2),
    "gumbel, strong": mc.GumbelCopula(theta=30),
    "frank": mc.FrankCopula(theta=5),
    "frank, strong": mc.FrankCopula(theta=60),
    "joe": mc.JoeCopula(theta=2),
    "joe, strong": mc.JoeCopula(theta=25),
}
each_copula = pytest.mark.parametrize("copula", COPULAS.values(), ids=list(COPULAS))


def joined(copula: Copula, n_inputs: int = 2) -> list[Any]:
    """Tails and sides of the uniforms of a, b, c, coupled."""
    names = tuple("abc"[:n_inputs])
    coupling = Coupling(names, copula, frozenset(), "kendall", {})
    places = coupling.join({name: uniform(name) for name in names})
    return [places[name] for name in names]


def uniforms(copula: Copula, n_blocks: int, n_inputs: int = 2) -> Any:
    """Lower probabilities, shape (n_inputs, n_trials)."""
    nodes = [place.lower.node for place in joined(copula, n_inputs)]
    values = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, n_blocks=n_blocks)
    return to_trial_order(values)


@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
@pytest.mark.parametrize("name", [each for each in COPULAS if "student" not in each])
def test_every_engine_gives_the_same_bits(name: str, precision: Type) -> None:
    check_engines(joined(COPULAS[name]), precision)


@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_every_engine_gives_the_same_bits_of_a_table(precision: Type) -> None:
    table = np.random.default_rng(5).normal(size=(50, 2)) @ HALF

    check_engines(joined(mc.EmpiricalCopula(table)), precision)


@pytest.mark.slow
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_every_engine_gives_the_same_bits_of_a_t_copula(precision: Type) -> None:
    # The judge integrates for half a minute.
    check_engines(joined(COPULAS["student"])[1:], precision)


def check_engines(places: Any, precision: Type) -> None:
    nodes = [node for place in places for node in (place.tail.node, place.lower.node)]
    engines = (ReferenceEngine(), LlvmEngine(1))

    expected, found = (
        ran(engine, build_values, nodes, precision, n_blocks=1) for engine in engines
    )

    assert_same_bits(expected, found)
    assert np.all((expected[::2] > 0.0) & (expected[::2] <= 0.5))


@each_copula
def test_each_input_stays_uniform(copula: Copula) -> None:
    from scipy import stats

    n_inputs = len(getattr(copula, "correlations", "abc"))
    for u in uniforms(copula, 64, n_inputs):
        assert stats.kstest(u, "uniform").pvalue > 1e-6
        # The ends too, where a lost digit would show.
        for tail in (1e-3, 1e-4):
            expected = tail * u.size
            for hits in (np.sum(u < tail), np.sum(u > 1.0 - tail)):
                assert abs(hits - expected) < 5.5 * np.sqrt(expected)


def clayton(u: Any, v: Any, theta: float) -> Any:
    return (u**-theta + v**-theta - 1.0) ** (-1.0 / theta)


def gumbel(u: Any, v: Any, theta: float) -> Any:
    return np.exp(-(((-np.log(u)) ** theta + (-np.log(v)) ** theta) ** (1.0 / theta)))


def frank(u: Any, v: Any, theta: float) -> Any:
    product = np.expm1(-theta * u) * np.expm1(-theta * v) / np.expm1(-theta)
    return -np.log1p(product) / theta


def joe(u: Any, v: Any, theta: float) -> Any:
    a, b = (1.0 - u) ** theta, (1.0 - v) ** theta
    return 1.0 - (a + b - a * b) ** (1.0 / theta)


FORMULAS: dict[str, tuple[Copula, Callable[..., Any]]] = {
    "clayton": (mc.ClaytonCopula(theta=2), clayton),
    "gumbel": (mc.GumbelCopula(theta=2), gumbel),
    "frank": (mc.FrankCopula(theta=5), frank),
    "joe": (mc.JoeCopula(theta=2), joe),
}


@pytest.mark.parametrize(("copula", "formula"), FORMULAS.values(), ids=list(FORMULAS))
@pytest.mark.parametrize("pair", [(0, 1), (1, 2)], ids=["first two", "last two"])
def test_an_archimedean_copula_is_its_formula(
    copula: Any, formula: Callable[..., Any], pair: tuple[int, int]
) -> None:
    u, v = uniforms(copula, 256, 3)[list(pair)]
    places = np.array([0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])

    for a in places:
        for b in places:
            expected = formula(a, b, copula.theta)
            spread = np.sqrt(expected * (1.0 - expected) / u.size)
            z = (np.mean((u <= a) & (v <= b)) - expected) / spread
            assert abs(z) < 5.0, (a, b, z)


def test_student_and_gaussian_copulas_are_those_of_scipy() -> None:
    from scipy import stats

    normal = stats.multivariate_normal([0, 0], HALF)
    student = stats.multivariate_t([0, 0], HALF, df=4)
    for name, together, alone in (
        ("gaussian", normal, stats.norm),
        ("student", student, stats.t(4)),
    ):
        u, v = uniforms(COPULAS[name], 256)
        for a, b in ((0.02, 0.05), (0.5, 0.5), (0.1, 0.9), (0.98, 0.95)):
            expected = float(together.cdf(alone.ppf([a, b])))
            spread = np.sqrt(expected * (1.0 - expected) / u.size)
            z = (np.mean((u <= a) & (v <= b)) - expected) / spread
            # SciPy integrates the t in four digits.
            assert abs(z) < 5.0 + (1e-4 / spread if name == "student" else 0.0), (a, b, z)


@pytest.mark.parametrize(
    ("copula", "tau"),
    [
        (mc.GaussianCopula(HALF), 1 / 3),
        (mc.StudentTCopula(HALF), 1 / 3),
        (mc.ClaytonCopula(theta=2), 0.5),
        (mc.GumbelCopula(theta=2), 0.5),
        (mc.FrankCopula(theta=5), 0.4567009582),
        (mc.JoeCopula(theta=2), 2.0 - np.pi**2 / 6.0),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Copula) else "",
)
def test_kendalls_tau_is_the_published_one_and_is_reached(copula: Any, tau: float) -> None:
    assert copula.kendall(2)[0, 1] == pytest.approx(tau, abs=1e-9)

    reached = kendall(*uniforms(copula, 20))
    assert abs(reached.value - tau) < 5.0 * reached.standard_error


@pytest.mark.parametrize(
    ("copula", "is_upper", "expected"),
    [
        (mc.ClaytonCopula(theta=2), False, 0.70710678),
        (mc.GumbelCopula(theta=2), True, 0.58578644),
        (mc.StudentTCopula(HALF, 4), True, 0.2531699951),
        (mc.JoeCopula(theta=2), True, 2.0 - 2.0**0.5),
    ],
    ids=["clayton", "gumbel", "student", "joe"],
)
def test_tails_depend_on_each_other_as_published(
    copula: Copula, is_upper: bool, expected: float
) -> None:
    tail = 2e-4
    u, v = uniforms(copula, 1_024)
    if is_upper:
        u, v = 1.0 - u, 1.0 - v

    share = np.sum((u < tail) & (v < tail)) / (tail * u.size)
    # The limit is approached as a power of the tail: by 3 % at 2e-4.
    assert abs(share - expected) < 5.0 * np.sqrt(expected / (tail * u.size)) + 0.03


def test_the_first_input_keeps_its_draws() -> None:
    for name in ("gaussian", "clayton"):
        (lower,) = (uniform("a").lower,)
        alone = ran(LlvmEngine(1), build_values, [lower.node], Type.FLOAT64, n_blocks=1)

        assert_same_bits(to_trial_order(alone)[0], uniforms(COPULAS[name], 1)[0])


@pytest.mark.parametrize(
    "make",
    [mc.ClaytonCopula, mc.GumbelCopula, mc.FrankCopula, mc.JoeCopula],
)
def test_a_copula_is_found_from_its_tau(make: Any) -> None:
    for tau in (0.05, 0.3, 0.7, 0.9):
        assert make.from_kendall(tau).tau == pytest.approx(tau, abs=1e-10)
    with pytest.raises(mc.ArgumentError, match=r"`tau` must lie .*\nhint: for negative"):
        make.from_kendall(-0.3)
    with pytest.raises(mc.ArgumentError, match="`theta` must be a number from"):
        make(theta=-1)
    with pytest.raises(mc.ArgumentError, match="`theta` must be finite"):
        make(theta=np.nan)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("high", "be a square matrix of numbers"),
        ([1, 2], "be a square matrix of 2 × 2"),
        ([[1, 0.5], [0.4, 1]], "be symmetric"),
        ([[1, 1.5], [1.5, 1]], "lie between -1 and 1"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "contradict each other"),
        ([[1, np.nan], [np.nan, 1]], "lie between -1 and 1"),
    ],
)
def test_matrices_that_are_none_of_correlations_are_refused(
    matrix: Any, message: str
) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.GaussianCopula(matrix)


def test_degrees_of_freedom_keep_to_their_range() -> None:
    with pytest.raises(mc.ArgumentError, match=r"be a number from 0\.1 to 10,000"):
        mc.StudentTCopula(HALF, degrees_of_freedom=0)
