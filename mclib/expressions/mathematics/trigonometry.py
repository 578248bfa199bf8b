"""Trigonometry: reduction by multiples of pi in three parts, then polynomials.

With q a whole number (or a half), x - q pi is taken in three steps, the parts of pi each as
long as a float. The first step is exact, since q times the leading part and the difference
are multiples of the same power of two; so r keeps its digits near multiples of pi.

The reduction holds for |x| < 2^50 (float64) and |x| < 2^20 (float32). Floats beyond are taken
to be multiples of the period: their sine and tangent are 0 and their cosine is 1. Infinity
has no angle: NaN.
"""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import bits, fma, polynomial, where
from mclib.expressions.mathematics.signs import flip_sign, sign_bit, with_sign_of


@dataclass(frozen=True, slots=True)
class _Format:
    limit: float
    rounder: float
    last_bit: int
    inverse_pi: float
    pi: tuple[float, float, float]
    sine: tuple[float, ...]
    half_sine: tuple[float, ...]
    half_cosine: tuple[float, ...]
    arctangent: tuple[float, ...]


_FORMATS = {
    Type.FLOAT32: _Format(
        limit=2.0**20,
        rounder=1.5 * 2.0**23,
        last_bit=31,
        inverse_pi=0.31830987,
        pi=(3.1415927410125732, -8.742277657347586e-08, -3.4302490200117637e-15),
        # sin(r) = r + r³ S(r²) on |r| <= 1.646: relative error below 9.9e-9.
        sine=(2.5911663e-06, -0.00019803041, 0.008332978, -0.16666657),
        # The same on |r| <= 0.8604: relative error below 8e-9.
        half_sine=(-0.0001945018, 0.008331643, -0.16666646),
        # cos(r) = 1 - r²/2 + r⁴ C(r²) on |r| <= 0.8604: relative error below 3e-10.
        half_cosine=(2.4358575e-05, -0.0013886611, 0.04166663),
        # arctan(t) = t + t³ A(t²) on |t| <= 1: relative error below 1.7e-8.
        arctangent=(
            0.0029207037,
            -0.016367972,
            0.04321193,
            -0.0755222,
            0.10666007,
            -0.14211056,
            0.19993773,
            -0.33333153,
        ),
    ),
    Type.FLOAT64: _Format(
        limit=2.0**50,
        rounder=1.5 * 2.0**52,
        last_bit=63,
        inverse_pi=0.3183098861837907,
        pi=(3.141592653589793, 1.2246467991473532e-16, -2.9947698097183397e-33),
        # sin(r) = r + r³ S(r²) on |r| <= 1.646: relative error below 6.6e-19.
        sine=(
            2.7123680509656875e-15,
            -7.642131826897846e-13,
            1.6058905772300554e-10,
            -2.5052106179825163e-08,
            2.7557319203374875e-06,
            -0.00019841269841162812,
            0.008333333333333063,
            -0.16666666666666663,
        ),
        # The same on |r| <= 0.8604: relative error below 1.4e-17.
        half_sine=(
            1.5863692373894598e-10,
            -2.5050148060591817e-08,
            2.7557309528015246e-06,
            -0.00019841269816981577,
            0.008333333333305304,
            -0.16666666666666557,
        ),
        # cos(r) = 1 - r²/2 + r⁴ C(r²) on |r| <= 0.8604: relative error below 2.5e-19.
        half_cosine=(
            -1.1335892108893195e-11,
            2.0875230080395615e-09,
            -2.755731044529687e-07,
            2.4801587274895386e-05,
            -0.0013888888888848895,
            0.04166666666666644,
        ),
        # arctan(t) = t + t³ A(t²) on |t| <= 1: relative error below 4.7e-18.
        arctangent=(
            1.322525894913789e-05,
            -0.0001521627110323616,
            0.0008313304417271369,
            -0.002884943018278235,
            0.0071965513896284,
            -0.01390062892317375,
            0.021984927291430287,
            -0.02990391940056113,
            0.0366419497654809,
            -0.042191808801921846,
            0.047223229552725565,
            -0.05253518770664683,
            0.058805278633131494,
            -0.06666404065663363,
            0.0769227984025985,
            -0.09090907003071108,
            0.11111111007030429,
            -0.1428571428257525,
            0.19999999999951462,
            -0.3333333333333307,
        ),
    ),
}


def sin(x: Expression) -> Expression:
    """Return the sine of `x` radians: (-1)^k sin(x - k pi), to 1.5 ulp."""
    format_ = _FORMATS[x.type]
    size = _within_limit(abs(x))
    shifted = fma(size, format_.inverse_pi, format_.rounder)
    r = _subtract_pi(size, shifted - format_.rounder)
    is_odd = bits(shifted) << format_.last_bit
    return flip_sign(_odd_series(r, format_.sine), is_odd ^ sign_bit(x))


def cos(x: Expression) -> Expression:
    """Return the cosine of `x` radians: -(-1)^k sin(x - (k + 1/2) pi), to 1.5 ulp."""
    format_ = _FORMATS[x.type]
    x = _within_limit(x)
    # One more than the sine's, so that its last bit is set where k is even.
    rounder = format_.rounder + 1.0
    shifted = fma(x, format_.inverse_pi, -0.5) + rounder
    r = _subtract_pi(x, (shifted - rounder) + 0.5)
    is_even = bits(shifted) << format_.last_bit
    return flip_sign(_odd_series(r, format_.sine), is_even)


def tan(x: Expression) -> Expression:
    """Return the tangent of `x` radians, to 2.5 ulp.

    With r = x - k pi / 2 it is sin(r) / cos(r) for an even k and -cos(r) / sin(r) for an odd
    one.
    """
    format_ = _FORMATS[x.type]
    size = _within_limit(abs(x))
    shifted = fma(size, 2.0 * format_.inverse_pi, format_.rounder)
    r = _subtract_pi(size, (shifted - format_.rounder) * 0.5)
    square = r * r
    sine = _odd_series(r, format_.half_sine)
    tail = fma(square, polynomial(square, format_.half_cosine), -0.5)
    cosine = fma(square, tail, 1.0)
    odd = bits(shifted) << format_.last_bit
    is_odd = odd < 0
    quotient = where(is_odd, cosine, sine) / where(is_odd, sine, cosine)
    return flip_sign(quotient, odd ^ sign_bit(x))


def arctan(x: Expression) -> Expression:
    """Return the angle in radians whose tangent is `x`, to 1.5 ulp.

    Beyond 1 it is pi / 2 less the angle of 1 / |x|.
    """
    format_ = _FORMATS[x.type]
    size = abs(x)
    is_large = size > 1.0
    t = where(is_large, 1.0, size) / where(is_large, size, 1.0)
    angle = _odd_series(t, format_.arctangent)
    rest = 0.5 * format_.pi[0] - (angle - 0.5 * format_.pi[1])
    return with_sign_of(where(is_large, rest, angle), x)


def _within_limit(x: Expression) -> Expression:
    return where(abs(x) < _FORMATS[x.type].limit, x, x * 0.0)


def _subtract_pi(x: Expression, q: Expression) -> Expression:
    for part in _FORMATS[x.type].pi:
        x = fma(q, -part, x)
    return x


def _odd_series(r: Expression, coefficients: tuple[float, ...]) -> Expression:
    """Return r + r³ P(r²)."""
    square = r * r
    return fma(r * square, polynomial(square, coefficients), r)
