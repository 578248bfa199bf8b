"""The standard normal quantile function.

With h the distance of a probability from the nearer end and w = -log(2 h), the quantile is
z = w R(s), where s = sqrt(w + log 2) = sqrt(-log h). The factor w has all its digits where
z is near zero. R, a quotient of two polynomials in s with positive coefficients, falls off
like sqrt(2) / s, so that one formula without branches holds from the middle to the ends.
"""

import math
from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import fma, polynomial, square_root, where
from mclib.expressions.mathematics.logarithm import (
    LOG_2,
    log_of_parts,
    place_of_one,
    split,
)


@dataclass(frozen=True, slots=True)
class _Format:
    scale_bits: int
    numerator: tuple[float, ...]
    denominator: tuple[float, ...]


_FORMATS = {
    # R on h >= 2^-33: relative error below 1e-8; below 1e-7 down to 1e-45.
    Type.FLOAT32: _Format(
        scale_bits=100,
        numerator=(2.3477035, 20.952604, 33.405785, 4.9463925),
        denominator=(1.6596335, 14.850524, 26.213272, 12.334768, 1.0),
    ),
    # R on h >= 2^-53: relative error below 7.5e-18; below 7.5e-15 down to 5e-324.
    Type.FLOAT64: _Format(
        scale_bits=600,
        numerator=(
            0.005327961970551822,
            0.7045227887441298,
            25.693292017920136,
            360.800452989432,
            2286.07459629123,
            7428.8518521136075,
            13467.76063481918,
            12344.438165991349,
            4093.4445927114966,
            397.1997885235249,
            6.385808620380325,
        ),
        denominator=(
            0.0037674276404928053,
            0.49817998390975327,
            18.178568320647948,
            256.12922315726297,
            1643.490053197066,
            5524.843118194552,
            10711.258173457363,
            11364.22612281185,
            5869.773375539632,
            1267.2115227010056,
            87.86019302909952,
            1.0,
        ),
    ),
}


def normal_quantile(tail: Expression, side: Expression) -> Expression:
    """Return the standard normal quantile of a probability, to 5 ulp (0.8 on average).

    Parameters
    ----------
    tail : Expression
        Distance of the probability from the nearer end, in [0, 1/2]; subnormal too.
    side : Expression
        Whether the probability lies in the upper half.

    Returns
    -------
    Expression
        Below zero unless `side`; infinite where `tail` is 0, NaN where it is NaN.
    """
    format_ = _FORMATS[tail.type]
    # Scaled so that no tail is subnormal; 1/2 then has the exponent scale_bits - 1.
    place, f = split(tail * 2.0**format_.scale_bits)
    minus_w = log_of_parts(place - (place_of_one(tail.type) + format_.scale_bits - 1), f)
    s = square_root(LOG_2 - minus_w)
    ratio = polynomial(s, format_.numerator) / polynomial(s, format_.denominator)
    lower = where(tail > 0.0, minus_w * ratio, -math.inf)
    # The split is deaf to NaN; adding zero times the argument is not.
    lower = fma(tail, 0.0, lower)
    return where(side, -lower, lower)
