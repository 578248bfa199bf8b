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
from mclib.expressions.loops import drawn
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability
from mclib.testing import assert_within_standard_errors
from tests.contracts.distribution_engines import JUDGE, LLVM
from tests.helpers import assert_same_bits, ran

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


@pytest.mark.slow
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_a_sample_of_a_random_lot_is_the_same_on_engines(precision: Type) -> None:
    lot = drawn("lot", mc.DiscreteUniform(50, 90))
    marked = drawn("marked", mc.DiscreteUniform(1, 50))
    nodes = [drawn("k", mc.Hypergeometric(20, marked, lot)).node]

    expected, made = (
        ran(each, build_values, nodes, precision, n_blocks=1) for each in (JUDGE, LLVM)
    )

    assert_same_bits(expected, made)


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
