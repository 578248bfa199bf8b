"""NumPy's own functions mean on traced values what they mean on arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mclib.errors import TraceError
from mclib.expressions.numpy_protocols import _FUNCTIONS, _UFUNCS
from mclib.expressions.tracing import parameter
from tests.helpers import evaluated

X, Y = parameter("x"), parameter("y")
VALUES = {
    "x": np.array([-2.5, -1.0, -0.3, 0.0, 1e-12, 0.5, 1.0, 2.5, 3.5, 40.0]),
    "y": np.array([2.0, -3.0, 0.5, 1.0, -0.7, 3.0, 0.25, -2.0, 1.5, 2.0]),
}
LOGIC = {
    *("logical_and", "logical_or", "logical_xor", "logical_not"),
    *("bitwise_and", "bitwise_or", "bitwise_xor", "invert"),
}
ULPS = 4
"""Ours and NumPy's mathematics err by so many units in the last place together."""


def _n_arguments(ufunc: np.ufunc) -> int:
    return len(ufunc.types[0].split("->")[0])


def _close(expected: Any, found: Any) -> None:
    expected = np.asarray(expected)
    if expected.dtype.kind == "b":
        np.testing.assert_array_equal(expected, found)
    else:
        np.testing.assert_allclose(found, expected, rtol=ULPS * 2.0**-53, atol=1e-300)


@pytest.mark.parametrize("ufunc", _UFUNCS, ids=lambda each: each.__name__)
def test_a_ufunc_of_traced_values_is_the_ufunc_of_their_numbers(ufunc: np.ufunc) -> None:
    numbers: list[Any] = [VALUES["x"], VALUES["y"]][: _n_arguments(ufunc)]
    traced: list[Any] = [X, Y][: _n_arguments(ufunc)]
    if ufunc.__name__ in LOGIC:
        numbers, traced = [each > 0.4 for each in numbers], [each > 0.4 for each in traced]

    with np.errstate(all="ignore"):
        expected = ufunc(*numbers)
        found = ufunc(*traced)

    if ufunc.nout == 1:
        expected, found = (expected,), (found,)
    for number, expression in zip(expected, found, strict=True):
        _close(number, evaluated(expression, **VALUES))


@pytest.mark.parametrize(
    "ufunc",
    [each for each in _UFUNCS if _n_arguments(each) == 2 and each.__name__ not in LOGIC],
    ids=lambda each: each.__name__,
)
def test_numbers_and_arrays_may_stand_beside_traced_values(ufunc: np.ufunc) -> None:
    row = np.array([2.0, -0.5])
    with np.errstate(all="ignore"):
        expected = ufunc(VALUES["x"], 1.5), ufunc(1.5, VALUES["x"])
        pairs = [ufunc(VALUES["x"], each) for each in row]
    if ufunc.nout == 2:
        return

    _close(expected[0], evaluated(ufunc(X, np.float64(1.5)), **VALUES))
    _close(expected[1], evaluated(ufunc(np.array(1.5), X), **VALUES))
    for number, expression in zip(pairs, ufunc(X, row), strict=True):
        _close(number, evaluated(expression, **VALUES))


ON_ARRAYS = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "arctan", "tanh")


@pytest.mark.parametrize("name", [*ON_ARRAYS, "floor", "ceil", "trunc", "rint", "absolute"])
def test_a_ufunc_of_an_array_of_traced_values_works_element_by_element(name: str) -> None:
    ufunc = getattr(np, name)

    with np.errstate(all="ignore"):
        first, second = ufunc(np.array([X, Y]))
        expected = ufunc(VALUES["x"]), ufunc(VALUES["y"])

    _close(expected[0], evaluated(first, **VALUES))
    _close(expected[1], evaluated(second, **VALUES))


FUNCTIONS: dict[Any, Callable[[Any], Any]] = {
    np.where: lambda x: np.where(x > 0.4, x * 2.0, -1.0),
    np.select: lambda x: np.select([x > 0.4, x > 0.0], [x * 2.0, x], -1.0),
    np.clip: lambda x: np.clip(x, -1.0, 2.0),
    np.interp: lambda x: np.interp(x, [-1.0, 0.0, 2.0, 3.0], [5.0, 1.0, 2.0, -4.0]),
    np.round: lambda x: np.round(x, 1),
    np.around: np.around,
    np.sum: lambda x: np.sum(x) if x is X else x,
    np.copy: np.copy,
    np.real: np.real,
}


def test_every_function_has_been_tried() -> None:
    assert set(FUNCTIONS) == set(_FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.__name__)
def test_a_function_of_a_traced_value_is_the_function_of_its_numbers(function: Any) -> None:
    called = FUNCTIONS[function]

    _close(called(VALUES["x"]), evaluated(called(X), **VALUES))


def test_clip_takes_its_limits_by_any_of_their_names() -> None:
    for found in (
        np.clip(X, a_min=-1.0, a_max=2.0),
        np.clip(X, min=-1.0, max=2.0),
        np.minimum(np.clip(X, -1.0, None), 2.0),
    ):
        _close(np.clip(VALUES["x"], -1.0, 2.0), evaluated(found, **VALUES))


UNKNOWN: dict[str, Callable[[], Any]] = {
    "np.sort": lambda: np.sort(X),
    "np.arctan2": lambda: np.arctan2(X, Y),
    "np.median": lambda: np.median(X),
    "np.add.reduce": lambda: np.add.reduce(X),
    "np.exp": lambda: np.exp(X, out=np.zeros(1)),
    "np.stack": lambda: np.stack((X, Y)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_function_that_has_no_meaning_yet_says_what_has(name: str) -> None:
    with pytest.raises(TraceError) as caught:
        UNKNOWN[name]()

    message = str(caught.value)
    assert f"calls `{name}` on a traced value at test_numpy_protocols.py:" in message
    assert "traced values understand absolute, add, arctan," in message
    assert message.endswith("for any other function use `@mc.model(trace=False)`.")
