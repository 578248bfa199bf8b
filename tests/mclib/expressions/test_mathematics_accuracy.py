"""Portable mathematics: errors against mpmath, in units in the last place."""

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from mclib.expressions.dtypes import Type
from mclib.expressions.mathematics import (
    FORMULAS,
    error_functions,
    exponential,
    logarithm,
    normal,
    normal_draws,
    powers,
    trigonometry,
)
from mclib.expressions.mathematics.normal import normal_quantile
from tests.golden import fit_coefficients
from tests.mclib.expressions.exact_mathematics import (
    FUNCTIONS,
    draw_on_a_side,
    errors_in_ulps,
    evaluated,
    exact_normal_quantile,
    exactly,
)

PRECISIONS = (Type.FLOAT64, Type.FLOAT32)

BOUNDS = {
    "exp": 1.0,
    "expm1": 1.5,
    "log": 2.0,
    "log1p": 2.0,
    "sin": 2.0,
    "cos": 2.0,
    "tan": 3.0,
    "arctan": 2.0,
    "tanh": 2.5,
    "erf": 1.5,
    "erfc": 6.0,
}
"""What the docstrings promise."""


def arguments(name: str, random: Any) -> Any:
    """Float32 arguments of all sizes at which the result is a normal float32."""
    small = 2.0 ** random.uniform(-60, 1, 400) * random.choice([-1, 1], 400)
    near = random.uniform(-3, 3, 400)
    wide = {
        "exp": (-86, 88),
        "expm1": (-40, 88),
        "erf": (-5, 5),
        "erfc": (-5, 9),
        "tanh": (-12, 12),
        "arctan": (-1e6, 1e6),
    }.get(name, (-9e5, 9e5))
    x = np.concatenate([small, near, random.uniform(*wide, 400)]).astype(np.float32)
    if name == "log":
        return np.abs(x)
    if name == "log1p":
        return np.concatenate([x[x > -0.999], (1 - 2.0**-20) * -np.ones(1, np.float32)])
    if name in {"sin", "cos", "tan"}:
        multiples = random.integers(1, 6 * 10**5, 400) * (np.pi / 2)
        return np.concatenate([x, multiples.astype(np.float32)])
    return x


