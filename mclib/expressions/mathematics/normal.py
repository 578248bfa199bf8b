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
    # R on h >= 2^-33: relative error below 5.6e-8; 1e-7 down to 1e-45.
    Type.FLOAT32: _Format(
        scale_bits=100,
        numerator=(
            2.3477051,
            20.952602,
            33.405766,
            4.946392,
        ),
        denominator=(
            1.6596346,
            14.850522,
            26.213263,
            12.3347645,
            1.0,
        ),
    ),
    # R on h >= 2^-53: relative error below 3.6e-17; 7.5e-15 down to 5e-324.
    Type.FLOAT64: _Format(
        scale_bits=600,
        numerator=(
            0.005327982554108294,
            0.704525541671067,
            25.69339384550902,
            360.80190152048095,
            2286.083851137733,
            7428.881969190866,
            13467.814891863403,
            12344.486882469018,
            4093.4595265733183,
            397.20093708253216,
            6.38581200436698,
        ),
        denominator=(
            0.003767442195224865,
            0.4981819305505386,
            18.17864036489958,
            256.1302513626768,
            1643.4967048382744,
            5524.86551099851,
            10711.301361438402,
            11364.271225392262,
            5869.795778362559,
            1267.2159187927814,
            87.86042445494215,
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
