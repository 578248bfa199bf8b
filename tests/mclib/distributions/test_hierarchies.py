"""Parameters that are themselves drawn: moments of the compound, the same on engines."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.distributions import Distribution
from mclib.distributions.iterated_bells import skew_normal_quantile, von_mises_quantile
from mclib.distributions.walked import walked_chances, walked_sample
from mclib.engines.plans import build_values
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability
from mclib.testing import assert_within_standard_errors
from tests.contracts.distribution_engines import JUDGE, LLVM
from tests.helpers import assert_same_bits, ran
from tests.tools.random_shapes import RANDOM_SHAPES

N_POINTS = 64


def test_a_skew_normal_of_random_shape_has_the_mixed_moments() -> None:
    @mc.model
    def grown(shape=mc.Uniform(-3, 8), scale=mc.Uniform(1, 2)):
        return {"x": _noise("x", mc.SkewNormal(shape, 1.0, scale))}

    x = mc.simulate(grown, 200_000, seed=11)["x"]

    # The mean of shape / sqrt(1 + shape**2) over the uniform has a closed form.
    delta = (math.sqrt(65) - math.sqrt(10)) / 11
    mean = math.sqrt(2 / math.pi) * delta
    square = 7 / 3
    assert_within_standard_errors(x.mean, 1 + 1.5 * mean)
    variance = square - (1.5 * mean) ** 2
    assert_within_standard_errors(x.standard_deviation, math.sqrt(variance))


def test_a_von_mises_of_random_concentration_has_the_mixed_resultant() -> None:
    from scipy.special import i0e, i1e

    @mc.model
    def turned(concentration=mc.Uniform(0.2, 30)):
        angle = _noise("angle", mc.VonMises(concentration))
        return {
            "along": mc.cos(angle),
            "across": mc.sin(angle),
            "square": mc.sin(angle) ** 2,
        }

    result = mc.simulate(turned, 200_000, seed=11)

    points, weights = np.polynomial.legendre.leggauss(N_POINTS)
    k = 0.2 + 29.8 * (points + 1) / 2
    resultant = i1e(k) / i0e(k)
    assert_within_standard_errors(result["along"].mean, weights @ resultant / 2)
    assert_within_standard_errors(result["across"].mean, 0.0)
    # The mean of sin**2 is the resultant over the concentration.
    assert_within_standard_errors(result["square"].mean, weights @ (resultant / k) / 2)


def test_a_sample_of_a_random_lot_has_the_mixed_moments() -> None:
    marked = np.arange(5, 41)
    n, pieces = 12, 60

    @mc.model
    def inspected(n_marked=mc.DiscreteUniform(5, 40)):
        return {"k": _noise("k", mc.Hypergeometric(n, n_marked, pieces))}

    k = mc.simulate(inspected, 200_000, seed=11)["k"]

    share = marked / pieces
    within = n * share * (1 - share) * (pieces - n) / (pieces - 1)
    assert_within_standard_errors(k.mean, float(np.mean(n * share)))
    variance = float(within.mean() + np.var(n * share))
    assert_within_standard_errors(k.standard_deviation, math.sqrt(variance))


def test_uncertain_chances_of_random_shapes_have_the_mixed_moments() -> None:
    @mc.model
    def failed(n=mc.DiscreteUniform(10, 50), b=mc.Uniform(3, 9)):
        return {"k": _noise("k", mc.BetaBinomial(n, 2.0, b))}

    k = mc.simulate(failed, 200_000, seed=11)["k"]

    points, weights = np.polynomial.legendre.leggauss(N_POINTS)
    b = (6 + 3 * points)[:, None]
    count = np.arange(10.0, 51.0)[None]
    share, both = 2 / (2 + b), 2 + b
    variance = count * share * (1 - share) * (both + count) / (both + 1)
    mean = float(weights @ (count * share).mean(axis=1) / 2)
    square = float(weights @ (variance + (count * share) ** 2).mean(axis=1) / 2)
    assert_within_standard_errors(k.mean, mean)
    assert_within_standard_errors(k.standard_deviation, math.sqrt(square - mean**2))


WAYS: dict[type[Distribution], Any] = {
    mc.Hypergeometric: walked_sample,
    mc.BetaBinomial: walked_chances,
    mc.SkewNormal: skew_normal_quantile,
    mc.VonMises: von_mises_quantile,
}
"""What draws where a parameter differs from trial to trial."""

LOTS = [(20, 10, 100), (95, 90, 100), (1, 1, 1), (50, 100, 100), (60, 1_200, 2_500)]
CHANCES = [
    (100, 2.0, 38.0),
    (60, 0.05, 0.1),
    (300, 28.0, 0.05),
    (7, 300.0, 1.0),
    (1, 1.0, 1.0),
]

SHAPES = [(x,) for x in (-50.0, -0.01, 0.0, 0.7, 3.0, 50.0)]
CONCENTRATIONS = [(x,) for x in (0.001, 0.7, 2.0, 20.0, 300.0, 1e4)]


@pytest.mark.parametrize("family", [mc.Hypergeometric, mc.BetaBinomial])
def test_walking_comes_to_the_counts_of_the_table(family: type[Distribution]) -> None:
    tails = np.concatenate([[0.5, 0.499], np.geomspace(0.4, 1e-15, 10)])
    cases = LOTS if family is mc.Hypergeometric else CHANCES

    for numbers, is_upper, walked in _with_drawn_parameters(family, cases, tails):
        made = family(*numbers)
        quantile = made.quantile_from_above if is_upper else made.quantile
        assert walked.tolist() == quantile(tails).tolist()


@pytest.mark.parametrize("family", [mc.SkewNormal, mc.VonMises])
def test_iterations_meet_the_cdf_to_the_last_tail(family: type[Distribution]) -> None:
    tails = np.concatenate([[0.5, 0.499], np.geomspace(0.4, 1e-18, 30)])
    cases = SHAPES if family is mc.SkewNormal else CONCENTRATIONS

    for numbers, is_upper, x in _with_drawn_parameters(family, cases, tails):
        made = family(*numbers)
        outside = made.probability_above if is_upper else made.cdf
        rounding = 4 * np.spacing(np.abs(x)) + 1e-16
        ends = outside(x - rounding), outside(x + rounding)
        assert np.all(np.minimum(*ends) <= tails * (1 + 1e-9))
        assert np.all(tails * (1 - 1e-9) <= np.maximum(*ends))


PATIENT = pytest.mark.timeout(1_800)


def _cost(name: str, precision: Type) -> list[Any]:
    # The judge takes minutes for the doubles of these.
    if name not in {"skew-normal", "von mises"}:
        return [pytest.mark.slow]
    is_long = precision is Type.FLOAT64
    return [pytest.mark.thorough if is_long else pytest.mark.slow, PATIENT]


CASES = [
    pytest.param(name, precision, marks=_cost(name, precision))
    for name in RANDOM_SHAPES
    for precision in (Type.FLOAT64, Type.FLOAT32)
]


@pytest.mark.parametrize(("name", "precision"), CASES)
def test_shapes_and_limits_that_differ_give_the_same_bits_on_engines(
    name: str, precision: Type
) -> None:
    nodes = [RANDOM_SHAPES[name]().node]

    expected, made = (
        ran(each, build_values, nodes, precision, n_blocks=1) for each in (JUDGE, LLVM)
    )

    assert_same_bits(expected, made)
    assert np.count_nonzero(np.isfinite(made)) > 600


TAILS = np.concatenate([[0.5, 0.499], np.geomspace(0.4, 1e-12, 12)])

LIMITS = [
    (mc.Normal(3, 2), [(-20, 2), (1, 9), (4, 6), (9, 30), (20, 40)], 1e-13),
    (mc.LogNormal(10, 1), [(0.5, 300), (200, 1e5), (-1, 5)], 1e-13),
    (mc.Uniform(0, 1), [(0.2, 0.7), (-3, 9)], 1e-13),
    (mc.Poisson(3.5), [(1, 9), (0, 2), (20, 40), (2.5, 4.5)], 0.0),
    # By a table: what it says of a limit is as sure as its draws are.
    (mc.Gamma(2.5, 3), [(1, 2), (20, 60), (50, 90)], 1e-9),
]


@pytest.mark.parametrize(("inner", "limits", "slack"), LIMITS)
def test_limits_that_differ_are_those_that_do_not(
    inner: Distribution, limits: Sequence[tuple[float, float]], slack: float
) -> None:
    names = _traced("low"), _traced("high")

    for numbers, is_upper, x in _drawn_at(mc.Truncated(inner, *names), names, limits):
        made = mc.Truncated(inner, *numbers)
        quantile = made.quantile_from_above if is_upper else made.quantile
        np.testing.assert_allclose(x, quantile(TAILS), rtol=slack, atol=slack)


@pytest.mark.parametrize("share", [None, 0.6])
def test_a_threshold_that_differs_is_one_that_does_not(share: float | None) -> None:
    body, tail, threshold = mc.LogNormal(10, 1), mc.Pareto(2.5, 30), _traced("threshold")
    made = mc.Spliced(body, tail, threshold, share)

    cases = [(30.5,), (40.0,), (300.0,)]
    for numbers, is_upper, x in _drawn_at(made, [threshold], cases):
        exact = mc.Spliced(body, tail, *numbers, share)
        quantile = exact.quantile_from_above if is_upper else exact.quantile
        np.testing.assert_allclose(x, quantile(TAILS), rtol=1e-12)


def test_a_trial_without_probability_between_its_limits_is_not_a_number() -> None:
    names = _traced("low"), _traced("high")
    made = mc.Truncated(mc.Uniform(0, 1), *names)
    joined = mc.Spliced(mc.Uniform(0, 1), mc.Uniform(0, 2), names[0])

    found = [
        *_drawn_at(made, names, [(0.7, 0.2), (2.0, 3.0), (-2.0, -1.0)]),
        *_drawn_at(joined, names[:1], [(-1.0,), (2.5,)]),
    ]
    assert all(np.isnan(x).all() for *_, x in found)


def test_a_normal_cut_off_by_another_has_the_mixed_moments() -> None:
    from scipy import stats

    @mc.model
    def cut(low=mc.Uniform(-1, 2), mean=mc.Uniform(0, 1)):
        return {"x": _noise("x", mc.Truncated(mc.Normal(mean, 1.5), low=low))}

    x = mc.simulate(cut, 50_000, seed=11)["x"]

    points, weights = np.polynomial.legendre.leggauss(N_POINTS)
    low, mean = np.meshgrid(0.5 + 1.5 * points, 0.5 + 0.5 * points)
    each = stats.truncnorm((low - mean) / 1.5, np.inf, mean, 1.5)
    share = np.outer(weights, weights) / 4
    first = float(np.sum(share * each.mean()))
    second = float(np.sum(share * (each.var() + each.mean() ** 2)))
    assert_within_standard_errors(x.mean, first)
    assert_within_standard_errors(x.standard_deviation, math.sqrt(second - first**2))


def _traced(name: str) -> Expression:
    return Expression(node("parameter", type_=Type.REAL, payload=name))


def _drawn_at(
    made: Any, names: Sequence[Expression], cases: Sequence[tuple[float, ...]]
) -> list[tuple[tuple[float, ...], bool, np.ndarray]]:
    """Return draws of each case and side, as where the named numbers differ by trial."""
    tail, side = _traced("tail"), _traced("side")
    rows = [(numbers, is_upper) for numbers in cases for is_upper in (False, True)]
    columns = np.array([(is_upper, *numbers) for numbers, is_upper in rows], np.float64).T
    bindings = {
        each.node: np.repeat(column, TAILS.size)
        for each, column in zip((side, *names), columns, strict=True)
    }
    bindings[tail.node] = np.tile(TAILS, len(rows))
    x = made._draw_in_trials(Probability(tail, side > 0.5))
    drawn_ = np.asarray(evaluate_model_expression(x, Type.FLOAT64, bindings))
    each_row = drawn_.reshape(len(rows), TAILS.size)
    return [(*row, x) for row, x in zip(rows, each_row, strict=True)]


def _noise(name: str, distribution: Distribution) -> Expression:
    """Return a draw of a distribution whose parameters are draws."""
    return mc.scan(lambda _, draws: draws[name], 0.0, 1, noise={name: distribution})


def _with_drawn_parameters(
    family: type[Distribution], cases: Sequence[tuple[float, ...]], tails: np.ndarray
) -> list[tuple[tuple[float, ...], bool, np.ndarray]]:
    """Return draws of each case and side, as where every parameter differs by trial."""
    rows = [(numbers, is_upper) for numbers in cases for is_upper in (False, True)]
    tail, side, *own = (
        node("parameter", type_=Type.REAL, payload=f"place {k}")
        for k in range(2 + len(cases[0]))
    )
    p = Probability(Expression(tail), Expression(side) > 0.5)
    drawn_ = WAYS[family](*map(Expression, own), p)
    columns = np.array([(is_upper, *numbers) for numbers, is_upper in rows], np.float64).T
    bindings = {
        each: np.repeat(column, tails.size)
        for each, column in zip((side, *own), columns, strict=True)
    }
    bindings[tail] = np.tile(tails, len(rows))
    made = evaluate_model_expression(drawn_, Type.FLOAT64, bindings)
    each = np.asarray(made).reshape(len(rows), tails.size)
    return [(*row, x) for row, x in zip(rows, each, strict=True)]
