"""A traced value computes as the number that it stands for."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mclib.errors import TraceError
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, as_number, lift
from mclib.expressions.tracing import parameter
from tests.helpers import evaluated

X, Y = parameter("x"), parameter("y")
VALUES = {"x": np.array([-2.5, -0.5, 0.0, 0.1, 1.0, 7.25]), "y": np.array([2.0, -0.1] * 3)}

OPERATORS: tuple[Callable[[Any, Any], Any], ...] = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
)
NUMBERS = (2.0, 3, True, np.float64(1.5), np.float32(0.5), np.int64(-2), np.array(2.5))


def _same(expected: Any, found: Expression) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(np.asarray(expected), evaluated(found, **VALUES))


@pytest.mark.parametrize("called", OPERATORS, ids=lambda each: each.__name__)
def test_operators_between_traced_values_are_those_of_numbers(
    called: Callable[[Any, Any], Any],
) -> None:
    with np.errstate(all="ignore"):
        _same(called(VALUES["x"], VALUES["y"]), called(X, Y))


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("called", OPERATORS, ids=lambda each: each.__name__)
def test_a_number_may_stand_on_either_side(
    called: Callable[[Any, Any], Any], number: Any
) -> None:
    plain = float(number)
    with np.errstate(all="ignore"):
        _same(called(VALUES["x"], plain), called(X, number))
        _same(called(plain, VALUES["x"]), called(number, X))


def test_powers_are_those_of_numbers() -> None:
    for power in (2, -1, 0.5, np.float64(3.0), 0):
        with np.errstate(all="ignore"):
            expected = VALUES["x"] ** float(power)

        np.testing.assert_allclose(evaluated(X**power, **VALUES), expected, rtol=4e-16)
    np.testing.assert_allclose(evaluated(2.0**X, **VALUES), 2.0 ** VALUES["x"], rtol=4e-16)
    np.testing.assert_allclose(
        evaluated(np.float64(2.0) ** X, **VALUES), 2.0 ** VALUES["x"], rtol=4e-16
    )


def test_floor_division_is_exact_where_the_quotient_rounds_up() -> None:
    assert 1.0 // 0.1 == 9.0

    assert evaluated(X // 0.1, x=1.0) == 9.0
    assert evaluated(X // -0.1, x=-1.0) == 9.0
    assert evaluated(divmod(X, 0.1)[0], x=1.0) == 9.0
    assert evaluated(divmod(X, 0.1)[1], x=1.0) == divmod(1.0, 0.1)[1]


def test_signs_and_rounding_are_those_of_numbers() -> None:
    x = VALUES["x"]

    _same(-x, -X)
    _same(x, +X)
    _same(np.abs(x), abs(X))
    _same(np.round(x), round(X))
    _same(np.round(x, 1), round(X, 1))
    _same(np.floor(x), math.floor(X))
    _same(np.ceil(x), math.ceil(X))
    _same(np.trunc(x), math.trunc(X))


def test_conditions_join_by_the_bitwise_operators() -> None:
    p, q = VALUES["x"] > 0, VALUES["y"] > 0

    _same(p & q, (X > 0) & (Y > 0))
    _same(p | q, (X > 0) | (Y > 0))
    _same(p ^ q, (X > 0) ^ (Y > 0))
    _same(~p, ~(X > 0))
    _same(p & True, (X > 0) & True)
    _same(np.True_ ^ p, np.True_ ^ (X > 0))
    _same(p == q, (X > 0) == (Y > 0))
    _same(p != q, (X > 0) != (Y > 0))
    _same(p == True, (X > 0) == True)  # noqa: E712 - an equation between truths


def test_a_condition_counts_as_1_or_0() -> None:
    p = VALUES["x"] > 0

    _same(p * 3.0, (X > 0) * 3.0)
    _same(p + p.astype(float), (X > 0) + (X > 0))
    _same(1.0 - p, 1 - (X > 0))
    _same(-(p * 1.0), -(X > 0))
    _same((p * 1.0) < VALUES["y"], (X > 0) < Y)
    _same(np.full(6, 2.0) ** p, 2.0 ** (X > 0))


@pytest.mark.parametrize("called", OPERATORS[:6], ids=lambda each: each.__name__)
def test_arrays_of_numbers_give_arrays_of_traced_values(
    called: Callable[[Any, Any], Any],
) -> None:
    row = np.array([[1.5, -2.0], [3.0, 4.0]])

    for table, expected in (
        (called(X, row), lambda number: called(VALUES["x"], number)),
        (called(row, X), lambda number: called(number, VALUES["x"])),
    ):
        assert table.shape == (2, 2)
        with np.errstate(all="ignore"):
            for place in np.ndindex(2, 2):
                _same(expected(row[place]), table[place])


def test_arrays_of_traced_values_compute_element_by_element() -> None:
    basket = np.array([X, Y])

    _same(VALUES["x"] * 0.25 + VALUES["y"] * 0.75, basket @ np.array([0.25, 0.75]))
    _same(VALUES["x"] + VALUES["y"], basket.sum())
    _same((VALUES["x"] + VALUES["y"]) / 2, np.mean(basket))
    _same(VALUES["y"] - VALUES["x"], np.diff(basket)[0])
    _same(VALUES["x"] + VALUES["y"], sum([X, Y]))


def test_equal_formulas_are_one_node() -> None:
    assert (X * 2 + Y).node is (X * 2.0 + Y).node
    assert (X * 2).node is not (X * 3).node


def test_zeros_of_both_signs_are_two_constants() -> None:
    assert lift(0.0, Type.REAL).node is not lift(-0.0, Type.REAL).node
    assert lift(np.nan, Type.REAL).node is lift(np.float64("nan"), Type.REAL).node


@pytest.mark.parametrize("value", ["1", None, 1j, [1.0], {"a": 1}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TraceError, match="a model computes with numbers and traced values"):
        lift(value, Type.REAL)


@pytest.mark.parametrize("value", ["1", None, [1.0]])
def test_operators_with_what_is_no_number_are_pythons_own_type_errors(value: Any) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        X + value


def test_machine_types_do_not_mix() -> None:
    whole = lift(3, Type.INT32)

    with pytest.raises(TraceError, match="must have arguments of one fitting type"):
        whole + lift(3, Type.INT64)
    with pytest.raises(TraceError, match="must have arguments of one fitting type"):
        as_number(X) * whole


def test_integers_have_bits() -> None:
    whole = lift(6, Type.INT32)

    assert evaluated(Expression(((whole << 1) ^ 5).node)) == 12 ^ 5
    assert evaluated(~whole & 0xFF) == 0xF9
    assert evaluated((whole >> 1) | 8) == 11


def test_the_display_says_what_it_is() -> None:
    assert repr(lift(2.5, Type.REAL)) == "Expression(2.5)"
    assert repr(X + 1) == "Expression(add, real)"
    assert f"{X}" == "Expression(parameter, real)"
