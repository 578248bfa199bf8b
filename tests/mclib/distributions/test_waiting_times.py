"""Exponential and Weibull."""

import math

import numpy as np
import pytest

from mclib.distributions import Exponential, Uniform, Weibull
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.expressions.dtypes import Type
from mclib.expressions.loops import drawn
from tests.helpers import ran

U = np.array([1e-300, 1e-17, 1e-12, 1e-3, 0.2, 0.4999, 0.5, 0.50001, 0.9])


def test_exponential_quantiles_keep_all_digits_in_both_tails() -> None:
    expected = -2 * np.log1p(-U)

    np.testing.assert_allclose(Exponential(2).quantile(U), expected, rtol=1e-15)
    np.testing.assert_allclose(
        Exponential(2).quantile_from_above(U), -2 * np.log(U), rtol=1e-15
    )


def test_weibull_quantiles_are_powers_of_exponential_ones() -> None:
    expected = 3 * (-np.log1p(-U)) ** (1 / 0.7)

    np.testing.assert_allclose(Weibull(0.7, 3).quantile(U), expected, rtol=4e-15)


@pytest.mark.parametrize("shape", [0.125, 0.7, 1.0, 1.7, 64.0])
def test_draws_of_a_weibull_follow_a_table_that_keeps_its_u_error(shape: float) -> None:
    made = Weibull(shape, 3.0)
    nodes = [drawn("x", each).node for each in (made, Uniform())]

    values = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, n_blocks=16)
    x, u = (np.sort(row.ravel()) for row in values)

    for found, wanted in (
        (made.cdf(x), u),
        (made.probability_above(x), made.probability_above(made.quantile(u))),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-10)
    assert (x != made.quantile(u)).any()


def test_draws_of_an_exponential_have_the_bits_of_its_quantile_function() -> None:
    # Of a draw's tail it is known what a logarithm need not look for.
    nodes = [drawn("x", each).node for each in (Exponential(), Uniform())]

    x, u = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, n_blocks=4)

    lower = u.ravel()
    is_upper = lower > 0.5
    tails = np.where(is_upper, 1.0 - lower, lower)
    expected = np.where(
        is_upper, Exponential().quantile_from_above(tails), Exponential().quantile(tails)
    )
    assert np.array_equal(x.ravel(), expected)


@pytest.mark.parametrize("shape", [0.1, 100.0])
def test_draws_of_an_extreme_weibull_are_its_formula(shape: float) -> None:
    nodes = [drawn("x", each).node for each in (Weibull(shape), Uniform())]

    x, u = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, n_blocks=1)

    np.testing.assert_allclose(x, (-np.log1p(-u)) ** (1 / shape), rtol=1e-14)


def test_a_rate_is_one_over_the_mean() -> None:
    assert Exponential(rate=4) == Exponential(mean=0.25)
    assert Exponential() == Exponential(mean=1)


@pytest.mark.parametrize("shape", [0.5, 1.0, 3.6])
def test_weibull_has_the_closed_form_moments(shape: float) -> None:
    made = Weibull(shape=shape, scale=2)
    first, second = (math.gamma(1 + k / shape) for k in (1, 2))

    assert made.mean == pytest.approx(2 * first, rel=1e-14)
    assert made.variance == pytest.approx(4 * (second - first**2), rel=1e-13)


def test_the_variance_of_a_steep_weibull_does_not_cancel() -> None:
    # Near a point mass a Weibull is a Gumbel of scale 1 / shape.
    expected = math.pi**2 / 6 * 1e-10

    assert Weibull(shape=1e5).variance == pytest.approx(expected, rel=1e-4)
