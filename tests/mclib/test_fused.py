"""The emulated fused multiply-add is the processor's, to the bit."""

import ctypes
import ctypes.util
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mclib.fused import fused_multiply_add
from tests.helpers import assert_same_bits

SPECIAL = (
    *(0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-200, 1e200),
    *(1.7976931348623157e308, np.inf, -np.inf, np.nan, 1.0 + 2.0**-52, 1.0 - 2.0**-53),
)
DTYPES = (np.float32, np.float64)


def _processor(dtype: type, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    kind, name = {
        np.float32: (ctypes.c_float, "fmaf"),
        np.float64: (ctypes.c_double, "fma"),
    }[dtype]
    function = getattr(library, name)
    function.restype, function.argtypes = kind, [kind] * 3
    numbers = zip(a.tolist(), b.tolist(), c.tolist(), strict=True)
    return np.array([function(*each) for each in numbers], dtype)


def _random_bits(dtype: type, seed: int, n: int) -> np.ndarray:
    width = np.dtype(dtype).itemsize
    words = np.random.default_rng(seed).integers(0, 2 ** (8 * width), n, f"u{width}")
    return words.view(dtype)


def _check(dtype: type, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        found = fused_multiply_add(a, b, c)

    assert_same_bits(_processor(dtype, a, b, c), found)


@pytest.mark.parametrize("dtype", DTYPES)
def test_of_any_bits_it_is_the_processors(dtype: type, seed: int) -> None:
    a, b, c = (_random_bits(dtype, seed + k, 5000) for k in range(3))

    _check(dtype, a, b, c)


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_the_term_nearly_cancels_the_product_it_is_the_processors(
    dtype: type, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    a, b = (generator.normal(size=20_000).astype(dtype) for _ in range(2))
    last_bits = generator.integers(-3, 4, 20_000) * np.finfo(dtype).eps

    _check(dtype, a, b, (-(a * b) * (1 + last_bits)).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_the_product_overflows_or_underflows_it_is_the_processors(
    dtype: type, seed: int
) -> None:
    a, b = (_random_bits(dtype, seed + k, 3000) for k in range(2))
    with np.errstate(all="ignore"):
        _check(dtype, a, b, -(a * b))


@pytest.mark.parametrize("dtype", DTYPES)
def test_of_special_numbers_it_is_the_processors(dtype: type) -> None:
    with np.errstate(all="ignore"):
        rows = np.array(list(product(SPECIAL, repeat=3)), np.float64).astype(dtype)

    _check(dtype, *(np.ascontiguousarray(column) for column in rows.T))


def test_of_single_numbers_it_is_the_processors(seed: int) -> None:
    rows = [*product(SPECIAL, repeat=3)]
    rows += zip(*(_random_bits(np.float64, seed + k, 500) for k in range(3)), strict=True)
    columns = np.array(rows, np.float64).T

    with np.errstate(all="ignore"):
        found = np.array([fused_multiply_add(*row) for row in columns.T])

    assert_same_bits(_processor(np.float64, *map(np.ascontiguousarray, columns)), found)


def test_it_rounds_the_exact_value_once() -> None:
    a, b, c = 1.0 + 2.0**-52, 1.0 - 2.0**-53, -1.0
    exact = Fraction(a) * Fraction(b) + Fraction(c)

    assert float(exact) == fused_multiply_add(a, b, c)
    assert a * b + c != float(exact)
