"""Natural logarithms, without a division.

A positive number is x = 2^k (1 + f) with 1 + f in [2/3, 4/3), found by integer arithmetic
on its bits. Then log(x) = k log 2 + f + f² G(f), with G a minimax polynomial: a long one,
but cheaper than the division by 2 + f that the shorter classical series needs.
"""

import math
from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import bits, fma, from_bits, where
from mclib.expressions.mathematics.polynomials import polynomial_by_halves

LOG_2 = 0.6931471805599453


@dataclass(frozen=True, slots=True)
class _Format:
    fraction_bits: int
    exponent_bias: int
    two_thirds: int
    coefficients: tuple[float, ...]


_FORMATS = {
    # G on |f| <= 1/3: relative error of log(1 + f) below 1.1e-8.
    Type.FLOAT32: _Format(
        fraction_bits=23,
        exponent_bias=127,
        two_thirds=0x3F2AAAAB,
        coefficients=(
            -0.12950094,
            0.1400548,
            -0.121669,
            0.14001024,
            -0.16682324,
            0.20010756,
            -0.24999717,
            0.3333321,
            -0.5,
        ),
    ),
    # G on |f| <= 1/3: relative error of log(1 + f) below 1.6e-17.
    Type.FLOAT64: _Format(
        fraction_bits=52,
        exponent_bias=1023,
        two_thirds=0x3FE5555555555555,
        coefficients=(
            0.08514064300285414,
            -0.08696121704548052,
            0.04167043244038832,
            -0.04534257425622211,
            0.06053854724021239,
            -0.0640007792852126,
            0.06650364339180534,
            -0.07129607933346169,
            0.07693291257946898,
            -0.0833406412944869,
            0.09090871308323166,
            -0.09999974903540144,
            0.11111112008324722,
            -0.12500000515349405,
            0.14285714273433836,
            -0.1666666666088209,
            0.20000000000083987,
            -0.25000000000029504,
            0.3333333333333313,
            -0.49999999999999956,
        ),
    ),
}


def log(x: Expression) -> Expression:
    """Return the natural logarithm, to 2 ulp: -inf at 0, NaN below 0.

    Subnormal numbers are scaled into the normal range first.
    """
    format_ = _FORMATS[x.type]
    is_small = x < 2.0 ** (1 - format_.exponent_bias)
    place, f = split(where(is_small, x * 2.0**format_.fraction_bits, x))
    one = lift(place_of_one(x.type), x.type)
    k = place - where(is_small, one.node.payload + format_.fraction_bits, one)
    return _with_ends(log_of_parts(k, f), x, 0.0)


def log1p(x: Expression) -> Expression:
    """Return log(1 + x), to 2 ulp: near 0 as well; -inf at -1, NaN below -1.

    Of 1 + x only the exponent k is used: f is 2^-k x - (1 - 2^-k), and what its rounding
    lost is added in the end.
    """
    format_ = _FORMATS[x.type]
    one_plus = 1.0 + x
    place, f_of_rounded = split(one_plus)
    exponent = _above_two_thirds(one_plus) & -(1 << format_.fraction_bits)
    power = from_bits((2 * format_.exponent_bias << format_.fraction_bits) - exponent)
    missing = 1.0 - power
    f = fma(x, power, -missing)
    lost = fma(x, power, -(f + missing))
    # The power that undoes the largest exponent is no normal number; the 1 is long lost.
    is_huge = x > 2.0**64
    f, lost = where(is_huge, f_of_rounded, f), where(is_huge, 0.0, lost)
    result = log_of_parts(place - place_of_one(x.type), f, lost)
    return _with_ends(where(x == 0.0, x, result), x, -1.0)


def log_positive(x: Expression) -> Expression:
    """Return the natural logarithm of a number known to be positive, normal and finite."""
    place, f = split(x)
    return log_of_parts(place - place_of_one(x.type), f)


def log_of_parts(
    k: Expression, f: Expression, lost: Expression | None = None
) -> Expression:
    """Return log(2^k (1 + f)) for |f| <= 1/3, where `f` may have lost a little.

    k log 2 + f is rounded first, and exact where the two nearly cancel.
    """
    main, square = fma(k, LOG_2, f), f * f
    bend = polynomial_by_halves(f, square, _FORMATS[f.type].coefficients)
    if lost is None:
        return fma(square, bend, main)
    return main + fma(square, bend, lost)


def split(x: Expression) -> tuple[Expression, Expression]:
    """Return k + `place_of_one` and f with x = 2^k (1 + f) and 1 + f in [2/3, 4/3).

    `x` must be positive and normal. Few processors turn 64-bit integers into floats
    quickly; so k becomes the last bits of a float so large that these are worth one each.
    """
    format_ = _FORMATS[x.type]
    fraction_bits = format_.fraction_bits
    above = _above_two_thirds(x)
    large = (format_.exponent_bias + fraction_bits) << fraction_bits
    place = from_bits((above >> fraction_bits) | large)
    significand = (above & ((1 << fraction_bits) - 1)) + format_.two_thirds
    return place, from_bits(significand) - 1.0


def place_of_one(type_: Type) -> float:
    """Return what `split` says of the number 1."""
    format_ = _FORMATS[type_]
    return 2.0**format_.fraction_bits + format_.exponent_bias


def _above_two_thirds(x: Expression) -> Expression:
    """Return the bits of `x` counted from those of 2/3, with k + bias in the exponent."""
    format_ = _FORMATS[x.type]
    return bits(x) - (format_.two_thirds - (format_.exponent_bias << format_.fraction_bits))


def _with_ends(result: Expression, x: Expression, pole: float) -> Expression:
    """Return `result`, but -inf at the pole, NaN below, and `x` where it is inf or NaN."""
    below = where(x == pole, -math.inf, lift(math.nan, x.type))
    return where(x > pole, where(x < math.inf, result, x), below)
