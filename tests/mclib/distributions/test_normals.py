"""Normal and LogNormal."""

import math

import numpy as np
import pytest

from mclib.distributions import LogNormal, Normal
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import node

U = np.array([2.0**-53, 1e-12, 1e-3, 0.2, 0.5, 0.9])


def test_normal_quantiles_are_those_of_scipy_in_both_tails() -> None:
    from scipy import stats

    expected = stats.norm(3, 0.5).ppf(U)

    np.testing.assert_allclose(Normal(3, 0.5).quantile(U), expected, rtol=4e-15)
    np.testing.assert_allclose(
        Normal(-3, 0.5).quantile_from_above(U), -expected, rtol=4e-15
    )


def test_lognormal_quantiles_are_those_of_scipy_in_both_tails() -> None:
    from scipy import stats

    expected = stats.lognorm(0.7, scale=100)

    np.testing.assert_allclose(LogNormal(100, 0.7).quantile(U), expected.ppf(U), rtol=2e-14)
    from_above = LogNormal(100, 0.7).quantile_from_above(U)
    np.testing.assert_allclose(from_above, expected.isf(U), rtol=2e-14)


def test_a_normal_quantile_holds_far_beyond_what_a_trial_draws() -> None:
    from scipy import stats

    assert Normal().quantile(1e-300) == pytest.approx(stats.norm.ppf(1e-300), rel=1e-13)


def test_a_skewed_lognormal_has_the_closed_form_moments() -> None:
    skewed = LogNormal(median=2, spread=1.5)

    assert skewed.mean == pytest.approx(2 * math.exp(1.125), rel=1e-15)
    assert skewed.variance == pytest.approx(
        4 * math.exp(2.25) * math.expm1(2.25), rel=1e-14
    )


def test_a_lognormal_from_its_mean_has_that_mean_and_deviation() -> None:
    made = LogNormal.from_mean(mean=5, standard_deviation=12)

    assert (made.mean, made.standard_deviation) == pytest.approx((5, 12), rel=1e-14)


def test_a_lognormal_from_its_logarithm_is_the_exponential_of_a_normal() -> None:
    made = LogNormal.from_normal(mean=-1, standard_deviation=0.4)

    logarithms = np.log(made.quantile(U))
    np.testing.assert_allclose(logarithms, Normal(-1, 0.4).quantile(U), rtol=1e-13)


def test_a_lognormal_may_be_made_from_traced_numbers() -> None:
    symbols = [node("parameter", type_=Type.REAL, payload=name) for name in ("m", "s")]
    bindings = dict(zip(symbols, (5.0, 12.0), strict=True))

    for make in (LogNormal.from_mean, LogNormal.from_normal):
        plain, traced = make(5.0, 12.0), make(*map(Expression, symbols))
        for name, expected in plain.parameters.items():
            value = evaluate_model_expression(
                _expression(traced.parameters[name]), bindings=bindings
            )
            assert value == pytest.approx(expected, rel=1e-14)


def _expression(value: object) -> Expression:
    assert isinstance(value, Expression)
    return value


def test_a_variance_beyond_the_largest_float_is_infinite() -> None:
    assert LogNormal(median=1, spread=30).variance == math.inf
