"""The functions a model may use take traced values, plain numbers and arrays alike."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import ArgumentError, TraceError
from mclib.expressions.tracing import parameter
from tests.helpers import assert_same_bits, evaluated

X = parameter("x")
NUMBERS = np.array([-3.5, -0.5, 0.0, 0.25, 1.0, 2.5, np.inf, np.nan])

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{
        name: getattr(mc, name)
        for name in (
            *("absolute", "arctan", "ceil", "cos", "erf", "erfc", "exp", "expm1", "floor"),
            *("isfinite", "isnan", "log", "log1p", "rint", "sign", "sin", "sqrt", "tan"),
            *("tanh", "trunc"),
        )
    },
    "power": lambda x: mc.power(x, 2.0),
    "minimum": lambda x: mc.minimum(1.0, x),
    "maximum": lambda x: mc.maximum(x, 1.0),
    "clip": lambda x: mc.clip(x, -1.0, 1.0),
    "where": lambda x: mc.where(x > 0, x, 0.0),
    "lookup": lambda x: mc.lookup([5.0, 7.0, 9.0], x),
    "interp": lambda x: mc.interp(x, [-1.0, 0.0, 2.0], [3.0, 1.0, 5.0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_plain_numbers_and_arrays_give_the_bits_that_traced_values_give(name: str) -> None:
    function = FUNCTIONS[name]

    traced = evaluated(function(X), x=NUMBERS)
    of_array = function(NUMBERS)

    assert_same_bits(traced, of_array)
    assert_same_bits(traced, np.array([function(number) for number in NUMBERS]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_of_traced_values_give_arrays_of_traced_values(name: str) -> None:
    if name == "where":
        # NumPy asks each comparison within an array for its truth.
        return
    function = FUNCTIONS[name]

    table = function(np.array([[X, X + 1.0]]))

    assert table.shape == (1, 2)
    assert_same_bits(
        evaluated(function(X + 1.0), x=NUMBERS), evaluated(table[0, 1], x=NUMBERS)
    )


def test_a_model_called_with_plain_numbers_computes_one_case() -> None:
    @mc.model
    def call(price: Any = mc.Normal(100.0, 10.0), strike: float = 95.0) -> Any:
        return {"value": mc.maximum(price - strike, 0.0) * mc.exp(-0.0)}

    assert call(101.0, 95.0) == {"value": 6.0}
    assert call(price=np.array([101.0, 90.0]), strike=95.0)["value"].tolist() == [6.0, 0.0]


def test_where_drops_what_the_other_side_computed() -> None:
    safe = mc.where(X > 0, mc.log(X), 0.0)

    assert evaluated(safe, x=np.array([-1.0, 0.0])).tolist() == [0.0, 0.0]


def test_where_takes_a_number_for_a_condition() -> None:
    values = np.array([0.0, -0.0, 2.0, np.nan])

    assert evaluated(mc.where(X, 1.0, 2.0), x=values).tolist() == [2.0, 2.0, 1.0, 1.0]


def test_where_of_conditions_is_a_condition() -> None:
    chosen = mc.where(X > 0, X > 1, X < -1) & True

    assert evaluated(chosen, x=np.array([2.0, 0.5, -0.5, -2.0])).tolist() == [1, 0, 0, 1]


def test_lookup_holds_the_ends() -> None:
    places = np.array(
        [-np.inf, -7.0, -0.1, 0.0, 0.99, 1.0, 2.0, 2.5, 1e300, np.inf, np.nan]
    )
    expected = [5.0, 5.0, 5.0, 5.0, 5.0, 7.0, 9.0, 9.0, 9.0, 9.0, 9.0]

    assert evaluated(mc.lookup([5.0, 7.0, 9.0], X), x=places).tolist() == expected


def test_a_table_may_hold_one_number_truths_and_what_is_not_finite() -> None:
    assert evaluated(mc.lookup([4], X), x=3.0) == 4.0
    assert evaluated(mc.lookup([True, False], X), x=0.0) == 1.0
    assert np.isnan(evaluated(mc.lookup([1.0, np.nan], X), x=1.0))


@pytest.mark.parametrize("table", [[], [[1.0, 2.0]], ["a"], 3.0, [None]])
def test_a_table_that_is_no_row_of_numbers_is_refused(table: Any) -> None:
    with pytest.raises(
        ArgumentError, match="`table` must be one row of at least one number"
    ):
        mc.lookup(table, X)


def test_interp_through_one_corner_is_constant() -> None:
    assert (
        evaluated(mc.interp(X, [2.0], [7.0]), x=np.array([-9.0, 2.0, 3.0])).tolist()
        == [7] * 3
    )


@pytest.mark.parametrize("n_corners", [2, 5])
def test_interp_is_numpys(n_corners: int) -> None:
    xp = np.cumsum(np.linspace(0.5, 2.0, n_corners)) - 2.0
    fp = np.cos(xp) * 3.0
    x = np.concatenate([NUMBERS, xp, np.linspace(-4.0, 9.0, 50)])

    found = evaluated(mc.interp(X, xp, fp), x=x)

    np.testing.assert_allclose(found, np.interp(x, xp, fp), rtol=1e-14)
    assert_same_bits(fp, evaluated(mc.interp(X, xp, fp), x=xp))


CORNERS = {
    "lengths": ([0.0, 1.0], [1.0], "two rows of equally many numbers; got shapes"),
    "none": ([], [], "two rows of equally many numbers; got shapes"),
    "order": (
        [0.0, 2.0, 1.0],
        [1.0, 2.0, 3.0],
        "must increase from each number to the next",
    ),
    "twice": ([0.0, 0.0], [1.0, 2.0], "must increase from each number to the next"),
}


@pytest.mark.parametrize("fault", CORNERS)
def test_corners_that_make_no_function_are_refused(fault: str) -> None:
    xp, fp, expected = CORNERS[fault]

    with pytest.raises(ArgumentError, match=expected):
        mc.interp(X, xp, fp)


@pytest.mark.parametrize("value", ["a", None, 1j])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(TraceError, match="a model computes with numbers and traced values"):
        mc.exp(value)


def test_select_takes_the_first_condition_that_holds() -> None:
    @mc.model
    def graded(x: Any = mc.Uniform(0.0, 4.0)) -> Any:
        return {
            "ours": mc.select([x < 1.0, x < 2.0], [0.1, x], 9.0),
            "numpy": np.select([x < 1.0, x < 2.0], [0.1, x], 9.0),
        }

    frame = mc.simulate(graded, 2048, seed=3).to_frame()

    expected = np.select([frame["x"] < 1.0, frame["x"] < 2.0], [0.1, frame["x"]], 9.0)
    np.testing.assert_array_equal(frame["ours"], expected)
    np.testing.assert_array_equal(frame["numpy"], expected)


def test_select_wants_as_many_choices_as_conditions() -> None:
    with pytest.raises(mc.ArgumentError, match="equally many, at least one; got 1 and 2"):
        mc.select([True], [1.0, 2.0])


def test_extremes_of_many_and_limits_that_are_left_out() -> None:
    @mc.model
    def held(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        return {
            "largest": mc.maximum(x, 0.5, -x, 0.1),
            "smallest": mc.minimum(x, 0.5, -x),
            "above": mc.clip(x, 0.0, None),
            "below": np.clip(x, None, 0.0),
        }

    frame = mc.simulate(held, 2048, seed=3).to_frame()

    x = frame["x"].to_numpy()
    np.testing.assert_array_equal(frame["largest"], np.maximum(np.abs(x), 0.5))
    np.testing.assert_array_equal(frame["smallest"], np.minimum(-np.abs(x), 0.5))
    np.testing.assert_array_equal(frame["above"], np.clip(x, 0.0, None))
    np.testing.assert_array_equal(frame["below"], np.clip(x, None, 0.0))
