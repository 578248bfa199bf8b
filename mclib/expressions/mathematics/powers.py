"""Powers: exp(b log a), the logarithm with half as many digits again.

An error in b log a becomes an error of the power as large as the power, and b log a may be
745. So log a is carried as a sum of two floats, `high` and `low`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import floor, fma, polynomial, square_root, where
from mclib.expressions.mathematics.exponential import exp_of_sum
from mclib.expressions.mathematics.logarithm import place_of_one, split
from mclib.expressions.mathematics.signs import flip_sign, sign_bit

Pair = tuple[Expression, Expression]


@dataclass(frozen=True, slots=True)
class _Format:
    smallest_normal: float
    scale_bits: int
    log_2: tuple[float, float]
    two_thirds: tuple[float, float]
    coefficients: tuple[float, ...]
    lowest: float
    highest: float


_FORMATS = {
    # log((1 + s) / (1 - s)) = 2 s + s³ (2/3 + s² P(s²)) on |s| <= 0.2.
    # Relative error below 5.8e-11.
    Type.FLOAT32: _Format(
        smallest_normal=2.0**-126,
        scale_bits=23,
        log_2=(0.693145751953125, 1.42860682030941723212e-6),
        two_thirds=(0.6666666865348816, -1.9868215517249155e-08),
        coefficients=(
            0.23874125,
            0.28525546,
            0.4000039,
        ),
        lowest=-104.0,
        highest=89.0,
    ),
    # Relative error below 1.2e-20.
    Type.FLOAT64: _Format(
        smallest_normal=2.0**-1022,
        scale_bits=52,
        log_2=(6.93147180369123816490e-01, 1.90821492927058770002e-10),
        two_thirds=(0.6666666666666666, 3.700743415417188e-17),
        coefficients=(
            0.12576102302851452,
            0.11591607317213545,
            0.13341193980253085,
            0.1538440492945675,
            0.18181821559745245,
            0.22222222190880236,
            0.28571428571579344,
            0.3999999999999972,
        ),
        lowest=-746.0,
        highest=710.0,
    ),
}


def power(a: Expression, b: Expression) -> Expression:
    """Return `a` to the power `b`, to 1 ulp, with the special cases of IEEE 754.

    A negative `a` has powers where `b` is a whole number; elsewhere they are NaN. Anything
    to the power 0 is 1, and so is 1 to any power.
    """
    size = abs(a)
    magnitude = where(size == 1.0, 1.0, _power_of_size(size, b))
    is_whole = floor(b) == b
    is_odd = is_whole & (floor(0.5 * b) != 0.5 * b)
    sign = where(is_odd, sign_bit(a), 0)
    has_no_power = (a < 0.0) & (a > -math.inf) & ~is_whole
    result = where(has_no_power, lift(math.nan, a.type), flip_sign(magnitude, sign))
    return where((b == 0.0) | (a == 1.0), 1.0, result)


def _power_of_size(size: Expression, b: Expression) -> Expression:
    format_ = _FORMATS[size.type]
    high, low = _log_pair(size)
    # The ends, and NaN, which is not less than infinity.
    high = where(size < math.inf, high, size)
    high = where(size == 0.0, -math.inf, high)
    product = b * high
    rest = fma(b, high, -product) + b * low
    held = where(product < format_.lowest, format_.lowest, product)
    held = where(held > format_.highest, format_.highest, held)
    rest = where(held == product, rest, 0.0)
    value, lower, upper = exp_of_sum(held, rest)
    return value * lower * upper


def _log_pair(x: Expression) -> Pair:
    """Return log(x) of a positive number, subnormal or not, as an unevaluated sum."""
    format_ = _FORMATS[x.type]
    is_small = x < format_.smallest_normal
    place, f = split(where(is_small, x * 2.0**format_.scale_bits, x))
    k = place - place_of_one(x.type)
    k = where(is_small, k - format_.scale_bits, k)
    s, s_low = _ratio(f)
    cube, cube_low = _cubic_term(s, s_low)
    whole = k * format_.log_2[0]
    high, low = _sum(whole, s + s)
    high, error = _sum(high, cube)
    low = low + error + (fma(k, format_.log_2[1], s_low + s_low) + cube_low)
    return _sum(high, low)


def _ratio(f: Expression) -> Pair:
    """Return f / (2 + f)."""
    divisor = 2.0 + f
    divisor_low = f - (divisor - 2.0)
    inverse = 1.0 / divisor
    s = f * inverse
    return s, inverse * fma(-s, divisor_low, fma(-s, divisor, f))


def _cubic_term(s: Expression, s_low: Expression) -> Pair:
    """Return s³ (2/3 + s² P(s²)), the part of the logarithm beyond 2 s."""
    format_ = _FORMATS[s.type]
    square = s * s
    square_low = fma(s + s, s_low, fma(s, s, -square))
    bend = square * polynomial(square, format_.coefficients)
    factor = format_.two_thirds[0] + bend
    factor_low = (format_.two_thirds[0] - factor) + bend + format_.two_thirds[1]
    product = square * factor
    product_low = fma(square, factor, -product)
    product_low = fma(square, factor_low, fma(square_low, factor, product_low))
    cube = s * product
    cube_low = fma(s, product, -cube)
    return cube, fma(s, product_low, fma(s_low, product, cube_low))


def _sum(a: Expression, b: Expression) -> Pair:
    """Return a + b exactly, for |a| >= |b| or a = 0."""
    total = a + b
    return total, b - (total - a)


SHORT_POWERS: dict[float, Callable[[Expression], Expression]] = {
    -2.0: lambda x: 1.0 / (x * x),
    -1.0: lambda x: 1.0 / x,
    0.0: lambda x: lift(1.0, x.type),
    0.5: square_root,
    1.0: lambda x: x,
    2.0: lambda x: x * x,
    3.0: lambda x: x * x * x,
    4.0: lambda x: (x * x) * (x * x),
}
"""Powers by an exponent that is known when the model is traced, as NumPy shortens them."""
