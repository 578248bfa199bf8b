"""PERT."""

import numpy as np
import pytest

from mclib.distributions import PERT, Uniform
from mclib.distributions.betas import beta_table
from mclib.errors import ArgumentError
from mclib.expressions.coercion import resolving
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability


def test_pert_meets_the_acceptance_numbers() -> None:
    cost = PERT(low=10, mode=20, high=60)
    expected = [12.94886938, 23.83361297, 41.06383620]

    np.testing.assert_allclose(
        cost.quantile([0.05, 0.5, 0.95]), expected, rtol=0, atol=5e-9
    )
    assert (cost.mean, cost.variance) == (25, 75)


def test_pert_is_the_beta_with_shapes_1_8_and_4_2() -> None:
    from scipy import stats

    u = np.array([1e-12, 1e-3, 0.2, 0.5, 0.77, 0.999])
    expected = stats.beta(1.8, 4.2, loc=10, scale=50).ppf(u)

    np.testing.assert_allclose(PERT(10, 20, 60).quantile(u), expected, rtol=1e-10)


@pytest.mark.parametrize(("mode", "mean"), [(10, 110 / 6), (35, 35), (60, 310 / 6)])
def test_the_mean_counts_the_mode_four_times(mode: float, mean: float) -> None:
    assert PERT(low=10, mode=mode, high=60).mean == pytest.approx(mean, rel=1e-15)


def test_a_pert_without_weight_is_a_uniform() -> None:
    u = np.linspace(0, 1, 11)

    flat = PERT(low=2, mode=3, high=6, weight=0)

    np.testing.assert_allclose(flat.quantile(u), Uniform(2, 6).quantile(u), rtol=1e-10)
    assert flat.variance == pytest.approx(Uniform(2, 6).variance)


@pytest.mark.parametrize("weight", [0.01, 4, 50, 1e4])
def test_the_table_keeps_its_u_error_for_every_weight(weight: float) -> None:
    table = beta_table(1 + weight * 0.1, 1 + weight * 0.9)

    assert table.u_error <= 1e-10
    assert table.tail_error <= 1e-9


def test_a_parameter_out_of_order_when_the_model_is_traced_is_refused() -> None:
    mode = Expression(node("parameter", type_=Type.REAL, payload="mode"))
    p = Probability.of(0.3)

    with (
        resolving(lambda asked: 70.0),
        pytest.raises(ArgumentError, match="`mode` must lie between `low` and `high`"),
    ):
        PERT(low=10, mode=mode, high=60).draw(p)
