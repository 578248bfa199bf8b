"""Exponentials: e to a power, by reduction to half of log 2 around zero.

With k the whole number nearest to x / log 2 and f = x - k log 2, exp(x) = 2^k exp(f), where
exp(f) = 1 + f + f² P(f) for |f| <= log(2) / 2. The logarithm of 2 is taken in two parts; k
times the first is exact, so that f is rounded once. The whole number k is had by adding a
number so large that its last bit is worth one: the low bits of the sum then hold k, and a
bias of our choice, ready to become the exponent of a power of two.
"""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import bits, fma, from_bits, polynomial, where

_LOG2_E = 1.4426950408889634


@dataclass(frozen=True, slots=True)
class _Format:
    rounder: float
    fraction_bits: int
    exponent_bias: int
    log_2_high: float
    log_2_low: float
    coefficients: tuple[float, ...]
    lowest: float
    highest: float


_FORMATS = {
    # P on |f| <= 0.34664: relative error of exp below 3.8e-9.
    Type.FLOAT32: _Format(
        rounder=1.5 * 2.0**23,
        fraction_bits=23,
        exponent_bias=127,
        log_2_high=0.693145751953125,
        log_2_low=1.42860682030941723212e-6,
        coefficients=(
            0.0013814594,
            0.008368724,
            0.04166839,
            0.16666521,
            0.49999994,
        ),
        lowest=-104.0,
        highest=89.0,
    ),
    # P on |f| <= 0.34664: relative error of exp below 1.1e-17.
    Type.FLOAT64: _Format(
        rounder=1.5 * 2.0**52,
        fraction_bits=52,
        exponent_bias=1023,
        log_2_high=6.93147180369123816490e-01,
        log_2_low=1.90821492927058770002e-10,
        coefficients=(
            2.5000058240798203e-08,
            2.763026288132212e-07,
            2.7557586457755135e-06,
            2.480149306133797e-05,
            0.00019841269506404183,
            0.0013888888943663022,
            0.008333333333494577,
            0.04166666666653005,
            0.16666666666666413,
            0.5000000000000011,
        ),
        lowest=-746.0,
        highest=710.0,
    ),
}


def exp(x: Expression) -> Expression:
    """Return e to the power `x`, to 1 ulp; subnormal results are rounded once.

    `x` is held between the points beyond which the result no longer changes; a NaN passes
    through both comparisons. 2^k is multiplied in two halves: each is a normal number.
    """
    format_ = _FORMATS[x.type]
    x = where(x < format_.lowest, format_.lowest, x)
    x = where(x > format_.highest, format_.highest, x)
    f, exponents = _reduce(x, 2 * format_.exponent_bias)
    lower, upper = _powers_of_two(exponents, format_)
    return _exp_reduced(f) * lower * upper


def exp_of_sum(
    high: Expression, low: Expression
) -> tuple[Expression, Expression, Expression]:
    """Return three factors whose product is exp(high + low), to 0.6 ulp; `low` is small.

    The first is near 1, the others are powers of two, and normal numbers for |high| < 1400
    (float64) or |high| < 170 (float32): whatever the first is multiplied by before, a
    product beyond the exponent range ends in infinity or, gradually, in zero.
    """
    format_ = _FORMATS[high.type]
    k, exponents = _nearest(high, 2 * format_.exponent_bias)
    lower, upper = _powers_of_two(exponents, format_)
    f_high = fma(k, -format_.log_2_high, high)
    f_low = fma(k, -format_.log_2_low, low)
    f = f_high + f_low
    start = 1.0 + f_high
    lost = f_high - (start - 1.0)
    return start + (lost + fma(f * f, _curvature(f), f_low)), lower, upper


def exp_bounded(x: Expression) -> Expression:
    """Return e to the power `x` where the result is known to be a normal number.

    That is |x| < 87 (float32) or |x| < 708 (float64); NaN stays NaN. Elsewhere the result
    is meaningless. Within, the bits are those of `exp`.
    """
    format_ = _FORMATS[x.type]
    f, exponent = _reduce(x, format_.exponent_bias)
    return _exp_reduced(f) * from_bits(exponent << format_.fraction_bits)


def expm1(x: Expression) -> Expression:
    """Return exp(x) - 1, to 1.5 ulp, near zero as well.

    It is 2 (2^(k - 1) (exp(f) - 1) + 2^(k - 1) - 1/2), in powers that never overflow before
    the result does.
    """
    format_ = _FORMATS[x.type]
    held = where(x < -40.0, -40.0, x)
    held = where(held > format_.highest, format_.highest, held)
    half = _expm1_by_power(held, format_.exponent_bias - 1, 0.5)
    # Here the result is x; what is above would lose the sign of zero.
    is_tiny = abs(x) < 2.0 ** -(format_.fraction_bits + 2)
    return where(is_tiny, x, half + half)


def expm1_bounded(x: Expression) -> Expression:
    """Return exp(x) - 1 for 0 <= x < 80, to 1.5 ulp; NaN stays NaN."""
    return _expm1_by_power(x, _FORMATS[x.type].exponent_bias, 1.0)


def _expm1_by_power(x: Expression, bias: int, unit: float) -> Expression:
    # What k log 2 takes from f beyond its exact part is added late, with the curvature: the
    # leading term then is exact where 2^k f and 2^k - 1 nearly cancel.
    format_ = _FORMATS[x.type]
    k, exponent = _nearest(x, bias)
    f_high = fma(k, -format_.log_2_high, x)
    f_low = k * -format_.log_2_low
    f = f_high + f_low
    power = from_bits(exponent << format_.fraction_bits)
    return fma(power, fma(f * f, _curvature(f), f_low), fma(power, f_high, power - unit))


def _reduce(x: Expression, bias: int) -> tuple[Expression, Expression]:
    """Return f, and an integer whose low bits are k + `bias`."""
    format_ = _FORMATS[x.type]
    k, exponent = _nearest(x, bias)
    f = fma(k, -format_.log_2_high, x)
    return fma(k, -format_.log_2_low, f), exponent


def _nearest(x: Expression, bias: int) -> tuple[Expression, Expression]:
    """Return k, and an integer whose low bits are k + `bias`."""
    rounder = _FORMATS[x.type].rounder + bias
    shifted = fma(x, _LOG2_E, rounder)
    return shifted - rounder, bits(shifted)


def _powers_of_two(
    exponents: Expression, format_: _Format
) -> tuple[Expression, Expression]:
    """Return two powers of two that make 2^k, from k plus twice the bias."""
    lower = (exponents >> 1) << format_.fraction_bits
    upper = (exponents << format_.fraction_bits) - lower
    return from_bits(lower), from_bits(upper)


def _exp_reduced(f: Expression) -> Expression:
    return fma(f, fma(f, _curvature(f), 1.0), 1.0)


def _curvature(f: Expression) -> Expression:
    """Return (exp(f) - 1 - f) / f²."""
    return polynomial(f, _FORMATS[f.type].coefficients)
