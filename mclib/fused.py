"""Fused multiply-add in NumPy, rounded once, as the processors do it.

NumPy has no such function. Products are split exactly (Dekker, Veltkamp) and the sum is
rounded to odd before it is rounded for good, which makes the second rounding harmless (S.
Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
rounding to odd", IEEE Transactions on Computers 57(4), 2008, doi:10.1109/TC.2007.70819).
Values near the ends of the exponent range go through exact rational arithmetic.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[Any]]

_SPLIT = 134217729.0  # 2**27 + 1
_SAFE_FACTOR = 2.0**400
_SAFE_TERM = 2.0**900


def fused_multiply_add(a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c of float32 or float64 arrays, rounded once."""
    if np.result_type(a, b, c) == np.float32:
        return _single(a, b, c)
    if np.ndim(a) == np.ndim(b) == np.ndim(c) == 0:
        # A plan's arguments are single numbers, for which arrays would be slow.
        return np.asarray(_one_double(float(a), float(b), float(c)))
    return _double(a, b, c)


def _single(a: Any, b: Any, c: Any) -> Any:
    # 24 bits times 24 bits are exact in a double.
    product = np.float64(a) * np.float64(b)
    return _odd_sum(product, np.float64(c)).astype(np.float32)


def _double(a: Any, b: Any, c: Any) -> Any:
    a, b, c = np.broadcast_arrays(
        np.asarray(a, np.float64), np.asarray(b, np.float64), np.asarray(c, np.float64)
    )
    # An infinite term decides, though the product may overflow to the other infinity.
    is_endless = np.isinf(c) & np.isfinite(a) & np.isfinite(b)
    plain = np.where(is_endless, c, a * b + c)
    high, low = _two_product(a, b)
    term_high, term_low = _two_sum(c, low)
    sum_high, sum_low = _two_sum(high, term_high)
    exact = np.asarray(sum_high + _odd_sum(sum_low, term_low))
    is_finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
    is_trivial = ~is_finite | (a == 0) | (b == 0)
    is_safe = _is_near_one(a, _SAFE_FACTOR) & _is_near_one(b, _SAFE_FACTOR)
    is_safe &= (c == 0) | _is_near_one(c, _SAFE_TERM)
    result = np.where(is_trivial, plain, exact)
    awkward = ~is_trivial & ~is_safe
    if awkward.any():
        result[awkward] = [
            _rational(*each)
            for each in zip(
                a[awkward].tolist(), b[awkward].tolist(), c[awkward].tolist(), strict=True
            )
        ]
    return result


def _one_double(a: float, b: float, c: float) -> float:
    if a == 0.0 or b == 0.0 or not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    return _rational(a, b, c) if math.isfinite(c) else c


def _is_near_one(value: Floats, bound: float) -> Floats:
    size = np.abs(value)
    return (size < bound) & (size > 1.0 / bound)


def _rational(a: float, b: float, c: float) -> float:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Any, b: Any) -> tuple[Any, Any]:
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _halves(value: Any) -> tuple[Any, Any]:
    scaled = _SPLIT * value
    high = scaled - (scaled - value)
    return high, value - high


def _odd_sum(a: Any, b: Any) -> Floats:
    """Return a + b, and where that is inexact the neighbour whose last bit is odd."""
    total, error = _two_sum(a, b)
    total = np.asarray(total)
    bits = total.view(np.int64)
    outward = (error > 0) == (total > 0)
    moves = np.isfinite(total) & (error != 0) & ((bits & 1) == 0)
    return (bits + np.where(moves, np.where(outward, 1, -1), 0)).view(np.float64)
