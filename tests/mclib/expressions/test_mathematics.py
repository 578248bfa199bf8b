"""Portable mathematics: special values, exact cases, symmetry and order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.mathematics import FORMULAS
from mclib.expressions.mathematics.exponential import exp_bounded
from mclib.expressions.mathematics.logarithm import log_positive
from mclib.expressions.mathematics.normal import normal_quantile
from mclib.expressions.mathematics.trigonometry import cos, sin, tan
from mclib.expressions.nodes import constant, node
from mclib.expressions.ops import MODEL_OPS
from mclib.expressions.verify import verify
from tests.mclib.expressions.exact_mathematics import draw_on_a_side, evaluated

PRECISIONS = (Type.FLOAT64, Type.FLOAT32)

NUMPY: dict[str, Callable[..., Any]] = {
    "ceiling": np.ceil,
    "truncated": np.trunc,
    "rounded": np.rint,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arctan": np.arctan,
    "tanh": np.tanh,
}
PAIRS: dict[str, Callable[..., Any]] = {
    "power": np.power,
    "remainder": np.remainder,
    "minimum": np.minimum,
    "maximum": np.maximum,
}
ODD = ("sin", "tan", "arctan", "tanh", "erf", "expm1", "log1p")
RISING = ("exp", "expm1", "log", "log1p", "arctan", "tanh", "erf")


def special(type_: Type) -> Any:
    """Numbers at which formulas break: ends, zeros, subnormals, changes of course."""
    limits = np.finfo(type_.dtype)
    whole = 2.0 ** (limits.nmant + 1)
    sizes = [0.0, limits.smallest_subnormal, limits.tiny / 8, limits.tiny, limits.max]
    sizes += [np.inf, 1.0, 1 - limits.epsneg, 1 + limits.eps, limits.eps / 4]
    sizes += [0.25, 0.5, 1.5, 2.0, 2.5, 3.0, 7.0, 20.0, 40.0, 88.5, 103.5, 104.5]
    sizes += [709.7, 709.79, 745.1, 745.2, 1e5, whole / 2 - 0.5, whole, whole + 2.0]
    numbers = np.array(sizes).astype(type_.dtype)
    return np.concatenate([numbers, -numbers, np.array([np.nan], type_.dtype)])


def assert_as_numpy(got: Any, expected: Any) -> None:
    """Equal to four units in the last place; zeros, infinities and NaN exactly."""
    limits = np.finfo(expected.dtype)
    plain = np.isfinite(expected) & (expected != 0)
    np.testing.assert_array_equal(expected[~plain], got[~plain])
    np.testing.assert_array_equal(
        np.signbit(expected[~plain & ~np.isnan(expected)]),
        np.signbit(got[~plain & ~np.isnan(expected)]),
    )
    np.testing.assert_allclose(
        got[plain], expected[plain], rtol=4 * limits.eps, atol=limits.smallest_subnormal
    )


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", NUMPY)
def test_special_values_are_those_of_numpy(name: str, type_: Type) -> None:
    x = special(type_)
    if name in {"sin", "cos", "tan"}:
        x = x[~(np.abs(x) >= 2.0**20) | np.isinf(x)]
    with np.errstate(all="ignore"):
        expected = NUMPY[name](x)

    assert_as_numpy(evaluated(FORMULAS[name], x, type_=type_), expected)


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_special_values_are_those_of_scipy(name: str, type_: Type) -> None:
    from scipy import special as functions

    x = special(type_)

    expected = getattr(functions, name)(x.astype(np.float64)).astype(type_.dtype)
    assert_as_numpy(evaluated(FORMULAS[name], x, type_=type_), expected)


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_of_special_values_gives_what_numpy_gives(
    name: str, type_: Type
) -> None:
    a, b = (each.ravel() for each in np.meshgrid(special(type_), special(type_)))
    with np.errstate(all="ignore"):
        expected = PAIRS[name](a, b)
        if name == "remainder":
            exact = ~(np.abs(a / b) >= 2.0 ** (np.finfo(type_.dtype).nmant + 1))
            a, b, expected = a[exact], b[exact], expected[exact]

    got = evaluated(FORMULAS[name], a, b, type_=type_)
    if name in {"minimum", "maximum"}:
        # Which of two zeros is the smaller is left open by NumPy too.
        np.testing.assert_array_equal(expected, got)
    else:
        assert_as_numpy(got, expected)


@pytest.mark.parametrize("type_", PRECISIONS)
def test_a_known_number_beside_a_minimum_or_maximum_saves_the_check_for_nan(
    type_: Type,
) -> None:
    x = special(type_)
    known = Expression(constant(1.5, type_))

    for name in ("minimum", "maximum"):
        formula, expected = FORMULAS[name], PAIRS[name](x, type_.dtype.type(1.5))
        np.testing.assert_array_equal(
            expected, evaluated(lambda a, f=formula: f(a, known), x, type_=type_)
        )
        np.testing.assert_array_equal(
            expected, evaluated(lambda a, f=formula: f(known, a), x, type_=type_)
        )


def test_every_model_op_that_engines_do_not_render_has_a_formula_or_a_lowering() -> None:
    lowered_by_itself = {
        "parameter",
        "tail",
        "side",
        "lookup",
        "tabulated",
        "tabulated_draw",
    }

    assert set(MODEL_OPS) - lowered_by_itself == set(FORMULAS)


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_made_of_machine_ops_without_tables(name: str, type_: Type) -> None:
    types = [type_, Type.BOOLEAN] if name == "normal_quantile" else [type_, type_]
    n_args = len(MODEL_OPS[name].argument_types)
    args = [
        Expression(node("argument", type_=each, payload=place))
        for place, each in enumerate(types[:n_args])
    ]

    made = FORMULAS[name](*args)

    verify([made.node], machine=True, after=name)
    assert made.type is type_


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", ODD[:5])
def test_odd_functions_are_odd_to_the_last_bit(name: str, type_: Type, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=5000) * 10.0

    above = evaluated(FORMULAS[name], x, type_=type_)
    below = evaluated(FORMULAS[name], -x, type_=type_)

    np.testing.assert_array_equal(above, -below)


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", ODD)
def test_tiny_arguments_keep_all_their_digits(name: str, type_: Type) -> None:
    tiny = np.finfo(type_.dtype).tiny
    x = np.array([tiny / 8, tiny, 3 * tiny, 1e-30, 0.0, -0.0], type_.dtype)
    slope = 2 / np.sqrt(np.pi) if name == "erf" else 1.0
    expected = (x.astype(np.float64) * slope).astype(type_.dtype)

    got = evaluated(FORMULAS[name], x, type_=type_)

    np.testing.assert_array_max_ulp(got, expected, maxulp=1 if name == "erf" else 0)
    np.testing.assert_array_equal(np.signbit(x), np.signbit(got))


@pytest.mark.parametrize("name", RISING)
def test_functions_rise_on_a_fine_grid(name: str) -> None:
    low, high = (1e-3, 20.0) if name == "log" else (-0.999, 20.0)

    got = evaluated(FORMULAS[name], np.linspace(low, high, 400_001))

    assert (np.diff(got) >= 0).all()


def test_exp_of_neighbouring_floats_never_falls(seed: int) -> None:
    starts = np.random.default_rng(seed).uniform(-700, 700, 200)
    x = (starts.view(np.int64)[:, None] + np.arange(500)).view(np.float64)
    x = np.sort(x, axis=1)

    got = evaluated(FORMULAS["exp"], x)

    assert (np.diff(got, axis=1) >= 0).all()


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("formula", [sin, cos])
def test_sine_and_cosine_stay_between_minus_1_and_1(
    formula: Callable[[Expression], Expression], type_: Type, seed: int
) -> None:
    random = np.random.default_rng(seed)
    peaks = random.integers(-1000, 1000, 50_000) * (np.pi / 2)
    x = peaks + random.normal(size=50_000) * 1e-7

    got = evaluated(formula, x, type_=type_)

    assert np.abs(got).max() == 1.0


def test_angles_beyond_the_reduction_are_whole_periods_and_infinity_has_none() -> None:
    x = np.array([2.0**50, -1e300, np.inf, np.nan])

    np.testing.assert_array_equal([0, 0, np.nan, np.nan], evaluated(sin, x))
    np.testing.assert_array_equal([1, 1, np.nan, np.nan], evaluated(cos, x))
    np.testing.assert_array_equal([0, 0, np.nan, np.nan], evaluated(tan, x))


def test_a_remainder_of_numbers_too_far_apart_is_zero() -> None:
    a = np.array([1e300, -1e300, 2.0**60])

    got = evaluated(FORMULAS["remainder"], a, np.array([3.0, -3.0, 3.0]))

    np.testing.assert_array_equal([0.0, 0.0, 0.0], got)


@pytest.mark.parametrize("type_", PRECISIONS)
def test_shortcuts_give_the_bits_of_the_full_formulas(type_: Type, seed: int) -> None:
    x = np.random.default_rng(seed).uniform(-80, 80, 5000)

    np.testing.assert_array_equal(
        evaluated(FORMULAS["exp"], x, type_=type_), evaluated(exp_bounded, x, type_=type_)
    )
    np.testing.assert_array_equal(
        evaluated(FORMULAS["log"], np.abs(x), type_=type_),
        evaluated(log_positive, np.abs(x), type_=type_),
    )


def test_the_shortcut_for_exp_keeps_nan() -> None:
    assert np.isnan(evaluated(exp_bounded, np.array([np.nan]))).all()


@pytest.mark.parametrize("type_", PRECISIONS)
def test_the_normal_quantile_is_infinite_at_0_and_nan_at_nan(type_: Type) -> None:
    tail = np.array([0.0, 0.0, np.nan, 0.5])
    side = np.array([False, True, True, True])

    got = evaluated(normal_quantile, tail, side, type_=type_)

    np.testing.assert_array_equal([-np.inf, np.inf, np.nan, 0.0], got)


@pytest.mark.parametrize("formula", [normal_quantile, draw_on_a_side])
def test_normal_quantiles_are_symmetric_and_fall_from_draw_to_draw(
    formula: Callable[[Expression, Expression], Expression],
) -> None:
    starts = [0, 2**20, 2**40, 2**48, 2**49, 2**50 - 20_000, 2**51 - 40_000]
    for start in starts:
        tail = (np.arange(start, start + 40_000) + 0.5) * 2.0**-52

        upper = evaluated(formula, tail, np.full(tail.shape, fill_value=True))
        lower = evaluated(formula, tail, np.full(tail.shape, fill_value=False))

        assert (np.diff(upper) <= 0).all()
        np.testing.assert_array_equal(upper, -lower)


@pytest.mark.parametrize("exponent", [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_a_power_by_a_known_exponent_is_that_of_numpy(
    exponent: float, precision: Type
) -> None:
    base = Expression(node("parameter", type_=Type.REAL, payload="base"))
    values = np.array(
        [0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 2.5, 1e10, -1e10, np.inf, -np.inf, np.nan],
        precision.dtype,
    )

    powers = evaluate_model_expression(base**exponent, precision, {base.node: values})

    with np.errstate(all="ignore"):
        expected = np.power(values, precision.dtype.type(exponent))
    close = np.finfo(precision.dtype).eps * 2
    np.testing.assert_allclose(np.broadcast_to(powers, values.shape), expected, rtol=close)