@pytest.mark.parametrize("type_", PRECISIONS)
@pytest.mark.parametrize("name", BOUNDS)
def test_errors_stay_below_what_the_docstring_promises(
    name: str, type_: Type, seed: int
) -> None:
    x = arguments(name, np.random.default_rng(seed))

    got = evaluated(FORMULAS[name], x, type_=type_)

    errors = errors_in_ulps(got, exactly(FUNCTIONS[name], x))
    assert errors.max() <= BOUNDS[name], x[errors.argmax()]


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_large_angles_and_angles_near_multiples_of_pi_keep_their_digits(
    name: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    multiples = random.integers(1, 2**49, 500) * (np.pi / 2)
    x = np.concatenate([multiples, 2.0 ** random.uniform(30, 50, 500)])
    x = x[x < 2.0**50]

    errors = errors_in_ulps(evaluated(FORMULAS[name], x), exactly(FUNCTIONS[name], x))

    assert errors.max() <= BOUNDS[name], x[errors.argmax()]


def test_exp_and_erfc_round_once_on_their_way_to_zero(seed: int) -> None:
    random = np.random.default_rng(seed)
    x, far = random.uniform(-745.2, -708.3, 500), random.uniform(26.55, 27.3, 500)
    unit = np.finfo(np.float64).smallest_subnormal

    exp_error = [
        abs(mp.mpf(float(got)) - exact) / unit
        for got, exact in zip(
            evaluated(FORMULAS["exp"], x), exactly(mp.exp, x), strict=True
        )
    ]
    erfc_error = errors_in_ulps(evaluated(FORMULAS["erfc"], far), exactly(mp.erfc, far))

    relative = np.array([float(each) for each in exp_error]) / np.maximum(
        1.0, np.exp(x) / unit * 2.0**-52
    )
    assert relative.max() <= 1.0
    assert erfc_error.max() <= BOUNDS["erfc"]


@pytest.mark.parametrize("type_", PRECISIONS)
def test_powers_keep_their_digits_however_large_the_exponent(
    type_: Type, seed: int
) -> None:
    random = np.random.default_rng(seed)
    limit = 700.0 if type_ is Type.FLOAT64 else 86.0
    a = np.concatenate(
        [2.0 ** random.uniform(-20, 20, 700), 1 + 2.0 ** random.uniform(-20, -2, 700)]
    ).astype(np.float32)
    b = random.uniform(-1, 1, a.size) * limit / np.abs(np.log(a.astype(np.float64)))
    b = b.astype(np.float32)

    errors = errors_in_ulps(
        evaluated(FORMULAS["power"], a, b, type_=type_), exactly(mp.power, a, b)
    )

    assert errors.max() <= 1.0, (a[errors.argmax()], b[errors.argmax()])


def test_whole_powers_of_whole_numbers_are_exact() -> None:
    a, b = (each.ravel() for each in np.meshgrid(np.arange(-9.0, 10.0), np.arange(13.0)))

    np.testing.assert_array_equal(a**b, evaluated(FORMULAS["power"], a, b))


@pytest.mark.parametrize("name", [name for name in BOUNDS if name != "tan"])
def test_float32_holds_from_end_to_end(name: str) -> None:
    x = np.arange(0, 2**32, 104_729, dtype=np.uint64).astype(np.uint32).view(np.float32)
    if name in {"sin", "cos"}:
        x = x[np.abs(x) < 2.0**20]
    double = evaluated(FORMULAS[name], x)

    got = evaluated(FORMULAS[name], x, type_=Type.FLOAT32)

    with np.errstate(over="ignore", invalid="ignore"):
        expected = double.astype(np.float32)
        errors = np.abs(got - double) / np.spacing(np.abs(expected))
    plain = np.isfinite(expected)
    np.testing.assert_array_equal(expected[~plain], got[~plain])
    assert errors[plain].max() <= BOUNDS[name]


def test_normal_quantiles_hold_from_the_middle_to_the_smallest_float(seed: int) -> None:
    random = np.random.default_rng(seed)
    drawn = (
        np.concatenate([random.integers(0, 2**51, 150), 2 ** np.arange(51)]) + 0.5
    ) / 2**52
    far = np.concatenate(
        [10.0 ** -random.uniform(16, 307, 60), [5e-324, 1e-310, 2.0**-1022]]
    )

    errors = errors_in_ulps(
        evaluated(normal_quantile, drawn, np.full(drawn.shape, fill_value=True)),
        [exact_normal_quantile(each) for each in drawn],
    )
    tails = evaluated(normal_quantile, far, np.full(far.shape, fill_value=True))

    assert errors.max() <= 5.0, drawn[errors.argmax()]
    expected = np.array([float(exact_normal_quantile(each)) for each in far])
    np.testing.assert_allclose(tails, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("formula", "type_", "bound"),
    [
        (draw_on_a_side, Type.FLOAT64, 5e-12),
        (draw_on_a_side, Type.FLOAT32, 6e-7),
        (normal_quantile, Type.FLOAT32, 5e-7),
    ],
)
def test_normal_draws_are_as_exact_as_they_say(
    formula: Any, type_: Type, bound: float, seed: int
) -> None:
    n_bits = 51 if type_ is Type.FLOAT64 else 31
    integers = np.random.default_rng(seed).integers(0, 2**n_bits, 40_000)
    tail = (np.concatenate([integers, 2 ** np.arange(n_bits)]) + 0.5) / 2.0 ** (n_bits + 1)
    tail = tail.astype(type_.dtype)
    side = np.full(tail.shape, fill_value=True)

    got = evaluated(formula, tail, side, type_=type_)

    np.testing.assert_allclose(got, evaluated(normal_quantile, tail, side), rtol=bound)


MODULES = {
    "exp": (exponential, "coefficients", ""),
    "log": (logarithm, "coefficients", ""),
    "power": (powers, "coefficients", ""),
    "sine": (trigonometry, "sine", ""),
    "cosine": (trigonometry, "cosine", ""),
    "arctangent": (trigonometry, "arctangent", ""),
    "erf small": (error_functions, "small", ""),
    "erf large": (error_functions, "large", ""),
    "erfc": (error_functions, "numerator", "denominator"),
    "normal quantile": (normal, "numerator", "denominator"),
    "normal draw logarithm": (normal_draws, "logarithm", ""),
    "normal draw": (normal_draws, "numerator", "denominator"),
}


@pytest.mark.parametrize("task", fit_coefficients.TASKS)
def test_no_table_errs_more_than_the_fitting_script_promises(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit_coefficients, "N_POINTS", 60)
    name, type_ = task.rsplit(" ", 1)
    module, top, bottom = MODULES[name]
    table = module._FORMATS[Type(type_)]
    denominator = getattr(table, bottom) if bottom else (1.0,)

    errors = fit_coefficients.errors(
        fit_coefficients.TASKS[task].problem(), getattr(table, top)[::-1], denominator[::-1]
    )

    assert max(map(abs, errors)) <= fit_coefficients.TASKS[task].promise
